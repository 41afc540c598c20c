"""The state machine as a table: what is written here is what the machine does, and nothing more."""

import itertools

import pytest
from django_fsm import TransitionNotAllowed

from cases.lifecycle import ACTIVE, BUSY, FINAL, MILESTONE, MOVES, OPEN, SETTLED, WAITING, State
from cases.models import Case
from cases.words import WORDS

#: Every move: where it starts -> where it ends. Written by hand from the design, never generated.
EXPECTED = {
    "assess": {"new": "reviewed"},
    "escalate": {
        "new": "escalated",
        "reviewed": "escalated",
        "passed": "escalated",
        "acknowledged": "escalated",
        "working": "escalated",
        "reopened": "escalated",
        "waiting_customer": "escalated",
        "waiting_partner": "escalated",
    },
    "climb": {
        "new": "escalated",
        "reviewed": "escalated",
        "escalated": "escalated",
        "passed": "escalated",
        "acknowledged": "escalated",
        "working": "escalated",
        "reopened": "escalated",
        "waiting_customer": "escalated",
        "waiting_partner": "escalated",
    },
    "review": {"escalated": "passed"},
    "acknowledge": {"reviewed": "acknowledged", "passed": "acknowledged"},
    "update": {"acknowledged": "working", "working": "working", "reopened": "working"},
    "wait_customer": {
        "acknowledged": "waiting_customer",
        "working": "waiting_customer",
        "reopened": "waiting_customer",
        "waiting_partner": "waiting_customer",
    },
    "wait_partner": {
        "acknowledged": "waiting_partner",
        "working": "waiting_partner",
        "reopened": "waiting_partner",
    },
    "resume": {"waiting_customer": "working", "waiting_partner": "working"},
    "return_down": {"escalated": "reviewed", "passed": "reviewed"},
    "answer": {
        "reviewed": "answered",
        "acknowledged": "answered",
        "working": "answered",
        "reopened": "answered",
        "waiting_customer": "answered",
        "waiting_partner": "answered",
    },
    "accept": {"answered": "confirmed"},
    "reject": {"answered": "reopened"},
    "reopen": {"confirmed": "reopened", "feedback": "reopened", "closed": "reopened", "withdrawn": "reopened"},
    "ask_feedback": {"confirmed": "feedback"},
    "close": {"answered": "closed", "waiting_customer": "closed", "confirmed": "closed", "feedback": "closed"},
    "withdraw": {
        "new": "withdrawn",
        "reviewed": "withdrawn",
        "escalated": "withdrawn",
        "passed": "withdrawn",
        "acknowledged": "withdrawn",
        "working": "withdrawn",
        "reopened": "withdrawn",
        "waiting_customer": "withdrawn",
        "waiting_partner": "withdrawn",
        "answered": "withdrawn",
    },
    "merge": {
        "new": "merged",
        "reviewed": "merged",
        "escalated": "merged",
        "passed": "merged",
        "acknowledged": "merged",
        "working": "merged",
        "reopened": "merged",
        "waiting_customer": "merged",
        "waiting_partner": "merged",
        "answered": "merged",
    },
}
MILESTONES = {
    "new": 1, "escalated": 1, "reviewed": 2, "passed": 2, "acknowledged": 3, "working": 3, "waiting_customer": 3,
    "waiting_partner": 3, "reopened": 3, "answered": 4, "confirmed": 5, "feedback": 5, "closed": 5,
    "withdrawn": None, "merged": None,
}  # fmt: skip


def in_state(state: str) -> Case:
    case = Case()
    case.__dict__["state"] = state
    return case


def test_the_table_is_the_machine():
    assert MOVES == EXPECTED


@pytest.mark.parametrize(("move", "state"), list(itertools.product(EXPECTED, State.values)))
def test_each_move_from_each_state(move, state):
    """The other way round: the machine itself is asked, not its description."""
    case = in_state(state)
    if state in EXPECTED[move]:
        getattr(case, move)()
        assert case.state == EXPECTED[move][state]
    else:
        with pytest.raises(TransitionNotAllowed):
            getattr(case, move)()
        assert case.state == state


def test_state_cannot_be_set_by_hand():
    case = in_state("new")
    with pytest.raises(AttributeError):
        case.state = "closed"


def test_milestones():
    assert MILESTONE == MILESTONES


def test_every_state_is_open_settled_or_final_and_only_one_of_them():
    assert sorted((*OPEN, *SETTLED, *FINAL)) == sorted(State.values)
    assert set(OPEN) == {*ACTIVE, State.ANSWERED}
    assert {*BUSY, *WAITING} < set(ACTIVE)


def test_every_open_state_can_be_left_and_every_state_but_new_reached():
    reached = {target for table in MOVES.values() for target in table.values()}
    assert reached == set(State.values) - {State.NEW}
    for state in OPEN:
        assert any(table.get(state, state) != state for table in MOVES.values())
    assert not any(state in table for table in MOVES.values() for state in FINAL)


def test_milestone_one_cannot_be_skipped():
    """Nothing but a review leads from an escalation to the acknowledgment."""
    assert {move for move, table in MOVES.items() if table.get("escalated") == "passed"} == {"review"}
    assert "escalated" not in MOVES["acknowledge"] and "new" not in MOVES["acknowledge"]
    assert "escalated" not in MOVES["answer"] and "escalated" not in MOVES["update"]


def test_every_state_has_words():
    assert set(WORDS) == set(State.values)
