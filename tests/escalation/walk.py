"""A case walked through real turns in memory: the product's rules and state machine, no database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cases.lifecycle import State
from cases.models import Case, Category
from escalation import facts as f
from escalation.directory import Directory, Post
from escalation.facts import Happening
from escalation.packs import read_pack
from escalation.permits import PERMITS
from escalation.protocol import Protocol, Rules
from escalation.reading import parse
from escalation.turn import Turn
from escalation.worktime import Calendar
from tests.cast import MONDAY

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
AGENT, COLLEAGUE, CUSTOMER = 11, 12, 1
MINUTE = timedelta(minutes=1)

#: What the person at a door brings about, by verb.
ACTS: dict[str, Callable[..., Happening]] = {
    "assess": lambda at, **k: f.Assessed(at, at, k.get("severity", 2), k.get("complexity", 1), "orders", AGENT),
    "change_severity": lambda at, **k: f.Assessed(at, at, k.get("severity", 1), 1, "orders", AGENT),
    "review": lambda at, **k: f.Reviewed(at, at, k.get("severity", 2), AGENT),
    "acknowledge": lambda at, **k: f.Acknowledged(at, at, AGENT),
    "update": lambda at, **k: f.Updated(at, at, AGENT, k.get("next_at")),
    "move_promise": lambda at, **k: f.PromiseMoved(at, at, AGENT, k.get("next_at", at + timedelta(minutes=30))),
    "wait_customer": lambda at, **k: f.AskedCustomer(at, at, AGENT),
    "wait_partner": lambda at, **k: f.WaitsForPartner(at, at, AGENT, "Parcel Ltd"),
    "partner_answered": lambda at, **k: f.PartnerAnswered(at, at, AGENT),
    "answer": lambda at, **k: f.Answered(at, at, AGENT),
    "escalate": lambda at, **k: f.Escalated(at, at, AGENT, k.get("empty", ())),
    "offer": lambda at, **k: f.Offered(at, at, COLLEAGUE, AGENT),
    "accept_offer": lambda at, **k: f.OfferAccepted(at, at, COLLEAGUE),
    "return_offer": lambda at, **k: f.OfferReturned(at, at, COLLEAGUE),
    "withdraw_offer": lambda at, **k: f.OfferWithdrawn(at, at, AGENT),
    "hand_over": lambda at, **k: f.HandedOver(at, at, COLLEAGUE, AGENT),
    "take_over": lambda at, **k: f.HandedOver(at, at, COLLEAGUE, COLLEAGUE),
    "return_down": lambda at, **k: f.ReturnedDown(at, at, AGENT),
    "help_back": lambda at, **k: f.HelpedBack(at, at, AGENT, 2, 1, AGENT),
    "answer_supervisor": lambda at, **k: f.SupervisorAnswered(at, at, AGENT, k.get("granted", True)),
    "apologise": lambda at, **k: f.Apologised(at, at, AGENT),
    "note": lambda at, **k: f.Noted(at, at, AGENT),
    "mark_upset": lambda at, **k: f.MarkedUpset(at, at, AGENT),
    "mark_calm": lambda at, **k: f.Calmed(at, at, AGENT),
    "merge": lambda at, **k: f.Merged(at, at, "MP-OTHER-22", AGENT),
    "close": lambda at, **k: f.Closed(at, at, AGENT),
    "emergency": lambda at, **k: f.Emergency(at, at, AGENT, k.get("empty", ())),
    "justify": lambda at, **k: f.Justified(at, at, AGENT),
    "keep": lambda at, **k: f.Kept(at, at, AGENT, "a-rule", "must"),
    "adopt": lambda at, **k: f.Adopted(at, at, "five-tier@2", AGENT),
    "add_task": lambda at, **k: f.TaskAdded(at, at, AGENT, COLLEAGUE),
    "change_task": lambda at, **k: f.TaskChanged(at, at, AGENT, late=False, to=COLLEAGUE),
    "finish_task": lambda at, **k: f.TaskFinished(at, at, AGENT, late=False),
    "drop_task": lambda at, **k: f.TaskDropped(at, at, AGENT, late=False),
    "consult": lambda at, **k: f.ExpertAsked(at, at, AGENT, COLLEAGUE),
    "answer_consult": lambda at, **k: f.ExpertAnswered(at, at, COLLEAGUE, AGENT, late=False),
    "take_back_question": lambda at, **k: f.QuestionTakenBack(at, at, AGENT, COLLEAGUE, late=False),
    "tried": lambda at, **k: f.Noted(at, at, AGENT),
    "investigate": lambda at, **k: f.Noted(at, at, AGENT),
    "told_by_phone": lambda at, **k: f.ToldByPhone(at, at, AGENT, 7, "answer"),
    "give_up": lambda at, **k: f.GaveUp(at, at, AGENT, 7, "answer"),
    "correct_customer_address": lambda at, **k: f.AddressCorrected(at, at, AGENT),
    "log_call": lambda at, **k: f.CustomerWrote(at, at, "phone"),
    "change_topic": lambda at, **k: f.TopicChanged(at, at, "orders", AGENT),
    "remind": lambda at, **k: f.Reminded(at, at, AGENT),
    "mail_on": lambda at, **k: f.CustomerWrote(at, at, "email"),
    "mail_back": lambda at, **k: f.Reopened(at, at),
    "reply": lambda at, **k: f.CustomerWrote(at, at, "portal"),
    "accept": lambda at, **k: f.Accepted(at, at),
    "reject": lambda at, **k: f.Rejected(at, at),
    "reopen": lambda at, **k: f.Reopened(at, at),
    "withdraw": lambda at, **k: f.Withdrawn(at, at),
    "ask_supervisor": lambda at, **k: f.SupervisorAsked(at, at, "slow"),
}
#: The acts that lead a case just filed to each state.
ROADS: dict[str, tuple[str, ...]] = {
    State.NEW: (),
    State.REVIEWED: ("assess",),
    State.ESCALATED: ("escalate",),
    State.PASSED: ("escalate", "review"),
    State.ACKNOWLEDGED: ("assess", "acknowledge"),
    State.WORKING: ("assess", "acknowledge", "update"),
    State.WAITING_CUSTOMER: ("assess", "acknowledge", "wait_customer"),
    State.WAITING_PARTNER: ("assess", "acknowledge", "wait_partner"),
    State.ANSWERED: ("assess", "acknowledge", "answer"),
    State.CONFIRMED: ("assess", "acknowledge", "answer", "accept"),
    State.FEEDBACK: ("assess", "acknowledge", "answer", "accept", "hour"),
    State.CLOSED: ("assess", "acknowledge", "answer", "silence"),
    State.REOPENED: ("assess", "acknowledge", "answer", "reject"),
    State.WITHDRAWN: ("withdraw",),
    State.MERGED: ("merge",),
}


class NotPermitted(ValueError):
    """The table of permits says no."""


@cache
def pack_rules() -> Rules:
    """The shipped five-tier protocol and its calendars, parsed without a database."""
    pack = read_pack("five_tier")
    calendars = {
        key: ((LONG_AGO, Calendar.from_document(document | {"label": f"{key}@1"})),)
        for key, document in pack["calendars"].items()
    }
    return Rules(parse("five-tier@1", pack["protocol"]), calendars)


def with_document(change: Callable[[dict[str, Any]], None]) -> Protocol:
    """The shipped protocol with its document changed."""
    document = read_pack("five_tier")["protocol"]
    change(document)
    return parse("five-tier@1", document)


def staffed(rules: Rules, empty: tuple[str, ...] = ()) -> Directory:
    """One person behind each tier's team, nobody behind the `empty` ones."""
    posts = {}
    for tier in rules.protocol.tiers:
        people = () if tier.team in empty else (100 + tier.ordinal,)
        posts[tier.team] = Post(tier.ordinal, tier.name, people[0] if people else None, people)
    return Directory(posts)


def filed(at: datetime = MONDAY, *, severity: int = 2, rules: Rules | None = None, empty: tuple[str, ...] = ()) -> Turn:
    """A turn of a case that has just been filed."""
    rules = rules or pack_rules()
    case = Case(
        pk=1, reference="MP-TEST-22", customer_id=CUSTOMER, category=Category(pk=1, slug="orders"), title="Charged twice",
        severity=severity, protocol=rules.protocol.label, team_id=1, filed_at=at,
    )  # fmt: skip
    turn = Turn(case, rules, staffed(rules, empty), {})
    turn.take(f.Filed(at, at), by=CUSTOMER, role="customer")
    return turn


def act(turn: Turn, verb: str, at: datetime, **more: Any) -> None:
    """A person's act as `Act.on` runs it: catch up, look at the table of permits, take."""
    turn.settle(at)
    permit = PERMITS[verb]
    if not permit.fits(turn.case.state) or permit.unless(turn.case, turn, turn.clocks):
        raise NotPermitted(f"{verb} while {turn.case.state}")
    role = "customer" if permit.who == "customer" else "staff"
    turn.take(ACTS[verb](at, **more), by=CUSTOMER if role == "customer" else AGENT, role=role)


def at_state(state: str, *, severity: int = 2) -> tuple[Turn, datetime]:
    """A turn of a case in `state`, and the instant it got there."""
    turn, at = filed(severity=severity), MONDAY
    for step in ROADS[state]:
        if step == "hour":
            at += timedelta(hours=1)
            turn.settle(at)
        elif step == "silence":
            at = turn.clocks["confirm"].due_at or at
            turn.settle(at)
        else:
            at += MINUTE
            act(turn, step, at)
    assert turn.case.state == state
    return turn, at
