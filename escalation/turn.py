"""One case's turn: happenings are decided and applied in memory; `escalation.store` writes it all at once.

Steps of `take`: (1) ask the decision function; (2) make the move on the state machine; (3) change fields;
(4) end, change and start clocks; (5) append the event; (6) note the notices and alarms that are owed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django_fsm import TransitionNotAllowed

from cases.lifecycle import OPEN, State
from cases.models import Case, Event
from cases.models.event import event_hash, stamp
from escalation.catchup import catch_up
from escalation.decision import NotNow, decide
from escalation.directory import Directory
from escalation.facts import (
    NAMES,
    Alarm,
    Clock,
    ClockFact,
    Decision,
    Facts,
    Happening,
    Outcome,
    Picks,
    Tell,
)
from escalation.models import StageClock
from escalation.protocol import Rules
from escalation.routing import given, picks

#: Which missed clocks are done after all, late, when one of a kind is met.
WORDS = (Clock.REVIEW, Clock.ACKNOWLEDGE, Clock.UPDATE, Clock.REPLY)
MAKES_GOOD: dict[str, tuple[str, ...]] = {
    Clock.REVIEW: (Clock.REVIEW,),
    Clock.ACKNOWLEDGE: WORDS,
    Clock.UPDATE: WORDS,
    Clock.REPLY: WORDS,
    Clock.RESOLVE: (*WORDS, Clock.RESOLVE, Clock.REFER_UP),
    Clock.SUPERVISOR: (Clock.SUPERVISOR,),
}


@dataclass
class Owed:
    """A notice to be written: what to tell, caused by which event, and the case as it was then."""

    tell: Tell
    seq: int
    about: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Arrival:
    """The case came to level `tier` by event `seq`: it was placed there, or passed up by a person or by a clock."""

    tier: int
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Last:
    """When the case's last event happened, and when that was written down."""

    at: datetime
    written: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """What a page has read of a case already, where advice would ask the database again.

    `broken`: how many promises were broken; `kept`: at which level, against which rule somebody kept the case.
    """

    broken: int
    kept: frozenset[tuple[int, str]]


@dataclass
class Turn:
    """A case whose row is locked, its open clocks, and everything its turn will write."""

    case: Case
    rules: Rules
    directory: Directory
    clocks: dict[str, StageClock]
    last: Last | None = None  # None: a case without an event, or one only looked at
    events: list[Event] = field(default_factory=list)
    ended: list[StageClock] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    owed: list[Owed] = field(default_factory=list)
    alarms: list[tuple[Alarm, datetime]] = field(default_factory=list)
    clears: set[str] = field(default_factory=set)
    late_done: set[str] = field(default_factory=set)
    arrivals: list[Arrival] = field(default_factory=list)
    known: Known | None = None  # of a case that is only looked at

    def facts(self) -> Facts:
        """The case as a decision sees it."""
        case = self.case
        return Facts(
            state=case.state,
            tier=case.tier,
            severity=case.severity,
            complexity=case.complexity,
            category=case.category.slug,
            owner=case.owner_id,
            team=self.directory.slug_of(case.team_id),
            clocks={kind: clock.fact() for kind, clock in self.clocks.items()},
            rejections=case.rejections,
            escalated_at=case.escalated_at,
            settled_at=case.settled_at,
            history=case.is_history,
            step=case.step,
            offered_to=case.offered_to_id,
            offered_by=case.offered_by_id,
            is_upset=case.is_upset,
        )

    def empty(self) -> tuple[str, ...]:
        """Targets nobody stands behind while this case's time counts: at night those of an office are not empty.

        Nothing climbs in history, so who stood where today is none of its business.
        """
        if self.case.is_history:
            return ()
        at = self.directory.at
        if at is not None:
            case, protocol = self.case, self.rules.protocol
            key = protocol.cell(case.category.slug, case.severity, min(case.tier, protocol.top)).calendar
            at = self.rules.calendar(key, at).next_open(at)
        return self.directory.empty_teams(self.rules.protocol, at)

    def picks(self) -> Picks:
        """Whom each team's next case would go to now; nobody's in history."""
        return () if self.case.is_history else picks(self.directory, self.rules.protocol)

    def placed(self, happening: Happening) -> Happening:
        """The happening with whom work would go to, where it is of a kind that may place a case."""
        return replace(happening, picks=self.picks()) if hasattr(happening, "picks") else happening  # type: ignore[call-arg]

    def take(self, happening: Happening, *, by: int | None, role: str, extra: dict[str, Any] | None = None) -> Decision:
        """Decides and applies one happening. Raises NotNow with a sentence; then nothing has changed."""
        if self.last and happening.at < self.last.at:
            raise NotNow(
                f"Something newer is on record, of {stamp(self.last.at)}. A case's events never run backwards."
            )
        decision = decide(self.facts(), happening, self.rules)
        before, tier, cause = self.case.state, self.case.tier, self._cause(happening)
        self._move(decision)
        self._change(decision.changes, happening.at)
        seq = self.case.event_seq + 1
        self._run_clocks(decision, happening, seq)
        self.set_alarm_instants()
        self._append(happening, decision, before, cause, by=by, role=role, extra=extra or {})
        self._note_arrival(before, tier, happening.at, seq)
        about = self._about()
        told = (extra or {}).get("message", {}).get("id")
        for tell in decision.tells:
            self.owed.append(Owed(tell, seq, about | ({"message": told} if told else {})))
        # An alarm raised by what was caught up with a moment ago is put right by the same act.
        self.alarms = [(alarm, at) for alarm, at in self.alarms if alarm.kind not in decision.clears]
        self.alarms.extend((alarm, happening.at) for alarm in decision.alarms)
        self.clears.update(decision.clears)
        return decision

    def settle(self, now: datetime, *, written: datetime | None = None) -> None:
        """Catches up with every clock that is due by `now`, in the order the instants came.

        Called before a person's act and by the sweep, so that who came first never depends on how often
        the engine looks. Several misses in one go leave one notice for where the case stands now. `written`
        is when it is written down, where that is not `now`: an import tells of times long past.
        """
        catch_up(
            lambda: [(kind, clock.due_at, clock.warn_at) for kind, clock in self.clocks.items()],
            lambda happening: self.take(happening, by=None, role=Event.Role.ENGINE),
            self.owed,
            now=now,
            written=written or now,
            empty=self.empty,
            picks=self.picks,
        )

    def _note_arrival(self, before: str, tier: int, at: datetime, seq: int) -> None:
        """A case arrives at the level it is first placed at, and at every higher one; back down it is known already."""
        placed = before == State.NEW and self.case.state != State.NEW
        if (placed or self.case.tier > tier) and self.case.state in OPEN and not self.case.is_history:
            self.arrivals.append(Arrival(self.case.tier, at, seq))

    def _cause(self, happening: Happening) -> int | None:
        """The event a clock's end goes back to: the one that started the clock. A person's act has no other cause."""
        clock = self.clocks.get(getattr(happening, "kind", ""))
        return clock.started_seq if clock else None

    def _move(self, decision: Decision) -> None:
        if decision.move is None:
            return
        try:
            getattr(self.case, decision.move)()
        except TransitionNotAllowed:
            state = State(self.case.state).label.lower()
            raise NotNow(f"That is not possible while the case is “{state}”.") from None

    def _change(self, changes: Any, at: datetime) -> None:
        for name, value in changes.items():
            if name == "team":
                self.case.team_id = self.directory.team_id(value)
            elif name == "owner":
                self.case.owner_id = value
                given(self.directory, value, at)
            elif name in ("offered_to", "offered_by"):
                setattr(self.case, f"{name}_id", value)
            elif name == "category":
                if value != self.case.category.slug:
                    self.case.category_id = self.directory.category_id(value)
            else:
                setattr(self.case, name, value)

    def _run_clocks(self, decision: Decision, happening: Happening, seq: int) -> None:
        for kind, outcome in decision.ends.items():
            clock = self.clocks.pop(kind)
            # A missed clock ended when it fell due, however late that was noticed.
            clock.outcome, clock.ended_at = outcome, happening.at
            if outcome == Outcome.MET:
                self.late_done.update(MAKES_GOOD.get(kind, ()))
            self.ended.append(clock)
        for fact in decision.changed:
            clock = self.clocks[fact.kind]
            if clock.due_at != fact.due:
                self.moved.add(fact.kind)
            clock.take(fact)
            self.touched.add(fact.kind)
        for fact in decision.starts:
            self.clocks[fact.kind] = self._new_clock(fact, seq)

    def _new_clock(self, fact: ClockFact, seq: int) -> StageClock:
        clock = StageClock(
            case=self.case,
            is_drill=self.case.is_drill,
            kind=fact.kind,
            started_seq=seq,
            tier=self.case.tier,
            severity=self.case.severity,
            protocol=self.case.protocol,
            calendar=fact.calendar,
            started_at=fact.started_at,
            promise=fact.promise,
            told=fact.told,
            put_off=fact.put_off,
        )
        clock.take(fact)
        return clock

    def set_alarm_instants(self) -> None:
        """Keeps beside the case when the customer next hears and when the engine must look again."""
        case, open_clocks = self.case, self.clocks.values()
        case.promise_at = next((c.due_at for c in open_clocks if c.promise), None)
        instants = [i for c in open_clocks for i in (c.due_at, c.warn_at) if i is not None]
        case.wake_at = min(instants, default=None) if not case.is_history else None

    def _append(
        self,
        happening: Happening,
        decision: Decision,
        before: str,
        cause: int | None,
        *,
        by: int | None,
        role: str,
        extra: dict[str, Any],
    ) -> None:
        case = self.case
        data = {
            "args": plain(happening.arguments()),
            "from": before,
            "to": case.state,
            "tier": case.tier,
            "severity": case.severity,
            "team": self.directory.slug_of(case.team_id),
            "owner": case.owner_id,
            "ended": dict(decision.ends),
            "started": {c.kind: [c.target, c.calendar, plain(c.due)] for c in decision.starts},
            "changed": {c.kind: [c.target, plain(c.due)] for c in decision.changed},
        }
        if decision.plan_failed:
            data["plan_failed"] = decision.plan_failed
        if decision.instead:
            data["instead"] = decision.instead
        case.event_seq += 1
        event = Event(
            case=case,
            is_drill=case.is_drill,
            seq=case.event_seq,
            kind=NAMES[type(happening)],
            occurred_at=happening.at,
            recorded_at=happening.now,
            actor_id=by,
            role=role,
            cause=cause,
            protocol=case.protocol,
            data=data | extra,
            once=decision.once,
            prev=case.event_head,
        )
        event.hash = case.event_head = event_hash(event)
        self.events.append(event)
        self.last = Last(happening.at, happening.now)

    def _about(self) -> dict[str, Any]:
        """What a notice says of the case, frozen as it was when the notice was owed."""
        case = self.case
        return {
            "promise_at": plain(case.promise_at),
            "state": case.state,
            "tier": case.tier,
            "severity": case.severity,
            "team": case.team_id,
            "owner": case.owner_id,
            "dues": {kind: plain(c.due_at) for kind, c in self.clocks.items() if c.told},
        }


def plain(value: Any) -> Any:
    """JSON's spelling of what a happening or a notice carries."""
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value
