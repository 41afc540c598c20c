"""Every figure that is a share or a time, in one table: as a page and as a file, both from the registries."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from feedback.durations import Hours
from feedback.ease import EFFORTS, Ease, ease
from feedback.intervals import Share
from feedback.measures import MEASURES, Counted, Measure
from feedback.periods import NONE
from feedback.recovery import Lift, lift
from feedback.rollup import reading
from feedback.rollup.fresh import Fresh
from portal.insights.asking import Asked
from portal.insights.casework import Echo, safe
from portal.insights.closing import Filed
from portal.insights.drawing import cell
from portal.insights.lately import MANY, lately
from portal.insights.timing import HEAD as TIME_HEAD
from portal.insights.timing import HEADS as TIME_HEADS
from portal.insights.timing import csv_rows as time_rows
from portal.insights.timing import timed
from portal.insights.words import AGAINST_WORDS, ease_words, lift_words, measure_change_words, measure_words

#: The sections of the page, in its order: heading, and which figures belong there.
SECTIONS = (
    ("What customers said", lambda one: one.answers),
    ("How cases went", lambda one: one.fact == "case" and not one.answers),
    ("What we promised customers", lambda one: one.fact == "promise"),
    ("What the protocol asked of us", lambda one: one.fact == "clock"),
    ("What colleagues said", lambda one: one.fact == "retro"),
)
HEAD = (
    "Key", "Figure", "Formula", "Counts", "Of", "Share", "Interval from", "Interval to",
    "Counts before", "Of before", "Share before", "Interval before from", "Interval before to",
)  # fmt: skip


#: The columns of the page between a figure's name and its change.
HEADS = ("Share", "95% interval", "Of")


#: What the file has of a mean, last of all.
MEAN_HEAD = ("Mean", "Mean from", "Mean to", "Mean before", "Of before (mean)")
EASE = ("ease", "Ease on average (CES)", "mean of how far customers agree that it was easy, 1 to 5")


def counted_of(asked: Asked, state: Fresh | None = None) -> tuple[dict[str, Counted], Ease, datetime]:
    """Every figure of the registry by its key, how easy it was on average, and up to when they are counted."""
    keys = (*MEASURES, *EFFORTS)
    found, counted_to = reading.figures(keys, asked.period, asked.scope, at=asked.at, state=state)
    return {key: found[key] for key in MEASURES}, ease(found), counted_to


def figures_of(asked: Asked, state: Fresh | None = None) -> tuple[dict[str, Counted], datetime]:
    """Every figure of the registry that is a share, by its key: what the page shows and the file has."""
    found, _, counted_to = counted_of(asked, state)
    return found, counted_to


def lifted(asked: Asked) -> Lift:
    """How much higher the final score is than the one on the way: what the page says in words and the API as numbers."""
    found, _ = lately(
        ("lift", asked.period, asked.scope), lambda: lift(asked.period, asked.scope), lambda one: one.n, at=asked.at
    )
    return found


def measured(asked: Asked, office: Hours | None = None) -> dict[str, Any]:
    """What the template takes."""
    state = reading.fresh_of(asked.period, at=asked.at)
    found, eased, counted_to = counted_of(asked, state)
    filed = found["escalated"]
    times, timed_to = timed(asked, state, office, few=filed.now.n + filed.before.n < MANY)
    return {
        "sections": [
            {
                "heading": heading,
                "heads": HEADS,
                "rows": [_row(asked, one, found[one.key]) for one in MEASURES.values() if belongs(one)],
            }
            for heading, belongs in SECTIONS
        ],
        "times": times,
        "times_heads": TIME_HEADS,
        "against": AGAINST_WORDS[asked.against],
        "lift": lift_words(lifted(asked)),
        "lift_url": asked.cases("figure", more={"part": "recovered-of"}),
        "ease": ease_words(eased, asked.against),
        "counted_to": min(counted_to, timed_to),
    }


def _row(asked: Asked, one: Measure, figures: Counted) -> dict[str, Any]:
    now = figures.now

    def link(part: str) -> str:
        return asked.cases("figure", more={"part": f"{one.key}-{part}"})

    said, reach = measure_words(one, now)
    share = cell(said, link("hits") if now.shown and now.hits else "")
    interval, of = reach if now.shown else "", cell(f"{now.n:,}", link("of") if now.n else "")
    return {
        "name": one.name,
        "formula": one.formula,
        "beware": one.beware,
        "share": share,
        "interval": interval,
        "of": of,
        "cells": [share, {"words": interval}, of],
        "change": measure_change_words(one, figures, asked.against) if now.shown else "",
    }


def filed(asked: Asked) -> Filed:
    """The table as a file. What the page does not show is empty there, too."""
    found, eased, counted_to = counted_of(asked)
    return Filed(_lines(asked, found, eased), counted_to)


def _lines(asked: Asked, found: Mapping[str, Counted], eased: Ease) -> Iterator[str]:
    writer = csv.writer(Echo())
    none = [""] * len(MEAN_HEAD)
    yield writer.writerow((*HEAD, *TIME_HEAD, *MEAN_HEAD))
    for key, figures in found.items():
        one = MEASURES[key]
        before = _cells(figures.before) if asked.against != NONE else [""] * 5
        cells = [key, one.name, one.formula, *_cells(figures.now), *before, *[""] * len(TIME_HEAD)]
        yield writer.writerow([safe(value) for value in [*cells, *none]])
    for cells in time_rows(asked, shares=len(HEAD) - 3):
        yield writer.writerow([safe(value) for value in [*cells, *none]])
    cells = _mean_cells(eased)
    yield writer.writerow(cells if asked.against != NONE else [*cells[:-1], ""])


def _mean_cells(eased: Ease) -> list[Any]:
    between = [""] * (len(HEAD) + len(TIME_HEAD) - len(EASE) - 2)
    now, before = (
        [*_rounded(one.mean), *_rounded(*(one.interval or (None, None)))] for one in (eased.now, eased.before)
    )
    return [*EASE, "", eased.now.n, *between, *now, before[0], eased.before.n]


def _rounded(*values: float | None) -> list[Any]:
    return ["" if value is None else round(value, 4) for value in values]


def _cells(share: Share) -> list[Any]:
    if share.interval is None or share.value is None:
        return ["", share.n, "", "", ""]
    low, high = share.interval
    return [share.hits, share.n, *(round(value, 4) for value in (share.value, low, high))]
