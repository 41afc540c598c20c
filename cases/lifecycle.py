"""The state machine of a case: every state, its milestone, and the table of moves.

The moves are django-fsm transitions with empty bodies: what a move means for clocks and people is decided
in `escalation.decision`. Only `escalation.turn` calls them, with the case's row locked.
"""

from __future__ import annotations

from django.db import models
from django_fsm import FSMField, FSMModelMixin, transition


class State(models.TextChoices):
    """Staff's names of the states; customers read `cases.words` instead."""

    NEW = "new", "New"
    REVIEWED = "reviewed", "Reviewed"
    ESCALATED = "escalated", "Escalated, SLA review"
    PASSED = "passed", "Escalated, to be acknowledged"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    WORKING = "working", "Working"
    WAITING_CUSTOMER = "waiting_customer", "Waiting for customer"
    WAITING_PARTNER = "waiting_partner", "Waiting for another company"
    ANSWERED = "answered", "Answer proposed"
    CONFIRMED = "confirmed", "Confirmed"
    FEEDBACK = "feedback", "Feedback asked"
    CLOSED = "closed", "Closed"
    REOPENED = "reopened", "Reopened"
    WITHDRAWN = "withdrawn", "Withdrawn"
    MERGED = "merged", "Merged"


S = State
BUSY = (S.ACKNOWLEDGED, S.WORKING, S.REOPENED)
WAITING = (S.WAITING_CUSTOMER, S.WAITING_PARTNER)
ACTIVE = (S.NEW, S.REVIEWED, S.ESCALATED, S.PASSED, *BUSY, *WAITING)
OPEN = (*ACTIVE, S.ANSWERED)
SETTLED = (S.CONFIRMED, S.FEEDBACK, S.CLOSED, S.WITHDRAWN)
FINAL = (S.MERGED,)

#: The milestone a state belongs to (1 SLA review .. 5 feedback); None where the road was left.
MILESTONE: dict[str, int | None] = {
    S.NEW: 1,
    S.ESCALATED: 1,
    S.REVIEWED: 2,
    S.PASSED: 2,
    S.ACKNOWLEDGED: 3,
    S.WORKING: 3,
    S.WAITING_CUSTOMER: 3,
    S.WAITING_PARTNER: 3,
    S.REOPENED: 3,
    S.ANSWERED: 4,
    S.CONFIRMED: 5,
    S.FEEDBACK: 5,
    S.CLOSED: 5,
    S.WITHDRAWN: None,
    S.MERGED: None,
}


class Lifecycle(FSMModelMixin, models.Model):
    """The table of moves. A move that is not listed from a state does not exist from that state."""

    state = FSMField(default=S.NEW, choices=State.choices, protected=True, editable=False)

    class Meta:
        abstract = True

    @transition(field=state, source=[S.NEW], target=S.REVIEWED)
    def assess(self) -> None: ...

    @transition(field=state, source=[s for s in ACTIVE if s != S.ESCALATED], target=S.ESCALATED)
    def escalate(self) -> None: ...

    @transition(field=state, source=[*ACTIVE], target=S.ESCALATED)
    def climb(self) -> None: ...

    @transition(field=state, source=[S.ESCALATED], target=S.PASSED)
    def review(self) -> None: ...

    @transition(field=state, source=[S.REVIEWED, S.PASSED], target=S.ACKNOWLEDGED)
    def acknowledge(self) -> None: ...

    @transition(field=state, source=[*BUSY], target=S.WORKING)
    def update(self) -> None: ...

    @transition(field=state, source=[*BUSY, S.WAITING_PARTNER], target=S.WAITING_CUSTOMER)
    def wait_customer(self) -> None: ...

    @transition(field=state, source=[*BUSY], target=S.WAITING_PARTNER)
    def wait_partner(self) -> None: ...

    @transition(field=state, source=[*WAITING], target=S.WORKING)
    def resume(self) -> None: ...

    @transition(field=state, source=[S.ESCALATED, S.PASSED], target=S.REVIEWED)
    def return_down(self) -> None: ...

    @transition(field=state, source=[S.REVIEWED, *BUSY, *WAITING], target=S.ANSWERED)
    def answer(self) -> None: ...

    @transition(field=state, source=[S.ANSWERED], target=S.CONFIRMED)
    def accept(self) -> None: ...

    @transition(field=state, source=[S.ANSWERED], target=S.REOPENED)
    def reject(self) -> None: ...

    @transition(field=state, source=[*SETTLED], target=S.REOPENED)
    def reopen(self) -> None: ...

    @transition(field=state, source=[S.CONFIRMED], target=S.FEEDBACK)
    def ask_feedback(self) -> None: ...

    @transition(field=state, source=[S.ANSWERED, S.WAITING_CUSTOMER, S.CONFIRMED, S.FEEDBACK], target=S.CLOSED)
    def close(self) -> None: ...

    @transition(field=state, source=[*OPEN], target=S.WITHDRAWN)
    def withdraw(self) -> None: ...

    @transition(field=state, source=[*OPEN], target=S.MERGED)
    def merge(self) -> None: ...


def moves() -> dict[str, dict[str, str]]:
    """The table as data: move -> {state it starts from -> state it ends in}, read off the machine itself."""
    table: dict[str, dict[str, str]] = {}
    for name, method in vars(Lifecycle).items():
        fsm = getattr(method, "_django_fsm", None)
        if fsm is not None:
            table[name] = {str(source): str(step.target) for source, step in fsm.transitions.items()}
    return table


MOVES = moves()
