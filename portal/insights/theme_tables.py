"""The themes of comments in numbers: the sentence, the table of themes, the table of weeks, and the line of one theme."""

from __future__ import annotations

from typing import Any

from feedback.agreement import Agreement
from feedback.intervals import ENOUGH, Share
from feedback.models import Theme
from feedback.periods import Period
from feedback.second_looks import Agreed
from feedback.theme_figures import OfTheme, Themes
from portal import charts
from portal.insights.asking import OWN, Asked
from portal.insights.drawing import INTERVAL, TOO_FEW, Chart, cell, chart, point, steady, top_of
from portal.insights.limits import HEAD as LIMITS_HEAD
from portal.insights.limits import SAID as LIMITS
from portal.insights.limits import chance_of, drawn_with, limit_words
from portal.insights.tables import Cell, Table, of_share
from portal.insights.words import count_words, day_words, days_words, interval_words

HERE, CSV = "/insights/words/", "/insights/words.csv"
NOTE = (
    "Only themes that a person has put on a comment count; a comment may have several. Below each share stand its 95% "
    "interval and how many it is a share of. Fewer than 5 are not shown."
)  # fmt: skip


def sentence(asked: Asked, found: Themes) -> str:
    """'1 Jan to 31 Jan: 42 comments, 30 of them have a theme. Most low scores: “Waiting” (8 of 12).'"""
    said = f"{days_words(asked.period)}: {count_words(found.written, 'comment')}"
    if not found.written:
        return f"{said}."
    said += f", {found.tagged:,} of them {'has' if found.tagged == 1 else 'have'} a theme. "
    if not found.worst and any(row.low.shown for row in found.rows):
        return f"{said}No theme with enough comments to tell has a low score."
    if not found.worst:
        return f"{said}Too few of one theme to say which brings most low scores."
    parts = [f"“{row.theme.name}” ({row.low.hits} of {row.low.n})" for row in found.worst]
    return f"{said}Most low scores: {', '.join(parts)}."


def tables_of(asked: Asked, found: Themes) -> list[Table]:
    """Each theme with its comments and its low scores, and the weeks."""
    rows = [row for row in found.rows if row.low.n]
    weeks = [day_words(week) for week in asked.period.weeks()]
    return [
        Table(
            "themes", "Themes", "", "Theme", ["Comments", "Low scores"],
            [(row.theme.name, _cells(asked, row)) for row in rows], asked.link(CSV), NOTE,
        ),
        Table(
            "themes-by-week", "Themes by week", "The share of the week’s tagged comments. Weeks begin on the day that heads them.",
            "Theme", weeks, [(row.theme.name, _weeks(asked, row)) for row in rows],
            asked.link(CSV),
        ),
    ]  # fmt: skip


def _weeks(asked: Asked, row: OfTheme) -> list[Cell]:
    """Each week's share, which leads to the comments of that week with the theme."""
    weeks = zip(row.weeks, asked.period.weeks(), strict=True)
    return [of_share(share, asked.link(HERE, theme=row.theme.slug, **_of_week(week)), "") for share, week in weeks]


def _of_week(week: Period) -> dict[str, str]:
    return {"period": OWN, "from": week.first.isoformat(), "to": week.last.isoformat()}


def _cells(asked: Asked, row: OfTheme) -> list[Cell]:
    mine = asked.link(HERE, theme=row.theme.slug)
    low = asked.link(HERE, theme=row.theme.slug, score="low")
    return [
        Cell(f"{row.low.n:,}", mine, file=[row.low.n]),
        of_share(row.low, low, mine, bar=True),
    ]


def agreement_table(asked: Asked, found: Themes, agreed: Agreed) -> Table:
    """How far two people agree on each theme, and people and its words: kappa, precision and recall."""
    rows = [
        (row.theme.name, [_kappa(agreed.themes.get(row.theme.pk, Agreement())), of_share(row.rule_right, "", ""), of_share(row.by_rule, "", "")])
        for row in found.rows
        if row.low.n or row.theme.pk in agreed.themes
    ]  # fmt: skip
    together = [sum((row.rule_right for row in found.rows), Share()), sum((row.by_rule for row in found.rows), Share())]
    whole = ("All themes", [_kappa(agreed.whole), *(of_share(share, "", "") for share in together)])
    return Table(
        "agreement", "How far readers agree",
        "Two people: Cohen’s kappa of comments that a second colleague read without seeing the first one’s themes, whatever the "
        "period; 1 is full agreement, 0 what chance alone would give. Its words: how far they name what people put on, in this period.",
        "Theme", ["Two people agree (kappa)", "Its words name it: people put it on", "People put it on: its words name it"],
        [*rows, whole] if rows else [], asked.link(CSV), f"Fewer than {ENOUGH} comments read twice say nothing.",
    )  # fmt: skip


def _kappa(one: Agreement) -> Cell:
    if one.value is None:
        words = "–" if not one.n else "Too few" if one.n < ENOUGH else "No figure"
        return Cell(words, of=f"{one.n:,}" if one.n else "", file=["", one.n])
    if one.interval is None:
        return Cell(
            f"{one.value:.2f}",
            under="one of the two never differs",
            of=f"{one.n:,}",
            file=["", one.n, round(one.value, 4)],
        )
    low, high = one.interval
    under = f"{low:.2f} to {high:.2f}"
    return Cell(
        f"{one.value:.2f}",
        under=under,
        of=f"{one.n:,}",
        file=["", one.n, *(round(x, 4) for x in (one.value, low, high))],
    )


def trend(asked: Asked, found: Themes, theme: Theme | None) -> Chart | None:
    """The weekly line of `theme`, or of the one with the most low scores, or of the largest; None without any."""
    rows = [row for row in found.rows if row.low.n]
    if theme is not None:
        rows = [row for row in rows if row.theme.pk == theme.pk]
    elif found.worst:
        rows = found.worst
    if not rows:
        return None
    row, weeks = rows[0], asked.period.weeks()
    name = f"“{row.theme.name}” among tagged comments"
    points, chance = [point(share) for share in row.weeks], chance_of(row.weeks)
    words: dict[str, Any] = {
        **drawn_with(chance),
        "title": f"{name}, by week",
        "desc": f"{steady(name, row.weeks)}. {sum(p is not None for p in points)} of {count_words(len(points), 'week')} have enough to show.",
        "name": f"{name}, by the week’s first day",
        "top": top_of(points, chance),
    }
    labels = [day_words(week) for week in weeks]
    drawn = charts.joined(
        (
            charts.line(points, labels, key="theme-wide", width=charts.WIDE, **words),
            charts.line(points, labels, key="theme", **words),
        )
    )
    table = [
        [label, f"{share.n:,}", cell(one.words, one.url), interval_words(share), limit_words(chance, number)]
        for number, (label, share, one) in enumerate(zip(labels, row.weeks, _weeks(asked, row), strict=True))
    ]
    enough = sum(row.weeks, Share()).shown and any(points)
    head = ["Week from", "Tagged comments", "Of this theme", "95% interval", LIMITS_HEAD]
    title = steady(name, row.weeks)
    return chart(
        title,
        f"{INTERVAL} {LIMITS}" if chance else INTERVAL,
        drawn if enough else "",
        f"{name} by week",
        head,
        table,
        asked.link(CSV),
        wide=True,
        note=TOO_FEW,
    )
