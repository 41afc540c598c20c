"""Parts of a period and of the one it is compared with: what is kept of days that stand still, and the rest counted from the facts.

The same as counting all of it from the facts at that instant. What is kept is of all cases: with a filter, or where days
cannot be trusted at all, everything is counted.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import Q

from escalation.worktime import Calendar
from feedback.durations import Hours
from feedback.facts.build import counted_to
from feedback.figures import EVERYTHING, Scope, within, within_any
from feedback.models import RollupPart
from feedback.models.facts import GOES_ON
from feedback.periods import Period
from feedback.pulse import office as office_now
from feedback.rollup.cells import spans_of
from feedback.rollup.fresh import Fresh, days_in, fresh_days
from feedback.rollup.parts import (
    BY_CALENDAR,
    FAMILIES,
    NAMES,
    STANDS_STILL,
    WITH_BEFORE,
    Asking,
    Data,
    Family,
    counted_by,
    merged,
    packed,
    says_something,
)

Parts = dict[str, Data]


@dataclass(frozen=True, slots=True)
class Pieces:
    """The parts asked for, of the period and of the one it is compared with where that was asked for, and up to when they are counted."""

    now: Parts
    before: Parts
    counted_to: datetime


def pieces(
    names: Collection[str],
    period: Period,
    scope: Scope = EVERYTHING,
    *,
    at: datetime,
    and_before: Collection[str] = (),
    calendar: Calendar | None = None,
    state: Fresh | None = None,
    office: Hours | None = None,
) -> Pieces:
    """The parts `names` of the period, and `and_before` of them (of WITH_BEFORE) of the one it is compared with, too.

    A question for what is kept, and one a family for what is not. `calendar` counts the working time of BY_CALENDAR.
    LookupError for a name that is none; ValueError for one of these without a calendar.
    `state` as of `reading.read`, `office` as of Asking.
    """
    if not {*names} <= {*NAMES} or not {*and_before} <= {*names} & {*WITH_BEFORE}:
        raise LookupError(f"{names}, {and_before}: not all of them are parts.")
    if {*names} & {*BY_CALENDAR} and calendar is None:
        raise ValueError("Working time is counted by a calendar.")
    before = period.before()
    stretches = period.with_before() if and_before else [period]
    if scope == EVERYTHING:
        state = state or fresh_days(stretches, at=at)
    if state is None or state.days is None or scope != EVERYTHING:
        now = counted(names, period, scope, at=at, calendar=calendar, office=office)
        then = counted(and_before, before, scope, at=at, calendar=calendar, office=office)
        return Pieces(now, then, state.counted_to if state else counted_to(at))
    # What goes on is counted before what is kept is read: a case that ends in between is counted still, and its day is left
    # alone for longer than this takes.
    sides = _moving(names, and_before, period, state.days, Asking(Q(), at, calendar=calendar, office=office))
    kept = RollupPart.objects.filter(days_in(stretches), name__in=names)
    kept = kept.exclude(day__in=sorted(state.days)) if state.days else kept
    for day, name, data in kept.values_list("day", "name", "data"):
        side = sides[0 if day >= period.first else 1]
        if name in side:
            side[name].append(json.loads(data))
    now, then = ({name: merged(some) for name, some in side.items()} for side in sides)
    for whole, days in ((now, period), (then, before)):
        # Kept by another calendar than the office's of today: working time is counted anew.
        old = [name for name in BY_CALENDAR if name in whole and calendar and not counted_by(whole[name], calendar)]
        if old:
            whole |= counted(old, days, at=at, calendar=calendar)
    return Pieces(now, then, state.counted_to)


def counted(
    names: Collection[str],
    period: Period,
    scope: Scope = EVERYTHING,
    *,
    at: datetime,
    calendar: Calendar | None = None,
    office: Hours | None = None,
) -> Parts:
    """The parts counted from the facts, all of them."""
    found: Parts = {}
    for family in _families(names):
        made = family.count(
            Asking(within(family.dated, period) & scope.on("case__"), at, calendar=calendar, scope=scope, office=office)
        )[0]
        found |= {name: data for name, data in made.items() if name in names}
    return found


def kept_of(day: date, zone: str, *, at: datetime) -> dict[str, str]:
    """What is kept of one day that is over; parts of which there is nothing are left out."""
    found, calendar = {}, office_now(at)
    for family in FAMILIES:
        still = STANDS_STILL if family.goes_on else Q()
        made = family.count(Asking(within(family.dated, Period(day, day, zone)) & still, at, calendar=calendar))[0]
        found |= {name: packed(data) for name, data in made.items() if says_something(data)}
    return found


def _families(names: Collection[str]) -> Iterator[Family]:
    return (family for family in FAMILIES if {*family.names} & {*names})


def _moving(
    names: Collection[str], and_before: Collection[str], period: Period, fresh: Collection[date], asking: Asking
) -> list[dict[str, list[Data]]]:
    """What may not be read, of the period and of the one it is compared with: fresh days, and of the others what goes on."""
    sides: list[dict[str, list[Data]]] = [{name: [] for name in names}, {name: [] for name in and_before}]
    for family in _families(names):
        both = bool({*family.names} & {*and_before})
        whole = period.with_before() if both else [period]
        days = [day for day in fresh if any(one.first <= day <= one.last for one in whole)]
        if not days and not family.goes_on:
            continue
        when = Q(pk__in=())
        for span in spans_of(days, period.zone):
            when |= within(family.dated, span)
        if family.goes_on:
            when |= within_any(family.dated, whole) & GOES_ON
        start = period.start if both else None
        for side, made in zip(sides, family.count(replace(asking, where=when, start=start)), strict=False):
            for name in side.keys() & made.keys():
                side[name].append(made[name])
    return sides
