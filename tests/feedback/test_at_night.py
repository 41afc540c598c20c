"""Letters at night a person and week: by the reader's own clock, against counting letter by letter, and small teams hidden."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cases.models import Team
from escalation.models import Notice
from feedback import at_night
from feedback.at_night import ALL, cases_behind, nights
from feedback.figures import Scope
from feedback.periods import Period
from tests.cast import gather, person

pytestmark = pytest.mark.django_db
ZONES = ("", "Asia/Kolkata", "America/New_York", "Europe/Berlin", "no/zone")
#: Clocks change in New York on 8 March and in Europe on the 29th.
WEEKS = Period(date(2026, 3, 2), date(2026, 4, 5), "Europe/London")


def letter(case, to, at, **more):
    said = {"kind": "case_for_team", "state": "sent", "sent_at": at, "owed_at": at, "next_at": at, "event_seq": 1}
    key = f"{to.pk}-{at}-{len(more)}-{Notice.objects.count()}"
    return Notice.objects.create(key=key, case=case, recipient=to, **(said | more))


@pytest.fixture
def crowd(settings):
    """Seven in one team, four in another, one of them in both; letters at any hour, a third of them about no night of theirs."""
    cast, chance = gather(), random.Random(7)  # noqa: S311
    case, other = cast.file(), cast.file()
    people = [person(f"n{number}@example.com", f"N {number}", is_staff=True) for number in range(10)]
    for one, zone in zip(people, ZONES * 2, strict=True):
        one.time_zone = zone
        one.save(update_fields=["time_zone"])
    Team.members.through.objects.all().delete()
    large, small = cast.teams[1], cast.teams[2]
    large.members.set(people[:7])
    small.members.set(people[6:])
    Notice.objects.all().delete()
    for _ in range(150):
        at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=15 * chance.randrange(4 * 24 * 40))
        letter(chance.choice((case, other)), chance.choice(people), at)
    at = datetime(2026, 3, 10, 2, tzinfo=UTC)
    letter(None, people[0], at)  # about no case
    letter(case, people[0], at, state="waiting", sent_at=None)
    letter(case, cast.customer, at, to_customer=True)
    return cast, people, (large, small), case


def by_hand(people, **only):
    """Letter by letter, on each one's own clock."""
    found = 0
    for one in Notice.objects.filter(recipient__in=people, case__isnull=False, state="sent", to_customer=False, **only):
        zone = one.recipient.time_zone
        local = one.sent_at.astimezone(ZoneInfo(zone if zone not in ("", "no/zone") else "Europe/London"))
        found += WEEKS.start <= one.sent_at < WEEKS.end and (local.hour >= 22 or local.hour < 7)
    return found


def test_by_each_one_s_own_clock_and_a_team_of_four_is_hidden(crowd, settings):
    settings.COMPANY_TIME_ZONE = "Europe/London"
    _, people, (large, small), case = crowd
    found = nights(WEEKS)
    whole, many, few = found[ALL], found[large.slug], found[small.slug]
    assert (whole.people, whole.letters) == (10, by_hand(people)) and whole.letters > 20
    assert whole.each == pytest.approx(by_hand(people) / 10 / 5)
    assert (many.letters, many.people, few.people) == (by_hand(people[:7]), 7, 4)
    # What four got could be computed from all of them and the others.
    assert few.each is None and many.kept_back and many.each is None
    small.members.add(people[0])
    found = nights(WEEKS)
    assert found[small.slug].each == pytest.approx(by_hand([people[0], *people[6:]]) / 5 / 5)
    assert found[large.slug].each == pytest.approx(by_hand(people[:7]) / 7 / 5)
    assert set(cases_behind(WEEKS, part=ALL)) == set(cases_behind(WEEKS, part=large.slug)) and case in cases_behind(
        WEEKS, part=ALL
    )
    only = Scope(only=(large.slug,))
    assert set(nights(WEEKS, only)) == {ALL, large.slug}
    assert nights(WEEKS, only)[ALL].letters == by_hand(people[:7], case__team=large)
    for part in ("nobody", small.slug):
        with pytest.raises(LookupError):
            cases_behind(WEEKS, only, part=part)
    small.members.set(people[6:])
    with pytest.raises(LookupError):
        cases_behind(WEEKS, part=small.slug)
    Team.members.through.objects.all().delete()
    assert nights(WEEKS)[ALL].each is None and at_night.nights(WEEKS)[ALL].people == 0
