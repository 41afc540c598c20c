"""Which days cannot be read from what is kept: whatever changed since they were counted, and what may not be counted yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import BigIntegerField, CharField, DateField, DateTimeField, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, TruncDate

from cases.models import TouchedCase
from escalation.models import Promise, StageClock
from feedback.facts.build import counted_to
from feedback.facts.ledger import COUNTED
from feedback.models import CaseFact, Retro, RollupDay
from feedback.periods import DAY, Period
from feedback.rollup.marking import DATED, ENDED, day_of

#: With more cases waiting for their facts than this, what they touch costs more to find than to count all.
MOST_WAITING = 500
#: A case may have left more lines than one; so many are looked at.
MOST_LINES = 4 * MOST_WAITING
NO_LINE = (Cast(Value(None), BigIntegerField()), Cast(Value(None), DateTimeField()))
NO_DAY = (Cast(Value(None), DateField()), Value("", output_field=CharField()))
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


def days_in(stretches: Iterable[Period]) -> Q:
    """The condition on a row that has a `day` that it is one of these."""
    return reduce(or_, (Q(day__gte=one.first, day__lte=one.last) for one in stretches))


def fresh_days(stretches: Sequence[Period], *, at: datetime) -> Fresh:
    """Which days of `stretches`, of one zone, must be counted from the facts, as of `at`: one question, two while cases wait.

    What waits and what is marked are asked at one moment. Where something waits the marks are asked once more with its days, so
    that a case whose facts are made in between is found by the mark it left.
    """
    if _plain.get():
        return Fresh(None, counted_to(at))
    zone = stretches[0].zone
    stale = Q(dirty_at__isnull=False) | Q(until__lte=at) | Q(since__gt=at)
    marked = RollupDay.objects.order_by().filter(Q(stale, days_in(stretches)) | ~Q(zone=zone))
    found = list(marked.values_list(*NO_LINE, "day", "zone").union(_lines(), all=True))
    waiting = {case for case, *_ in found if case is not None}
    if len(found) > MOST_LINES or len(waiting) > MOST_WAITING:
        return Fresh(None, counted_to(at))
    complete = min([at, *(noted for _, noted, _, _ in found if noted is not None)])
    days = {(day, of_zone) for case, _, day, of_zone in found if case is None}
    if waiting:
        days |= set(marked.values_list("day", "zone").union(*_touched(list(waiting), zone)))
    if any(of_zone != zone for _, of_zone in days):
        # What was kept are other days: `manage.py figures --rebuild` after another zone was set.
        return Fresh(None, complete)
    fresh = {day for day, _ in days} | set(days_of(day_of(at, ZoneInfo(zone)), max(one.last for one in stretches)))
    return Fresh({day for day in fresh if any(one.first <= day <= one.last for one in stretches)}, complete)


def _lines() -> QuerySet:
    """The first lines of what waits, in the shape of the days' rows."""
    # Up to a number, not so many: not every database lets a part of a union have a limit.
    last = TouchedCase.objects.order_by("pk").values("pk")[MOST_LINES : MOST_LINES + 1]
    up_to = Coalesce(Subquery(last), Value(BigIntegerField.MAX_BIGINT), output_field=BigIntegerField())
    return TouchedCase.objects.order_by().filter(pk__lte=up_to).values_list("case", "at", *NO_DAY)


def _touched(cases: Sequence[int], zone: str) -> list[QuerySet]:
    """The days on which these cases count for something, as it stands now."""
    facts: list[tuple[Any, str]] = [
        (CaseFact.objects.filter(pk__in=cases, **{f"{name}__isnull": False}), name) for name in DATED
    ]
    promises = Promise.objects.filter(case__in=cases, status__in=COUNTED)
    clocks = StageClock.objects.filter(case__in=cases, outcome__in=ENDED)
    retros = Retro.objects.filter(case__in=cases)
    where = Value(zone, output_field=CharField())
    return [
        rows.order_by().annotate(on=TruncDate(dated, tzinfo=ZoneInfo(zone)), of_zone=where).values_list("on", "of_zone")
        for rows, dated in (*facts, (promises, "due_at"), (clocks, "ended_at"), (retros, "asked_at"))
    ]
