"""The escalation rate by first team: a chart and a table on the page of passing up and nights."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from feedback import first_team
from feedback.first_team import FILED, UP, Rates
from feedback.intervals import Share
from portal.insights.asking import Asked
from portal.insights.drawing import Chart, finding, spread, untold
from portal.insights.lately import lately
from portal.insights.splits import guarded
from portal.insights.tables import Cell, Table, of_share
from portal.insights.words import AGAINST_WORDS, change_words

Named = list[tuple[str, str, Share]]
NOTE = "Fewer than 5 are not shown; where a hidden one could be computed from the others, the smallest of those is kept back, too."


def rates_of(asked: Asked) -> tuple[Rates, datetime]:
    """What the page and its file are made of, and as of when."""
    key = ("first_team", asked.period, asked.scope)
    return lately(key, lambda: first_team.rates(asked.period, asked.scope), lambda one: one.n, at=asked.at)


def _named(shares: Mapping[str, Share], names: Mapping[str, str]) -> Named:
    """Name, short name and share of each team, those with the most cases first: a list by rate would put chance on top."""
    rows = [(names.get(slug, slug) or "No team", slug, share) for slug, share in guarded(shares).items()]
    return sorted(rows, key=lambda row: (-row[2].n, row[0]))


def title_of(rows: Named, whole: Share) -> str:
    """The finding: whose cases go up clearly more often."""
    # A title must not tell what is kept back.
    parts = [(name, share) for name, _, share in rows if not share.kept_back]
    said = (
        "Escalated clearly more often from",
        "From no team cases are escalated clearly more often",
        "Too few to tell yet from which team cases are escalated more often",
    )
    if len(rows) > 1:
        return finding(parts, whole, "up", said)
    return f"All cases came first to one team: {rows[0][0]}" if rows else "No case was filed"


def first_chart(asked: Asked, found: Rates, names: Mapping[str, str]) -> Chart:
    rows = _named(found.now, names)
    desc = "Escalated among the cases filed, by the team each came to first, whoever has it now, with the 95% interval."
    return spread(
        asked,
        [(name, share, {"part": slug}) for name, slug, share in rows],
        key="escalated-teams",
        title=title_of(rows, sum(found.now.values(), Share())),
        desc=desc + untold([(name, share) for name, _, share in rows]),
        of="First team",
        unit="case",
        which=(UP, FILED),
    )


def first_table(asked: Asked, found: Rates, names: Mapping[str, str]) -> Table:
    """The same in numbers, against what the period is compared with."""
    rows, before = _named(found.now, names), guarded(found.before)
    beside = AGAINST_WORDS[asked.against]
    cells = []
    for name, slug, share in rows:
        hits, of = (asked.cases(which, more={"part": slug}) for which in (UP, FILED))
        was = before.get(slug, Share())
        words = "Kept back before" if was.kept_back else change_words(share, was, asked.against)
        then = [Cell(words or "–", file=list(of_share(was, "", "").file))] if beside else []
        cells.append((name, [of_share(share, hits, of, bar=True), *then]))
    return Table(
        "first", f"Escalation rate by first team{f', and {beside}' if beside else ''}",
        "By the team each case came to first: cases filed in the period and escalated since, among those filed. What went up "
        "has another team now, so the team it has now would say nothing of who passes up.",
        "First team", ["Escalated", *([f"{beside[0].upper()}{beside[1:]}"] if beside else [])], cells, asked.link("/insights/promises/load.csv"), NOTE,
    )  # fmt: skip
