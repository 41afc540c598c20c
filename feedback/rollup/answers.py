"""Times to an answer of escalated cases and of all, read at once: what the page of figures shows of both."""

from __future__ import annotations

from datetime import datetime

from escalation.worktime import Calendar
from feedback.durations import Timed
from feedback.figures import EVERYTHING, Scope
from feedback.periods import Period
from feedback.resolving import Answering, Resolving
from feedback.rollup import parts
from feedback.rollup.fresh import Fresh
from feedback.rollup.piecing import pieces
from feedback.rollup.standing import curve, took_of


def answering(
    period: Period,
    scope: Scope = EVERYTHING,
    *,
    at: datetime,
    calendar: Calendar,
    state: Fresh | None = None,
) -> tuple[Answering, datetime]:
    """As `resolving.answering`, and up to when it is counted; `state` as of `reading.read`."""
    names = (parts.ANSWERS,)
    found = pieces(names, period, scope, at=at, and_before=names, calendar=calendar, state=state)
    sides = [side[parts.ANSWERS] for side in (found.now, found.before)]
    up = Resolving(*(took_of(side) for side in sides))
    every = Timed(*(curve(side, "every") for side in sides))
    return Answering(up, every), found.counted_to
