"""The page of topics: which kinds of case come, how heavy they are and how they end, as a table and as a file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cases.models import Severity
from escalation.protocol import Protocol
from feedback.figures import Scope
from feedback.intervals import FEWEST, Share
from feedback.periods import Period
from feedback.rollup import standing
from feedback.topics import COMPLEXITIES, Topic, guarded, returned, together
from portal.insights.asking import Asked
from portal.insights.casework import Echo, safe
from portal.insights.dashboard import HERE
from portal.insights.drawing import cell
from portal.insights.lately import figures
from portal.insights.words import COMPLEXITY_WORDS, KEPT_BACK, count_words, days_words, interval_words, share_words

WEEK = 7  # days
ALL = "All topics"
#: The shares of a topic: its name in Topic, what it is called, and the cases behind its hits and behind the whole.
SHARES: tuple[tuple[str, str, tuple[str, str]], ...] = (
    ("escalated", "Escalated", ("escalated", "filed")),
    ("again", "Opened again", ("again", "replied")),
    ("routine", "Routine", ("routine", "settled")),
    ("upset", "Upset", ("upset", "filed_here")),
    ("returned", "Came again", ("returned", "incidents")),
)
SEVERITY_NAMES = tuple(str(label) for label in Severity.labels)
COMPLEXITY_NAMES = tuple(COMPLEXITY_WORDS[value] for value in COMPLEXITIES)
HEAD = (
    "Topic", "Topic above", "Cases filed", "Cases a week", *SEVERITY_NAMES, *COMPLEXITY_NAMES,
    *(f"{name}{what}" for _, name, _ in SHARES for what in (": cases", ": of", ": share", ": from", ": to")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A topic in its place: what it is called, the one above it, its figures, and these as they may be shown."""

    slug: str
    name: str
    under: str
    counted: Topic
    figures: Topic


@dataclass(frozen=True, slots=True)
class Page:
    """The topics of a question, counted once for table, pictures and file."""

    asked: Asked
    rows: Sequence[Row]
    counted_to: datetime

    @property
    def whole(self) -> Topic:
        return together(row.counted for row in self.rows)

    @property
    def largest(self) -> Row | None:
        """The topic with the most cases, where there is one."""
        most = max((row.figures.filed for row in self.rows), default=0)
        found = [row for row in self.rows if row.figures.filed == most]
        return found[0] if len(found) == 1 else None

    @property
    def names(self) -> dict[str, str]:
        return {row.slug: row.name for row in self.rows}

    def shares(self, name: str) -> dict[str, Share]:
        return {row.slug: getattr(row.figures, name) for row in self.rows}


def count_topics(asked: Asked, names: Mapping[str, str], protocol: Protocol | None) -> Page:
    """The topics with cases in the period; `protocol` knows which topic stands below which."""
    found, counted_to = figures("topics", asked, _topics, lambda counted: sum(one.filed for one in counted[0].values()))
    shown, rows = guarded(found), []
    for slug in in_order({slug: one.filed for slug, one in found.items()}, protocol):
        above = _above(slug, protocol)
        rows.append(
            Row(slug, names.get(slug, slug), names.get(above, above) if above else "", found[slug], shown[slug])
        )
    return Page(asked, rows, counted_to)


def _topics(period: Period, scope: Scope, *, at: datetime) -> tuple[dict[str, Topic], datetime]:
    """The figures of each topic, and up to when they are counted."""
    found, counted_to = standing.topics(period, scope, at=at)
    again = returned(period, scope)
    return {slug: replace(one, returned=again.get(slug, Share())) for slug, one in found.items()}, counted_to


def _above(slug: str, protocol: Protocol | None) -> str:
    line = protocol.lineage(slug) if protocol else (slug,)
    return line[1] if len(line) > 1 else ""


def in_order(sizes: Mapping[str, int], protocol: Protocol | None) -> list[str]:
    """The topics as a tree, each below the one above it, the largest branch first."""
    lines = {slug: protocol.lineage(slug) if protocol else (slug,) for slug in sizes}
    branch: dict[str, int] = {}
    for slug, size in sizes.items():
        for above in lines[slug]:
            branch[above] = branch.get(above, 0) + size
    # From the root down, each step by the size of its branch; a topic comes before those below it.
    return sorted(sizes, key=lambda slug: [(-branch[step], step) for step in reversed(lines[slug])])


def page_of(page: Page) -> dict[str, Any]:
    """What the template takes."""
    if not page.rows:
        nothing = "Nothing was filed in this period. Choose a longer one, or fewer filters."
        return {"empty": nothing, "counted_to": page.counted_to}
    asked = page.asked
    return {
        "counted_to": page.counted_to,
        "sentence": reading(page),
        "remarks": remarks(page),
        "table": [line(page, row) for row in page.rows],
        "total": line(page, Row("", ALL, "", page.whole, page.whole)),
        "severities": SEVERITY_NAMES,
        "complexities": COMPLEXITY_NAMES,
        "share_names": [name for _, name, _ in SHARES],
        "csv_url": asked.link("/insights/topics.csv"),
    }


def reading(page: Page) -> str:
    """The page's first words: how much came, what came most, and how much of it level 1 settled by itself."""
    whole, largest = page.whole, page.largest
    said = f"{days_words(page.asked.period)}: {count_words(whole.filed, 'case')} filed"
    said += f" on {len(page.rows)} topics" if len(page.rows) > 1 else ""
    said += f", the most on “{largest.name}” ({largest.figures.filed:,})" if largest and len(page.rows) > 1 else ""
    said += ". "
    if whole.routine.value is None:
        return f"{said}Too few have an accepted answer to say how many were routine."
    share = f"{share_words(whole.routine)} ({interval_words(whole.routine)})"
    return f"{said}Of {count_words(whole.routine.n, 'case')} with an accepted or closed answer, {share} were routine: they never left level 1."


def remarks(page: Page) -> list[str]:
    """What one must know to read the table right."""
    scope, imported = page.asked.scope, page.whole.imported
    return [
        remark
        for remark in (
            HERE if scope.team or (scope.level or 0) > 1 else "",
            f"{count_words(imported, 'case')} of imported history {'is' if imported == 1 else 'are'} among them: nothing in it went up, "
            "so it counts as routine, and nobody assessed its complexity. Choose a source to look at one kind."
            if imported and imported < page.whole.filed
            else "",
        )
        if remark
    ]


# The table ----------------------------------------------------------------------------------------------------


def line(page: Page, row: Row) -> dict[str, Any]:
    """A row of the table; each number leads to its cases."""
    asked, one, more = page.asked, row.figures, {"topic": row.slug} if row.slug else {}

    def counts(name: str, address: Any) -> list[Any] | str:
        numbers = getattr(one, name)
        if sum(numbers.values()) < FEWEST:
            return KEPT_BACK if sum(getattr(row.counted, name).values()) >= FEWEST else "Too few"
        return [cell(f"{n:,}", address(str(key))) if n else cell("0", "") for key, n in numbers.items()]

    return {
        "name": row.name,
        "under": row.under,
        "filed": cell(f"{one.filed:,}", asked.cases("filed", more=more)),
        "weekly": weekly_words(one.filed, asked.period.days),
        "severities": counts("severities", lambda key: asked.cases("filed", more=more | {"severity": key})),
        "complexities": counts("complexities", lambda key: asked.cases("complexity", more=more | {"part": key})),
        "shares": [share_cell(asked, getattr(one, name), which, more) for name, _, which in SHARES],
    }


def share_cell(asked: Asked, share: Share, which: tuple[str, str], more: dict[str, str]) -> dict[str, Any]:
    words = share_words(share)
    return {
        "share": cell(words, asked.cases(which[0], more=more) if share.shown and share.hits else ""),
        "interval": interval_words(share).replace("% to ", "–"),  # short: eight columns stand beside each other
        "of": cell(f"{share.n:,}", asked.cases(which[1], more=more)) if share.n else None,
        "shown": share.shown,
    }


def weekly(number: int, days: int) -> float | None:
    """Cases a week; None for a period shorter than one."""
    return number * WEEK / days if days >= WEEK else None


def weekly_words(number: int, days: int) -> str:
    """'4.0', or a dash where there is no week to speak of."""
    value = weekly(number, days)
    return "–" if value is None else f"{value:,.1f}"


# The file -----------------------------------------------------------------------------------------------------


def csv_lines(page: Page) -> Iterator[str]:
    """The table as a file: a head, then a row for each topic. What the page does not show is empty."""
    writer = csv.writer(Echo())
    yield writer.writerow(HEAD)
    for row in page.rows:
        yield writer.writerow([safe(value) for value in csv_row(row, page.asked.period.days)])


def csv_row(row: Row, days: int) -> list[Any]:
    one, per_week = row.figures, weekly(row.figures.filed, days)
    cells: list[Any] = [row.name, row.under, one.filed, "" if per_week is None else round(per_week, 4)]
    for numbers in (one.severities, one.complexities):
        cells += numbers.values() if sum(numbers.values()) >= FEWEST else [""] * len(numbers)
    for name, _, _ in SHARES:
        share: Share = getattr(one, name)
        low, high = share.interval or ("", "")
        known = [share.hits, share.n, share.value, low, high] if share.shown else ["", share.n, "", "", ""]
        cells += [round(value, 4) if isinstance(value, float) else value for value in known]
    return cells
