"""What is counted of one case's course, and the sums over many; both protocols are counted by the same code."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from cases.lifecycle import OPEN
from escalation import facts as f
from escalation.backtest.rerun import Rerun, Step
from escalation.backtest.told import Listeners
from escalation.facts import Clock, Outcome

#: The times the customer is promised, by kind of clock. What the customer owes us is not among them.
PROMISED = (Clock.REVIEW, Clock.ACKNOWLEDGE, Clock.UPDATE, Clock.REPLY, Clock.RESOLVE, Clock.SUPERVISOR)
BROKEN = "promise_broken"


@dataclass(frozen=True, slots=True)
class Climb:
    """A move up: `why` is the kind of clock that was missed, `person`, `granted`, `emergency` or `entry`."""

    at: datetime
    to: int
    why: str


# A Counter takes ten times as long to make, and there are six for each case and protocol.
_none_yet = partial(defaultdict, int)


@dataclass(slots=True)
class Course:
    """The figures of one case under one protocol. Times are in seconds, round the clock."""

    climbs: list[Climb] = field(default_factory=list)
    held: dict[int, int] = field(default_factory=_none_yet)
    arrivals: dict[int, int] = field(default_factory=_none_yet)
    kept: dict[str, int] = field(default_factory=_none_yet)
    missed: dict[str, int] = field(default_factory=_none_yet)
    night: int = 0
    day: int = 0
    apologies: int = 0
    exhausted: int = 0
    highest: int = 1
    state: str = ""
    assumed: dict[str, int] = field(default_factory=_none_yet)
    unfit: dict[str, int] = field(default_factory=_none_yet)
    stuck: str = ""

    @property
    def broken(self) -> int:
        return sum(self.missed.values())


def figures_of(rerun: Rerun, listeners: Listeners) -> Course:
    """Counts one case."""
    found = Course(stuck=rerun.stuck)
    if rerun.course is None:
        return found
    last: datetime | None = None
    for step in rerun.steps:
        last = _hold(found, step.before.tier, step.before.state, last, step.happening.at)
        _count(found, step)
    if rerun.horizon is not None and not rerun.stuck:
        _hold(found, rerun.course.facts.tier, rerun.course.facts.state, last, rerun.horizon)
    _count_clocks(found, rerun)
    found.night, found.day = listeners.night_and_day(rerun.owed)
    found.apologies = sum(word.tell.kind == BROKEN and word.tell.to == "customer" for word in rerun.owed)
    found.assumed.update({f"guess:{kind}": count for kind, count in rerun.guessed.items()})
    found.state = rerun.course.facts.state
    return found


def _hold(found: Course, tier: int, state: str, since: datetime | None, at: datetime) -> datetime:
    """Adds the time up to `at` to the level that had the open case; instants written out of order add nothing."""
    if since is not None and at > since and state in OPEN:
        found.held[tier] += (at - since).total_seconds()  # type: ignore[assignment]
    return at if since is None or at > since else since


def _count(found: Course, step: Step) -> None:
    if step.refusal:
        found.unfit[f.NAMES[type(step.happening)]] += 1
        return
    if step.why:
        found.assumed[step.why] += 1
    if step.decision is None:
        return
    before, after = step.before.tier, step.after.tier
    if isinstance(step.happening, f.Filed) or after != before:
        found.arrivals[after] += 1
    if after > before:
        found.climbs.append(Climb(step.happening.at, after, _why(step.happening)))
    found.highest = max(found.highest, after)
    found.exhausted += bool(step.decision.plan_failed)


def _why(happening: f.Happening) -> str:
    if isinstance(happening, f.Missed):
        return happening.kind
    if isinstance(happening, f.Escalated):
        return "person"
    if isinstance(happening, f.Emergency):
        return "emergency"
    if isinstance(happening, f.SupervisorAnswered):
        return "granted"
    return "entry" if isinstance(happening, f.Filed | f.Assessed) else getattr(happening, "kind", "other")


def _count_clocks(found: Course, rerun: Rerun) -> None:
    assert rerun.course is not None
    for ended in rerun.course.ended.values():
        clock = ended.clock
        if clock.kind in PROMISED and (clock.told or rerun.record.history):
            if ended.outcome == Outcome.MET:
                found.kept[clock.kind] += 1
            elif ended.outcome == Outcome.MISSED:
                found.missed[clock.kind] += 1


@dataclass
class Totals:
    """The sums over cases; `weeks` counts moves up by the Monday (UTC) of their week."""

    cases: int = 0
    climbs: Counter[str] = field(default_factory=Counter)
    weeks: Counter[str] = field(default_factory=Counter)
    held: Counter[int] = field(default_factory=Counter)
    arrivals: Counter[int] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    highest: Counter[int] = field(default_factory=Counter)
    assumed: Counter[str] = field(default_factory=Counter)
    unfit: Counter[str] = field(default_factory=Counter)
    night: int = 0
    day: int = 0
    apologies: int = 0
    exhausted: int = 0
    stuck: Counter[str] = field(default_factory=Counter)

    def add(self, one: Course) -> None:
        self.cases += 1
        for climb in one.climbs:
            self.climbs[climb.why] += 1
            self.weeks[monday(climb.at)] += 1
        for name in COUNTED:
            if found := getattr(one, name):
                getattr(self, name).update(found)
        for name in SUMMED:
            if number := getattr(one, name):
                setattr(self, name, getattr(self, name) + number)
        self.highest[one.highest] += 1
        if one.stuck:
            self.stuck[one.stuck] += 1

    def join(self, other: Totals) -> None:
        """Adds the sums of other cases."""
        self.cases += other.cases
        for name in (*COUNTED, "climbs", "weeks", "highest", "stuck"):
            getattr(self, name).update(getattr(other, name))
        for name in SUMMED:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def as_json(self, weeks: float) -> dict[str, Any]:
        """The figures as they are kept and shown; `weeks` is the length of the window."""
        escalations = sum(self.climbs.values())
        levels = sorted(self.held.keys() | self.arrivals.keys())
        return {
            "escalations": escalations,
            "escalations_per_week": round(escalations / weeks, 2),
            "climbs": dict(sorted(self.climbs.items())),
            "weeks": dict(sorted(self.weeks.items())),
            "levels": {
                str(level): {"arrivals": self.arrivals[level], "hours": round(self.held[level] / 3600, 1)}
                for level in levels
            },
            "promises": {
                kind: {"kept": self.kept[kind], "missed": self.missed[kind]}
                for kind in PROMISED
                if self.kept[kind] or self.missed[kind]
            },
            "promises_kept": sum(self.kept.values()),
            "promises_missed": sum(self.missed.values()),
            "told_at_night": self.night,
            "told_by_day": self.day,
            "apologies": self.apologies,
            "plan_exhausted": self.exhausted,
        }


COUNTED = ("held", "arrivals", "kept", "missed", "assumed", "unfit")
SUMMED = ("night", "day", "apologies", "exhausted")


def monday(at: datetime) -> str:
    """The date of the Monday of its week."""
    return (at.date() - timedelta(days=at.weekday())).isoformat()
