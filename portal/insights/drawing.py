"""The charts of the figures: each with a title that says the finding, its table, and the cases it was counted from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from feedback.figures import MILESTONES, Escalations, Kept, Satisfaction
from feedback.first_contact import FirstContact
from feedback.helped import Helped
from feedback.intervals import COMPARED, FEWEST, Share, apart
from feedback.models import Survey
from feedback.resolving import Lasted
from feedback.unusual import IN_A_ROW, outside, runs
from portal import charts
from portal.charts import Point, percent
from portal.insights.asking import Asked
from portal.insights.limits import HEAD as LIMITS_HEAD
from portal.insights.limits import SAID as LIMITS
from portal.insights.limits import Chance, chance_of, drawn_with, limit_words
from portal.insights.words import (
    MEDIAN,
    MILESTONE_WORDS,
    NINE_IN_TEN,
    count_words,
    day_words,
    interval_words,
    share_words,
    span,
)
from portal.templatetags.times import DAY, HOUR

Chart = dict[str, Any]
Named = Sequence[tuple[str, Share]]
TOO_FEW = f"Fewer than {FEWEST}: too few to draw without speaking of single people."
INTERVAL = "The band is the 95% interval: the fewer there are, the wider it is."
STEPS = (HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR, DAY, 2 * DAY, 4 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 56 * DAY)
MOST_ROWS = 8  # of a picture: what an import brings may be many
BINS = 8  # and one for all that took longer


def cell(words: str, url: str) -> dict[str, str]:
    """A number in a table that leads to its cases."""
    return {"words": words, "url": url}


def point(share: Share) -> Point | None:
    return Point(share.value, *share.interval) if share.value is not None and share.interval else None


def chart(
    title: str, desc: str, svg: Any, caption: str, head: list[str], rows: list[list[Any]], csv: str, **more: Any
) -> Chart:
    table = {"caption": caption, "head": head, "rows": rows}
    return {"title": title, "desc": desc, "svg": svg, "table": table, "csv_url": csv} | more


def weekly(asked: Asked, shares: Sequence[Share], *, key: str, name: str, which: tuple[str, str], wide: bool) -> Chart:
    """A share week by week. `which` names the cases behind the hits and those behind the whole."""
    weeks = asked.period.weeks()
    whole = sum(shares, Share())
    title = steady(name, shares)
    points, chance = [point(share) for share in shares], chance_of(shares)
    labels = [day_words(week) for week in weeks]
    words: dict[str, Any] = {
        **drawn_with(chance),
        "title": f"{name}, by week",
        "desc": f"{title}. {sum(p is not None for p in points)} of {count_words(len(points), 'week')} have enough to show.",
        "name": f"{name}, by the week’s first day",
        "top": 1.0 if wide else top_of(points, chance),
    }
    drawn = charts.line(points, labels, key=key, **words)
    if wide:
        # The style sheet shows the one that fits, so that nobody has to push a picture about on a phone.
        drawn = charts.joined((charts.line(points, labels, key=f"{key}-wide", width=charts.WIDE, **words), drawn))
    rows = [
        [
            day_words(week),
            cell(f"{share.n:,}", asked.cases(which[1], week=week)),
            cell(share_words(share), asked.cases(which[0], week=week)) if share.shown else share_words(share),
            interval_words(share),
            limit_words(chance, number),
        ]
        for number, (week, share) in enumerate(zip(weeks, shares, strict=True))
    ]
    return chart(
        title,
        f"{INTERVAL} {LIMITS}" if chance else INTERVAL,
        drawn if whole.shown else "",
        f"{name} by week",
        ["Week from", "Counted", name, "95% interval", LIMITS_HEAD],
        rows,
        asked.link("/insights/cases.csv", which=which[1]),
        wide=wide,
        note=TOO_FEW,
        n=whole.n,
    )


def top_of(points: Sequence[Point | None], chance: Chance | None) -> float:
    """The upper edge of a scale that holds the points with their intervals, and the limits."""
    highest = [p.high for p in points if p]
    return charts.nice_top(max([0.1, *highest, chance.highest if chance else 0.0]))


def steady(name: str, shares: Sequence[Share]) -> str:
    """The finding of a weekly line: weeks outside the limits of chance, and weeks in a row on one side of the middle."""
    whole, known = sum(shares, Share()), [share for share in shares if share.shown]
    if not whole.shown:
        return f"{name}: too few to say"
    if len(known) < 2:
        return f"{name}: too few in single weeks to compare them"
    ways = [outside(share, whole) for share in known]
    counts = [(ways.count(way), side) for way, side in (("up", "above"), ("down", "below"))]
    said = [f"{count_words(n, 'week')} far {side} the middle" for n, side in counts if n]
    longest = runs(known, whole)
    said += [
        f"{longest[way]} weeks in a row {side} the middle"
        for way, side in (("up", "above"), ("down", "below"))
        if longest[way] >= IN_A_ROW
    ]
    return f"{name}: unusual, {' and '.join(said)}" if said else f"{name}: nothing unusual in any week"


def answers(asked: Asked, figures: Satisfaction) -> Chart:
    """How the answers spread over the five choices."""
    labels = {score: str(label) for score, label in Survey.Satisfaction.choices}
    low = Share(figures.scores[1] + figures.scores[2], figures.now.n)
    title, drawn, table = "Answers", "", []
    if low.value is not None:
        title = f"{percent(low.value)} of the answers were low (1 or 2)"
        rows = [(labels[score], number) for score, number in figures.scores.items()]
        drawn = charts.bars(rows, key="answers", title="Answers by choice", desc=title)
        table = [
            [
                f"{score} {labels[score]}",
                cell(f"{number:,}", asked.cases("score", more={"part": str(score)})),
                percent(number / figures.now.n),
            ]
            for score, number in figures.scores.items()
        ]
    return chart(
        title,
        "How satisfied customers said they were with how we handled their case.",
        drawn,
        "Answers by choice",
        ["Choice", "Answers", "Share"],
        table,
        asked.link("/insights/cases.csv", which="answered"),
        note=TOO_FEW,
        n=figures.now.n,
    )


def spread(
    asked: Asked,
    rows: list[tuple[str, Share, dict[str, str]]],
    *,
    key: str,
    title: str,
    desc: str,
    of: str,
    unit: str,
    which: tuple[str, str],
) -> Chart:
    """A dot on its interval for each (label, share, what to add to the address), in the order given."""
    if len(rows) > MOST_ROWS:
        desc += f" The {MOST_ROWS} largest of {len(rows)}; the numbers have them all."
    drawn = charts.dots(
        [(label, count_words(share.n, unit), point(share)) for label, share, _ in rows[:MOST_ROWS]],
        key=key,
        title=title,
        desc=desc,
    )
    table = [
        [
            label,
            cell(f"{share.n:,}", asked.cases(which[1], more=more)),
            cell(share_words(share), asked.cases(which[0], more=more)) if share.shown else share_words(share),
            interval_words(share),
        ]
        for label, share, more in rows
    ]
    enough = any(share.shown for _, share, _ in rows)
    return chart(
        title,
        desc,
        drawn if enough else "",
        title,
        [of, f"{unit.capitalize()}s", "Share", "95% interval"],
        table,
        asked.link("/insights/cases.csv", which=which[1]),
        note=TOO_FEW,
    )


def at_first(asked: Asked, figures: FirstContact, topics: dict[str, str]) -> Chart:
    """What one message of ours was enough for, by topic: where saved replies and articles do their work."""
    parts = sorted((topics.get(slug, slug), share) for slug, share in figures.by_topic.items())
    said = (
        "Fixed at first contact clearly less often",
        "No topic is fixed at first contact clearly less often",
        "Too few to tell yet whether a topic is fixed at first contact less often",
    )
    return spread(
        asked,
        by_size(figures.by_topic, topics),
        key="at-first",
        title=finding(parts, figures.now, "down", said) if len(parts) > 1 else "Fixed at first contact by topic",
        desc=f"Settled with one message of ours and not opened again within 7 days, by topic.{untold(parts)}",
        of="Topic",
        unit="case",
        which=("at_first", "settled_a_week"),
    )


def escalated(asked: Asked, figures: Escalations, topics: dict[str, str]) -> Chart:
    """The escalation rate by topic."""
    parts = sorted((topics.get(slug, slug), share) for slug, share in figures.by_topic.items())
    said = (
        "Escalated clearly more often",
        "No topic is escalated clearly more often",
        "Too few to tell yet whether a topic is escalated more often",
    )
    return spread(
        asked,
        by_size(figures.by_topic, topics),
        key="escalated-topics",
        title=finding(parts, figures.now, "up", said) if len(parts) > 1 else "Escalated by topic",
        desc=f"Escalated among the cases filed, by topic, with the 95% interval.{untold(parts)}",
        of="Topic",
        unit="case",
        which=("escalated", "filed"),
    )


def helped_back(asked: Asked, figures: Helped, teams: dict[str, str]) -> Chart:
    """How often passing up was answered with help instead, by the team that asked; nobody is named or ranked."""
    whole = figures.now
    known = sorted(figures.by_team.items(), key=lambda pair: (-pair[1].n, pair[0]))
    return spread(
        asked,
        [(teams.get(slug, slug), share, {"part": slug}) for slug, share in known],
        key="helped-back",
        title=f"{percent(whole.value)} of what was passed up came back with help ({interval_words(whole)})"
        if whole.value is not None
        else "Passed up, and sent back with help",
        desc="Passed up by a colleague in the period and sent back to them with help, by the team that passed it up, "
        "with the 95% interval.",
        of="Team",
        unit="case",
        which=("helped_back", "passed_up"),
    )


def against_the_rest(share: Share, whole: Share) -> str | None:
    """ "up" or "down" when a part clearly differs from all the others together; None when too few to tell."""
    return apart(share, Share(whole.hits - share.hits, whole.n - share.n), least=COMPARED)


def finding(parts: Named, whole: Share, way: str, said: tuple[str, str, str]) -> str:
    """A chart's title. `said`: before the parts that clearly differ that `way`, when none does, when it is not known."""
    clear, none, unknown = said
    known = {label: against_the_rest(share, whole) for label, share in parts}
    told = [label for label, one in known.items() if one == way]
    if told:
        return f"{clear}: {', '.join(told)}"
    return unknown if all(one is None for one in known.values()) else none


def untold(parts: Named) -> str:
    """Which parts are too few to be compared, as a sentence for the chart's description."""
    few = [label for label, share in parts if 0 < share.n < COMPARED]
    return f" Too few to compare (fewer than {COMPARED}): {', '.join(few)}." if few else ""


def by_size(shares: dict[str, Share], names: dict[str, str]) -> list[tuple[str, Share, dict[str, str]]]:
    """The largest group first: a list by rate would put chance on top."""
    rows = [(names.get(slug, slug), share, {"topic": slug}) for slug, share in shares.items()]
    return sorted(rows, key=lambda row: (-row[1].n, row[0]))


def kept(asked: Asked, figures: Kept) -> Chart:
    """Promises kept by milestone."""
    rows = [(MILESTONE_WORDS[key], figures.by_milestone[key], {"part": key}) for key in MILESTONES]
    parts = [(label.lstrip("1234 "), share) for label, share, _ in rows if share.n]
    said = (
        "Kept clearly less often",
        "No milestone’s promises are kept clearly less often",
        "Too few to tell yet whether a milestone’s promises are kept less often",
    )
    title = "Promises kept by milestone"
    if figures.now.value == 1:
        title = "Every promise was kept"
    elif len(parts) > 1:
        title = finding(parts, figures.now, "down", said)
    return spread(
        asked,
        rows,
        key="kept",
        title=title,
        desc=f"Promises kept among those kept or broken, by milestone, with the 95% interval.{untold(parts)}",
        of="Milestone",
        unit="promise",
        which=("kept", "promises"),
    )


def durations(asked: Asked, figures: Lasted) -> Chart:
    """How long escalated cases took, as a histogram with the median and the ninth tenth marked."""
    median, most = figures.wall.quantile(MEDIAN), figures.wall.quantile(NINE_IN_TEN)
    answered = len(figures.times)
    step, counts = bins(figures.times)
    edges = ["0", *(span(i * step) for i in range(1, BINS + 1)), "more"]
    known = ((median, "Half"), (most, "9 in 10"))
    marks = [(min(time / step, BINS + 0.5), f"{word} within {span(time)}") for time, word in known if time is not None]
    title = f"Half had their answer within {span(median)}" if median is not None else "More than half are still open"
    still = count_words(figures.open, "case") + " still open"
    desc = f"From filing to the accepted answer, {count_words(answered, 'escalated case')}; {still}."
    enough = answered >= FEWEST
    table = [
        [
            f"{edges[i]} to {edges[i + 1]}" if i < BINS else f"{edges[i]} or more",
            cell(f"{n:,}", asked.cases("lasted", more={"part": f"{i * step}-{(i + 1) * step if i < BINS else ''}"})),
        ]
        for i, n in enumerate(counts)
    ]
    return chart(
        title if figures.wall.n >= FEWEST else "Time to an answer when escalated",
        desc,
        charts.histogram(counts, edges, marks, key="durations", title=title, desc=desc) if enough else "",
        "Escalated cases by time to the accepted answer",
        ["Time", "Cases"],
        table if enough else [],
        asked.link("/insights/cases.csv", which="escalated"),
        note=TOO_FEW,
        n=figures.wall.n,
    )


def bins(times: Sequence[float]) -> tuple[int, list[int]]:
    """The width of a bin in seconds, and how many lie in each of BINS and in the one for all that took longer."""
    # Nine in ten of them shall fit, so that one case of half a year does not flatten the rest.
    reach = times[int(len(times) * NINE_IN_TEN)] if times else 0
    step = next((step for step in STEPS if step * BINS > reach), STEPS[-1])
    counts = [0] * (BINS + 1)
    for time in times:
        counts[min(int(time // step), BINS)] += 1
    return step, counts
