"""The page of figures: asks for each, puts it into words, tiles and charts."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from escalation.worktime import Calendar
from feedback.durations import ANSWER, Timed
from feedback.ease import Ease
from feedback.figures import IMPORTED, Escalations, Kept, Satisfaction
from feedback.first_contact import FirstContact
from feedback.helped import Helped, helped
from feedback.intervals import FEWEST, Curve, Share
from feedback.measures import Counted
from feedback.resolving import Answering, Lasted, Resolving
from feedback.resolving import answering as counted_plainly
from feedback.rollup.answers import answering
from feedback.rollup.fresh import Fresh
from feedback.rollup.overview import overview
from feedback.rollup.reading import fresh_of
from portal.charts import percent
from portal.insights import drawing, lately, splits
from portal.insights.asking import Asked, Names
from portal.insights.drawing import cell
from portal.insights.words import (
    MEDIAN,
    NINE_IN_TEN,
    NO_FIGURE,
    came_words,
    change_words,
    count_words,
    curve_change_words,
    ease_words,
    few_words,
    interval_words,
    reading,
    share_words,
    span,
    time_change_words,
    working,
)
from portal.templatetags.times import count

Tile = dict[str, Any]
UNTOLD = "Imported history is left out: it does not say how often anybody wrote."
HERE = "Cases this team or level has now, wherever they were filed: most were escalated to it."


def dashboard(asked: Asked, calendar: Calendar, names: Names) -> dict[str, Any]:
    """What the template takes; `calendar` counts working time."""
    state = fresh_of(asked.period, at=asked.at)
    found = overview(asked.period, asked.scope, at=asked.at, state=state)
    csat, first, up, kept = found.said, found.first, found.up, found.kept
    few = up.now.n + up.before.n < lately.MANY
    answers, timed_at = _answers(asked, calendar, state, few=few)
    times = answers.up
    help_, helped_at = lately.lately(
        ("helped", asked.period, asked.scope),
        lambda: helped(asked.period, asked.scope),
        lambda figures: figures.now.n,
        at=asked.at,
    )
    counted_to = min(found.counted_to, timed_at, helped_at)
    if not (csat.now.n or csat.response.n or up.now.n or kept.now.n):
        return {
            "counted_to": counted_to,
            "empty": "Nothing was filed, answered or promised in this period. Choose a longer one, or fewer filters.",
        }
    return {
        "counted_to": counted_to,
        "sentence": reading((csat, up, times, kept), asked.period),
        "tiles": [
            csat_tile(asked, csat),
            easy_tile(asked, csat, found.ease),
            first_tile(asked, first),
            low_tile(asked, found.low),
            every_tile(asked, answers.every),
            up_tile(asked, up),
            time_tile(asked, times),
            kept_tile(asked, kept),
        ],
        "charts": charts_of(asked, (csat, up, times, kept), first, help_, names),
    }


def _answers(asked: Asked, calendar: Calendar, state: Fresh, *, few: bool) -> tuple[Answering, datetime]:
    """Times to an answer, of escalated cases and of all, and as of when; of few cases they are counted in one question."""
    if few:
        return counted_plainly(asked.period, asked.scope, at=asked.at, calendar=calendar), asked.at
    return lately.figures("answering", asked, partial(answering, calendar=calendar, state=state), _of_all)


def _of_all(found: tuple[Answering, datetime]) -> int:
    return found[0].every.now.n + found[0].every.before.n


def charts_of(
    asked: Asked,
    figures: tuple[Satisfaction, Escalations, Resolving, Kept],
    first: FirstContact,
    help_: Helped,
    names: Names,
) -> list[drawing.Chart]:
    """The charts, in the order of the page."""
    csat, up, times, kept = figures
    week, weeks = drawing.weekly, {"key": "csat", "name": "Satisfied", "which": ("satisfied", "answered"), "wide": True}
    rate = {"key": "rate", "name": "Escalated", "which": ("escalated", "filed"), "wide": False}
    return [
        week(asked, csat.weeks, **weeks),  # type: ignore[arg-type]
        splits.satisfied(asked, csat, names.topics),
        splits.satisfied_where(asked, csat, names),
        drawing.answers(asked, csat),
        splits.addressed(asked, csat, names.topics),
        splits.addressed_where(asked, csat, names),
        splits.heard(asked, csat),
        drawing.at_first(asked, first, names.topics),
        week(asked, up.weeks, **rate),  # type: ignore[arg-type]
        drawing.escalated(asked, up, names.topics),
        drawing.helped_back(asked, help_, names.teams),
        drawing.durations(asked, times.now),
        drawing.kept(asked, kept),
    ]


def tile(label: str, value: str, url: str, lines: list[Any], changed: str) -> Tile:
    return {"label": label, "value": value, "url": url, "lines": [line for line in lines if line], "change": changed}


def interval_line(share: Share) -> str:
    return f"95% interval {interval_words(share)}" if share.interval else ""


def csat_tile(asked: Asked, figures: Satisfaction) -> Tile:
    """Satisfied, how the answers came, how many of those invited answered, and what else they said."""
    now, asked_n = figures.now, figures.response.n
    answered = cell(f"{count_words(now.n, 'answer')} given", asked.cases("answered")) if now.n else ""
    response = f"{figures.response.hits:,} of {asked_n:,} invited by e-mail have answered"
    if figures.response.value is not None:
        response += f" ({percent(figures.response.value)})"
    lines = [
        interval_line(now),
        few_words(now, "answer"),
        answered,
        came_words(now.n, figures.invited),
        cell(response, asked.cases("asked")) if asked_n else "Nobody was invited by e-mail in this period",
        _said_line("Partly fixed", figures.partly, asked.cases("partly")),
    ]
    return tile(
        "Satisfied",
        share_words(now),
        asked.cases("satisfied") if now.shown else "",
        lines,
        change_words(now, figures.before, asked.against),
    )


def _said_line(name: str, share: Share, url: str) -> Any:
    """'It was easy: 67% of 6 (30% to 90%)'; nothing while it is too few to show."""
    if not share.shown:
        return ""
    return cell(f"{name}: {share_words(share)} of {share.n:,} ({interval_words(share)})", url)


def easy_tile(asked: Asked, figures: Satisfaction, eased: Ease) -> Tile:
    """How easy we made it (CES): who agrees, and the mean."""
    now = figures.easy
    lines = [
        interval_line(now),
        few_words(now, "answer"),
        cell(f"{now.hits:,} of {count_words(now.n, 'answer')} agree", asked.cases("easy")) if now.shown else "",
        f"On average {ease_words(eased, asked.against)}" if eased.now.mean is not None else "",
    ]
    return tile("It was easy", share_words(now), "", lines, change_words(now, figures.easy_before, asked.against))


def first_tile(asked: Asked, figures: FirstContact) -> Tile:
    """What one message of ours was enough for, and how many were settled too lately to tell."""
    now, young = figures.now, figures.young
    lines = [
        interval_line(now),
        few_words(now, "settled case") if now.n or not young else "",
        cell(
            f"{now.hits:,} of {count_words(now.n, 'case')} settled a week ago or longer", asked.cases("settled_a_week")
        )
        if now.shown
        else "",
        cell(f"{count_words(young, 'case')} settled since: too young to tell", asked.cases("young")) if young else "",
        UNTOLD if asked.scope.source == IMPORTED else "",
    ]
    return tile(
        "Fixed at first contact",
        share_words(now),
        asked.cases("at_first") if now.shown else "",
        lines,
        change_words(now, figures.before, asked.against),
    )


def low_tile(asked: Asked, figures: Counted) -> Tile:
    """Low scores a supervisor answered by their time, of those whose time has come."""
    now = figures.now
    owed, done = (asked.cases("figure", more={"part": f"low_in_time-{part}"}) for part in ("of", "hits"))
    lines = [
        interval_line(now),
        few_words(now, "low score"),
        cell(f"{now.hits:,} of {count_words(now.n, 'low score')} whose time came", owed) if now.shown else "",
    ]
    url = done if now.shown and now.hits else ""
    return tile(
        "Low scores answered in time", share_words(now), url, lines, change_words(now, figures.before, asked.against)
    )


def every_tile(asked: Asked, figures: Timed) -> Tile:
    """Median and ninth tenth of the times to an answer of all cases, escalated or not."""
    now, label = figures.now, "Time to an answer"
    if now.n < FEWEST:
        return tile(label, "Too few" if now.n else NO_FIGURE, "", [few_words(Share(0, now.n), "case")], "")
    median, most = now.quantile(MEDIAN), now.quantile(NINE_IN_TEN)
    lines = [
        "Half were faster" if median is not None else "More than half have no answer yet",
        f"9 in 10 within {span(most)}" if most is not None else "9 in 10: too many without an answer yet to say",
        _reach(now),
        cell(
            f"All {count_words(now.n, 'case')} filed, {now.censored:,} without an answer",
            asked.cases("time", more={"part": ANSWER}),
        ),
    ]
    value = span(median) if median is not None else "Not known yet"
    return tile(label, value, "", lines, curve_change_words(now, figures.before, asked.against, span))


def _reach(curve: Curve) -> str:
    """The interval of the median, as far as it is known."""
    low, high = curve.interval(MEDIAN)
    if low is None:
        return ""
    return f"95% interval {span(low)} to {span(high) if high is not None else 'not known yet'}"


def up_tile(asked: Asked, figures: Escalations) -> Tile:
    """Escalation rate: cases of the cohort, never events."""
    now = figures.now
    of = f"{now.hits:,} of {count_words(now.n, 'case')} filed"
    lines = [
        interval_line(now),
        few_words(now, "case"),
        cell(of, asked.cases("filed")) if now.shown else "",
        HERE if asked.scope.team or (asked.scope.level or 0) > 1 else "",
    ]
    return tile(
        "Escalated",
        share_words(now),
        asked.cases("escalated") if now.shown else "",
        lines,
        change_words(now, figures.before, asked.against),
    )


def time_tile(asked: Asked, figures: Resolving) -> Tile:
    """Median and ninth tenth, in wall and in working time, with what is still open."""
    now, label = figures.now, "Time to an answer when escalated"
    if now.wall.n < FEWEST:
        few = few_words(Share(0, now.wall.n), "escalated case")
        return tile(label, NO_FIGURE if not now.wall.n else "Too few", "", [few], "")
    median = now.wall.quantile(MEDIAN)
    lines = [
        *_time_lines(now),
        _reach(now.wall),
        cell(f"{count_words(now.wall.n, 'case')}, {now.open:,} still open", asked.cases("escalated")),
        cell(f"{count_words(now.left, 'case')} ended without an answer", asked.cases("left")) if now.left else "",
    ]
    value = span(median) if median is not None else "Not known yet"
    return tile(label, value, asked.cases("resolved"), lines, time_change_words(now, figures.before, asked.against))


def _time_lines(lasted: Lasted) -> list[str]:
    most, office, office_most = (
        lasted.wall.quantile(NINE_IN_TEN),
        lasted.working.quantile(MEDIAN),
        lasted.working.quantile(NINE_IN_TEN),
    )
    lines = ["Half were faster" if lasted.wall.quantile(MEDIAN) is not None else "More than half are still open"]
    lines.append(f"9 in 10 within {span(most)}" if most is not None else "9 in 10: too many still open to say")
    if office is not None:
        rest = f", 9 in 10 within {working(office_most)}" if office_most is not None else ""
        lines.append(f"In working time: half within {working(office)}{rest}")
    return lines


def kept_tile(asked: Asked, figures: Kept) -> Tile:
    """Promises kept, and the broken ones to look at."""
    now = figures.now
    broken = now.n - now.hits
    lines = [
        interval_line(now),
        few_words(now, "promise"),
        cell(f"{now.hits:,} of {count_words(now.n, 'promise')} whose time came", asked.cases("promises"))
        if now.n
        else "",
        cell(f"{count(broken, 'promise')} broken", asked.cases("broken")) if broken and now.shown else "",
    ]
    return tile(
        "Promises kept",
        share_words(now),
        asked.cases("kept") if now.shown else "",
        lines,
        change_words(now, figures.before, asked.against),
    )
