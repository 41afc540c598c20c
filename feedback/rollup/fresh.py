"""Which days cannot be read from what is kept: whatever changed since they were counted, and what may not be counted yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import CharField, Min, Q, QuerySet, Value
from django.db.models.functions import TruncDate

from cases.models import TouchedCase
from escalation.models import Promise, StageClock
from feedback.facts.build import counted_to
from feedback.facts.ledger import COUNTED
from feedback.models import CaseFact, RollupDay
from feedback.periods import DAY
from feedback.rollup.marking import DATED, ENDED, day_of

#: With more cases waiting for their facts than this, what they touch costs more to find than to count all.
MOST_WAITING = 500
_plain: ContextVar[bool] = ContextVar("plain", default=False)


@dataclass(frozen=True, slots=True)
class Fresh:
    """The days to count from the facts, None where that is all of them; and up to when the facts are complete."""

    days: set[date] | None
    counted_to: datetime


def days_of(first: date, last: date) -> list[date]:
    """From `first` to `last`, both included; none when it lies before."""
    return [first + i * DAY for i in range((last - first).days + 1)]


@contextmanager
def plainly() -> Iterator[None]:
    """Meanwhile nothing kept is read here and everything is counted from the facts: what reading is measured against."""
    token = _plain.set(True)
    try:
        yield
    finally:
        _plain.reset(token)


def fresh_days(first: date, last: date, zone: str, *, at: datetime) -> Fresh:
    """Which days from `first` to `last` must be counted from the facts, as of `at`: two questions.

    What waits is asked first, so that a case whose facts are made meanwhile is found there or by the mark it left.
    """
    if _plain.get():
        return Fresh(None, counted_to(at))
    lines = TouchedCase.objects.order_by().values("case").annotate(first=Min("at")).values_list("case", "first")
    waiting = list(lines[: MOST_WAITING + 1])
    if len(waiting) > MOST_WAITING:
        return Fresh(None, counted_to(at))
    complete = min((line for _, line in waiting), default=at)
    stale = Q(dirty_at__isnull=False) | Q(until__lte=at) | Q(since__gt=at)
    marked = RollupDay.objects.filter(Q(stale, day__gte=first, day__lte=last) | ~Q(zone=zone)).values_list(
        "day", "zone"
    )
    if waiting:
        marked = marked.union(*_touched([case for case, _ in waiting], zone))
    days = set()
    for day, of_zone in marked:
        if of_zone != zone:
            # What was kept are other days: `manage.py figures --rebuild` after another zone was set.
            return Fresh(None, min(complete, at))
        days.add(day)
    days |= set(days_of(day_of(at, ZoneInfo(zone)), last))
    return Fresh({day for day in days if first <= day <= last}, min(complete, at))


def _touched(cases: Sequence[int], zone: str) -> list[QuerySet]:
    """The days on which these cases count for something, as it stands now."""
    facts: list[tuple[Any, str]] = [
        (CaseFact.objects.filter(pk__in=cases, **{f"{name}__isnull": False}), name) for name in DATED
    ]
    promises = Promise.objects.filter(case__in=cases, status__in=COUNTED)
    clocks = StageClock.objects.filter(case__in=cases, outcome__in=ENDED)
    where = Value(zone, output_field=CharField())
    return [
        rows.order_by().annotate(on=TruncDate(dated, tzinfo=ZoneInfo(zone)), of_zone=where).values_list("on", "of_zone")
        for rows, dated in (*facts, (promises, "due_at"), (clocks, "ended_at"))
    ]
