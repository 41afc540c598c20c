"""What pages say of known problems: a tag, since when, and the next word that was promised or missed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from feedback.models import KnownProblem, ProblemUpdate
from feedback.problems import Told, missed_at

#: State -> (shape, family); the word is the state's own.
TAGS = {
    KnownProblem.State.INVESTIGATING: ("half", "progress"),
    KnownProblem.State.FOUND: ("half", "progress"),
    KnownProblem.State.WATCHING: ("half", "progress"),
    KnownProblem.State.OVER: ("tick", "good"),
}


def tag_of(state: str) -> dict[str, str]:
    """The tag of a state."""
    known = KnownProblem.State(state)
    shape, family = TAGS[known]
    return {"shape": shape, "family": family, "word": str(known.label)}


def row(problem: KnownProblem, now: datetime) -> dict[str, Any]:
    """A problem as a list, the home page and the head of its own page show it."""
    return {
        "title": problem.title,
        "url": f"/problems/{problem.slug}/",
        "tag": tag_of(problem.state),
        "began": problem.began_at,
        "over": problem.over_at,
        "next": problem.next_update_at,
        "missed": missed_at(problem, now),
    }


def rows(problems: Sequence[KnownProblem], newest: dict[int, ProblemUpdate], now: datetime) -> list[dict[str, Any]]:
    """Rows of a list, each with what was said last."""
    return [row(one, now) | {"said": newest.get(one.pk)} for one in problems]


def told(story: Sequence[Told]) -> list[dict[str, Any]]:
    """The timeline, newest first: what was said, and the time before it that was missed."""
    return [{"update": one.update, "tag": tag_of(one.update.state), "missed": one.missed} for one in story]
