"""The page "How we write": silence, late updates, the times we name, and the trend of each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from feedback.durations import Hours, Timed
from feedback.intervals import FEWEST, Curve, Share
from feedback.measures import Counted
from feedback.periods import BEFORE, NONE, YEAR
from feedback.rollup import standing
from feedback.writing import EDGES, SILENT, WRITTEN, Updates
from portal import charts
from portal.charts import percent
from portal.insights.asking import Asked
from portal.insights.drawing import TOO_FEW, Chart, cell, chart
from portal.insights.lately import figures
from portal.insights.tables import Cell, Table, of_curve, of_share
from portal.insights.words import (
    AGAINST_WORDS,
    MEDIAN,
    NINE_IN_TEN,
    change_words,
    count_words,
    curve_change_words,
    days_words,
    working,
)

HERE, CSV = "/insights/writing/", "/insights/writing.csv"
EXAMPLES = "/insights/writing/examples/"
READINGS = ((HERE, "Figures"), (EXAMPLES, "Examples"))
IN_TIME = "in_time_update"
EMPTY = "No case of a customer was filed here in this period. Choose a longer one, or fewer filters."
#: The first columns of the trend, by what the period is compared with; of NONE nothing stands beside it.
COLUMNS = {
    BEFORE: ("This period", "Period before", "Change"),
    YEAR: ("This period", "Same weeks last year", "Change"),
    NONE: ("This period",),
}
PLAIN_TITLE = "Silence, updates and the times we name"
TEAM_COLUMNS = (
    "Longest silence, half of the cases",
    "Updates in time",
    "Name the next time",
    "Updates a case",
    "Cases",
)


class Found:
    """Everything the page and its file count, for one question."""

    def __init__(self, asked: Asked, office: Hours) -> None:
        count = partial(standing.wrote, IN_TIME, office=office)
        wrote = figures("writing", asked, count, lambda found: found.updates[0].cases)
        self.now, self.before = wrote.updates
        self.teams, self.silent, self.silent_by, self.bars = wrote.by_team, wrote.silent, wrote.silent_by, wrote.bars
        self.in_time, self.in_time_by = wrote.in_time, wrote.in_time_by
        self.counted_to = wrote.counted_to


def readings(asked: Asked, path: str) -> list[dict[str, Any]]:
    """The links between the figures and their examples; what is set goes along."""
    return [{"label": label, "url": asked.link(url), "current": url == path} for url, label in READINGS]


def writing_page(asked: Asked, teams: Mapping[str, str], office: Hours) -> dict[str, Any]:
    """What the template takes."""
    found, context = Found(asked, office), {"readings": readings(asked, HERE)}
    if not found.now.cases:
        return context | {"empty": EMPTY, "counted_to": found.counted_to}
    return context | {
        "counted_to": found.counted_to,
        "csv_url": asked.link(CSV),
        "sentence": sentence(asked, found),
        "remarks": [
            "Of cases customers filed here in the period, whatever happened to them since; updates in time are of the days they were due."
        ],
        "charts_first": True,
        "charts": [silence_chart(asked, found)],
        "tables": tables_of(asked, found, teams),
    }


def tables_of(asked: Asked, found: Found, teams: Mapping[str, str]) -> list[Table]:
    return [trend(asked, found), by_team(asked, found, teams)]


def sentence(asked: Asked, found: Found) -> str:
    """The page's first words."""
    half, late = found.silent.now.quantile(MEDIAN), found.in_time.now
    said = "too little is over to say how long customers heard nothing"
    if found.silent.now.n >= FEWEST and half is not None:
        said = f"half of the customers heard nothing for {working(half)} of office time or less"
    updates = "Too few updates were due to show a share"
    if late.value is not None:
        updates = f"{percent(late.value)} of {count_words(late.n, 'update')} came in time"
    return f"{days_words(asked.period)}: {said}. {updates}."


# The trend ----------------------------------------------------------------------------------------------------


def trend(asked: Asked, found: Found) -> Table:
    """Each figure of the period and the one it is compared with, and what may be said of the difference."""
    now, before = found.now, found.before
    more = {"part": "time_silence"}
    rows = [
        _timed(
            "Longest silence, half of the cases", found.silent, asked.against, MEDIAN, asked.cases("time", more=more)
        ),
        _timed("Longest silence, 9 in 10", found.silent, asked.against, NINE_IN_TEN, asked.cases("time", more=more)),
        _shared(
            "Updates in time",
            found.in_time,
            asked.against,
            *(asked.cases("figure", more={"part": f"{IN_TIME}-{half}"}) for half in ("hits", "of")),
        ),
        _shared(
            "Updates that name the next time",
            Counted(now.timed, before.timed),
            asked.against,
            *_written(asked, "timed", "updated"),
        ),
        _shared(
            "… with a time the writer chose",
            Counted(now.chosen, before.chosen),
            asked.against,
            *_written(asked, "chosen", "updated"),
        ),
        (
            "Updates a case",
            [_each(now, asked.cases(WRITTEN, more={"part": "of"})), _each(before, ""), Cell("", file=[""])],
        ),
    ]
    columns = COLUMNS[asked.against]
    rows = [(name, cells[: len(columns)]) for name, cells in rows]
    return Table(
        "writing", title_of(found, asked.against),
        "The longest silence is in office hours; of a case that is open it counts as longer. The lists behind the numbers are of cases.",
        "How we write", columns, rows, asked.link(CSV), "Fewer than 5 are not shown.",
    )  # fmt: skip


def _written(asked: Asked, *parts: str) -> list[str]:
    return [asked.cases(WRITTEN, more={"part": part}) for part in parts]


def title_of(found: Found, against: str) -> str:
    """What clearly changed against what the period is compared with."""
    if against == NONE:
        return PLAIN_TITLE
    said = [
        ("Updates in time", change_words(found.in_time.now, found.in_time.before, against)),
        ("The longest silence", curve_change_words(found.silent.now, found.silent.before, against, working)),
        ("Updates that name the next time", change_words(found.now.timed, found.before.timed, against)),
    ]
    moved = [
        f"{name[0].lower()}{name[1:]} {words[0].lower()}{words[1:]}"
        for name, words in said
        if words.startswith(("Up", "Down"))
    ]
    if moved:
        first = ", ".join(moved)
        return f"{first[0].upper()}{first[1:]}"
    known = [words for _, words in said if words.startswith("No clear")]
    beside = AGAINST_WORDS[against]
    return f"Nothing changed clearly against {beside}" if known else f"Too little to compare with {beside}"


def _timed(name: str, timed: Timed, against: str, share: float, url: str) -> tuple[str, list[Cell]]:
    change = curve_change_words(timed.now, timed.before, against, working) if share == MEDIAN else ""
    cells = [
        of_curve(timed.now, url if timed.now.n else "", share, working),
        of_curve(timed.before, "", share, working),
    ]
    return name, [*cells, Cell(change, file=[""])]


def _shared(name: str, counted: Counted, against: str, hits: str, of: str) -> tuple[str, list[Cell]]:
    change = change_words(counted.now, counted.before, against)
    return name, [of_share(counted.now, hits, of, bar=True), of_share(counted.before, "", ""), Cell(change, file=[""])]


def _each(updates: Updates, url: str) -> Cell:
    """Updates a case; of few cases none."""
    if updates.each is None or updates.cases < FEWEST:
        return Cell("Too few" if updates.cases else "–", file=["", updates.cases])
    under = f"{updates.timed.n:,} of {count_words(updates.cases, 'case')}"
    return Cell(f"{updates.each:.1f}", url, under=under, file=[updates.timed.n, updates.cases, round(updates.each, 4)])


# Teams --------------------------------------------------------------------------------------------------------


def by_team(asked: Asked, found: Found, names: Mapping[str, str]) -> Table:
    """The same by the team that has the case now; by name, no ranking."""
    rows = []
    for slug in sorted(found.teams, key=lambda one: names.get(one, one) or "~"):
        mine, link = found.teams[slug], partial(_of, asked, slug)
        in_time = found.in_time_by.get(slug, Share())
        rows.append((names.get(slug, slug) or "No team", [
            of_curve(found.silent_by.get(slug, Curve()), link("time", part="time_silence"), MEDIAN, working),
            of_share(in_time, link("figure", part=f"{IN_TIME}-hits"), link("figure", part=f"{IN_TIME}-of"), bar=True),
            of_share(mine.timed, link(WRITTEN, part="timed"), link(WRITTEN, part="updated"), bar=True),
            _each(mine, link(WRITTEN, part="of")),
            Cell(f"{mine.cases:,}", link(WRITTEN, part="of"), file=[mine.cases]),
        ]))  # fmt: skip
    return Table(
        "teams", "By the team that has the case now", "Teams have different cases: read a line for itself.", "Team",
        TEAM_COLUMNS, rows, asked.link(CSV), "Fewer than 5 are not shown.",
    )  # fmt: skip


def _of(asked: Asked, slug: str, which: str, part: str) -> str:
    """The address of a team's cases; what has no team has no filter either."""
    return asked.cases(which, more={"team": slug, "part": part}) if slug else ""


# The picture --------------------------------------------------------------------------------------------------


def edge_words(edge: int) -> str:
    """'2 to 4 h', '40 h or more', 'under 2 h'."""
    later = next((one for one in EDGES if one > edge), None)
    return f"under {later} h" if not edge else f"{edge} to {later} h" if later else f"{edge} h or more"


def silence_chart(asked: Asked, found: Found) -> Chart:
    """How long the longest silences of the cases that are over were."""
    whole = sum(found.bars.values())
    long = sum(n for edge, n in found.bars.items() if edge >= 16)
    title, drawn, rows = "Too few cases are over to show their silences", "", []
    if whole >= FEWEST:
        share = f"{percent(long / whole)} of the cases" if long else "no case"
        title = f"In {share} the customer heard nothing for 16 office hours or more"
        desc = f"The longest silence of each of {count_words(whole, 'case')} that are over, in office hours."
        labels = [(f"{edge_words(edge)[0].upper()}{edge_words(edge)[1:]}", n) for edge, n in found.bars.items()]
        drawn = charts.bars(labels, key="silences", title=title, desc=desc)
        rows = [
            [
                edge_words(edge),
                cell(f"{n:,}", asked.cases(SILENT, more={"part": str(edge)})) if n else "0",
                percent(n / whole),
            ]
            for edge, n in found.bars.items()
        ]
    desc = "Of cases that are over; those still open stand in the tables."
    return chart(title, desc, drawn, "Cases by their longest silence", ["Longest silence", "Cases", "Share"], rows, asked.link(CSV), note=TOO_FEW)  # fmt: skip
