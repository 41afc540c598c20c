"""Which cases the tried rules change most, and how, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cases.lifecycle import State
from cases.models.event import stamp
from escalation.backtest.figures import Climb, Course
from escalation.facts import Clock

#: What one step of difference weighs. The score only sorts; docs/backtest.md explains it.
WEIGHTS = {"climbs": 3, "broken": 2, "highest": 2, "state": 2, "stuck": 10, "apologies": 1, "night": 1, "moved": 1}


@dataclass(frozen=True, slots=True)
class Change:
    """One case that would have gone otherwise."""

    ref: str
    score: int
    what: tuple[str, ...]
    first: str = ""  # the instant the courses part at a move up, if they do

    @property
    def order(self) -> tuple[int, str]:
        """Most changed first, then by reference, so that the same record gives the same list."""
        return -self.score, self.ref

    def as_json(self) -> dict[str, Any]:
        return {"reference": self.ref, "score": self.score, "what": list(self.what), "first": self.first}


def change_of(ref: str, old: Course, new: Course) -> Change | None:
    """How the courses differ; None when they do not in anything that is counted here."""
    parted = first_apart(old.climbs, new.climbs)
    apart = {
        "climbs": abs(len(old.climbs) - len(new.climbs)),
        "broken": abs(old.broken - new.broken),
        "highest": abs(old.highest - new.highest),
        "state": int(old.state != new.state),
        "stuck": int(bool(new.stuck) and not old.stuck),
        "apologies": abs(old.apologies - new.apologies),
        "night": abs(old.night - new.night),
        "moved": int(parted is not None),
    }
    score = sum(WEIGHTS[name] * times for name, times in apart.items())
    if not score:
        return None
    first = ""
    if parted:
        first = stamp(min(climb.at for climb in parted if climb))
    return Change(ref, score, tuple(_words(old, new, parted)), first)


def first_apart(old: list[Climb], new: list[Climb]) -> tuple[Climb | None, Climb | None] | None:
    """The first move up that is not in both, as (old, new)."""
    for index in range(max(len(old), len(new))):
        before = old[index] if index < len(old) else None
        after = new[index] if index < len(new) else None
        if before != after:
            return before, after
    return None


def _words(old: Course, new: Course, parted: tuple[Climb | None, Climb | None] | None) -> Iterator[str]:
    if new.stuck and not old.stuck:
        yield f"Cannot go on under these rules: {new.stuck}"
    if parted:
        yield _parted(*parted)
    for words, before, after in (
        ("Escalated {} instead of {}", len(old.climbs), len(new.climbs)),
        ("Missed promises: {} instead of {}", old.broken, new.broken),
        ("Highest level: {} instead of {}", old.highest, new.highest),
        ("Apologies to the customer: {} instead of {}", old.apologies, new.apologies),
        ("People told at night: {} instead of {}", old.night, new.night),
    ):
        if before != after:
            counted = (times(after), times(before)) if words.startswith("Escalated") else (after, before)
            yield words.format(*counted)
    if old.state != new.state:
        yield f"Stands at “{State(new.state).label}” instead of “{State(old.state).label}”"


def _parted(old: Climb | None, new: Climb | None) -> str:
    if new is None and old is not None:
        return f"Not passed to level {old.to} ({because(old.why)})"
    if new is not None and old is None:
        return f"Passed to level {new.to} ({because(new.why)})"
    assert old is not None and new is not None
    if old.to == new.to and old.why == new.why:
        return f"Passed to level {new.to} {'earlier' if new.at < old.at else 'later'} ({because(new.why)})"
    return f"Passed to level {new.to} ({because(new.why)}) instead of level {old.to} ({because(old.why)})"


def because(why: str) -> str:
    """Why a case moved up, for the middle of a sentence."""
    known = {
        "person": "by a person",
        "granted": "granted by a supervisor",
        "emergency": "by the fast lane",
        "entry": "where it starts",
    }
    return known.get(why) or f"time missed: {Clock.NAMES.get(why, why)}"


def times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")
