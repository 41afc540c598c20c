"""Brings a real case, through verbs, to whatever state a test begins in."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from cases.models import Case, Event
from escalation import publishing
from escalation.book import forget
from escalation.facts import Outcome
from escalation.models import Notice, Promise, ProtocolVersion, StageClock
from escalation.packs import read_pack
from escalation.permits import PERMITS
from escalation.store import flush, lock
from tests import solving
from tests.cast import MONDAY, Cast
from tests.escalation.walk import ROADS

MINUTE = timedelta(minutes=1)
counted = itertools.count()

#: What a giver writes when a case is offered to a colleague.
PACKET = {
    "situation": "The bank has both bookings.",
    "done": "Asked the bank for the second one back.",
    "promised": "News today.",
    "following": "Call the bank before three.",
}
#: The words and choices that go with each verb when nothing else is said.
WITH: dict[str, Callable[[Cast, Case], dict[str, Any]]] = {
    "assess": lambda cast, case: {"severity": 2, "complexity": 1, "category": case.category},
    "update": lambda cast, case: {"text": "We are looking into it."},
    "move_promise": lambda cast, case: {
        "next_at": (case.promise_at or MONDAY) - MINUTE,
        "reason": "The carrier needs longer.",
    },
    "wait_customer": lambda cast, case: {"question": "Which card did you pay with?"},
    "wait_partner": lambda cast, case: {"partner": "Parcel Ltd", "text": "We asked the carrier."},
    "answer": lambda cast, case: {"text": "Paid back.", "outcome": "fixed", "root_cause": "Double click"},
    "escalate": lambda cast, case: {"reason": "It needs more authority."},
    "offer": lambda cast, case: {"to": cast.mate, **PACKET},
    "return_offer": lambda cast, case: {"reason": "I leave at four."},
    "hand_over": lambda cast, case: {"to": cast.mate, "note": "Waiting for the bank. Promised news today."},
    "return_down": lambda cast, case: {"reason": "The first level can do this."},
    "help_back": lambda cast, case: {"words": "You may refund up to 50 yourself."},
    "answer_supervisor": lambda cast, case: {"text": "I have looked at it.", "granted": False},
    "apologise": lambda cast, case: {"text": "We are sorry."},
    "note": lambda cast, case: {"text": "Called the bank."},
    "log_call": lambda cast, case: {"side": "theirs", "text": "It was the blue one."},
    "correct_customer_address": lambda cast, case: {"address": "sam.right@example.com", "reason": "Spelt it out."},
    "told_by_phone": lambda cast, case: {
        "notice": newest(case).pk,
        "who": "Sam",
        "when": now_of(case),
        "words": "We asked which card.",
    },
    "give_up": lambda cast, case: {"notice": newest(case).pk, "reason": "They came by and know it."},
    "mail_on": lambda cast, case: {"text": "The blue one."},
    "mail_back": lambda cast, case: {"text": "It came back."},
    "reply": lambda cast, case: {"text": "The blue one."},
    "reject": lambda cast, case: {"text": "It is still there."},
    "reopen": lambda cast, case: {"text": "It came back."},
    "ask_supervisor": lambda cast, case: {"reason": "slow"},
    "mark_upset": lambda cast, case: {"reason": "Shouted on the phone."},
    "tried": lambda cast, case: {"also": "Asked the bank."},
    "investigate": lambda cast, case: solving.INVESTIGATION,
    "merge": lambda cast, case: {"into": cast.file(title="Another one")},
}


def newest(case: Case) -> Notice:
    """The newest letter to the customer."""
    return Notice.everything.filter(case=case, to_customer=True).order_by("-pk")[0]


def lost(case: Case) -> Notice:
    """The newest letter to the customer, which did not arrive."""
    notice = newest(case)
    notice.state, notice.error = Notice.State.DEAD, "550 mailbox full"
    notice.save(update_fields=["state", "error"])
    return notice


def settle(case: Case, at: datetime) -> Case:
    """What a sweep does to one case: catch up and write."""
    with transaction.atomic():
        turn = lock(case.pk, at)
        turn.settle(at)
        flush([turn], at)
    return Case.everything.get(pk=case.pk)


def actor_of(cast: Cast, case: Case, verb: str) -> Any:
    """Who would naturally do it: the customer, a supervisor, or the person behind the case's level."""
    who = PERMITS[verb].who
    if who == "customer":
        return case.customer
    if who == "receiver":
        return cast.mate
    return cast.supervisor if who == "supervisor" else cast.tiers[case.tier]


def publish(model: Any, key: str, document: dict[str, Any], at: datetime) -> None:
    """The second version of a document, in force; a protocol's first is retired."""
    if model is ProtocolVersion:
        model.objects.filter(key=key, status="published").update(status="retired")
    # Parsed versions are kept by label, row and instant, and tests roll back.
    forget()
    made = at + timedelta(microseconds=next(counted))
    model.objects.create(key=key, number=2, status="published", document=document, made_at=made, published_at=at)


def publish_protocol(change: Callable[[dict[str, Any]], Any], at: datetime = MONDAY) -> None:
    """A newer version of the shipped protocol with its document changed."""
    document = read_pack("five_tier")["protocol"]
    change(document)
    publish(ProtocolVersion, "five-tier", document, at)


def now_of(case: Case) -> datetime:
    """When the last thing happened to the case."""
    return Event.everything.filter(case=case).order_by("seq").last().recorded_at


def do(cast: Cast, case: Case, verb: str, *, after: timedelta = MINUTE, **more: Any) -> datetime:
    """Does `verb` with its usual words, `after` the last thing that happened, and returns the instant."""
    case = Case.everything.get(pk=case.pk)
    at = now_of(case) + after
    words = WITH.get(verb, lambda cast, case: {})(cast, case) | more
    by = words.pop("by", None) or actor_of(cast, case, verb)
    solving.doing(verb)(case.pk, by=by, at=at, **words)
    return at


def bring(cast: Cast, state: str, *, at: datetime = MONDAY, **more: Any) -> Case:
    """A case in `state`, a minute for each act on its road there."""
    case = cast.file(at=at, **more)
    for step in ROADS[state]:
        if step == "hour":
            settle(case, now_of(case) + timedelta(hours=1))
        elif step == "silence":
            settle(case, StageClock.everything.get(case=case, kind="confirm", outcome=None).due_at)
        else:
            do(cast, case, step)
    case = Case.everything.get(pk=case.pk)
    assert case.state == state
    return case


def timerless(case: Case) -> Case:
    """The case as the audit would find it had its customer's clock been lost: nothing closes it by itself."""
    running = StageClock.everything.filter(case=case, kind__in=("confirm", "lapse"), outcome=None)
    Promise.everything.filter(clock__in=running, status=Promise.Status.OPEN).update(
        status=Promise.Status.STOPPED, settled_at=now_of(case)
    )
    assert running.update(outcome=Outcome.CANCELLED, ended_at=now_of(case)) == 1
    return case


def in_force(cast: Cast, change: Callable[[dict[str, Any]], object], at: datetime = MONDAY) -> ProtocolVersion:
    """Puts the shipped matrix with a change, and nothing else around it, in force by the real road of two people."""
    new = publishing.draft(ProtocolVersion, "five-tier", note="For the test.", by=cast.supervisor, at=at)
    document = copy.deepcopy(new.document)
    for name in ("guidelines", "topics", "fast_lane"):
        document.pop(name, None)
    for tier in document["tiers"]:
        tier.pop("steps", None)
    change(document)
    publishing.change(new, document, seen=0, by=cast.supervisor, at=at)
    publishing.review(new, seen=1, by=cast.manager, at=at)
    return publishing.publish(new, by=cast.supervisor, at=at, errors=lambda version: ())
