"""The page of bottlenecks: where the hours of escalated cases go, by stage, team and topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from feedback.figures import Scope
from feedback.hours import ANY, LOST, SPENT, Spent
from feedback.hours import OTHERS as OTHER_STAGES
from feedback.intervals import FEWEST, Share, keep_back
from feedback.needless import NEEDLESS, by_retro
from feedback.periods import Period
from feedback.rollup.standing import spent
from portal import charts
from portal.charts import percent
from portal.insights.asking import Asked, Names
from portal.insights.drawing import MOST_ROWS, TOO_FEW, Chart, cell, chart
from portal.insights.lately import figures
from portal.insights.tables import Cell, Table
from portal.insights.waterfall import waterfall
from portal.insights.words import KEPT_BACK, STAGE_WORDS, count_words, days_words, span
from portal.templatetags.times import HOUR

HERE, TRAINING = "/insights/bottlenecks/", "/insights/bottlenecks/training/"
READINGS = ((HERE, "Where the hours go"), (TRAINING, "Training gaps"))
#: Four parts of a bar: ours by milestone, and others' in one.
PARTS = (
    ("Priority review", ("review",)),
    ("Confirmation by name", ("acknowledgment",)),
    ("Work", ("work",)),
    ("Others: customer, another company", ("waiting_customer", "waiting_partner", "confirmation")),
)
#: The first of them are ours.
OWN = 3
#: The stages in the order they are shown in: ours first.
ORDER = tuple(STAGE_WORDS)
OURS, OTHERS = ORDER[:3], ORDER[3:]
#: STAGE_WORDS, short.
COLUMNS = ("Review", "Name", "Work", "Customer", "Other company", "Yes or no")
ALL_TEAMS = "All teams"


def readings(asked: Asked, path: str) -> list[dict[str, Any]]:
    return [{"label": label, "url": asked.link(url), "current": url == path} for url, label in READINGS]


def spent_of(asked: Asked) -> tuple[Spent, datetime]:
    """What the page and its file are made of, and up to when it is counted."""
    return figures("spent", asked, _spent, lambda found: found[0].n)


def _spent(period: Period, scope: Scope, *, at: datetime) -> tuple[Spent, datetime]:
    """With the time of cases that only a retro calls needless."""
    found, counted_to = spent(period, scope, at=at)
    if found.above:
        found = replace(found, needless=found.needless + by_retro(period, scope, at=at))
    return found, counted_to


def hours_page(asked: Asked, names: Names) -> dict[str, Any]:
    """What the template takes."""
    found, counted_to = spent_of(asked)
    context: dict[str, Any] = {"readings": readings(asked, HERE), "counted_to": counted_to}
    if found.n < FEWEST:
        few = f"{count_words(found.n, 'escalated case')} in this period: fewer than {FEWEST} are not shown."
        return context | {"empty": "No case filed in this period was escalated." if not found.n else few}
    return context | {
        "csv_url": asked.link("/insights/bottlenecks.csv"),
        "sentence": reading(asked, found, names),
        "remarks": [
            "Of escalated cases filed in the period, round the clock, up to now for those that are open.",
            expert_words(asked, found.needless, found.above),
        ],
        "charts_first": True,
        "charts": [
            stages_chart(asked, found),
            teams_chart(asked, found, names.teams),
            halves_chart(asked, found, names.teams),
        ],
        "tables": tables_of(asked, found, names),
    }


def tables_of(asked: Asked, found: Spent, names: Names) -> list[Table]:
    return [hours_table(asked, found, names.teams), topics_table(asked, found, names.topics)]


def hours_words(seconds: float) -> str:
    """'1,204 h', 'under 1 h'."""
    return f"{round(seconds / HOUR):,} h" if seconds >= HOUR or not seconds else "under 1 h"


def largest(found: Spent) -> tuple[str, str]:
    """The team and stage of ours that most of the time went to."""
    sizes = {key: size for key, size in found.by_place.items() if key[1] in OURS}
    return max(sorted(sizes), key=lambda key: sizes[key], default=("", "work"))


def reading(asked: Asked, found: Spent, names: Names) -> str:
    """The page's first words: where most of the time went."""
    team, stage = largest(found)
    whole, mine = found.seconds(), found.seconds(team=team, stages=[stage])
    others = found.seconds(stages=OTHERS)
    return (
        f"{days_words(asked.period)}: {count_words(found.n, 'escalated case')} took {hours_words(whole)}. "
        f"Where the time goes: {percent(mine / (whole or 1))} {STAGE_WORDS[stage][0].lower()}{STAGE_WORDS[stage][1:]}, "
        f"with {names.teams.get(team, team) or 'no team'}. Waiting for customers and others: {percent(others / (whole or 1))}."
    )


def expert_words(asked: Asked, seconds: int, whole: int) -> str | dict[str, str]:
    """How much of the time above level 1 went on cases that need not have gone up, with the way to them."""
    if not whole:
        return "No time was spent above level 1."
    words = (
        f"Of {hours_words(whole)} with us above level 1, {hours_words(seconds)} ({percent(seconds / whole)}) went on cases that "
        "need not have gone up: they came down again, were answered at once without other work, or a colleague’s retro says that "
        "a lower level could have done it."
    )
    return {"words": words, "url": asked.cases(NEEDLESS), "label": "Their cases"} if seconds else words


def stages_chart(asked: Asked, found: Spent) -> Chart:
    """The waterfall of all teams together."""
    rows = [(STAGE_WORDS[stage], found.seconds(stages=[stage])) for stage in ORDER]
    whole = sum(size for _, size in rows) or 1
    most, size = max(rows, key=lambda row: row[1])
    title = f"{percent(size / whole)} of the time: {most[0].lower()}{most[1:]}"
    desc = f"{hours_words(whole)} of {count_words(found.n, 'escalated case')}, from the first stage to the last."
    drawn = waterfall([(label, size, hours_words(size)) for label, size in rows], key="stages", title=title, desc=desc)
    table = [
        [STAGE_WORDS[stage], cell(hours_words(size), asked.cases(SPENT, more={"part": f":{stage}"})) if size else "0 h", percent(size / whole)]
        for stage, (_, size) in zip(ORDER, rows, strict=True)
    ]  # fmt: skip
    return chart(title, desc, drawn, "Hours by stage", ["Stage", "Hours", "Share"], table, asked.link("/insights/bottlenecks.csv"))  # fmt: skip


def teams_chart(asked: Asked, found: Spent, names: Mapping[str, str]) -> Chart:
    """Each team's time in four parts, those with the most first."""
    teams = sorted(found.teams(), key=lambda team: (-found.seconds(team=team), team))
    whole = found.seconds() or 1
    title = f"{percent(found.seconds(team=teams[0]) / whole)} of the hours are with {names.get(teams[0], teams[0]) or 'no team'}"
    desc = "Hours with each team by what the case was at. An hour counts for the team that had the case then."
    rows, table = [], []
    for team in teams:
        counts = [round(found.seconds(team=team, stages=stages) / HOUR) for _, stages in PARTS]
        rows.append((names.get(team, team) or "No team", hours_words(found.seconds(team=team)), counts))
        cells = [
            cell(f"{n:,} h", spent_url(asked, found, team, stages))
            for n, (_, stages) in zip(counts, PARTS, strict=True)
        ]
        table.append([names.get(team, team) or "No team", *cells])
    heads = [name for name, _ in PARTS]
    longest = max([1, *(sum(counts) for _, _, counts in rows)])
    svg = charts.stacked(rows[:MOST_ROWS], heads, key="teams", title=title, desc=desc, longest=longest)
    return chart(title, desc, svg, "Hours by team", ["Team", *heads], table, asked.link("/insights/bottlenecks.csv"), note=TOO_FEW)  # fmt: skip


def halves_chart(asked: Asked, found: Spent, names: Mapping[str, str]) -> Chart:
    """What half of a team's cases took at most, milestone by milestone; of fewer than FEWEST nothing is said.

    What others took stands in the numbers: it would dwarf what we can change.
    """
    teams = sorted(found.teams(), key=lambda team: (-found.seconds(team=team), team))
    heads, rows, table, sizes = [name for name, _ in PARTS[:OWN]], [], [], {}
    for team in teams:
        halves = [(found.half.get((team, stage), 0), found.cases.get((team, stage), 0)) for stage in ORDER]
        shown = [round(half) if n >= FEWEST else 0 for half, n in halves[:OWN]]
        name = names.get(team, team) or "No team"
        sizes |= {(name, head): size for head, size in zip(heads, shown, strict=False)}
        cases = count_words(max(n for _, n in halves[:OWN]), "case")
        rows.append((name, cases, shown if any(shown) else None))
        links = [
            spent_url(asked, found, team, [stage]) if n >= FEWEST else ""
            for stage, (_, n) in zip(ORDER, halves, strict=True)
        ]
        table.append([name, *(cell(half_words(*one), url) for one, url in zip(halves, links, strict=True))])
    (name, head), most = max(sizes.items(), key=lambda one: one[1])
    title = (
        f"{head} with {name} takes longest: half within {span(most)}"
        if most
        else "Too few to say what a case typically takes"
    )
    desc = (
        "Of the cases that were there, half took at most so long, by what the case was at, round the clock. Medians stand "
        f"beside each other and do not add up to a case; of fewer than {FEWEST} cases none is drawn. What others took is in the numbers."
    )
    longest = max([1, *(sum(shown) for _, _, shown in rows if shown)])
    svg = (
        charts.stacked(rows[:MOST_ROWS], heads, key="halves", title=title, desc=desc, longest=longest, say=span)
        if most
        else ""
    )
    return chart(title, desc, svg, "Median time by team", ["Team", *COLUMNS], table, asked.link("/insights/bottlenecks.csv"), note=TOO_FEW)  # fmt: skip


def spent_url(asked: Asked, found: Spent, team: str | None, stages: Sequence[str]) -> str:
    """The address of the cases with time at one of these stages with a team, None for all teams; none where there are none.

    What was with no team has no list: in an address nothing stands for all teams.
    """
    if team == "" or not found.seconds(team=team, stages=stages):
        return ""
    named = {tuple(ORDER): ANY, tuple(OTHERS): OTHER_STAGES}.get(tuple(stages), stages[0])
    return asked.cases(SPENT, more={"part": f"{team or ''}:{named}"})


def half_words(half: float, n: int) -> str:
    """'2 d 3 h of 12'; nothing of too few but how many."""
    return f"{span(half)} of {n:,}" if n >= FEWEST else f"Too few: {n}" if n else "–"


def hours_table(asked: Asked, found: Spent, names: Mapping[str, str]) -> Table:
    """Hours by team and stage, which add up to all of them."""
    rows = [(ALL_TEAMS, hours_row(asked, found, None))]
    rows += [(names.get(team, team) or "No team", hours_row(asked, found, team)) for team in found.teams()]
    return Table(
        "hours", hours_title(found, names),
        "Below each: its share of all hours, and the time that half of the cases that were there took at most. Rows and columns add up.",
        "Team", [*COLUMNS, "All"], rows, asked.link("/insights/bottlenecks.csv"),
    )  # fmt: skip


def hours_title(found: Spent, names: Mapping[str, str]) -> str:
    """The finding: who has most of the hours that are ours."""
    team, stage = largest(found)
    ours = found.seconds(stages=OURS) or 1
    share = percent(found.seconds(team=team, stages=[stage]) / ours)
    return f"{share} of our own time: {STAGE_WORDS[stage][0].lower()}{STAGE_WORDS[stage][1:]}, with {names.get(team, team) or 'no team'}"


def hours_row(asked: Asked, found: Spent, team: str | None) -> list[Cell]:
    whole = found.seconds() or 1
    cells = []
    for stage in ORDER:
        seconds = found.seconds(team=team, stages=[stage])
        url = spent_url(asked, found, team, [stage])
        place = (team or "", stage)
        known = team is not None and found.cases.get(place, 0) >= FEWEST
        half = f"half: {span(found.half[place])}" if known else ""
        cells.append(hours_cell(seconds, whole, url, half))
    return [*cells, hours_cell(found.seconds(team=team), whole, spent_url(asked, found, team, ORDER), "")]


def hours_cell(seconds: int, whole: int, url: str, half: str) -> Cell:
    if not seconds:
        return Cell("–", file=["", "", 0])
    return Cell(
        hours_words(seconds),
        url,
        bar=seconds / whole,
        under=percent(seconds / whole),
        also=half,
        file=["", "", round(seconds / HOUR, 4)],
    )


def topics_table(asked: Asked, found: Spent, names: Mapping[str, str]) -> Table:
    """Hours in which nobody had begun, by topic, the most first."""
    lost = {topic: sum(stages[one] for one in LOST) for topic, stages in found.topics.items()}
    whole = sum(lost.values()) or 1
    sizes = {topic: Share(0, n) for topic, n in found.of_topic.items()}
    back = keep_back(sizes)
    hidden = {
        topic: KEPT_BACK if topic in back else "Too few" for topic in lost if topic in back or not sizes[topic].shown
    }
    rows = []
    # What is hidden stands last: its place among the others would say how much it is about.
    for topic in sorted(lost, key=lambda one: (one in hidden, 0 if one in hidden else -lost[one], one)):
        n, all_of = sizes[topic].n, sum(found.topics[topic].values())
        url = asked.cases("escalated", more={"topic": topic})
        if topic in hidden:
            cells = [Cell(hidden[topic], file=["", n])] * 3
        else:
            cells = [
                hours_cell(lost[topic], whole, url, ""),
                Cell(hours_words(lost[topic] / n), file=["", n, round(lost[topic] / n / HOUR, 4)]),
                Cell(hours_words(all_of), file=["", "", round(all_of / HOUR, 4)]),
            ]
        rows.append((names.get(topic, topic), [*cells, Cell(f"{n:,}", url, file=[n])]))
    shown = [topic for topic in lost if topic not in hidden]
    most = max(sorted(shown), key=lambda one: lost[one], default="")
    first = names.get(most, most) if most and lost[most] else ""
    title = (
        f"Most hours are lost on “{first}”"
        if first
        else "Too few to say where hours are lost"
        if hidden
        else "No hour was lost"
    )
    return Table(
        "topics", title, "Lost: nobody had begun yet, the case waited for its priority review or for a name. Below: the share of all lost hours.",
        "Topic", ["Lost", "Lost a case", "All hours", "Escalated cases"], rows, asked.link("/insights/bottlenecks.csv"),
    )  # fmt: skip
