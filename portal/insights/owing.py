"""What was owed and came in time by protocol version and by team: two readings of the page of promises, of one base."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from feedback import owed
from feedback.figures import MILESTONES
from feedback.intervals import FEWEST, Curve, Share
from feedback.rollup.standing import Base, base
from portal.charts import percent
from portal.insights.asking import Asked
from portal.insights.drawing import finding
from portal.insights.lately import figures
from portal.insights.tables import NOT_KNOWN, Cell, Table, of_curve, of_share
from portal.insights.words import MEDIAN, MILESTONE_WORDS, NINE_IN_TEN, count_words, days_words, span

HERE, VERSIONS, TEAMS = "/insights/promises/", "/insights/promises/versions/", "/insights/promises/teams/"
LOADS = "/insights/promises/load/"
READINGS = (
    (HERE, "By milestone"),
    (VERSIONS, "By protocol version"),
    (TEAMS, "By team"),
    (LOADS, "Passing up and nights"),
)
EMPTY = "Nothing was filed or promised in this period. Choose a longer one, or fewer filters."
FEW = "Fewer than 5 are not shown."
Shares = Mapping[str, Mapping[str, Share]]


def readings(asked: Asked, path: str) -> list[dict[str, Any]]:
    """The links between the readings; what is set goes along."""
    return [{"label": label, "url": asked.link(url), "current": url == path} for url, label in READINGS]


def base_of(asked: Asked) -> Base:
    """What both readings and their files are made of."""
    return figures("owed", asked, base, lambda found: sum(row.share.n for row in found.rows))


def versions_page(asked: Asked) -> dict[str, Any]:
    """How each protocol version did: its times, and what went up for nothing under it."""
    counted = base_of(asked)
    found = owed.by(owed.VERSION, counted.rows)
    table = versions_table(asked, found, counted.false)
    said = {"tables": [table], "sentence": sentence(asked, found)} if table.rows else {"empty": EMPTY}
    return {"readings": readings(asked, VERSIONS), "csv_url": table.csv_url, "counted_to": counted.counted_to} | said


def teams_page(asked: Asked, names: Mapping[str, str]) -> dict[str, Any]:
    """How each team did: the same clocks, the time to a name, and what it has open."""
    counted = base_of(asked)
    found = owed.by(owed.TEAM, counted.rows)
    table = teams_table(asked, found, names)
    said = {"tables": [table], "sentence": sentence(asked, found)} if table.rows else {"empty": EMPTY}
    return {"readings": readings(asked, TEAMS), "csv_url": table.csv_url, "counted_to": counted.counted_to} | said


def versions_file(asked: Asked) -> Table:
    counted = base_of(asked)
    return versions_table(asked, owed.by(owed.VERSION, counted.rows), counted.false)


def teams_file(asked: Asked, names: Mapping[str, str]) -> Table:
    return teams_table(asked, owed.by(owed.TEAM, base_of(asked).rows), names)


def whole_of(shares: Mapping[str, Share]) -> Share:
    return sum(shares.values(), Share())


def sentence(asked: Asked, found: Shares) -> str:
    """The page's first words."""
    whole = sum((whole_of(mine) for mine in found.values()), Share())
    if whole.value is None:
        return f"{days_words(asked.period)}: too little was due to show a share."
    return (
        f"{days_words(asked.period)}: {percent(whole.value)} of {count_words(whole.n, 'thing')} the protocol asked for "
        "came in time."
    )


def title_of(found: Shares, names: Mapping[str, str], of: str, alone: str) -> str:
    """Which version or team was clearly less often in time than all the others together."""
    parts = [(names.get(key, key), whole_of(mine)) for key, mine in sorted(found.items())]
    if not any(share.n for _, share in parts):
        return "Nothing was due in this period"
    if len(parts) < 2:
        return alone
    said = (
        "Clearly less often in time",
        f"No {of} is clearly less often in time than the others",
        f"Too few to tell yet whether a {of} is less often in time",
    )
    return finding(parts, sum((share for _, share in parts), Share()), "down", said)


def versions_table(asked: Asked, found: Shares, false: Mapping[str, Share]) -> Table:
    rows = []
    for label in sorted({*found, *false}):
        more, mine = {"part": label}, false.get(label, Share())
        urls = (asked.cases(which, more=more) for which in ("false_under", "escalated_under"))
        rows.append(
            (label, [*cells_of(asked, owed.VERSION, label, found.get(label, {})), of_share(mine, *urls, bar=True)])
        )
    return Table(
        "versions", title_of(found, {}, "version", "All of it was owed under one version"),
        "Times of the protocol that ended in the period, in time among in time and missed, by the version they started under. “Need not have "
        "gone up”: of the escalated cases filed here, those that came down again, or were answered at once without other work.",
        "Version", [*MILESTONE_WORDS.values(), "Need not have gone up"], rows, asked.link("/insights/promises/versions.csv"), FEW,
    )  # fmt: skip


def cells_of(asked: Asked, reading: str, name: str, shares: Mapping[str, Share]) -> list[Cell]:
    """A version's or a team's share in time of each milestone."""
    cells = []
    for key in MILESTONES:
        more = {"part": f"{reading}:{name}:{key}"}
        urls = (asked.cases(which, more=more) for which in ("in_time", "owed"))
        cells.append(of_share(shares.get(key, Share()), *urls, bar=True))
    return cells


def teams_table(asked: Asked, found: Shares, names: Mapping[str, str]) -> Table:
    times = figures("handed", asked, owed.acknowledging, lambda found: sum(curve.n for curve in found.values()))
    load = {slug: (crew.open, len(crew.people)) for slug, crew in owed.crews(asked.scope).items()}
    busy = {slug for slug, (cases, _) in load.items() if cases}
    rows = []
    # By name: a list by rate would put chance on top.
    for slug in sorted({*found, *times, *busy}, key=lambda one: names.get(one, one)):
        curve, url = times.get(slug, Curve()), asked.cases("handed_over", more={"part": slug})
        cells = cells_of(asked, owed.TEAM, slug, found.get(slug, {}))
        cells.append(replace(of_curve(curve, url, MEDIAN), also=most_words(curve)))
        rows.append((names.get(slug, slug) or "No team", [*cells, load_cell(asked, slug, *load.get(slug, (0, 0)))]))
    return Table(
        "teams", title_of(found, names, "team", "All of it was owed by one team"),
        "The same times as by version, by the team that owed them when they started. Time to a name: from the hand-over, of those handed over "
        "in the period; what is open or was taken away counts as longer. Open now: escalated cases the team has.",
        "Team", [*MILESTONE_WORDS.values(), "Half had a name within", "Open now"], rows,
        asked.link("/insights/promises/teams.csv"), FEW,
    )  # fmt: skip


def most_words(curve: Curve) -> str:
    """'9 in 10: 35 min', empty while there are too few to show."""
    most = curve.quantile(NINE_IN_TEN)
    return f"9 in 10: {NOT_KNOWN.lower() if most is None else span(most)}" if curve.n >= FEWEST else ""


def load_cell(asked: Asked, slug: str, cases: int, people: int) -> Cell:
    """Escalated cases a team has open now, and how many that is for each of its people."""
    each = f"{cases / people:.1f} a person" if people and cases else ""
    return Cell(f"{cases:,}", asked.cases("load", more={"part": slug}) if cases else "", under=each, file=[cases, ""])
