"""Every figure that is a time, for the table of all figures: on the page and in the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from feedback.durations import DURATIONS, Duration, Hours, Timed, times
from feedback.intervals import FEWEST, Curve
from portal.insights.asking import Asked
from portal.insights.drawing import cell
from portal.insights.tables import NOT_KNOWN, curve_cells
from portal.insights.words import MEDIAN, NINE_IN_TEN, curve_change_words, span, working

#: What the file has of a time, after the columns of shares.
HEAD = ("Half within (s)", "Half from (s)", "Half to (s)", "9 in 10 within (s)", "Not ended yet", "Half within before (s)", "Of before (times)")  # fmt: skip


def timed(asked: Asked, office: Hours | None = None) -> list[dict[str, Any]]:
    """The rows of the page, one a time."""
    found = times(DURATIONS, asked.period, asked.scope, at=asked.at, office=office)
    return [_row(asked, DURATIONS[key], figures) for key, figures in found.items()]


def _row(asked: Asked, one: Duration, figures: Timed) -> dict[str, Any]:
    words, now = working if one.in_office_hours else span, figures.now
    low, high = now.interval(MEDIAN)
    shown = now.n >= FEWEST
    reach = f"{words(low)} to {words(high) if high is not None else NOT_KNOWN.lower()}" if low is not None else ""
    return {
        "name": one.name,
        "formula": one.formula,
        "beware": one.beware,
        "median": quantile_words(now, MEDIAN, words),
        "most": quantile_words(now, NINE_IN_TEN, words),
        "interval": reach if shown else "",
        "of": cell(f"{now.n:,}", asked.cases("time", more={"part": one.key}) if now.n else ""),
        "open": f"{now.censored:,} not ended" if shown and now.censored else "",
        "change": curve_change_words(now, figures.before, words),
    }


def quantile_words(curve: Curve, share: float, words: Any) -> str:
    """'3 d 1 h', 'Not known yet', 'Too few' or 'No figure'."""
    if curve.n < FEWEST:
        return "Too few" if curve.n else "No figure"
    value = curve.quantile(share)
    return NOT_KNOWN if value is None else words(value)


def csv_rows(asked: Asked, *, shares: int) -> Iterator[list[Any]]:
    """The rows of the file; `shares` columns of figures that are a share stay empty, but for how many there were."""
    for key, figures in times(DURATIONS, asked.period, asked.scope, at=asked.at).items():
        one = DURATIONS[key]
        _, n, _, low, high, median, most, open_ = [*curve_cells(figures.now), *[""] * 6][:8]
        before = curve_cells(figures.before)
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
            figures.before.n,
        ]
