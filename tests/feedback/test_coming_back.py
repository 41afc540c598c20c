"""Who is heard of again within 90 days of a case: by hand, each road on its edge, and the cases behind."""

from datetime import date, timedelta

import pytest

from cases.models import Case
from feedback.coming_back import AFTER, OTHER, QUIET, QUIET_OF, UP, cases_behind, coming_back
from feedback.facts import build
from feedback.figures import Scope
from feedback.models import CaseFact
from feedback.periods import Period
from tests.feedback.oracle_log import Plain
from tests.feedback.story import AT, ZONE
from tests.feedback.story_more import telling_more
from tests.feedback.street import SETTLED, Street

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
OVER = SETTLED + AFTER
DAYS = Period(date(2026, 4, 1), date(2026, 6, 30), ZONE)


@pytest.fixture(scope="module")
def told(django_db_setup, django_db_blocker):
    with telling_more(django_db_blocker) as story:
        yield story


@pytest.fixture
def street(told):
    CaseFact.objects.all().delete()
    return Street(told.cases["a1"])


def test_by_hand(street):
    """Ten after a case at level 1, of whom five are quiet and one of these closed the account; three after an escalated one."""
    day = timedelta(days=1)
    for name in ("silent", "still"):
        street.settled(name)
    street.settled("back", who=street.settled("back").customer, at=SETTLED + 5 * day)  # counted once, by the first
    late = street.settled("late")
    street.settled("late again", who=late.customer, at=SETTLED + AFTER + 2 * day + SECOND)  # filed a second too late
    street.settled("signed in", last_login=SETTLED + SECOND)
    street.settled("signed in later", last_login=OVER + day)
    street.settled("signed in before", last_login=SETTLED)
    street.settled("gone", last_login=None, erased_at=OVER)
    street.settled("gone later", last_login=SETTLED + day, erased_at=OVER + SECOND)
    street.settled("up", up=SETTLED - SECOND)
    street.settled("up and back", up=SETTLED, last_login=SETTLED + day)
    street.settled("up and gone", up=SETTLED - day, erased_at=SETTLED + day)
    street.settled("up later", up=SETTLED + SECOND, last_login=SETTLED + day)  # was not escalated when it was settled
    street.settled("colleague", is_staff=True)
    old = street.settled("imported")
    Case.objects.filter(pk=old.pk).update(is_history=True)
    found = coming_back(DAYS, at=OVER + 30 * day)
    other, up = found[OTHER], found[UP]
    assert ((other.left.hits, other.share.hits, other.share.n), (up.left.hits, up.share.hits, up.share.n)) == ((1, 5, 10), (1, 2, 3))  # fmt: skip
    assert cases_behind(QUIET, DAYS, at=OVER + 30 * day, part=UP).count() == 2
    assert cases_behind(QUIET_OF, DAYS, at=OVER + 30 * day, part=OTHER).count() == 10
    imported = coming_back(DAYS, Scope(source="imported"), at=OVER + 30 * day)
    assert imported[OTHER].all == imported[OTHER].quiet == {old.pk}
    for which, part in ((QUIET, "left"), ("gone", UP)):
        with pytest.raises(LookupError):
            cases_behind(which, DAYS, at=OVER, part=part)


def test_only_whose_ninety_days_are_over(street):
    street.settled("one")
    assert not coming_back(DAYS, at=OVER - SECOND)[OTHER].all
    assert coming_back(DAYS, at=OVER)[OTHER].share.hits == 1
    before = Period(date(2026, 1, 1), date(2026, 3, 31), ZONE)
    assert not coming_back(before, at=OVER)[OTHER].all  # it counts when the days were over, not when it was settled


def test_words_about_an_older_case_count_whenever_they_came_within_the_ninety_days(street):
    """Eight customers, each with an older case they wrote in; those who wrote within the days, whatever came later, are not quiet."""
    day, heard = timedelta(days=1), set()
    for name, within, *times in (
        ("at once", False, SETTLED),
        ("a second later", True, SETTLED + SECOND),
        ("at the last moment", True, OVER),
        ("too late", False, OVER + SECOND),
        ("before and too late", False, SETTLED - day, OVER + day),
        ("within and too late", True, SETTLED - day, SETTLED + day, OVER + day),
        ("twice within", True, SETTLED + day, SETTLED + 2 * day),
        ("long before", False, SETTLED - day),
    ):
        case = street.settled(name)
        older = street.settled(name, who=case.customer, at=SETTLED - 100 * day)
        CaseFact.objects.filter(pk=older.pk).update(settled_at=None)
        street.wrote(older, *times)
        heard |= {case.pk} if within else set()
    other = coming_back(DAYS, at=OVER + 2 * day)[OTHER]
    assert len(other.all) == 8 and other.all - other.quiet == heard


def test_under_a_lock_only_customers_with_a_case_of_ones_teams_count(street):
    team = street.settled("one").team.slug
    mine, others = (coming_back(DAYS, Scope(only=(name,)), at=OVER)[OTHER].all for name in (team, "elsewhere"))
    assert len(mine) == 1 and not others


def test_the_told_cases_by_the_second_computation(told):
    while build.take_touched(AT):
        pass
    at = OVER + AFTER
    days = Period(date(2026, 1, 1), date(2026, 12, 31), ZONE)
    found = {key: (len(g.closed), len(g.quiet), len(g.all)) for key, g in coming_back(days, at=at).items()}
    assert found == Plain(at).quiet(days, at)
    assert sum(n for _, _, n in found.values()) > 0
