"""Multiplies the demo's ended cases over two years, for measuring: rows as the verbs wrote them, moved by whole weeks.

Each copy has its own customer's name, reference, numbers and chain of hashes; what belongs to it in log, clocks, ledger and
survey is copied with it. Words are not: a copy has the title of its model, and no messages, notes or letters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.core.mail import get_connection
from django.db import models
from django.db.models import Exists, OuterRef

from cases.models import Case, User
from escalation.models import StageClock
from escalation.sweep import sweep_batch
from portal.demo import rules
from portal.demo.fortnight import Fortnight
from portal.demo.people import cast
from portal.demo.story import DAYS, plan
from portal.multiplying import HOST, WITH, Kind, Model, Row, columns, multiply

REST = timedelta(days=45)


def is_marked() -> bool:
    """Whether cases were generated here before: then it is nobody's real database."""
    return User.objects.filter(email__endswith=f"@{HOST}").exists()


def is_empty() -> bool:
    """Whether there is nobody: then there is no case either, for each has its customer."""
    return not User.objects.exists()


def tell(now: datetime, password: str | None) -> None:
    """Plays the demo's fortnight long enough ago that what was answered in it has closed by itself meanwhile."""
    began = now - REST
    people = cast(password)
    rules.set_up(people, began - timedelta(days=DAYS))
    stage = Fortnight(people, began, seed=7, backend=get_connection("django.core.mail.backends.dummy.EmailBackend"))
    plan(stage)
    stage.play()
    while began < now:
        began += timedelta(hours=12)
        while sweep_batch(min(began, now)):
            pass


def models_of() -> list[Model]:
    """The live cases whose every clock has ended, none of them a copy, with what belongs to them."""
    running = StageClock.objects.filter(case=OuterRef("pk"), outcome=None)
    ended = Case.objects.filter(~Exists(running), wake_at=None, closed_at__isnull=False, is_history=False)
    cases = {row["id"]: Model(row) for row in _rows(ended.exclude(customer__email__endswith=f"@{HOST}"), Case)}
    for kind in WITH:
        grouped: dict[int, list[Row]] = defaultdict(list)
        for row in _rows(kind._default_manager.filter(case__in=cases).order_by("pk"), kind):
            grouped[row["case_id"]].append(row)
        for pk, model in cases.items():
            model.rows[kind] = grouped[pk]
    return list(cases.values())


def _rows(rows: models.QuerySet, kind: Kind) -> Iterator[Row]:
    yield from rows.values(*columns(kind))


def make(count: int, *, progress: Callable[[float], None] = lambda share: None) -> int:
    """Writes `count` copies; how many cases they were copied from. ValueError when there is nothing to copy."""
    found = models_of()
    if not found:
        raise ValueError("There is no case that has ended, so there is nothing to multiply.")
    multiply(found, count, progress)
    return len(found)
