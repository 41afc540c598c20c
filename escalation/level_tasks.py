"""The tasks a level sets for every case that arrives there, written with the turn that brought it; open ones go along."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cases.models import Task
from escalation.turn import Arrival, Turn


def write(turns: Sequence[Turn], now: datetime) -> None:
    """Writes the tasks of every level the turns brought their cases to.

    What still stands open is not set twice. Overdue tasks of single people go with the case: from here on they are
    for whoever has it at the new level, who is told of them anew.
    """
    arrived = [turn for turn in turns if turn.arrivals]
    if not arrived:
        return
    ids = [turn.case.pk for turn in arrived]
    standing: dict[int, list[Task]] = {}
    for task in Task.everything.filter(case__in=ids, state=Task.State.OPEN):
        standing.setdefault(task.case_id, []).append(task)
    new: list[Task] = []
    taken_along: list[Any] = []
    for turn in arrived:
        mine = standing.get(turn.case.pk, [])
        taken_along += [t.pk for t in mine if t.person_id and t.due_at <= turn.arrivals[-1].at]
        for arrival in turn.arrivals:
            texts = {task.text for task in mine}
            fresh = [task for task in set_of(turn, arrival, now) if task.text not in texts]
            mine, new = [*mine, *fresh], [*new, *fresh]
    if taken_along:
        Task.everything.filter(pk__in=taken_along).update(person=None, told_at=None)
    Task.everything.bulk_create(new)


def set_of(turn: Turn, arrival: Arrival, now: datetime) -> list[Task]:
    """The tasks of the level for the case, unsaved, with their times by the calendar of the cell it has there."""
    wanted = turn.rules.protocol.tier(arrival.tier).tasks
    if not wanted:
        return []
    cell = turn.rules.protocol.cell(turn.case.category.slug, turn.case.severity, arrival.tier)
    calendar = turn.rules.calendar(cell.calendar, arrival.at)
    return [
        Task(
            case=turn.case, is_drill=turn.case.is_drill, text=one.text, shown=one.shown, level=arrival.tier,
            due_at=calendar.due(arrival.at, one.after), place=arrival.tier * 100 + number, at=arrival.at, recorded_at=now,
        )
        for number, one in enumerate(wanted)
    ]  # fmt: skip
