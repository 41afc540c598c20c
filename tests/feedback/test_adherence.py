"""R083: steps done in order and in time / steps required, from the log alone; counted by hand, and recounted another way."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from cases.lifecycle import State
from cases.models import Case
from escalation import verbs
from escalation.facts import Clock, Outcome
from escalation.models import StageClock
from escalation.sweep import sweep_batch
from feedback.adherence import OWED, log_of, score, steps
from feedback.intervals import Share
from tests import solving
from tests.cast import MONDAY, gather
from tests.escalation.stories import MINUTE, bring, now_of

HOUR = 60 * MINUTE
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return gather()


def told(case):
    """Each step as (kind, level, how it ended)."""
    return [(one.kind, one.tier, one.outcome) for one in steps(log_of(case))]


def test_a_case_counted_by_hand(cast):
    """A quick start, an update that was missed, and the level above that put it right."""
    tom, mara = cast.tiers[1], cast.tiers[2]
    case = cast.file(impact="loss")
    topic = {"complexity": 1, "category": case.category}
    assert told(case) == [("review", 1, None)] and score(steps(log_of(case))) == Share(0, 0)
    verbs.assess(
        case.pk, severity=2, **topic, by=tom, at=MONDAY + 2 * MINUTE
    )  # the review, in time; the answer is owed now
    verbs.acknowledge(case.pk, by=tom, at=MONDAY + 4 * MINUTE)  # acknowledged
    verbs.update(case.pk, text="We look.", by=tom, at=MONDAY + 30 * MINUTE)  # an update
    due = StageClock.objects.get(case=case, kind=Clock.UPDATE, outcome=None).due_at
    sweep_batch(due)  # the next one is missed, and the case goes up
    case.refresh_from_db()
    assert case.tier == 2
    verbs.review(case.pk, by=mara, at=due + MINUTE)  # the review of level 2
    verbs.acknowledge(case.pk, by=mara, at=due + 2 * MINUTE)  # acknowledged there: the next update is owed
    # The answer, in time since the first day; and a word to the customer, which the update asks for.
    solving.answer(case.pk, text="Paid.", outcome="fixed", root_cause="x", by=mara, at=due + 3 * MINUTE)
    assert told(case) == [
        ("review", 1, "met"), ("acknowledge", 1, "met"), ("resolve", 1, "met"), ("update", 1, "met"),
        ("update", 1, "missed"), ("review", 2, "met"), ("acknowledge", 2, "met"), ("update", 2, "met"),
    ]  # fmt: skip
    assert score(steps(log_of(case))) == Share(7, 8)
    verbs.accept(case.pk, by=cast.customer, at=due + 4 * MINUTE)
    assert told(case)[-1] == ("survey", 2, None) and score(steps(log_of(case))) == Share(7, 8)
    sweep_batch(due + 2 * HOUR)  # asked how we did
    assert told(case)[-1] == ("survey", 2, "elapsed") and score(steps(log_of(case))) == Share(8, 9)


def test_what_was_not_needed_any_more_is_not_required(cast):
    """Withdrawn after the assessment: one step was done, the others are owed to nobody."""
    case = bring(cast, State.REVIEWED)
    case = verbs.withdraw(case.pk, by=cast.customer, at=now_of(case) + MINUTE)
    assert told(case) == [("review", 1, "met")] and score(steps(log_of(case))) == Share(1, 1)


def event(at, *, started=(), ended=None, tier=1):
    data = {
        "tier": tier,
        "changed": {},
        "ended": ended or {},
        "started": {kind: [60, "office@1", None] for kind in started},
    }
    return SimpleNamespace(seq=1, occurred_at=MONDAY + at * MINUTE, data=data)


def test_what_was_done_before_an_earlier_step_is_out_of_order():
    """The engine never lets it happen; a log that says so is told apart all the same."""
    log = [
        event(0, started=("review", "resolve")),
        event(1, ended={"resolve": "met"}),
        event(2, ended={"review": "met"}, started=("supervisor",)),
        event(3, ended={"supervisor": "met"}),
    ]
    found = steps(log)
    assert [(one.kind, one.in_order, one.kept) for one in found] == [
        ("review", True, True), ("resolve", False, False), ("supervisor", True, True),
    ]  # fmt: skip
    assert score(found) == Share(2, 3)


@pytest.mark.parametrize("state", State.values)
def test_the_log_says_what_the_clocks_say(cast, state):
    """Recounted from another table: the clocks of every case, in every state."""
    case = bring(cast, state) if state not in (State.WITHDRAWN, State.MERGED) else bring(cast, State.WORKING)
    if state in (State.WITHDRAWN, State.MERGED):
        case = verbs.withdraw(case.pk, by=cast.customer, at=now_of(case) + MINUTE)
    sweep_batch(now_of(case) + 30 * HOUR)
    clocks = StageClock.objects.filter(case=case, kind__in=OWED).exclude(outcome=Outcome.CANCELLED)
    found = steps(log_of(Case.objects.get(pk=case.pk)))
    mine = sorted((one.kind, one.tier, str(one.outcome), one.due) for one in found)
    theirs = sorted((c.kind, c.tier, str(c.outcome), c.due_at) for c in clocks if c.due_at)
    assert [one for one in mine if one[-1]] == theirs
    over = clocks.filter(outcome__isnull=False)
    assert score(found) == Share(over.exclude(outcome=Outcome.MISSED).count(), over.count())
