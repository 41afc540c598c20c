"""The page of promises and escalations, and its readings by protocol version and by team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.urls import reverse

from cases.models import Severity
from escalation.protocol import Rules
from escalation.worktime import Calendar
from feedback.climbs import FLOW, TRIGGER, TRIGGERS
from feedback.figures import MILESTONES, Escalations
from feedback.intervals import FEWEST, Share
from feedback.resolving import Resolving
from feedback.rollup.standing import Promised, promised
from portal.charts import percent
from portal.insights.asking import Asked
from portal.insights.dashboard import time_tile
from portal.insights.drawing import Chart, against_the_rest, durations, weekly
from portal.insights.lately import figures
from portal.insights.owing import EMPTY, FEW, HERE, readings
from portal.insights.tables import Cell, Table, of_count, of_share
from portal.insights.words import (
    MILESTONE_WORDS,
    change_words,
    count_words,
    days_words,
    few_words,
    interval_words,
    share_words,
)

SEVERITIES = tuple((int(value), str(label)) for value, label in Severity.choices)
#: How many of the cells that are broken most are named.
WORST = 3
WHY = {
    "missed": "A time was missed",
    "asked": "The customer asked for a supervisor, who passed it up",
    "risk": "Risk: placed higher when assessed, or the fast lane",
    "reopened": "By hand, after the customer had opened it again",
    "by_hand": "By hand",
}
VIEWS_MATRIX = "escalation.view_protocolversion"


def tables_of(asked: Asked, found: Promised, links: Sequence[Any] = ()) -> list[Table]:
    """The three tables of the page, from what was counted."""
    escalated = found.up.now.hits
    return [
        grid_table(asked, found.grid, links),
        flow_table(asked, found.flow, escalated),
        why_table(asked, found.why, escalated),
    ]


def promised_of(asked: Asked, calendar: Calendar) -> Promised:
    """What the page and its file are made of."""
    count = partial(promised, calendar=calendar)
    return figures("promised", asked, count, lambda found: found.up.now.n + found.up.before.n)


def promises_page(asked: Asked, calendar: Calendar, *, rules: Rules | None, sees_matrix: bool) -> dict[str, Any]:
    """What the template takes."""
    found = promised_of(asked, calendar)
    grid, up, times, asked_for = found.grid, found.up, found.times, found.supervisor
    if not grid and not up.now.n:
        return {"empty": EMPTY, "readings": readings(asked, HERE), "counted_to": found.counted_to}
    whole = sum(grid.values(), Share())
    return {
        "counted_to": found.counted_to,
        "readings": readings(asked, HERE),
        "csv_url": asked.link("/insights/promises.csv"),
        "sentence": reading(asked, whole, up, found.why),
        "tiles": [
            tile("Promises kept", whole, "", asked.cases("kept"), cell_line(whole, "promise", asked.cases("promises")), "promise"),
            tile("Escalated", up.now, change_words(up.now, up.before, asked.against), asked.cases("escalated"), cell_line(up.now, "case", asked.cases("filed"))),
            time_tile(asked, times),
            tile(
                "Asked for a supervisor", asked_for.now, change_words(asked_for.now, asked_for.before, asked.against),
                asked.cases("figure", more={"part": "supervisor-hits"}),
                cell_line(asked_for.now, "case", asked.cases("figure", more={"part": "supervisor-of"})),
            ),
        ],
        "tables": tables_of(asked, found, [matrix_link(rules)] if sees_matrix and rules else []),
        "charts": charts_of(asked, up, times),
    }  # fmt: skip


def tile(label: str, share: Share, changed: str, url: str, of: Any, what: str = "case") -> dict[str, Any]:
    lines = [f"95% interval {interval_words(share)}" if share.shown else "", few_words(share, what), of]
    return {
        "label": label, "value": share_words(share), "url": url if share.shown and share.hits else "",
        "lines": [line for line in lines if line], "change": changed if share.shown else "",
    }  # fmt: skip


def cell_line(share: Share, word: str, url: str) -> Any:
    return {"words": f"of {count_words(share.n, word)}", "url": url} if share.n else ""


def charts_of(asked: Asked, up: Escalations, times: Resolving) -> list[Chart]:
    """The rate week by week, and how long escalated cases took."""
    rate = weekly(asked, up.weeks, key="rate", name="Escalated", which=("escalated", "filed"), wide=False)
    return [rate, durations(asked, times.now)]


def reading(asked: Asked, kept: Share, up: Escalations, why: Mapping[str, int]) -> str:
    """The page's first words."""
    said = [
        f"{days_words(asked.period)}: we kept {share_words(kept).lower() if kept.value is None else percent(kept.value)} of our promises"
    ]
    if kept.value is None:
        said = [f"{days_words(asked.period)}: too few promises came due to show a share"]
    if up.now.value is not None:
        said.append(f"{percent(up.now.value)} of {count_words(up.now.n, 'case')} filed were escalated")
    most = max(why.values(), default=0)
    if most >= FEWEST and list(why.values()).count(most) == 1:
        name = next(key for key, number in why.items() if number == most)
        said.append(f"Most often because: {WHY[name][0].lower()}{WHY[name][1:]} ({count_words(most, 'case')})")
    return f"{'. '.join(said)}."


# Promises by milestone and severity ---------------------------------------------------------------------------


def grid_table(asked: Asked, grid: Mapping[tuple[str, int], Share], links: Sequence[Any]) -> Table:
    """Promises kept by milestone and severity, with the cells that are broken most."""
    rows = []
    for key in MILESTONES:
        cells = []
        for severity, _ in SEVERITIES:
            share, part = grid.get((key, severity), Share()), {"part": f"{key}-{severity}"}
            cells.append(
                of_share(share, asked.cases("kept_at", more=part), asked.cases("promised_at", more=part), bar=True)
            )
        rows.append((MILESTONE_WORDS[key], cells))
    return Table(
        "kept", grid_title(grid), "Promises kept among those that came due, by the severity they were made for, with the 95% interval.",
        "Milestone", [label for _, label in SEVERITIES], rows, asked.link("/insights/promises.csv"),
        FEW, [*worst(asked, grid), *links],
    )  # fmt: skip


def grid_title(grid: Mapping[tuple[str, int], Share]) -> str:
    """The finding: which cells are clearly kept less often than all the others together."""
    whole = sum(grid.values(), Share())
    if whole.shown and whole.hits == whole.n:
        return "Every promise was kept"
    known = {key: against_the_rest(share, whole) for key, share in grid.items()}
    told = [cell_words(key) for key in sorted(grid) if known[key] == "down"]
    if told:
        return f"Kept clearly less often: {', '.join(told)}"
    return (
        "Too few to tell yet where promises are kept less often"
        if all(one is None for one in known.values())
        else "No milestone and severity is kept clearly less often"
    )


def cell_words(key: tuple[str, int]) -> str:
    return f"{MILESTONE_WORDS[key[0]].lstrip('1234 ').lower()} at {str(Severity(key[1]).label).lower()}"


def worst(asked: Asked, grid: Mapping[tuple[str, int], Share]) -> list[dict[str, str]]:
    """The cells with the most broken promises, each with the way to its cases."""
    rows = sorted((share.hits - share.n, key) for key, share in grid.items() if share.shown and share.hits < share.n)
    return [
        {
            "words": f"{cell_words(key).capitalize()}: {-broken:,} of {grid[key].n:,} broken.",
            "url": asked.cases("broken_at", more={"part": f"{key[0]}-{key[1]}"}),
            "label": "Their cases",
        }
        for broken, key in rows[:WORST]
    ]


def matrix_link(rules: Rules) -> dict[str, str]:
    """The way to the protocols and the times they set, for who may read them; without a question to the database."""
    label = f"Protocols and their times (in force: {rules.protocol.label})"
    url = reverse("admin:escalation_protocolversion_changelist")
    return {"words": "The times are set in the protocol.", "url": url, "label": label}


# Escalations --------------------------------------------------------------------------------------------------


def flow_table(asked: Asked, found: Mapping[tuple[int, int], int], escalated: int) -> Table:
    """From which level to which: cases, once a cell."""
    levels = sorted({level for pair in found for level in pair})
    rows = []
    for was in levels[:-1]:
        cells = [
            of_count(found.get((was, to), 0), asked.cases(FLOW, more={"part": f"{was}-{to}"}), escalated)
            if to > was
            else Cell("", file=["", ""])
            for to in levels[1:]
        ]
        rows.append((f"From level {was}", cells))
    most = max(found.items(), key=lambda pair: (pair[1], -pair[0][0]), default=None)
    title = (
        "Nothing went up"
        if most is None
        else f"Most went from level {most[0][0]} to {most[0][1]}: {count_words(most[1], 'case')}"
    )
    return Table(
        "flow", title, f"Of {count_words(escalated, 'escalated case')} filed in the period. A case counts once in a cell, and may stand in several.",
        "From", [f"To level {to}" for to in levels[1:]], rows, asked.link("/insights/promises.csv"),
    )  # fmt: skip


def why_table(asked: Asked, found: Mapping[str, int], escalated: int) -> Table:
    """What made cases go up."""
    rows = [
        (WHY[why], [of_count(found[why], asked.cases(TRIGGER, more={"part": why}), escalated, bar=True)])
        for why in TRIGGERS
    ]
    missed = Share(found["missed"], escalated)
    title = (
        f"{percent(missed.value)} went up because a time was missed"
        if missed.value is not None
        else "What made cases go up"
    )
    return Table(
        "why", title, "Cases that went up at least once for that reason, among the escalated ones; a case may have several.",
        "Reason", ["Cases"], rows, asked.link("/insights/promises.csv"),
    )  # fmt: skip
