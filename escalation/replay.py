"""Rebuilds a case from its events alone, through the same decision function, and compares it with what is stored.

Nothing is written. The first event names topic and severity at filing; every event says what happened, when it
was true and when it was written down, which is all a decision depends on besides the protocol version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cases.lifecycle import MOVES, State
from cases.models import Case, Event, Team
from escalation.altered import altered
from escalation.book import NoProtocol, rules_of
from escalation.decision import NotNow, decide
from escalation.facts import ClockFact, Decision, Facts, Happening, Missed, RanOut, Warned, revive
from escalation.models import StageClock
from escalation.protocol import MissingCell, Rules
from escalation.turn import plain

CHUNK = 500
#: Fields of a case that a decision may change and that facts carry by the same name.
CARRIED = (
    "state", "tier", "severity", "complexity", "owner", "team", "category", "rejections", "escalated_at", "step", "offered_to", "offered_by",
    "is_upset",
)  # fmt: skip
LINKED = ("owner", "team", "category", "offered_to", "offered_by")  # of those, what the case keeps as a link
#: What the engine writes by itself, without asking first whether a clock had run out.
UNASKED = (Missed, RanOut, Warned)


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the record and its replay part: at event `seq`, or at the end when it is None."""

    case: str
    seq: int | None
    what: str
    recorded: Any
    replayed: Any

    def __str__(self) -> str:
        where = f"{self.case} event {self.seq}" if self.seq else self.case
        return f"{where}: {self.what} is {self.recorded} in the record, {self.replayed} in the replay"


@dataclass(frozen=True, slots=True)
class Ended:
    """A clock that has ended, as the replay saw it."""

    clock: ClockFact
    outcome: str
    at: datetime


@dataclass
class Course:
    """A case on its way through its happenings, in memory."""

    facts: Facts
    rules: Rules
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    born: dict[str, int] = field(default_factory=dict)  # kind of an open clock -> number of the event that started it
    ended: dict[tuple[str, int], Ended] = field(default_factory=dict)

    def take(self, happening: Happening, seq: int) -> Decision:
        """Decides one happening and lets it be so. Raises NotNow or MissingCell as `decide` does."""
        decision = decide(self.facts, happening, self.rules)
        changes = dict(decision.changes)
        if decision.move is not None:
            step = MOVES[decision.move].get(self.facts.state)
            if step is None:
                raise NotNow(f"no move “{decision.move}” from “{self.facts.state}”")
            changes["state"] = step
        self.resolved_at = changes.pop("resolved_at", self.resolved_at)
        self.closed_at = changes.pop("closed_at", self.closed_at)
        if decision.ends or decision.starts or decision.changed:
            changes["clocks"] = self._clocks(decision, happening, seq)
        self.facts = altered(self.facts, settled_at=self.resolved_at or self.closed_at, **changes)
        return decision

    def _clocks(self, decision: Decision, happening: Happening, seq: int) -> dict[str, ClockFact]:
        clocks = dict(self.facts.clocks)
        for kind, outcome in decision.ends.items():
            self.ended[kind, self.born.pop(kind)] = Ended(clocks.pop(kind), outcome, happening.at)
        for clock in decision.changed:
            clocks[clock.kind] = clock
        for clock in decision.starts:
            clocks[clock.kind] = clock
            self.born[clock.kind] = seq
        return clocks

    def overdue(self, at: datetime) -> list[str]:
        """Kinds of clock that had run out by `at`."""
        return sorted(kind for kind, clock in self.facts.clocks.items() if clock.due and clock.due <= at)


def begin(data: Mapping[str, Any], rules: Rules, *, history: bool) -> Course:
    """A case before its first event, with what that event says (`data`) it was filed with. Raises KeyError."""
    facts = Facts(
        state=State.NEW,
        tier=1,
        severity=data["severity"],
        complexity=1,
        category=data["category"],
        owner=None,
        team=None,
        clocks={},
        history=history,
    )
    return Course(facts, rules)


def replay(
    case: Case, events: Sequence[Event], clocks: Iterable[StageClock], book: Callable[[str], Rules]
) -> Iterator[Difference]:
    """Every difference of one case; stops at the first event that cannot be taken at all.

    `book` gives the rules of a version: each event is decided under the one it names, since a case may be moved.
    """
    ref = case.reference
    if not events:
        yield Difference(ref, None, "the number of events", 0, "at least 1")
        return
    try:
        first = events[0]
        course = begin(first.data, book(first.protocol), history=first.role == Event.Role.IMPORT)
    except KeyError as missing:
        yield Difference(ref, 1, "what it was filed with", f"without {missing}", "needed")
        return
    for event in events:
        try:
            if event.protocol != course.rules.protocol.label:
                course.rules = book(event.protocol)
            happening = revive(event.kind, event.occurred_at, event.recorded_at, event.data["args"])
            if not isinstance(happening, UNASKED) and (late := course.overdue(happening.at)):
                yield Difference(ref, event.seq, "what had run out before it", "nothing", ", ".join(late))
            decision = course.take(happening, event.seq)
        except (NotNow, MissingCell, LookupError, TypeError) as why:
            yield Difference(ref, event.seq, f"“{event.kind}”", "recorded", f"not possible: {why}")
            return
        yield from _at_event(ref, event, decision, course)
    yield from _at_end(case, clocks, course)


#: What an event says followed from what happened: its key in the event's data, in words.
EFFECTS = {
    "to": "state",
    "tier": "level",
    "severity": "severity",
    "team": "team",
    "owner": "owner",
    "ended": "the clocks it ended",
    "started": "the clocks it started",
    "changed": "the clocks it changed",
}


def effects(decision: Decision, after: Facts) -> dict[str, Any]:
    """What an event would say followed from this decision, under the keys of EFFECTS; `after` is the case then."""
    return {
        "to": after.state,
        "tier": after.tier,
        "severity": after.severity,
        "team": after.team,
        "owner": after.owner,
        "ended": dict(decision.ends),
        "started": {c.kind: [c.target, c.calendar, plain(c.due)] for c in decision.starts},
        "changed": {c.kind: [c.target, plain(c.due)] for c in decision.changed},
    }


def parted(
    data: Mapping[str, Any], once: str | None, decision: Decision, after: Facts
) -> Iterator[tuple[str, Any, Any]]:
    """Where an event's `data` and `once` differ from what follows: (what, recorded, replayed)."""
    for key, value in effects(decision, after).items():
        if data[key] != value:
            yield EFFECTS[key], data[key], value
    if once != decision.once:
        yield "what happens once", once, decision.once
    if data.get("plan_failed", "") != decision.plan_failed:
        yield "the failed plan", data.get("plan_failed", ""), decision.plan_failed
    if data.get("instead", "") != decision.instead:
        yield "the other way", data.get("instead", ""), decision.instead


def _at_event(ref: str, event: Event, decision: Decision, course: Course) -> Iterator[Difference]:
    for what, recorded, replayed in parted(event.data, event.once, decision, course.facts):
        yield Difference(ref, event.seq, what, recorded, replayed)


def _at_end(case: Case, clocks: Iterable[StageClock], course: Course) -> Iterator[Difference]:
    facts = course.facts
    stored = {name: getattr(case, name) for name in CARRIED if name not in LINKED}
    stored |= {"offered_to": case.offered_to_id, "offered_by": case.offered_by_id}
    stored |= {"owner": case.owner_id, "team": case.team and case.team.slug, "category": case.category.slug}
    replayed = {name: getattr(facts, name) for name in CARRIED}
    stored |= {"resolved_at": case.resolved_at, "closed_at": case.closed_at, "promise_at": case.promise_at}
    promise = next((clock.due for clock in facts.clocks.values() if clock.promise), None)
    replayed |= {"resolved_at": course.resolved_at, "closed_at": course.closed_at, "promise_at": promise}
    for name, value in stored.items():
        if value != replayed[name]:
            yield Difference(case.reference, None, f"the case's {name}", value, replayed[name])
    yield from _clocks_at_end(case.reference, clocks, course)


def _clocks_at_end(ref: str, clocks: Iterable[StageClock], course: Course) -> Iterator[Difference]:
    expected: dict[tuple[str, int], Any] = {key: (e.clock, e.outcome, e.at) for key, e in course.ended.items()}
    expected |= {(kind, course.born[kind]): (clock, None, None) for kind, clock in course.facts.clocks.items()}
    stored = {(c.kind, c.started_seq): (c.fact(), c.outcome, c.ended_at) for c in clocks}
    for key in sorted(expected.keys() | stored.keys()):
        recorded, replayed = stored.get(key), expected.get(key)
        if recorded != replayed:
            yield Difference(ref, key[1], f"the {key[0]} clock", recorded, replayed)


def replay_many(ids: Sequence[int]) -> Iterator[Difference]:
    """Replays the cases with these ids, a few hundred at a time. The rules are looked up once a version."""
    books: dict[str, Rules] = {}
    for start in range(0, len(ids), CHUNK):
        yield from _chunk(ids[start : start + CHUNK], books)


def _chunk(ids: Sequence[int], books: dict[str, Rules]) -> Iterator[Difference]:
    def book(label: str) -> Rules:
        return books.get(label) or books.setdefault(label, rules_of(label))

    teams: dict[int | None, Team] = {team.pk: team for team in Team.objects.all()}
    cases = Case.everything.filter(pk__in=ids).select_related("category").order_by("pk")
    events: dict[int, list[Event]] = {pk: [] for pk in ids}
    clocks: dict[int, list[StageClock]] = {pk: [] for pk in ids}
    for event in Event.everything.filter(case__in=ids).order_by("case_id", "seq"):
        events[event.case_id].append(event)
    for clock in StageClock.everything.filter(case__in=ids):
        clocks[clock.case_id].append(clock)
    for case in cases:
        case.team = teams.get(case.team_id)
        try:
            book(case.protocol)
            yield from replay(case, events[case.pk], clocks[case.pk], book)
        except NoProtocol as why:
            yield Difference(case.reference, None, "its protocol", case.protocol, why)
