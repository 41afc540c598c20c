"""The words a decision is spoken in: clocks, what is known of a case, what happened, what follows.

All of it is frozen data without a database. `escalation.decision` maps Facts and a Happening to a Decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, ClassVar

from django.utils.dateparse import parse_datetime

from escalation.worktime import Pause


class Clock:
    """The kinds of clock. At most one of a kind is open on a case."""

    REVIEW = "review"  # milestone 1
    ACKNOWLEDGE = "acknowledge"  # milestone 2
    UPDATE = "update"  # milestone 3
    REPLY = "reply"  # milestone 3, after the customer reopened
    REFER_UP = "refer_up"  # how long a tier may hold a case
    RESOLVE = "resolve"  # milestone 4
    SUPERVISOR = "supervisor"  # the answer to "ask for a supervisor"
    CONFIRM = "confirm"  # milestone 4: the customer's time to say yes or no
    LAPSE = "lapse"  # the customer's time to answer our question
    SURVEY = "survey"  # milestone 5
    CLOSING = "closing"  # the end of the time to reopen
    STEP = "step"  # the tier's next step, while nobody has acknowledged
    JUSTIFY = "justify"  # the reason for the fast lane, asked afterwards

    #: Missing one of these climbs one tier; the others are timers whose end is an act of its own.
    CLIMBS = (REVIEW, ACKNOWLEDGE, UPDATE, REPLY, REFER_UP, RESOLVE, SUPERVISOR)
    #: What belongs to the tier that holds the case and ends when another tier takes it.
    OF_TIER = (REVIEW, ACKNOWLEDGE, UPDATE, REPLY, REFER_UP, LAPSE, STEP)
    #: What a question to the customer stops.
    PAUSABLE = (UPDATE, REPLY, REFER_UP, RESOLVE)
    ALL = (*CLIMBS, CONFIRM, LAPSE, SURVEY, CLOSING, STEP, JUSTIFY)
    #: What ends when the work does; why it was an emergency is asked until somebody says it.
    OF_WORK = tuple(kind for kind in (*CLIMBS, CONFIRM, LAPSE, SURVEY, CLOSING, STEP))
    MILESTONE: ClassVar[dict[str, int]] = {
        REVIEW: 1, ACKNOWLEDGE: 2, UPDATE: 3, REPLY: 3, RESOLVE: 4, CONFIRM: 4, SURVEY: 5,
    }  # fmt: skip

    #: What staff call them, as it stands in a sentence: in the console, in alarms and in letters.
    NAMES: ClassVar[dict[str, str]] = {
        REVIEW: "SLA review", ACKNOWLEDGE: "acknowledgment", UPDATE: "progress update", REPLY: "reply",
        REFER_UP: "time at this level", RESOLVE: "answer", SUPERVISOR: "supervisor’s answer",
        CONFIRM: "customer’s yes or no", LAPSE: "customer’s answer to our question", SURVEY: "survey",
        CLOSING: "time to reopen",
        STEP: "next step", JUSTIFY: "reason for the fast lane",
    }  # fmt: skip


class Outcome:
    """How a clock ended. It ends once."""

    MET = "met"
    MISSED = "missed"
    CANCELLED = "cancelled"
    ELAPSED = "elapsed"  # a timer that ran out as announced; nobody broke anything


@dataclass(frozen=True, slots=True)
class ClockFact:
    """One open clock. `due` is None while it is paused; `target` is in seconds of working time."""

    kind: str
    started_at: datetime
    target: int
    calendar: str
    due: datetime | None
    warn: datetime | None
    promise: bool  # it is the case's one next promise
    told: bool  # the customer was told its time
    pauses: tuple[Pause, ...] = ()
    paused_at: datetime | None = None
    pause_reason: str = ""
    put_off: bool = False  # a person moved its time to a later one; nobody does so twice


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision knows of a case."""

    state: str
    tier: int
    severity: int
    complexity: int
    category: str
    owner: int | None
    team: str | None
    clocks: Mapping[str, ClockFact]
    rejections: int = 0
    escalated_at: datetime | None = None
    settled_at: datetime | None = None
    history: bool = False
    step: int = 0  # how many of the tier's steps have been taken

    def clock(self, kind: str) -> ClockFact | None:
        """The open clock of `kind`, if there is one."""
        return self.clocks.get(kind)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened at `at`, written down at `now` (later only when the engine catches up)."""

    at: datetime
    now: datetime

    def arguments(self) -> dict[str, Any]:
        """Everything but the two instants, for the log; `revive` is the way back."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("at", "now")}


Picks = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Filed(Happening):
    """`empty`, here and below: targets nobody stood behind at that moment; `picks`: whom each team's work would go to."""

    empty: tuple[str, ...] = ()
    picks: Picks = ()


@dataclass(frozen=True, slots=True)
class Assessed(Happening):
    severity: int
    complexity: int
    category: str
    by: int | None = None
    empty: tuple[str, ...] = ()
    picks: Picks = ()


@dataclass(frozen=True, slots=True)
class Escalated(Happening):
    """A person passes the case up."""

    by: int | None = None
    empty: tuple[str, ...] = ()
    picks: Picks = ()


@dataclass(frozen=True, slots=True)
class Emergency(Happening):
    """A person sends the case up the fast lane; the reason is asked afterwards."""

    by: int
    empty: tuple[str, ...] = ()
    picks: Picks = ()


@dataclass(frozen=True, slots=True)
class Justified(Happening):
    by: int


@dataclass(frozen=True, slots=True)
class Kept(Happening):
    """A person keeps the case here although a guideline says to pass it up."""

    by: int
    rule: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Adopted(Happening):
    """A person moved the case to another version of its protocol; the rules are those of that version."""

    to: str
    by: int


@dataclass(frozen=True, slots=True)
class RanOut(Happening):
    """The timer of `kind` ended as announced; nobody broke anything."""

    kind: str
    empty: tuple[str, ...] = ()
    picks: Picks = ()


@dataclass(frozen=True, slots=True)
class Missed(Happening):
    """The clock of `kind` reached its due instant without being met."""

    kind: str
    empty: tuple[str, ...] = ()
    picks: Picks = ()


@dataclass(frozen=True, slots=True)
class Warned(Happening):
    kind: str


@dataclass(frozen=True, slots=True)
class Reviewed(Happening):
    severity: int
    by: int | None = None


@dataclass(frozen=True, slots=True)
class Acknowledged(Happening):
    by: int


@dataclass(frozen=True, slots=True)
class Updated(Happening):
    by: int
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PromiseMoved(Happening):
    """A person moves the next promise before it is due; the customer reads why."""

    by: int
    next_at: datetime


@dataclass(frozen=True, slots=True)
class AskedCustomer(Happening):
    by: int


@dataclass(frozen=True, slots=True)
class CustomerWrote(Happening):
    """`crossed`: written before our question could be read, so it cannot be the answer to it.

    `unread` is the kind of the newest event of ours that they had not read when they wrote; empty where there is none.
    """

    channel: str
    automatic: bool = False
    crossed: bool = False
    unread: str = ""


@dataclass(frozen=True, slots=True)
class WaitsForPartner(Happening):
    by: int
    partner: str


@dataclass(frozen=True, slots=True)
class PartnerAnswered(Happening):
    by: int


@dataclass(frozen=True, slots=True)
class HandedOver(Happening):
    to: int
    by: int


@dataclass(frozen=True, slots=True)
class ReturnedDown(Happening):
    by: int
    empty: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered(Happening):
    by: int


@dataclass(frozen=True, slots=True)
class Accepted(Happening): ...


@dataclass(frozen=True, slots=True)
class Rejected(Happening): ...


@dataclass(frozen=True, slots=True)
class Reopened(Happening): ...


@dataclass(frozen=True, slots=True)
class Withdrawn(Happening): ...


@dataclass(frozen=True, slots=True)
class Merged(Happening):
    into: str
    by: int


@dataclass(frozen=True, slots=True)
class Closed(Happening):
    """A person closes what the customer has left unanswered."""

    by: int | None = None


@dataclass(frozen=True, slots=True)
class SupervisorAsked(Happening):
    reason: str


@dataclass(frozen=True, slots=True)
class SupervisorAnswered(Happening):
    by: int
    granted: bool
    empty: tuple[str, ...] = ()
    picks: Picks = ()


@dataclass(frozen=True, slots=True)
class OwnerLost(Happening):
    user: int


@dataclass(frozen=True, slots=True)
class Noted(Happening):
    by: int


@dataclass(frozen=True, slots=True)
class Apologised(Happening):
    by: int


def _name(kind: type[Happening]) -> str:
    """`AskedCustomer` -> `asked_customer`."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in kind.__name__).lstrip("_")


KINDS: dict[str, type[Happening]] = {_name(kind): kind for kind in Happening.__subclasses__()}
NAMES: dict[type[Happening], str] = {kind: name for name, kind in KINDS.items()}


def revive(kind: str, at: datetime, now: datetime, arguments: Mapping[str, Any]) -> Happening:
    """The happening an event of `kind` recorded. Raises KeyError for a kind no decision knows."""
    values = {name: tuple(v) if isinstance(v, list) else v for name, v in arguments.items()}
    if isinstance(values.get("next_at"), str):
        values["next_at"] = parse_datetime(str(values["next_at"]))
    return KINDS[kind](at=at, now=now, **values)


@dataclass(frozen=True, slots=True)
class Tell:
    """A notice that is owed: `to` is customer, owner, supervisor, team:<slug>, lead:<slug> or user:<id>."""

    kind: str
    to: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something a supervisor must see until it is put right."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from a happening. `changes` are new values of the case's own fields."""

    move: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    ends: Mapping[str, str] = field(default_factory=dict)
    starts: tuple[ClockFact, ...] = ()
    changed: tuple[ClockFact, ...] = ()  # paused, resumed or given another target
    tells: tuple[Tell, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    clears: tuple[str, ...] = ()  # kinds of alarm that are put right
    once: str | None = None  # the log refuses a second event that says this
    plan_failed: str = ""  # why the plan itself failed: exactly one post-mortem follows
    instead: str = ""  # why it went another way than the protocol names: "named_person" was not on duty or full
