"""A promise moved with a reason: what it is moved to, how far and how often, and what the customer and the ledger say."""

from datetime import timedelta

import pytest

from cases.lifecycle import State
from cases.models import Case, Event, Message
from cases.models.event import stamp
from escalation import verbs
from escalation.letters import compose
from escalation.models import Notice, Promise, StageClock
from escalation.outlook import latest_move
from escalation.store import peek
from tests.escalation.sound import assert_sound, open_clocks
from tests.escalation.stories import MINUTE, bring, settle

P = Promise.Status
WHY = "The carrier answers only tomorrow."


def held(case) -> StageClock:
    return next(clock for clock in open_clocks(case).values() if clock.promise)


def move(cast, case, to, *, by=None, at=None):
    last = Event.objects.filter(case=case).latest("seq").occurred_at
    return verbs.move_promise(case.pk, next_at=to, reason=WHY, by=by or cast.tiers[1], at=at or last + MINUTE)


def test_the_customer_reads_the_old_time_the_new_one_and_why(cast):
    case = bring(cast, State.WORKING)
    said = case.promise_at
    wanted = (said + timedelta(minutes=45)).replace(second=0, microsecond=0)
    moved = assert_sound(move(cast, case, wanted))
    assert (moved.promise_at, moved.state, moved.owner) == (wanted, State.WORKING, cast.tiers[1])
    notice = Notice.objects.get(case=case, kind="new_time")
    assert (notice.recipient, notice.to_customer) == (cast.customer, True)
    assert notice.data["said"] == stamp(said)
    letter = compose(notice, moved.filed_at)
    assert letter.subject.startswith("New time: Charged twice")
    assert f"It is now {letter.text.split('It is now ')[1].split(', because:')[0]}, because:\n\n{WHY}" in letter.text
    row = Promise.objects.get(case=case, due_at=said)
    assert (row.status, row.reason) == (P.MOVED, "moved with a reason")
    assert Promise.objects.get(case=case, due_at=wanted).status == P.OPEN
    assert Message.objects.filter(case=case, kind="reason", text=WHY, author=cast.tiers[1]).count() == 1
    assert WHY not in str(list(Event.objects.filter(case=case).values_list("data", flat=True)))


@pytest.mark.parametrize("state", [State.ACKNOWLEDGED, State.WORKING, State.REOPENED, State.WAITING_PARTNER])
def test_it_is_put_off_once_by_one_interval_at_most_and_brought_forward_at_will(cast, state):
    case = bring(cast, state)
    clock = held(case)
    latest = latest_move(peek(case, clock.started_at))
    assert clock.due_at < latest
    with pytest.raises(verbs.Refused, match="one interval") as why:
        move(cast, case, latest + MINUTE)
    assert (why.value.field, why.value.latest) == ("next_at", latest)
    case = assert_sound(move(cast, case, latest))
    assert case.promise_at == latest and held(case).target == 2 * clock.target
    with pytest.raises(verbs.Refused, match="put off once already") as why:
        move(cast, case, latest + MINUTE)
    assert why.value.latest == latest
    case = assert_sound(move(cast, case, clock.due_at))
    # Brought forward: the customer has read the earlier time, so it is not put off again.
    assert latest_move(peek(case, clock.started_at)) == clock.due_at
    with pytest.raises(verbs.Refused, match="put off once already"):
        move(cast, case, clock.due_at + MINUTE)
    # A word to the customer starts a time of its own.
    at = Event.objects.filter(case=case).latest("seq").occurred_at + MINUTE
    case = assert_sound(verbs.update(case.pk, text="They answered.", by=cast.tiers[1], at=at))
    assert latest_move(peek(case, at)) > held(case).due_at


def test_a_time_given_early_is_put_off_once_too(cast):
    """Its clock is far shorter than the matrix's interval; small steps lead nowhere."""
    case = bring(cast, State.WORKING)
    interval = held(case).target
    at = (Event.objects.filter(case=case).latest("seq").occurred_at + MINUTE).replace(second=0, microsecond=0)
    case = verbs.update(case.pk, text="Soon.", next_at=at + 5 * MINUTE, by=cast.tiers[1], at=at)
    assert held(case).target < interval and not held(case).put_off
    case = assert_sound(move(cast, case, at + 10 * MINUTE))
    assert held(case).put_off
    with pytest.raises(verbs.Refused, match="put off once already"):
        move(cast, case, at + 15 * MINUTE)
    assert Notice.objects.filter(case=case, kind="new_time").count() == 1


def test_what_was_moved_breaks_like_any_other(cast):
    case = bring(cast, State.WORKING)
    case = move(cast, case, case.promise_at - 30 * MINUTE)
    climbed = assert_sound(settle(case, case.promise_at))
    assert (climbed.state, climbed.tier) == (State.ESCALATED, 2)
    assert Promise.objects.get(case=case, due_at=case.promise_at).status == P.BROKEN
    with pytest.raises(verbs.Refused, match="Review the SLA first"):
        move(cast, climbed, climbed.promise_at + MINUTE, by=cast.supervisor)


def test_too_late_to_move_what_is_broken(cast):
    """The act itself catches up first: a time that fell due a second ago is broken, not moved."""
    case = bring(cast, State.WORKING)
    with pytest.raises(verbs.Refused, match="missed just now"):
        move(cast, case, case.promise_at + 30 * MINUTE, at=case.promise_at)
    assert not Notice.objects.filter(case=case, kind="new_time").exists()


def test_instants_that_cannot_be_promised(cast):
    case = bring(cast, State.WORKING)
    for wanted, sentence in (
        (case.filed_at, "must lie in the future"),
        (case.promise_at, "time we gave already"),
        (case.promise_at.replace(hour=3) + timedelta(days=1), "Nobody is at work|one interval"),
    ):
        with pytest.raises(verbs.Refused, match=sentence):
            move(cast, case, wanted)
    with pytest.raises(verbs.Refused, match="Write what the customer should read"):
        verbs.move_promise(case.pk, next_at=case.promise_at + MINUTE, reason=" ", by=cast.tiers[1], at=case.promise_at)
    assert Case.objects.get(pk=case.pk).event_seq == case.event_seq


def test_a_colleague_of_the_team_may_not_and_a_supervisor_may(cast):
    case = bring(cast, State.WORKING)
    with pytest.raises(verbs.Refused, match="Needs the owner of the case or a supervisor"):
        move(cast, case, case.promise_at + MINUTE, by=cast.mate)
    moved = assert_sound(move(cast, case, case.promise_at + MINUTE, by=cast.supervisor))
    assert moved.owner == cast.tiers[1]


def test_who_is_waited_for_has_no_time_to_move(cast):
    case = bring(cast, State.WAITING_CUSTOMER)
    with pytest.raises(verbs.Refused):
        move(cast, case, case.filed_at + timedelta(hours=3))
