"""Keeps the counts of days that are over: counts those anew that were marked, or whose time has come, and checks them.

A day is never corrected by a difference: its facts are counted again and put in the place of what was there.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max, Min, Q, QuerySet

from cases.snapshot import snapshot
from escalation.steps import Step
from feedback.facts.hold import hold
from feedback.models import CountedCase, RollupCell, RollupDay, RollupPart
from feedback.models.rollup import KEYS
from feedback.periods import Period
from feedback.rollup.cells import COUNTED, FACTS, IDS, Counts, Place, tally, windows
from feedback.rollup.fresh import days_of, fresh_days
from feedback.rollup.marking import day_of, mark_days, zone
from feedback.rollup.piecing import kept_of

#: The parts of the cases that are kept: all, by one dimension, by two; filed here or imported is told apart in each. What asks
#: for three at once is counted from the facts: that many parts would be as many as cases.
DIMENSIONS = ("is_history", "topic", "team", "level", "severity")
KEPT: tuple[tuple[str, ...], ...] = tuple(
    parts for many in (0, 1, 2) for parts in itertools.combinations(DIMENSIONS[1:], many)
)
#: Days counted in one transaction, and how long a day that is worked on is left alone: it is read from the facts meanwhile.
BATCH, SETTLES, NOW = 14, timedelta(seconds=30), timedelta(0)
Cells = dict[tuple[date, str, Any, Any, Any, Any, Any], Counts]
#: The columns of a cell, in the order of its counts.
COLUMNS = tuple(f"{key}_{what}" for key in KEYS for what in ("hits", "n"))


def name_of(parts: Collection[str]) -> str:
    """What `RollupCell.by` calls these dimensions."""
    return "+".join(parts)


def wanting(at: datetime, *, wait: timedelta = SETTLES) -> QuerySet[RollupDay]:
    """Days that are over and have to be counted anew at `at`."""
    today = day_of(at, ZoneInfo(zone()))
    return RollupDay.objects.filter(Q(dirty_at__lte=at - wait) | Q(until__lte=at), day__lt=today)


def roll(at: datetime, *, wait: timedelta = SETTLES) -> int:
    """Counts a batch of days anew, all or none; how many."""
    with transaction.atomic():
        hold()
        days = list(wanting(at, wait=wait).order_by("day").values_list("day", flat=True)[:BATCH])
        put(days, at=at)
    return len(days)


def put(days: Collection[date], *, at: datetime) -> None:
    """Counts these days and keeps what was found. The caller holds FactHold; no day may be today or later."""
    if not days:
        return
    cells = cells_of(days, at=at)
    RollupCell.objects.filter(by__in=[name_of(parts) for parts in KEPT], day__in=days).delete()
    RollupCell.objects.bulk_create((_row(place, counts) for place, counts in cells.items()), batch_size=500)
    RollupPart.objects.filter(day__in=days).delete()
    RollupPart.objects.bulk_create(
        RollupPart(day=day, name=name, data=data)
        for day in sorted(days)
        for name, data in kept_of(day, zone(), at=at).items()
    )
    holds = windows(days, zone(), at=at)
    rows = []
    for day in days:
        since, until = holds.get(day, (None, None))
        rows.append(RollupDay(day=day, zone=zone(), since=since, until=until))
    fields = ["zone", "dirty_at", "since", "until"]
    RollupDay.objects.bulk_create(rows, update_conflicts=True, unique_fields=["day"], update_fields=fields)


def cells_of(days: Collection[date], *, at: datetime) -> Cells:
    """What is kept of these days, counted from the facts; cells in which nothing counts are left out."""
    whole = tally(days, zone(), at=at, by=DIMENSIONS, paths=IDS)
    cells: Cells = {}
    for (day, is_history, *values), counts in whole.items():
        stands = dict(zip(DIMENSIONS[1:], values, strict=True))
        for parts in KEPT:
            place = (day, name_of(parts), bool(is_history), *(stands[n] if n in parts else None for n in stands))
            into = cells.get(place)
            cells[place] = counts[:] if into is None else [a + b for a, b in zip(into, counts, strict=True)]
    return {place: counts for place, counts in cells.items() if any(counts)}


def _row(place: Place, counts: Counts) -> RollupCell:
    day, by, is_history, topic, team, level, severity = place
    numbers = dict(zip(COLUMNS, counts, strict=True))
    return RollupCell(
        day=day, by=by, is_history=is_history, topic_id=topic, team_id=team, level=level, severity=severity, **numbers
    )


# All days -----------------------------------------------------------------------------------------------------


def all_days(at: datetime) -> list[date]:
    """Every day that is over, from the first that has a fact or a row to the last."""
    today = day_of(at, ZoneInfo(zone()))
    return [day for day in _known_days() if day < today]


def _known_days() -> list[date]:
    """From the first day that has a fact or a row to the last, which may lie ahead."""
    where, ends = ZoneInfo(zone()), []
    for fact, dated in {(one.fact, one.dated) for one in COUNTED.values()}:
        found = FACTS[fact]._default_manager.aggregate(first=Min(dated), last=Max(dated))
        ends += [day_of(value, where) for value in found.values() if value]
    rows = RollupDay.objects.aggregate(first=Min("day"), last=Max("day"))
    ends += [day for day in rows.values() if day]
    if not ends:
        return []
    return days_of(min(ends), max(ends))


def batches(at: datetime) -> Iterator[list[date]]:
    """`all_days`, a batch at a time."""
    days = all_days(at)
    for start in range(0, len(days), BATCH):
        yield days[start : start + BATCH]


def rebuild(days: Collection[date], *, at: datetime) -> None:
    """Counts these days anew, whether they were marked or not, in one transaction."""
    with transaction.atomic():
        hold()
        put(days, at=at)


def rebuild_held(days: Collection[date], *, at: datetime) -> None:
    """As `rebuild`, by one of several that count different days while somebody else holds FactHold for all of them."""
    with transaction.atomic():
        put(days, at=at)


def forget(*, at: datetime) -> None:
    """Everything that is kept goes, with what it was counted as: before all of it is made anew.

    All days wait from then on: a day without a row is read as one without facts, and who looks at figures meanwhile, or
    after this was broken off, would read nothing but zeros.
    """
    with transaction.atomic():
        hold()
        days = _known_days()
        for model in (RollupCell, RollupPart, RollupDay, CountedCase):
            model.objects.all().delete()
        mark_days(days, at=at)


def differing(days: Sequence[date], *, at: datetime) -> list[date] | None:
    """Those of the days, in their order, that are kept otherwise than counted now, leaving out what waits to be counted anew.

    None when so much waits, or another zone was set, that nothing is read from what is kept.
    """
    with snapshot():  # one moment of all tables: nobody who works is held up, nothing they do looks like a mistake
        waits = fresh_days([Period(days[0], days[-1], zone())], at=at).days
        if waits is None:
            return None
        made = cells_of(days, at=at)
        rows = RollupCell.objects.filter(day__in=days).values_list("day", "by", *DIMENSIONS, *COLUMNS)
        kept = {row[:7]: list(row[7:]) for row in rows}
        parts = {day: kept_of(day, zone(), at=at) for day in days}
        known: dict[date, dict[str, str]] = {day: {} for day in days}
        for day, name, data in RollupPart.objects.filter(day__in=days).values_list("day", "name", "data"):
            known[day][name] = data
    apart = {place[0] for place in {*made, *kept} if made.get(place) != kept.get(place)}
    return sorted((apart | {day for day in days if parts[day] != known[day]}) - waits)


STEPS = (Step("rollup", wanting, roll),)
