"""Times to an answer, from filing: of escalated cases round the clock and in working time, of all cases round the clock.

What is open counts as longer.

One of the managers' figures (`feedback.figures`), by itself for its length.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cases.models import Case
from escalation.worktime import Calendar
from feedback.durations import Timed
from feedback.figures import EVERYTHING, Scope, both
from feedback.intervals import Curve, kaplan_meier
from feedback.periods import Period


@dataclass(frozen=True, slots=True)
class Lasted:
    """How long escalated cases took from filing to an accepted or closed answer, in seconds."""

    wall: Curve = field(default_factory=Curve)
    working: Curve = field(default_factory=Curve)
    open: int = 0
    left: int = 0  # withdrawn, joined or closed without an answer
    times: tuple[float, ...] = ()  # of those with an answer, wall time


@dataclass(frozen=True, slots=True)
class Resolving:
    """Times of the escalated cases filed in the period, and of those filed in the one it is compared with."""

    now: Lasted
    before: Lasted


def resolving(period: Period, scope: Scope = EVERYTHING, *, at: datetime, calendar: Calendar) -> Resolving:
    """Times to an answer of escalated cases. What is open at `at` counts as longer than it has taken so far.

    A case that ended without an answer counts as longer than until its end: neither makes the figure look better.
    """
    rows = Case.objects.filter(both("filed_at", period), scope.on(), escalated_at__isnull=False)
    spans = list(rows.values_list("filed_at", "resolved_at", "closed_at"))
    start = period.start
    return Resolving(
        now=_lasted([span for span in spans if span[0] >= start], at, calendar),
        before=_lasted([span for span in spans if span[0] < start], at, calendar),
    )


@dataclass(frozen=True, slots=True)
class Answering:
    """Times to an answer of escalated cases, and of all of them."""

    up: Resolving
    every: Timed


def answering(period: Period, scope: Scope = EVERYTHING, *, at: datetime, calendar: Calendar) -> Answering:
    """As `resolving`, and `durations.ANSWER` of the same cases: both in one question."""
    rows = Case.objects.filter(both("filed_at", period), scope.on())
    spans = list(rows.values_list("filed_at", "resolved_at", "closed_at", "escalated_at"))
    sides = ([row for row in spans if row[0] >= period.start], [row for row in spans if row[0] < period.start])
    up = Resolving(*(_lasted([row[:3] for row in side if row[3]], at, calendar) for side in sides))
    return Answering(up, Timed(*(kaplan_meier(_took(row[:3], at) for row in side) for side in sides)))


def _took(span: Span, at: datetime) -> tuple[float, bool]:
    filed, resolved, closed = span
    return max(0.0, ((resolved or closed or at) - filed).total_seconds()), resolved is not None


Span = tuple[datetime, datetime | None, datetime | None]


def _lasted(spans: Sequence[Span], at: datetime, calendar: Calendar) -> Lasted:
    return lasted(lasting(span, at, calendar) for span in spans)


#: How a case stands that was timed: it has its answer, ended without one, or is open.
ANSWERED, LEFT, OPEN = "answered", "left", "open"
#: How it stands, and the seconds round the clock and of working time.
Timing = tuple[str, float, float]


def lasting(span: Span, at: datetime, calendar: Calendar) -> Timing:
    """What one case adds: from filing to its answer, else to its end, else to `at`."""
    filed, resolved, closed = span
    end = max(filed, resolved or closed or at)
    how = ANSWERED if resolved else LEFT if closed else OPEN
    return how, (end - filed).total_seconds(), calendar.worked(filed, end)


def lasted(timings: Iterable[Timing]) -> Lasted:
    """The times of some cases together."""
    rows = list(timings)
    return Lasted(
        wall=kaplan_meier((wall, how == ANSWERED) for how, wall, _ in rows),
        working=kaplan_meier((worked, how == ANSWERED) for how, _, worked in rows),
        open=sum(how == OPEN for how, _, _ in rows),
        left=sum(how == LEFT for how, _, _ in rows),
        times=tuple(sorted(wall for how, wall, _ in rows if how == ANSWERED)),
    )
