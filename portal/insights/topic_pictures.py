"""The pictures of the page of topics: what the cases are made of, and the shares that may set a topic apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cases.models import Severity
from feedback.intervals import FEWEST, Share
from feedback.topics import COMPLEXITIES
from portal import charts
from portal.charts import percent
from portal.insights.drawing import MOST_ROWS, TOO_FEW, Chart, by_size, cell, chart, finding, spread, untold
from portal.insights.topics import COMPLEXITY_NAMES, SEVERITY_NAMES, SHARES, Page, Row, weekly_words
from portal.insights.words import KEPT_BACK, count_words

HEAVY = (Severity.CRITICAL, Severity.HIGH)
HARD = COMPLEXITIES[-1]


def pictures(page: Page) -> list[Chart]:
    return [how_many(page), severity_mix(page), complexity_mix(page), *(share_chart(page, *one) for one in SHARES)]


def how_many(page: Page) -> Chart:
    """Which topics the cases are about."""
    rows, whole = sorted(page.rows, key=lambda row: (-row.figures.filed, row.name)), page.whole.filed
    most = page.largest
    share = Share(most.figures.filed, whole) if most else Share()
    title = f"{percent(share.value)} are about “{most.name}”" if most and share.value is not None else "Cases by topic"
    desc = f"Cases filed by topic, {count_words(whole, 'case')} in all."
    counted = [(row.name, row.figures.filed) for row in rows[:MOST_ROWS]]
    if rest := sum(row.figures.filed for row in rows[MOST_ROWS:]):
        counted.append((f"{len(rows) - MOST_ROWS} smaller ones", rest))
    days = page.asked.period.days
    table = [
        [
            row.name,
            cell(f"{row.figures.filed:,}", page.asked.cases("filed", more={"topic": row.slug})),
            weekly_words(row.figures.filed, days),
        ]
        for row in rows
    ]
    svg = charts.bars(counted, key="filed", title=title, desc=desc) if whole >= FEWEST else ""
    csv = page.asked.link("/insights/topics.csv")
    return chart(title, desc, svg, "Cases by topic", ["Topic", "Cases", "A week"], table, csv, note=TOO_FEW)


def severity_mix(page: Page) -> Chart:
    """How severe the cases of each topic are, with the topics of which clearly more are critical or high."""
    heavy = {
        row.slug: Share(sum(row.figures.severities[value] for value in HEAVY), sum(row.figures.severities.values()))
        for row in page.rows
    }
    said = (
        "Critical or high clearly more often",
        "No topic is critical or high clearly more often",
        "Too few to tell yet whether a topic is critical or high more often",
    )
    return mix(
        page,
        "severities",
        SEVERITY_NAMES,
        finding_of(page, heavy, said, "How severe the cases are"),
        f"Cases filed by severity, as it is now.{untold(labelled(page, heavy))}",
        lambda key: ("filed", {"severity": key}),
    )


def complexity_mix(page: Page) -> Chart:
    """How complex the cases of each topic are, the hardest first."""
    hard = {
        row.slug: Share(row.figures.complexities[HARD], sum(row.figures.complexities.values())) for row in page.rows
    }
    said = (
        "Hard clearly more often",
        "No topic is hard clearly more often",
        "Too few to tell yet whether a topic is hard more often",
    )
    return mix(
        page,
        "complexities",
        COMPLEXITY_NAMES,
        finding_of(page, hard, said, "How complex the cases are"),
        f"Cases assessed here by complexity. What was imported or is not assessed yet has none.{untold(labelled(page, hard))}",
        lambda key: ("complexity", {"part": key}),
        turned=True,
    )


def mix(
    page: Page, name: str, names: Sequence[str], title: str, desc: str, behind: Any, *, turned: bool = False
) -> Chart:
    """Stacked bars of a topic's parts. `behind`: which cases, and what to add to the address; `turned`: last part first."""
    rows = sorted(page.rows, key=lambda row: (-sum(getattr(row.figures, name).values()), row.name))
    order = slice(None, None, -1 if turned else 1)
    if len(rows) > MOST_ROWS:
        desc += f" The {MOST_ROWS} largest of {len(rows)}; the numbers have them all."
    drawn, table = [], []
    for row in rows:
        parts = list(getattr(row.figures, name).items())[order]
        n = sum(number for _, number in parts)
        drawn.append(
            (row.name, count_words(n, "case"), [number for _, number in parts] if n >= FEWEST else None)
        )  # fmt: skip
        cells = []
        for key, number in parts:
            which, more = behind(str(key))
            cells.append(
                cell(f"{number:,}", page.asked.cases(which, more={"topic": row.slug} | more))
                if n >= FEWEST
                else few_words(row, name)
            )
        table.append([row.name, *cells])
    enough = any(counts for _, _, counts in drawn)
    svg = charts.stacked(drawn[:MOST_ROWS], list(names)[order], key=name, title=title, desc=desc) if enough else ""
    return chart(title, desc, svg, title, ["Topic", *list(names)[order]], table, page.asked.link("/insights/topics.csv"), note=TOO_FEW)  # fmt: skip


def few_words(row: Row, name: str) -> str:
    """Why the parts of a topic are not shown."""
    return KEPT_BACK if sum(getattr(row.counted, name).values()) >= FEWEST else "Too few"


SAID = {
    "escalated": (
        "up",
        ("Escalated clearly more often", "No topic is escalated clearly more often",
         "Too few to tell yet whether a topic is escalated more often"),
        "Escalated among the cases filed, by topic, with the 95% interval.",
    ),
    "again": (
        "up",
        ("Opened again clearly more often", "No topic is opened again clearly more often",
         "Too few to tell yet whether a topic is opened again more often"),
        "Opened again by the customer among the cases that had an answer, by topic, with the 95% interval.",
    ),
    "upset": (
        "up",
        ("Customers clearly more often upset", "No topic has clearly more upset customers",
         "Too few to tell yet whether a topic has more upset customers"),
        "Marked as upset by a colleague or by their own words, among the cases filed here, by topic, with the 95% interval.",
    ),
    "routine": (
        "down",
        ("Routine clearly less often", "No topic is routine clearly less often",
         "Too few to tell yet whether a topic is routine less often"),
        "Never left level 1, among the cases with an accepted or closed answer, by topic, with the 95% interval.",
    ),
    "returned": (
        "up",
        ("Comes again clearly more often", "No topic comes again clearly more often",
         "Too few to tell yet whether a topic comes again more often"),
        "The same customer had a case of the same topic in the 30 days before, among all but joined and withdrawn cases, "
        "by topic, with the 95% interval.",
    ),
}  # fmt: skip


def share_chart(page: Page, name: str, title: str, which: tuple[str, str]) -> Chart:
    """One of the shares by topic, with the topics that clearly differ."""
    way, said, desc = SAID[name]
    parts = page.shares(name)
    return spread(
        page.asked,
        by_size({slug: share for slug, share in parts.items() if share.n}, page.names),
        key=name,
        title=finding_of(page, parts, said, f"{title} by topic", way),
        desc=f"{desc}{untold(labelled(page, parts))}",
        of="Topic",
        unit="case",
        which=which,
    )


def labelled(page: Page, parts: Mapping[str, Share]) -> list[tuple[str, Share]]:
    return [(page.names[slug], share) for slug, share in parts.items()]


def finding_of(page: Page, parts: Mapping[str, Share], said: tuple[str, str, str], alone: str, way: str = "up") -> str:
    """A picture's title: which topics clearly differ from all the others; `alone` where there is only one."""
    whole = sum(parts.values(), Share())
    return finding(labelled(page, parts), whole, way, said) if len(parts) > 1 else alone
