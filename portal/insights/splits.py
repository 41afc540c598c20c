"""The charts of what customers said, split by topic, by team and by level: dots on their intervals, those with the most first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from feedback.figures import Satisfaction
from feedback.intervals import Share, keep_back
from portal.charts import percent
from portal.insights.asking import Asked, Names
from portal.insights.drawing import Chart, by_size, finding, spread, untold
from portal.insights.words import interval_words

Key = TypeVar("Key")
Row = tuple[str, Share, dict[str, str]]


def guarded(shares: Mapping[Key, Share]) -> dict[Key, Share]:
    """The parts of a whole, with those kept back from which a hidden one could be computed."""
    back = keep_back(shares)
    return {key: replace(share, kept_back=key in back) for key, share in shares.items()}


def satisfied(asked: Asked, figures: Satisfaction, topics: dict[str, str]) -> Chart:
    """How satisfied customers are, by topic."""
    rows = by_size(guarded(figures.csat_by_topic), topics)
    said = (
        "Satisfied clearly less often",
        "On no topic customers are satisfied clearly less often",
        "Too few to tell yet whether customers are satisfied less often on a topic",
    )
    parts = [(label, share) for label, share, _ in rows]
    return spread(
        asked,
        rows,
        key="satisfied-topics",
        title=finding(parts, figures.now, "down", said),
        desc=f"Answers of 4 and 5 among all answers, by topic, with the 95% interval.{untold(parts)}",
        of="Topic",
        unit="answer",
        which=("satisfied", "answered"),
    )


def satisfied_where(asked: Asked, figures: Satisfaction, names: Names) -> Chart:
    """The same by the team and by the level the cases are with now."""
    rows = _where(figures.csat_by_team, figures.csat_by_level, names)
    said = (
        "Satisfied clearly less often",
        "With no team and on no level customers are satisfied clearly less often",
        "Too few to tell yet whether customers are satisfied less often with a team or on a level",
    )
    return spread(
        asked,
        rows,
        key="satisfied-where",
        title=finding([(label, share) for label, share, _ in rows], figures.now, "down", said),
        desc="Answers of 4 and 5 among all answers, by the team and by the level the cases have now, with the 95% interval.",
        of="Team or level",
        unit="answer",
        which=("satisfied", "answered"),
    )


def addressed(asked: Asked, figures: Satisfaction, topics: dict[str, str]) -> Chart:
    """Whether customers say that their concern was addressed, by topic."""
    whole = figures.addressed
    title = (
        f"{percent(whole.value)} say that their problem is fixed ({interval_words(whole)})"
        if whole.value is not None
        else "Is the problem fixed?"
    )
    return spread(
        asked,
        by_size(guarded(figures.by_topic), topics),
        key="addressed",
        title=title,
        desc="“Is your problem fixed?”: yes among yes, partly and no, by topic, with the 95% interval.",
        of="Topic",
        unit="answer",
        which=("addressed", "judged"),
    )


def addressed_where(asked: Asked, figures: Satisfaction, names: Names) -> Chart:
    """Whether it is fixed by the team and by the level the cases are with now: who may have to change something."""
    rows = _where(figures.by_team, figures.by_level, names)
    said = (
        "Fixed clearly less often",
        "With no team and on no level the problem is fixed clearly less often",
        "Too few to tell yet whether the problem is fixed less often with a team or on a level",
    )
    return spread(
        asked,
        rows,
        key="addressed-where",
        title=finding([(label, share) for label, share, _ in rows], figures.addressed, "down", said),
        desc="Yes among yes, partly and no, by the team and by the level the cases have now, with the 95% interval.",
        of="Team or level",
        unit="answer",
        which=("addressed", "judged"),
    )


def heard(asked: Asked, figures: Satisfaction) -> Chart:
    """Whether customers whose case was passed up felt heard: apart from how satisfied they are."""
    whole = figures.heard
    title = (
        f"{percent(whole.value)} of those whose case was passed up felt heard ({interval_words(whole)})"
        if whole.value is not None
        else "Did those whose case was passed up feel heard?"
    )
    return spread(
        asked,
        _levels(guarded(figures.heard_by_level)),
        key="heard",
        title=title,
        desc="“Did you feel heard?”: yes among yes, partly and no, by the level the cases have now, with the 95% interval.",
        of="Level",
        unit="answer",
        which=("heard", "spoken"),
    )


def _where(by_team: dict[str, Share], by_level: dict[int, Share], names: Names) -> list[Row]:
    """Teams and levels are two splits of one whole: in each, what would give a hidden one away is kept back."""
    return _teams(guarded(by_team), names) + _levels(guarded(by_level))


def _teams(shares: dict[str, Share], names: Names) -> list[Row]:
    """The one with the most first."""
    known = sorted(shares.items(), key=lambda pair: (-pair[1].n, pair[0]))
    return [(names.teams.get(slug, slug), share, {"team": slug}) for slug, share in known]


def _levels(shares: dict[int, Share]) -> list[Row]:
    return [(f"Level {level}", share, {"level": str(level)}) for level, share in sorted(shares.items())]
