"""Overdue tasks and questions: found by the beat, written on the case, told to whom they concern; and who is at risk.

No clock runs for them, so nothing here moves a promise, a level or an owner. Each is told once; a task that comes
to others by a passing up is told them anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from cases.holding import not_held
from cases.lifecycle import OPEN
from cases.models import Case, Consult, Event, Task
from escalation.directory import Directory
from escalation.facts import Happening, QuestionsOverdue, TasksOverdue
from escalation.steps import Step
from escalation.store import flush, turns_of
from escalation.turn import Turn

log = logging.getLogger("milepost.beside")
BATCH = 200
LIVE = Q(case__state__in=OPEN, case__is_history=False)


def overdue_tasks(now: datetime) -> QuerySet[Task]:
    """Open tasks of open cases whose time has come, told or not."""
    return Task.everything.filter(LIVE, state=Task.State.OPEN, due_at__lte=now)


def overdue_questions(now: datetime) -> QuerySet[Consult]:
    """Questions to experts without an answer whose time has come, told or not."""
    return Consult.everything.filter(LIVE, answered_at=None, taken_back_at=None, due_at__lte=now)


def at_risk(now: datetime) -> Q:
    """The cases in danger although no promise is broken yet, as a condition on Case: a task of theirs is overdue."""
    late = Task.objects.filter(case=OuterRef("pk"), state=Task.State.OPEN, due_at__lte=now)
    return Q(Exists(late), state__in=OPEN, is_history=False)


def still_late(rows: QuerySet, now: datetime, case: Case, *, but: Any = None) -> bool:
    """Whether another one of `rows` (tasks or questions that are overdue) of the case is left besides `but`."""
    return rows.filter(case=case).exclude(pk=but).exists()


def _untold(rows: QuerySet) -> QuerySet:
    return rows.filter(told_at=None)


def tell_tasks(now: datetime) -> int:
    """Writes a batch of overdue tasks on their cases; returns how many cases."""
    return _tell(_untold(overdue_tasks(now)), now, _of_tasks)


def tell_questions(now: datetime) -> int:
    """Writes a batch of unanswered questions on their cases; returns how many cases."""
    return _tell(_untold(overdue_questions(now)), now, _of_questions)


def _of_tasks(rows: Sequence[Task], at: datetime) -> Happening:
    people = tuple(dict.fromkeys(one.person_id for one in rows if one.person_id))
    return TasksOverdue(at, at, tasks=tuple(str(one.pk) for one in rows), people=people)


def _of_questions(rows: Sequence[Consult], at: datetime) -> Happening:
    people = tuple(dict.fromkeys(who for one in rows for who in (one.asked_by_id, one.expert_id)))
    return QuestionsOverdue(at, at, consults=tuple(one.pk for one in rows), people=people)


def _tell(rows: QuerySet, now: datetime, happening: Callable[[Any, datetime], Happening]) -> int:
    """One event a case for all that is overdue there. The cases are held first, as by every act on them."""
    with transaction.atomic():
        wanted = Case.everything.filter(pk__in=rows.values("case")).select_related("category").order_by("pk")[:BATCH]
        cases = list(not_held(wanted))
        if not cases:
            return 0
        found: dict[int, list[Any]] = {}
        for row in rows.filter(case__in=cases).order_by("due_at", "pk"):
            found.setdefault(row.case_id, []).append(row)
        directory = Directory.load(now, holds=True)
        turns = [turn for case in cases if (turn := _written(case, found.get(case.pk, []), now, directory, happening))]
        flush(turns, now)
        _mark([row for turn in turns for row in found[turn.case.pk]], now)
        return len(turns)


def _written(
    case: Case, rows: list[Any], now: datetime, directory: Directory, happening: Callable[[Any, datetime], Happening]
) -> Turn | None:
    """The case's turn with the event; None when it cannot be handled, which must not hold up the others."""
    if not rows:
        return None
    try:
        (turn,) = turns_of([case], now, directory=directory)
        turn.settle(now)
        if turn.case.state in OPEN:
            at = max(now, turn.last.at) if turn.last else now
            turn.take(happening(rows, at), by=None, role=Event.Role.ENGINE)
        return turn
    except Exception:
        log.exception("What is overdue on case %s cannot be written down.", case.pk)
        return None


def _mark(rows: list[Any], now: datetime) -> None:
    """What has been told; what could not be written is tried again in the next round."""
    kinds: tuple[Any, ...] = (Task, Consult)
    for model in kinds:
        if ids := [row.pk for row in rows if isinstance(row, model)]:
            model.everything.filter(pk__in=ids).update(told_at=now)


def _due(find: Callable[[datetime], QuerySet]) -> Callable[[datetime], models.QuerySet]:
    return lambda now: _untold(find(now))


STEPS = (
    Step("overdue tasks", _due(overdue_tasks), tell_tasks),
    Step("overdue questions", _due(overdue_questions), tell_questions),
)
