"""Which days cannot be read from what is kept: whatever changed since they were counted, and what may not be counted yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Q

from cases.models import TouchedCase
from escalation.models import Promise, StageClock
from feedback.models import CaseFact, RollupDay
from feedback.periods import DAY
from feedback.rollup.marking import COUNTED, DATED, ENDED, day_of

#: With more cases waiting for their facts than this, what they touch costs more to find than to count all.
MOST_WAITING = 500


def days_of(first: date, last: date) -> list[date]:
    """From `first` to `last`, both included; none when it lies before."""
    return [first + i * DAY for i in range((last - first).days + 1)]


def fresh_days(first: date, last: date, zone: str, *, at: datetime) -> set[date] | None:
    """The days from `first` to `last` that must be counted from the facts, in three queries; None when it may be all.

    Asked in this order, so that a case whose facts are made meanwhile is found either waiting or by its mark.
    """
    waiting = list(TouchedCase.objects.order_by().values_list("case", flat=True).distinct()[: MOST_WAITING + 1])
    if len(waiting) > MOST_WAITING:
        return None
    where = ZoneInfo(zone)
    days = {day_of(instant, where) for instant in _instants(waiting)} if waiting else set()
    stale = Q(dirty_at__isnull=False) | Q(until__lte=at) | Q(since__gt=at)
    for day, of_zone in RollupDay.objects.filter(Q(stale, day__gte=first, day__lte=last) | ~Q(zone=zone)).values_list(
        "day", "zone"
    ):
        if of_zone != zone:
            return None  # what was kept are other days: `manage.py figures --rebuild` after another zone was set
        days.add(day)
    days |= set(days_of(day_of(at, where), last))
    return {day for day in days if first <= day <= last}


def _instants(cases: Sequence[int]) -> Iterable[datetime]:
    """When these cases count on something, as it stands now."""
    for row in CaseFact.objects.filter(pk__in=cases).values_list(*DATED):
        yield from filter(None, row)
    settled = Promise.objects.filter(case__in=cases, status__in=COUNTED).order_by().values_list("due_at", flat=True)
    ended = StageClock.objects.filter(case__in=cases, outcome__in=ENDED).order_by().values_list("ended_at", flat=True)
    yield from settled.union(ended)  # type: ignore[misc]
