"""Passed up and sent back with help: counted by hand, by the team that asked, with the cases behind it."""

from datetime import UTC, datetime, timedelta

import pytest

from escalation import verbs
from feedback.facts import build
from feedback.figures import Scope
from feedback.helped import cases_behind, helped
from feedback.intervals import Share
from feedback.periods import Period
from tests.cast import gather
from tests.escalation.stories import bring, do, settle

MONDAY = datetime(2026, 3, 9, 10, 0, tzinfo=UTC)
WEEK = Period(MONDAY.date(), MONDAY.date() + timedelta(days=6), "Europe/London")


@pytest.fixture
def cast(db):
    return gather()


def passed_up(cast, **more):
    case = bring(cast, "working", at=MONDAY)
    do(cast, case, "escalate", **more)
    return case


def test_by_the_team_that_asked_whoever_it_was(cast):
    plain, helped_one, twice = (passed_up(cast) for _ in range(3))
    do(cast, helped_one, "help_back")
    # Helped, acknowledged and passed up again: one case of the team, and it had help.
    do(cast, twice, "help_back")
    do(cast, twice, "acknowledge")
    do(cast, twice, "escalate")
    # From the second level on to the third, and back with help.
    do(cast, plain, "review")
    do(cast, plain, "escalate")
    do(cast, plain, "help_back")
    # Brought up by a missed time, and returned with a reason: neither is a passing up by hand.
    missed = bring(cast, "working", at=MONDAY)
    settle(missed, MONDAY + timedelta(days=1, hours=2))
    returned = passed_up(cast)
    do(cast, returned, "return_down")
    while build.take_touched(MONDAY):
        pass
    one, two = (cast.teams[n].slug for n in (1, 2))
    found = helped(WEEK)
    assert found.by_team == {one: Share(2, 4), two: Share(1, 1)}
    assert found.now == Share(3, 5)
    assert set(cases_behind("helped_back", WEEK)) == {helped_one, twice, plain}
    assert set(cases_behind("helped_back", WEEK, part=two)) == {plain}
    assert set(cases_behind("passed_up", WEEK, part=one)) == {plain, helped_one, twice, returned}
    assert helped(WEEK, Scope(topic="billing")).now == Share()
    assert helped(WEEK.before()).now == Share()


def test_no_person_is_in_the_figure(cast):
    case = passed_up(cast)
    do(cast, case, "help_back")
    while build.take_touched(MONDAY):
        pass
    said = repr(helped(WEEK))
    assert helped(WEEK).now == Share(1, 1)
    assert cast.tiers[1].name not in said and str(cast.supervisor.pk) not in said.replace("(1, 1)", "")
    with pytest.raises(verbs.Refused):
        do(cast, case, "help_back")
