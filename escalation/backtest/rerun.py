"""One case lived again under given rules: what people did stays, what the engine does follows from the clocks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from escalation.altered import altered
from escalation.backtest.fitting import instead, otherwise
from escalation.backtest.record import OWN, Entry, Look, Looks, Record, learned, noticed
from escalation.catchup import catch_up
from escalation.decision import NotNow
from escalation.facts import Clock, Decision, Facts, Happening, Tell
from escalation.protocol import MissingCell, Rules
from escalation.replay import Course, begin

INSTANT = timedelta(microseconds=1)
#: What a protocol that does not cover a case, or a team that is not there, raises.
HOLES = (MissingCell, LookupError)


class Emptiness(Protocol):
    """What can be said of teams nobody stood behind, beyond the record; see `told.Emptiness`."""

    asks_today: bool

    def as_recorded(self, found: tuple[str, ...], at: datetime) -> tuple[str, ...]: ...
    def as_far_as_known(self, found: tuple[str, ...], at: datetime) -> tuple[str, ...]: ...


@dataclass(slots=True)
class Step:
    """One thing that happened, and what followed. `entry` is the record's where it is from there.

    `why` names the substitution (see `fitting.ASSUMED`); `decision` is None when it counted as nothing or,
    with `refusal`, did not fit at all.
    """

    seq: int
    happening: Happening
    before: Facts
    after: Facts
    decision: Decision | None
    entry: Entry | None = None
    why: str = ""
    refusal: str = ""


@dataclass(slots=True)
class Word:
    """A notice that would be owed: to whom, written when, with the case where it then stood."""

    tell: Tell
    seq: int
    at: datetime
    tier: int
    team: str | None
    owner: int | None


@dataclass(slots=True)
class Rerun:
    """The course of one case. `guessed` counts what neither the record nor today's rows could say.

    `books` are the rules by their label: with them the case follows its record from version to version; without,
    `rules` hold from its first event to its last.
    """

    record: Record
    rules: Rules
    books: Mapping[str, Rules] | None = None
    emptiness: Emptiness | None = None
    steps: list[Step] = field(default_factory=list)
    owed: list[Word] = field(default_factory=list)
    guessed: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    stuck: str = ""
    course: Course | None = None
    horizon: datetime | None = None

    def run(self, until: datetime, data: Mapping[str, Any] | None = None) -> Rerun:
        """Lives the case up to `until`, or as far as the record shows that the engine has looked.

        `data` is what the case was filed with, where the tried rules see that otherwise than the record.
        A hole in the protocol ends it; `stuck` then says which.
        """
        entries = self.record.entries
        if not entries:
            self.stuck = "Nothing is recorded of it."
            return self
        try:
            self.course = begin(data or entries[0].data, self.rules, history=self.record.history)
            self._live(until)
        except HOLES as hole:
            self.stuck = f"{hole.args[0] if hole.args else hole}"
        except NotNow as why:
            self.stuck = str(why)
        return self

    def _live(self, until: datetime) -> None:
        looks = self.record.looks
        self.horizon = horizon(self.record, until)
        for entry in self.record.entries:
            if entry.kind not in OWN:
                self._catch_up(entry.at, looks, looks.before[entry.seq])
                self._take_recorded(entry)
        self._catch_up(self.horizon, looks, looks.before[0])

    def _catch_up(self, until: datetime, looks: Looks, recorded: list[Look]) -> None:
        """Fires what falls due by `until` or by the last of the `recorded` looks, look by look."""
        course = self.course
        assert course is not None
        until = max([until, *(look.until for look in recorded)])
        while True:
            due = [i for c in course.facts.clocks.values() for i in (c.due, c.warn) if i is not None and i <= until]
            if not due:
                return
            look = until if self.record.history else (learned if self.books else noticed)(min(due), recorded)
            catch_up(
                lambda: [(kind, c.due, c.warn) for kind, c in course.facts.clocks.items()],
                lambda happening: self._take(self._with_people(happening, looks)),
                self.owed,
                now=look,
                written=self.record.entries[0].now if self.record.history else look,
                empty=tuple,
            )

    def _with_people(self, happening: Any, looks: Looks) -> Happening:
        """What the clock's end is told of people: as recorded then, else the nearest earlier word there is."""
        if self.record.history or not hasattr(happening, "empty"):
            return happening
        same: Any = looks.said(happening)
        if same is not None:
            return self._as_recorded(altered(happening, **_people(same)))
        nearest = looks.nearest(happening.at)
        if nearest is None and happening.kind in (*Clock.CLIMBS, Clock.STEP):
            self.guessed["empty"] += 1
        known: dict[str, Any] = _people(nearest) if nearest is not None else {"empty": ()}
        if self.emptiness:
            known["empty"] = self.emptiness.as_far_as_known(known["empty"], self._asked_at(happening.at))
        return altered(happening, **known)

    def _as_recorded(self, happening: Any) -> Happening:
        if not self.emptiness:
            return happening
        empty = self.emptiness.as_recorded(happening.empty, self._asked_at(happening.at))
        return altered(happening, empty=empty) if empty != happening.empty else happening

    def _asked_at(self, at: datetime) -> datetime:
        """When the engine asks who stands where: as `Turn.empty`, when the time of the case's cell next counts."""
        assert self.course is not None
        if self.emptiness is None or not self.emptiness.asks_today:
            return at
        facts, rules = self.course.facts, self.course.rules
        key = rules.protocol.cell(facts.category, facts.severity, min(facts.tier, rules.protocol.top)).calendar
        return rules.calendar(key, at).next_open(at)

    def _take_recorded(self, entry: Entry) -> None:
        """One recorded act: as it is, or as what stands for it here."""
        assert self.course is not None
        happening = self.record.happening(entry)
        if hasattr(happening, "empty") and not self.record.history:
            happening = self._as_recorded(happening)
        facts = self.course.facts
        if self.books and entry.protocol != self.course.rules.protocol.label:
            self.course.rules = self.books[entry.protocol]
        standing = otherwise(facts, happening, entry.data) if not self.books else None
        if standing is None:
            try:
                self._take(happening, entry)
            except NotNow as refusal:
                standing = instead(facts, happening)
                if standing is None:
                    self._note(happening, entry, refusal=str(refusal))
                    return
            else:
                return
        if not standing.acts:
            self._note(happening, entry, why=standing.why)
        for act, why in standing.acts:
            try:
                self._take(act, entry, why)
            except NotNow as refusal:
                self._note(act, entry, refusal=str(refusal))
                return

    def _take(self, happening: Happening, entry: Entry | None = None, why: str = "") -> None:
        course = self.course
        assert course is not None
        seq, before = len(self.steps) + 1, course.facts
        decision = course.take(happening, seq)
        after = course.facts
        self.steps.append(Step(seq, happening, before, after, decision, entry, why))
        if decision.tells:
            at, tier, team, owner = happening.now, after.tier, after.team, after.owner
            self.owed.extend(Word(tell, seq, at, tier, team, owner) for tell in decision.tells)

    def _note(self, happening: Happening, entry: Entry, *, why: str = "", refusal: str = "") -> None:
        assert self.course is not None
        facts = self.course.facts
        self.steps.append(Step(len(self.steps) + 1, happening, facts, facts, None, entry, why, refusal))


def _people(happening: Any) -> dict[str, Any]:
    """What a happening says of people: who is nowhere to be found, and to whom work would go."""
    return {name: getattr(happening, name) for name in ("empty", "picks") if hasattr(happening, name)}


def horizon(record: Record, until: datetime) -> datetime:
    """Up to when clocks are caught up with: `until`, but never past what the engine has looked at.

    Of imported history it is the last thing the other system said; nothing of ours woke those cases.
    """
    last = record.entries[-1]
    if record.history:
        return max(entry.at for entry in record.entries)
    end = max(until, last.now)
    return min(end, record.wake_at - INSTANT) if record.wake_at else end
