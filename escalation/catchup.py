"""Catching up: which clock's end comes next, and what stays to be told when several came at once.

One case's turn (live, in `escalation.turn`) and a case tried out in memory (`escalation.backtest`) both catch up
with these functions, so that a back-test fires exactly what the engine fires.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from escalation.decision import NotNow
from escalation.facts import Clock, Happening, Missed, Picks, RanOut, Tell, Warned

#: Words of which only the last counts when several were missed in one go.
REPEATS = ("promise_broken", "passed_on", "case_for_team", "promise_missed", "due_soon", "call_customer")
MOST_STEPS = 500  # a case that needs more catching up than this is set aside for a person

#: An open clock: its kind, its due instant and its warning's.
Running = tuple[str, datetime | None, datetime | None]


class Owing(Protocol):
    """A notice to be written: what to tell and the number of the event that caused it."""

    tell: Tell
    seq: int


O = TypeVar("O", bound=Owing)  # noqa: E741


def catch_up(
    running: Callable[[], Iterable[Running]],
    take: Callable[[Happening], object],
    owed: list[Any],
    *,
    now: datetime,
    written: datetime,
    empty: Callable[[], tuple[str, ...]],
    picks: Callable[[], Picks] = tuple,
) -> None:
    """Takes every clock that is due by `now`, in the order the instants came, `written` as when it is noticed.

    `running` says which clocks are open now, `empty` which teams nobody stands behind. Of what `take` adds to
    `owed`, several misses in one go leave one notice for where the case stands. Raises NotNow past MOST_STEPS.
    """
    first, steps = len(owed), 0
    while happening := next_due(running(), now, written, empty, picks):
        take(happening)
        steps += 1
        if steps > MOST_STEPS:
            raise NotNow("More has been missed than can be caught up with in one go.")
    if steps > 1:
        owed[first:] = only_where_it_stands(owed[first:])


def next_due(
    running: Iterable[Running],
    now: datetime,
    written: datetime,
    empty: Callable[[], tuple[str, ...]],
    picks: Callable[[], Picks] = tuple,
) -> Missed | RanOut | Warned | None:
    """The earliest thing due by `now`; a clock that is missed is not warned about any more."""
    running = tuple(running)
    due = [(ends, kind, True) for kind, ends, _ in running if ends and ends <= now]
    late = {kind for _, kind, _ in due}
    due += [(warns, kind, False) for kind, _, warns in running if warns and warns <= now and kind not in late]
    if not due:
        return None
    at, kind, missed = min(due)
    if not missed:
        return Warned(at=at, now=written, kind=kind)
    if kind == Clock.STEP:
        return RanOut(at=at, now=written, kind=kind, empty=empty(), picks=picks())
    if kind not in Clock.CLIMBS:
        return RanOut(at=at, now=written, kind=kind)
    return Missed(at=at, now=written, kind=kind, empty=empty(), picks=picks())


def only_where_it_stands(owed: Sequence[O]) -> list[O]:
    """After catching up: the last word to each address, and the first broken time as the one we apologise for."""
    broken = next((o for o in owed if o.tell.kind == "promise_broken"), None)
    last: dict[str, O] = {}
    for one in owed:
        where = "team" if one.tell.to.startswith("team:") else one.tell.to
        last[where if one.tell.kind in REPEATS else f"{where} {one.seq}"] = one
    kept = sorted(last.values(), key=lambda one: one.seq)
    if broken and (word := last.get("customer")):
        told = Tell("promise_broken", "customer", {**word.tell.data, "said": broken.tell.data["said"]})
        kept[kept.index(word)] = replace(word, tell=told)  # type: ignore[type-var]
    return kept
