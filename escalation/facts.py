"""The words a decision is spoken in: clocks, what is known of a case, what happened, what follows.

All of it is frozen data without a database. `escalation.decision` maps Facts and a Happening to a Decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from escalation.happening import Happening
from escalation.happening_beside import (
    ExpertAnswered,
    ExpertAsked,
    QuestionsOverdue,
    QuestionTakenBack,
    TaskAdded,
    TaskChanged,
    TaskDropped,
    TaskFinished,
    TasksOverdue,
)
from escalation.happening_handing import OfferAccepted, Offered, OfferReturned, OfferWithdrawn
from escalation.happening_reaching import AddressCorrected, GaveUp, QuestionLost, ToldByPhone, WeCalled
from escalation.happening_sorting import Reminded, TopicChanged
from escalation.kinds import Clock as Clock
from escalation.kinds import Outcome as Outcome
from escalation.worktime import Pause

#: What other modules of happenings bring: handing over hears its own clock, what happens beside the clocks none.
HANDING = (Offered, OfferAccepted, OfferReturned, OfferWithdrawn)
SORTING = (Reminded, TopicChanged)
REACHING = (AddressCorrected, GaveUp, QuestionLost, ToldByPhone, WeCalled)
BESIDE = (
    ExpertAnswered,
    ExpertAsked,
    QuestionTakenBack,
    QuestionsOverdue,
    TaskAdded,
    TaskChanged,
    TaskDropped,
    TaskFinished,
    TasksOverdue,
)


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
    offered_to: int | None = None  # who has been asked to take it over and has not said yes or no
    offered_by: int | None = None
    is_upset: bool = False  # the customer is; they hear from us more often

    def clock(self, kind: str) -> ClockFact | None:
        """The open clock of `kind`, if there is one."""
        return self.clocks.get(kind)


Picks = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Filed(Happening):
    """`empty`, here and below: targets nobody stood behind at that moment; `picks`: whom each team's work would go to.

    `upset`: the customer's words have one of those by which the protocol knows an upset customer.
    """

    empty: tuple[str, ...] = ()
    picks: Picks = ()
    upset: bool = False


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
    upset: bool = False


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
class HelpedBack(Happening):
    """A supervisor sends a case that a colleague passed up back to them, with help instead of a refusal.

    `of` is the number of the event that passed it up, from `tier` (None: no colleague did), `to` who did, if they
    are still here.
    """

    by: int
    of: int | None
    tier: int | None
    to: int | None = None
    empty: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered(Happening):
    by: int


@dataclass(frozen=True, slots=True)
class Accepted(Happening): ...


@dataclass(frozen=True, slots=True)
class Rejected(Happening):
    upset: bool = False


@dataclass(frozen=True, slots=True)
class Reopened(Happening):
    upset: bool = False


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
    upset: bool = False


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
    """Somebody wrote an internal note; `tell` are the colleagues it names with an @."""

    by: int
    tell: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MarkedUpset(Happening):
    """A person sees that the customer is upset."""

    by: int


@dataclass(frozen=True, slots=True)
class Calmed(Happening):
    by: int


@dataclass(frozen=True, slots=True)
class Apologised(Happening):
    """A person says sorry; with `next_at` the letter is also the promise of when the customer next hears."""

    by: int
    next_at: datetime | None = None


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
