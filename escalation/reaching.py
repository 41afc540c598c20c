"""Letters to a customer that did not arrive: which ones, and the question that must put the clocks back."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from cases.holding import not_held
from cases.lifecycle import State
from cases.models import Case, Event
from escalation.directory import Directory
from escalation.facts import QuestionLost
from escalation.models import Notice
from escalation.steps import Step
from escalation.store import flush, turns_of
from escalation.turn import Turn

log = logging.getLogger("milepost.reaching")
BATCH = 200
QUESTION = "question"
UNHEARD = (Notice.State.DEAD, Notice.State.UNCERTAIN)


def unheard(case: Case) -> QuerySet[Notice]:
    """Letters of the case to customers that did not arrive and that nobody has seen to, the oldest first."""
    rows = Notice.everything.filter(case=case, to_customer=True, state__in=UNHEARD)
    return rows.select_related("recipient").order_by("owed_at", "pk")


def lost_questions() -> QuerySet[Notice]:
    """The newest question of each case that waits for its customer, where the letter did not arrive."""
    newer = Notice.objects.filter(case=OuterRef("case"), kind=QUESTION, event_seq__gt=OuterRef("event_seq"))
    lost = Notice.objects.filter(
        kind=QUESTION, to_customer=True, state=Notice.State.DEAD, recipient=F("case__customer"),
        case__state=State.WAITING_CUSTOMER, case__is_history=False,
    )  # fmt: skip
    return lost.filter(~Exists(newer))


def _due(now: datetime) -> models.QuerySet:
    return lost_questions()


def put_back(now: datetime) -> int:
    """Lets the clocks of a batch of such cases go on; returns how many cases."""
    with transaction.atomic():
        wanted = Case.objects.filter(pk__in=lost_questions().values("case")).select_related("category")
        wanted = wanted.order_by("pk")[:BATCH]
        cases = list(not_held(wanted))
        if not cases:
            return 0
        # Asked again after the lock: a call may have told the customer meanwhile.
        letters = dict(lost_questions().filter(case__in=cases).values_list("case", "pk"))
        directory = Directory.load(now, holds=True)
        turns = [turn for case in cases if (turn := _going(case, letters.get(case.pk), now, directory))]
        flush(turns, now)
        return len(turns)


def _going(case: Case, letter: int | None, now: datetime, directory: Directory) -> Turn | None:
    """The case's turn with its clocks going; None when it cannot be handled, which must not hold up the others."""
    if letter is None:
        return None
    try:
        (turn,) = turns_of([case], now, directory=directory)
        turn.settle(now)
        if turn.case.state == State.WAITING_CUSTOMER:
            at = max(now, turn.last.at) if turn.last else now
            turn.take(QuestionLost(at=at, now=at, notice=letter), by=None, role=Event.Role.ENGINE)
        return turn
    except Exception:
        log.exception("The clocks of case %s cannot be put back.", case.pk)
        return None


STEPS = (Step("lost questions", _due, put_back),)
