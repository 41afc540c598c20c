"""Whether a case kept to the protocol, step by step, worked out from its log alone (R083).

A step is something we owed by a time: a review, an acknowledgment, an update, an answer, a supervisor's word, the
question how we did. It is required once its clock started and unless the clock was cancelled, because the case took another
way. Score: steps done in order and in time / steps required that have ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from django.utils.dateparse import parse_datetime

from cases.models import Case, Event
from escalation.facts import Clock, Outcome
from feedback.intervals import Share

#: What is owed; how long a level may hold a case is a limit, no step, and the customer's own times are not ours.
OWED = (
    Clock.REVIEW, Clock.ACKNOWLEDGE, Clock.UPDATE, Clock.REPLY, Clock.RESOLVE, Clock.SUPERVISOR, Clock.SURVEY,
)  # fmt: skip
DONE = (Outcome.MET, Outcome.ELAPSED)  # a question how we did goes out when its timer runs out


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a case at level `tier`. `outcome` is None while it is owed; `at` is when it ended.

    `in_order`: no step of an earlier milestone was still owed when it was done.
    """

    kind: str
    tier: int
    since: datetime
    due: datetime | None
    outcome: str | None = None
    at: datetime | None = None
    in_order: bool = True

    @property
    def kept(self) -> bool:
        """Done, in order and in time."""
        return self.outcome in DONE and self.in_order


class Logged(Protocol):
    """What steps read of an event."""

    @property
    def occurred_at(self) -> datetime: ...
    @property
    def data(self) -> dict[str, Any]: ...


def steps(log: Iterable[Logged]) -> list[Step]:
    """The steps of one case in the order they began, cancelled ones left out. `log`: all its events, by number."""
    owed: dict[str, int] = {}
    found: list[Step] = []
    for event in log:
        data = event.data
        ended = {kind: outcome for kind, outcome in data["ended"].items() if kind in owed}
        places = {kind: owed.pop(kind) for kind in ended}
        for kind, outcome in ended.items():
            order = _in_order(kind, owed)
            found[places[kind]] = replace(found[places[kind]], outcome=outcome, at=event.occurred_at, in_order=order)
        for kind, (_target, due) in data["changed"].items():
            if kind in owed:
                found[owed[kind]] = replace(found[owed[kind]], due=_instant(due))
        # In our own order: a database keeps that of the keys of JSON, or not.
        for kind in (kind for kind in OWED if kind in data["started"]):
            owed[kind] = len(found)
            found.append(Step(kind, data["tier"], event.occurred_at, _instant(data["started"][kind][2])))
    return [step for step in found if step.outcome != Outcome.CANCELLED]


def score(of: Iterable[Step]) -> Share:
    """How many of the steps that have ended were kept."""
    over = [step for step in of if step.outcome is not None]
    return Share(sum(step.kept for step in over), len(over))


def log_of(case: Case) -> list[Event]:
    """The whole log of a case, as far as this asks of it."""
    return list(Event.objects.filter(case=case).only("seq", "occurred_at", "data").order_by("seq"))


def _in_order(kind: str, owed: dict[str, int]) -> bool:
    mine = Clock.MILESTONE.get(kind)
    return mine is None or all(Clock.MILESTONE.get(other, mine) >= mine for other in owed)


def _instant(text: Any) -> datetime | None:
    return parse_datetime(text) if text else None
