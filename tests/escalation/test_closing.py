"""R061: silence closes a case, and only silence does: what a letter says of it is true whenever one is written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.lifecycle import State
from escalation import facts as f
from escalation.decision import NotNow
from escalation.kinds import Clock
from escalation.permits import PERMITS
from tests.escalation.walk import NotPermitted, act, at_state

THEIRS = {State.ANSWERED: Clock.CONFIRM, State.WAITING_CUSTOMER: Clock.LAPSE}
MINUTE = timedelta(minutes=1)
#: What may happen to a case on its way, the closing by hand among it.
DEEDS = ("close", "answer", "wait_customer", "reply", "accept", "reject", "reopen", "update", "escalate", "review",
         "acknowledge", "wait_partner", "partner_answered", "take_over", "note", "log_call", "withdraw")  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(state=st.sampled_from(sorted(THEIRS)), severity=st.integers(1, 4), left=st.integers(1, 10**7))
def test_nobody_closes_for_the_customer_while_their_time_runs(state, severity, left):
    turn, since = at_state(state, severity=severity)
    due = turn.clocks[THEIRS[state]].due_at
    with pytest.raises(NotPermitted):
        act(turn, "close", max(since, due - timedelta(microseconds=left) * 10**5))
    assert (turn.case.state, turn.clocks[THEIRS[state]].due_at) == (state, due)
    first = len(turn.owed)
    turn.settle(due)
    told = [one.tell for one in turn.owed[first:] if one.tell.kind == "closed"]
    assert turn.case.state == State.CLOSED
    assert [one.data["silent"] for one in told] == [True]


@settings(max_examples=80, deadline=None)
@given(
    severity=st.integers(1, 4),
    steps=st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(1, 60 * 24 * 12)), max_size=12),
)
def test_a_letter_says_we_heard_nothing_only_where_the_customers_clock_ran_out(severity, steps):
    """Whatever people do, in whatever order, with hours or days between: the words come from a timer of the customer's."""
    turn, at = at_state(State.WORKING, severity=severity)
    for verb, minutes in steps:
        at += minutes * MINUTE
        try:
            act(turn, verb, at)
        except (NotPermitted, NotNow):
            continue
    kinds = {event.seq: event for event in turn.events}
    for owed in turn.owed:
        if owed.tell.kind == "closed":
            event = kinds[owed.seq]
            assert owed.tell.data["silent"] is True
            assert event.kind == "ran_out" and event.data["args"]["kind"] in (Clock.CONFIRM, Clock.LAPSE)


def test_what_the_letter_says_by_hand_and_after_silence():
    said = {}
    for silent in (True, False):
        data = {"data": {"silent": silent} if silent else {}, "title": "T", "link": "L/", "reopen_until": "Monday"}
        said[silent] = render_to_string("mail/closed.txt", data)
        assert "Open it again by Monday: L/reopen/" in said[silent]
    assert "We have not heard from you, so we closed your case." in said[True]
    assert "not heard" not in said[False] and "We closed your case." in said[False]
    turn, at = at_state(State.ANSWERED)
    by_hand = turn.take(f.Closed(at + MINUTE, at + MINUTE, 1), by=1, role="staff")
    assert [one.data.get("silent") for one in by_hand.tells] == [None]


@pytest.mark.parametrize("state", sorted(THEIRS))
def test_the_sentence_says_whose_turn_it_is(state):
    turn, _ = at_state(state)
    assert "still has time" in PERMITS["close"].unless(turn.case, turn, turn.clocks)
    assert PERMITS["close"].unless(turn.case, turn, ()) == ""
