"""A step that gives a case to a person by name: to that person while they are there and have room, else to the team."""

from datetime import timedelta

import pytest

from cases.models import Case, Event, User
from escalation import verbs
from escalation.models import Leave, LoadCap, Notice, Rota, Shift
from escalation.protocol import person_key
from escalation.replay import replay_many
from escalation.sweep import sweep_batch
from tests.cast import MONDAY
from tests.escalation.sound import assert_sound
from tests.escalation.stories import MINUTE, in_force

DUE = MONDAY + 5 * MINUTE
DAY = timedelta(days=1)


def named(cast, who, *actions):
    step = {"after": 300, "target": f"person:{who.email}", "actions": list(actions or ["assign", "notify"])}
    in_force(cast, lambda document: document["tiers"][0].update(steps=[step]))


def after_the_step(case):
    sweep_batch(DUE)
    case = assert_sound(Case.objects.get(pk=case.pk))
    event = Event.objects.get(case=case, kind="ran_out")
    assert list(replay_many([case.pk])) == []
    return case, event.data


def test_it_goes_to_the_person_it_names_and_to_nobody_else(cast):
    """Priya stands at level 3: neither her team nor the order of turns at level 1 has a say."""
    named(cast, cast.tiers[3])
    for n in range(3):
        cast.file(title=f"Case {n}")
    sweep_batch(DUE)
    assert set(Case.objects.values_list("owner", "team")) == {(cast.tiers[3].pk, cast.teams[1].pk)}
    case = Case.objects.first()
    assert "instead" not in Event.objects.get(case=case, kind="ran_out").data
    told = Notice.objects.filter(case=case, kind="handed_to_you")
    assert [one.recipient for one in told] == [cast.tiers[3]]


def test_the_log_keeps_no_address(cast):
    named(cast, cast.tiers[3])
    case, data = after_the_step(cast.file())
    assert case.owner == cast.tiers[3]
    assert [person_key(f"person:{cast.tiers[3].email}"), cast.tiers[3].pk] in data["args"]["picks"]
    assert cast.tiers[3].email not in str(list(Event.objects.values_list("data", flat=True)))


@pytest.mark.parametrize("why", ["away", "off shift", "full"])
def test_who_is_not_there_or_full_is_passed_by_and_the_log_says_so(cast, why):
    named(cast, cast.tiers[3])
    case = cast.file()
    if why == "away":
        Leave.objects.create(user=cast.tiers[3], starts_at=MONDAY - DAY, ends_at=MONDAY + DAY, substitute=cast.tiers[4])
    elif why == "off shift":
        rota = Rota.objects.create(team=cast.teams[3], zone="Europe/London")
        Shift.objects.create(rota=rota, user=cast.tiers[3], weekday=3, opens=0, closes=60, starts_on=MONDAY.date())
    else:
        LoadCap.objects.create(user=cast.tiers[3], most_open=0)
    case, data = after_the_step(case)
    assert case.owner in (cast.tiers[1], cast.mate) and case.team == cast.teams[1]
    assert data["instead"] == "named_person"


def test_when_the_team_has_no_room_either_nobody_gets_it(cast):
    named(cast, cast.tiers[3])
    for one in (cast.tiers[1], cast.tiers[3], cast.mate):
        LoadCap.objects.create(user=one, most_open=0)
    case, data = after_the_step(cast.file())
    assert case.owner is None and data["instead"] == "named_person"


def test_who_stands_in_no_team_is_there_unless_away(cast):
    named(cast, cast.supervisor)
    assert after_the_step(cast.file())[0].owner == cast.supervisor


def test_who_stands_in_no_team_and_is_away_is_passed_by(cast):
    named(cast, cast.supervisor)
    Leave.objects.create(user=cast.supervisor, starts_at=MONDAY - DAY, ends_at=MONDAY + DAY)
    assert after_the_step(cast.file())[1]["instead"] == "named_person"


def test_a_batch_gives_the_named_person_no_more_than_their_cap(cast):
    named(cast, cast.supervisor)
    LoadCap.objects.create(user=cast.supervisor, most_open=2)
    for n in range(5):
        cast.file(title=f"Case {n}")
    sweep_batch(DUE)
    owners = list(Case.objects.values_list("owner", flat=True))
    assert owners.count(cast.supervisor.pk) == 2 and None not in owners


def test_who_is_gone_is_a_target_nobody_stands_behind(cast):
    """As for every other action: the step is passed over, in red."""
    named(cast, cast.tiers[3])
    case = cast.file()
    User.objects.filter(pk=cast.tiers[3].pk).update(is_active=False)
    sweep_batch(DUE)
    case = Case.objects.get(pk=case.pk)
    assert case.owner is None
    assert case.alerts.filter(kind="empty_step", cleared_at=None).count() == 1


def test_acknowledging_stays_open_to_the_named_person(cast):
    """Owning it is enough, although they stand in another team."""
    named(cast, cast.tiers[3])
    case = cast.file(impact="question")
    verbs.assess(case.pk, severity=4, complexity=1, category=case.category, by=cast.tiers[1], at=MONDAY)
    case, _ = after_the_step(case)
    done = verbs.acknowledge(case.pk, by=cast.tiers[3], at=DUE + MINUTE)
    assert done.owner == cast.tiers[3] and done.state == "acknowledged"
