"""What a recorded act counts as where the rules being tried have led the case somewhere else. Never silently.

Two principles: what reached the customer in the record reaches them here, and what people did at one level is
done by the people of the level where the case now is. Each substitution is named, and counted by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cases.lifecycle import ACTIVE, BUSY, OPEN, SETTLED, State
from escalation import facts as f
from escalation.facts import Clock, Facts, Happening

#: Names of substitutions, in words for the report.
ASSUMED = {
    "review": "a review at the level that had the case, at the same moment as the act that was recorded",
    "assessment": "a first assessment at the same moment as the act that was recorded",
    "acknowledgment": "an acknowledgment by the person who acted, at the same moment",
    "word": "an acknowledgment of a case that had its person: counted as a word to the customer",
    "there": "a case passed up to, or back to, a level where it already was: counted as nothing",
    "done": "an act that was already done, or had no object: counted as nothing",
    "next": "a next update later than these rules allow: the rules' own time counted",
    "moved": "a new time these rules would not allow: counted as nothing, their own time stays",
    "reopening": "a word of the customer to a case these rules had closed: counted as reopening it",
    "fast": "the fast lane, where these rules have none: counted as passed up by that person",
    "adopted": "a move to another version of the rules: left out, the tried rules hold throughout",
    "open": "a reopening of a case these rules had not closed: counted as the customer's word",
}
UNDONE = (State.NEW, State.ESCALATED, State.REVIEWED, State.PASSED)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is taken instead: each happening with the name of why. Empty: counted as nothing, for `why`."""

    acts: tuple[tuple[Happening, str], ...] = ()
    why: str = ""


def otherwise(facts: Facts, h: Happening, data: Mapping[str, Any]) -> Standing | None:
    """An act that could be taken as it is, but would mean something else here; None when it means the same."""
    if isinstance(h, f.Adopted):
        return Standing(why="adopted")
    gone_up = isinstance(h, f.Escalated) and facts.tier >= data["tier"] and facts.state in OPEN
    gone_down = isinstance(h, f.ReturnedDown | f.HelpedBack) and facts.tier <= data["tier"] and facts.state in OPEN
    if gone_up or gone_down:
        return Standing(why="there")
    if isinstance(h, f.SupervisorAnswered) and h.granted and _risen(facts, data):
        return Standing(((replace(h, granted=False), "there"),))
    if isinstance(h, f.OwnerLost) and facts.owner != h.user:
        return Standing(why="done")
    if isinstance(h, f.Assessed) and data["from"] == State.NEW and facts.state == State.ESCALATED:
        return Standing(((h, ""), (_review(facts, h), "review")))
    answers = isinstance(h, f.CustomerWrote) and not h.automatic and data["from"] == State.WAITING_CUSTOMER
    if answers and facts.state in SETTLED:
        return Standing(((f.Reopened(h.at, h.now), "reopening"),))
    return None


def _risen(facts: Facts, data: Mapping[str, Any]) -> bool:
    """Whether a granted wish led to a level that the case has reached without it."""
    return data["to"] == State.ESCALATED and facts.tier >= data["tier"] and Clock.SUPERVISOR in facts.clocks


def instead(facts: Facts, h: Happening) -> Standing | None:
    """What an act that the rules refuse here counts as; None when nothing can stand for it."""
    found = STANDS_FOR.get(type(h))
    return found(facts, h) if found else None


def _review(facts: Facts, h: Any) -> Happening:
    return f.Reviewed(h.at, h.now, getattr(h, "severity", facts.severity), h.by)


def _until_acknowledged(facts: Facts, h: Any) -> tuple[tuple[Happening, str], ...]:
    """What must have been done before somebody can work on the case."""
    acts: list[tuple[Happening, str]] = []
    if facts.state == State.NEW:
        acts.append((_first_assessment(facts, h), "assessment"))
    elif facts.state == State.ESCALATED:
        acts.append((_review(facts, h), "review"))
    if facts.state in UNDONE:
        acts.append((f.Acknowledged(h.at, h.now, h.by), "acknowledgment"))
    return tuple(acts)


def _first_assessment(facts: Facts, h: Any) -> Happening:
    severity = getattr(h, "severity", facts.severity)
    return f.Assessed(h.at, h.now, severity, facts.complexity, facts.category, h.by)


def _work(facts: Facts, h: Any) -> Standing | None:
    """An update, a question, waiting for a partner."""
    if facts.state in UNDONE:
        return Standing((*_until_acknowledged(facts, h), (h, "")))
    if isinstance(h, f.Updated) and h.next_at is not None and facts.state in (*BUSY, State.WAITING_PARTNER):
        return Standing(((replace(h, next_at=None), "next"),))
    return Standing(why="done") if facts.state == State.WAITING_CUSTOMER else None


def _apologised(facts: Facts, h: f.Apologised) -> Standing | None:
    """The customer reads it wherever the case is; a time these rules do not allow is not promised with it."""
    return Standing(((replace(h, next_at=None), "next"),)) if h.next_at is not None else None


def _acknowledged(facts: Facts, h: f.Acknowledged) -> Standing | None:
    if facts.state in (State.NEW, State.ESCALATED):
        return Standing((*_until_acknowledged(facts, h)[:1], (h, "")))
    if facts.state in (*BUSY, State.WAITING_PARTNER):
        return Standing(((f.Updated(h.at, h.now, h.by), "word"),))
    return Standing(why="done")


def _reviewed(facts: Facts, h: f.Reviewed) -> Standing | None:
    """Where nothing climbed there is nothing to review; a severity that was changed with it stays changed."""
    if facts.state == State.NEW:
        return Standing(((_first_assessment(facts, h), "assessment"),))
    if facts.state in ACTIVE and facts.severity != h.severity:
        return Standing(((_first_assessment(facts, h), "done"),))
    return Standing(why="done")


def _answered(facts: Facts, h: f.Answered) -> Standing | None:
    if facts.state == State.NEW:
        return Standing(((_first_assessment(facts, h), "assessment"), (h, "")))
    if facts.state in (State.ESCALATED, State.PASSED):
        return Standing((*_until_acknowledged(facts, h), (h, "")))
    return Standing(why="done") if facts.state == State.ANSWERED else None


def _reopened(facts: Facts, h: Happening) -> Standing | None:
    if facts.state == State.ANSWERED:
        return Standing(((f.Rejected(h.at, h.now), "open"),))
    return Standing(((f.CustomerWrote(h.at, h.now, "portal"), "open"),)) if facts.state in ACTIVE else None


def _rejected(facts: Facts, h: Happening) -> Standing | None:
    return Standing(((f.Reopened(h.at, h.now), "reopening"),)) if facts.state in SETTLED else None


def _ended(facts: Facts, h: Happening) -> Standing | None:
    """The customer's yes, or somebody closing it: nothing more where it is settled already."""
    return Standing(why="done") if facts.state in (*SETTLED, State.MERGED) else None


def _emergency(facts: Facts, h: f.Emergency) -> Standing | None:
    if facts.state not in ACTIVE:
        return None
    passed_up = f.Escalated(h.at, h.now, h.by, h.empty, h.picks)
    return Standing(((passed_up, "fast"),)) if facts.tier == 1 else Standing(why="there")


def _nothing(facts: Facts, h: Happening) -> Standing | None:
    return Standing(why="done")


def _moved(facts: Facts, h: Happening) -> Standing | None:
    return Standing(why="moved")


def _level(facts: Facts, h: Happening) -> Standing | None:
    return Standing(why="there") if facts.state in ACTIVE else None


STANDS_FOR: dict[type[Happening], Callable[..., Standing | None]] = {
    f.Acknowledged: _acknowledged,
    f.Updated: _work,
    f.Apologised: _apologised,
    f.PromiseMoved: _moved,
    f.AskedCustomer: _work,
    f.WaitsForPartner: _work,
    f.Reviewed: _reviewed,
    f.Answered: _answered,
    f.Reopened: _reopened,
    f.Rejected: _rejected,
    f.Accepted: _ended,
    f.Closed: _ended,
    f.Withdrawn: _ended,
    f.Merged: _ended,
    f.Escalated: _level,
    f.ReturnedDown: _level,
    f.HelpedBack: _level,
    f.Emergency: _emergency,
    f.Justified: _nothing,
    f.PartnerAnswered: _nothing,
    f.HandedOver: _nothing,
    f.MarkedUpset: _nothing,
    f.Calmed: _nothing,
    f.Offered: _nothing,
    f.OfferAccepted: _nothing,
    f.OfferReturned: _nothing,
    f.OfferWithdrawn: _nothing,
    f.TopicChanged: _nothing,
    f.Reminded: _nothing,
    f.SupervisorAsked: _nothing,
    f.SupervisorAnswered: _nothing,
    f.QuestionLost: _nothing,
}
