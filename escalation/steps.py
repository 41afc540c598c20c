"""What a step of the beat is: a question the database answers cheaply, and one batch of work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, models


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the engine does. `due` asks whether there is any; `work` does a batch and says how many."""

    name: str
    due: Callable[[datetime], models.QuerySet]
    work: Callable[[datetime], int]


def look(steps: Sequence[Step], now: datetime) -> list[Step]:
    """The steps that have something to do: one query whatever their number."""
    questions, params = [], []
    for step in steps:
        sql, values = step.due(now).order_by().values("pk")[:1].query.sql_with_params()
        questions.append(f"EXISTS({sql})")
        params += values
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(questions)}", params)
        answers = cursor.fetchone()
    return [step for step, answer in zip(steps, answers, strict=True) if answer]
