"""Every figure that is a time, for the table of all figures: on the page and in the file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from feedback.durations import DURATIONS, Duration, Hours, Timed, times
from feedback.intervals import FEWEST, Curve
from feedback.periods import NONE
from feedback.rollup import standing
from feedback.rollup.fresh import Fresh
from portal.insights.asking import Asked
from portal.insights.drawing import cell
from portal.insights.lately import figures
from portal.insights.tables import NOT_KNOWN, curve_cells
from portal.insights.words import MEDIAN, NINE_IN_TEN, curve_change_words, span, working

#: What the file has of a time, after the columns of shares.
HEAD = ("Half within (s)", "Half from (s)", "Half to (s)", "9 in 10 within (s)", "Not ended yet", "Half within before (s)", "Of before (times)")  # fmt: skip

#: The columns of the page between a time's name and its change.
HEADS = ("Half within", "95% interval", "9 in 10 within", "Of")


def times_of(
    asked: Asked, state: Fresh | None = None, office: Hours | None = None, *, few: bool = False
) -> tuple[dict[str, Timed], datetime]:
    """All times of the question, and up to when they are counted: what the page and the file are made of.

    `few`: the reader knows that the cases are so few that counting them is one question instead of two.
    """
    if few:
        return times(DURATIONS, asked.period, asked.scope, at=asked.at, office=office), asked.at
    count = partial(standing.times, DURATIONS, state=state, office=office)
    return figures("times", asked, count, lambda found: max(one.now.n + one.before.n for one in found[0].values()))


def timed(
    asked: Asked, state: Fresh | None = None, office: Hours | None = None, *, few: bool = False
) -> tuple[list[dict[str, Any]], datetime]:
    """The rows of the page, one a time, and up to when they are counted."""
    found, counted_to = times_of(asked, state, office, few=few)
    return [_row(asked, DURATIONS[key], one) for key, one in found.items()], counted_to


def _row(asked: Asked, one: Duration, figures: Timed) -> dict[str, Any]:
    words, now = working if one.in_office_hours else span, figures.now
    low, high = now.interval(MEDIAN)
    shown = now.n >= FEWEST
    reach = f"{words(low)} to {words(high) if high is not None else NOT_KNOWN.lower()}" if low is not None else ""
    median, most = (quantile_words(now, share, words) for share in (MEDIAN, NINE_IN_TEN))
    of = cell(f"{now.n:,}", asked.cases("time", more={"part": one.key}) if now.n else "")
    open_ = f"{now.censored:,} not ended" if shown and now.censored else ""
    interval = reach if shown else ""
    return {
        "name": one.name,
        "formula": one.formula,
        "beware": one.beware,
        "median": median,
        "most": most,
        "interval": interval,
        "of": of,
        "open": open_,
        "cells": [*({"words": said} for said in (median, interval, most)), of | {"under": open_}],
        "change": curve_change_words(now, figures.before, asked.against, words),
    }


def quantile_words(curve: Curve, share: float, words: Any) -> str:
    """'3 d 1 h', 'Not known yet', 'Too few' or 'No figure'."""
    if curve.n < FEWEST:
        return "Too few" if curve.n else "No figure"
    value = curve.quantile(share)
    return NOT_KNOWN if value is None else words(value)


def csv_rows(asked: Asked, *, shares: int) -> Iterator[list[Any]]:
    """The rows of the file; `shares` columns of figures that are a share stay empty, but for how many there were."""
    for key, found in times_of(asked)[0].items():
        one = DURATIONS[key]
        _, n, _, low, high, median, most, open_ = [*curve_cells(found.now), *[""] * 6][:8]
        before = curve_cells(found.before)
        was = before[5] if len(before) > 2 else ""
        yield [
            key,
            one.name,
            one.formula,
            "",
            n,
            *[""] * (shares - 2),
            median,
            low,
            high,
            most,
            open_,
            was,
            found.before.n if asked.against != NONE else "",
        ]
