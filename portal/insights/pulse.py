"""The monthly pulse as managers read it: a sentence, a bar for each month, for everybody and for teams, and the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from cases.access import figure_teams_of
from cases.models import Team, User
from feedback.periods import BEFORE
from feedback.pulse import Month, Numbers, months_over, so_far
from portal import charts
from portal.charts import percent
from portal.insights.drawing import TOO_FEW, Chart, point
from portal.insights.words import MONTHS, change_words, few_words, interval_words, share_words

NOBODY = "No month is over in which somebody answered. The question is asked from the first working day of a month on."
WITHHELD = "not shown"
DESC = "Said 4 or 5 on a scale to 5, by month, with the 95% interval."


ONLY = (
    "You see the teams set for you, in months that may be shown. What everybody said, and the words, are of all teams "
    "together and not among them."
)
NONE_OF_THEIRS = "No month is over that may be shown of a team set for you."


def told(at: datetime, *, by: User) -> dict[str, Any]:
    """What the page takes: sentence, charts, words, and how many have answered in the month that runs.

    Who sees figures of some teams only has their charts and nothing else: the rest is of all teams together.
    """
    months = months_over(at)
    only = figure_teams_of(by)
    if only is not None:
        theirs = dict(Team.objects.filter(slug__in=only).values_list("pk", "name"))
        charts = team_charts(months, theirs)
        return {"charts": charts, "sentence": ONLY, "empty": "" if charts else NONE_OF_THEIRS}
    running = so_far(at)
    context: dict[str, Any] = {
        "running": f"{running.hits} of {running.n} have answered this month so far." if running else "",
        "empty": "" if months else NOBODY,
    }
    if not months:
        return context
    names = dict(Team.objects.values_list("pk", "name"))
    last = months[-1]
    return context | {
        "sentence": sentence(last, months[-2] if len(months) > 1 else None),
        "charts": charts_of(months, names),
        "words": last.words,
        "words_of": month_words(last.month),
    }


def month_words(month: date) -> str:
    return f"{month:%B %Y}"


def sentence(last: Month, before: Month | None) -> str:
    """'October 2026: 12 of 15 answered (80%). 58% of them said 4 or 5 (32% to 81%). No clear change, was 60%.'"""
    one = last.everybody
    said = [
        f"{month_words(last.month)}: {one.n} of {one.asked} answered ({percent(one.response.hits / one.response.n)})"
    ]
    if one.share.value is None:
        return f"{said[0]}: of fewer than 5, or all on one side, nothing more is shown."
    said.append(f"{percent(one.share.value)} of them said 4 or 5 ({interval_words(one.share)})")
    if before is not None and before.everybody.share.shown:
        said.append(change_words(one.share, before.everybody.share, BEFORE))
    return f"{'. '.join(said)}."


def charts_of(months: Sequence[Month], names: Mapping[int, str]) -> list[Chart]:
    """Everybody first, then each team that may be shown for a month at least."""
    every = chart("everybody", "Everybody", [(month.month, month.everybody) for month in months], wide=True)
    return [every, *team_charts(months, names)]


def team_charts(months: Sequence[Month], names: Mapping[int, str]) -> list[Chart]:
    """One for each team of `names` that may be shown for a month at least, by name."""
    teams = {team for month in months for team in month.teams} & set(names)
    return [
        chart(f"team-{team}", names[team], [(month.month, month.teams.get(team)) for month in months], wide=False)
        for team in sorted(teams, key=lambda team: names[team])
    ]


def chart(key: str, name: str, rows: Sequence[tuple[date, Numbers | None]], *, wide: bool) -> Chart:
    """The months of everybody or of a team; None where a team may not be shown."""
    points = [point(one.share) if one else None for _, one in rows]
    labels = [MONTHS[month.month - 1] for month, _ in rows]
    shown = [(month, one) for month, one in rows if one and one.share.shown]
    title = f"{name}: {share_words(shown[-1][1].share)} said 4 or 5 in {month_words(shown[-1][0])}" if shown else name
    words: dict[str, Any] = {"key": f"pulse-{key}", "title": title, "desc": DESC, "name": "Said 4 or 5"}
    drawn = charts.columns(points, labels, **words)
    if wide:
        words["key"] += "-wide"
        drawn = charts.joined((charts.columns(points, labels, width=charts.WIDE, **words), drawn))
    table = [row(month, one) for month, one in reversed(rows)]
    head = ["Month", "Asked", "Answered", "Response", "Said 4 or 5", "95% interval"]
    return {
        "title": title,
        "desc": few_words(shown[-1][1].share, "answer") if shown else "",
        "svg": drawn if shown else "",
        "note": TOO_FEW,
        "table": {"caption": f"{name}, by month", "head": head, "rows": table},
        "wide": wide,
    }


def row(month: date, one: Numbers | None) -> list[str]:
    """A month in the table; a team that may not be shown says nothing, not even how many answered."""
    if one is None:
        return [month_words(month), *[WITHHELD] * 4, ""]
    response = percent(one.n / one.asked) if one.asked else ""
    said = share_words(one.share) if one.share.n or not one.n else WITHHELD
    return [month_words(month), str(one.asked), str(one.n), response, said, interval_words(one.share)]
