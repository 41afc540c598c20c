"""Every figure that is a share or a time, in one table: as a page and as a file, both from the registries."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from feedback.durations import Hours
from feedback.intervals import Share
from feedback.measures import MEASURES, Counted, Measure
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
from portal.insights.words import change_words, days_words, interval_words, lift_words, share_words

#: The sections of the page, in its order: heading, and which figures belong there.
SECTIONS = (
    ("What customers said", lambda one: one.answers),
    ("How cases went", lambda one: one.fact == "case" and not one.answers),
    ("What we promised customers", lambda one: one.fact == "promise"),
    ("What the protocol asked of us", lambda one: one.fact == "clock"),
)
HEAD = (
    "Key", "Figure", "Formula", "Counts", "Of", "Share", "Interval from", "Interval to",
    "Counts before", "Of before", "Share before", "Interval before from", "Interval before to",
)  # fmt: skip


#: The columns of the page between a figure's name and its change.
HEADS = ("Share", "95% interval", "Of")


def figures_of(asked: Asked, state: Fresh | None = None) -> tuple[dict[str, Counted], datetime]:
    """Every figure of the registry, by its key: what the page shows and the file has; and up to when they are counted."""
    return reading.figures(tuple(MEASURES), asked.period, asked.scope, at=asked.at, state=state)


def lifted(asked: Asked) -> Lift:
    """How much higher the final score is than the one on the way: what the page says in words and the API as numbers."""
    found, _ = lately(
        ("lift", asked.period, asked.scope), lambda: lift(asked.period, asked.scope), lambda one: one.n, at=asked.at
    )
    return found


def measured(asked: Asked, office: Hours | None = None) -> dict[str, Any]:
    """What the template takes."""
    state = reading.fresh_of(asked.period, at=asked.at)
    found, counted_to = figures_of(asked, state)
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
        "lift": lift_words(lifted(asked)),
        "lift_url": asked.cases("figure", more={"part": "recovered-of"}),
        "counted_to": min(counted_to, timed_to),
    }


def _row(asked: Asked, one: Measure, figures: Counted) -> dict[str, Any]:
    now = figures.now

    def link(part: str) -> str:
        return asked.cases("figure", more={"part": f"{one.key}-{part}"})

    share = cell(share_words(now), link("hits") if now.shown and now.hits else "")
    interval, of = interval_words(now) if now.shown else "", cell(f"{now.n:,}", link("of") if now.n else "")
    return {
        "name": one.name,
        "formula": one.formula,
        "beware": one.beware,
        "share": share,
        "interval": interval,
        "of": of,
        "cells": [share, {"words": interval}, of],
        "change": change_words(now, figures.before) if now.shown else "",
    }


def filed(asked: Asked) -> Filed:
    """The table as a file. What the page does not show is empty there, too."""
    found, counted_to = figures_of(asked)
    return Filed(_lines(asked, found), counted_to, [("Before", days_words(asked.period.before()))])


def _lines(asked: Asked, found: Mapping[str, Counted]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield writer.writerow((*HEAD, *TIME_HEAD))
    for key, figures in found.items():
        one = MEASURES[key]
        cells = [key, one.name, one.formula, *_cells(figures.now), *_cells(figures.before), *[""] * len(TIME_HEAD)]
        yield writer.writerow([safe(value) for value in cells])
    for cells in time_rows(asked, shares=len(HEAD) - 3):
        yield writer.writerow([safe(value) for value in cells])


def _cells(share: Share) -> list[Any]:
    if share.interval is None or share.value is None:
        return ["", share.n, "", "", ""]
    low, high = share.interval
    return [share.hits, share.n, *(round(value, 4) for value in (share.value, low, high))]
