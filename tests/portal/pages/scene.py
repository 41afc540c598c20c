"""Cases in every state, made through the verbs, and the instant the pages are looked at."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from cases.lifecycle import State
from cases.models import Case, Category
from escalation import sweep, verbs
from escalation.facts import Clock
from escalation.models import StageClock
from portal import clock
from tests import solving
from tests.cast import MONDAY, Cast

LOOK = MONDAY + timedelta(hours=2)
S = State


def look_at(instant: datetime) -> None:
    """Moves the doors' clock so that now is `instant` (seconds go on from there)."""
    clock.travel(instant - timezone.now())


def later(hours: float = 0, days: float = 0) -> datetime:
    return MONDAY + timedelta(hours=hours, days=days)


def step(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def sweep_at(instant: datetime) -> None:
    while sweep.sweep_batch(instant):
        pass


def assessed(cast: Cast, **filing: object) -> Case:
    case = cast.file(**filing)
    orders = Category.objects.get(slug="orders")
    return verbs.assess(case.pk, severity=2, complexity=1, category=orders, by=cast.tiers[1], at=step(5))


def acknowledged(cast: Cast, **filing: object) -> Case:
    return verbs.acknowledge(assessed(cast, **filing).pk, by=cast.tiers[1], at=step(10))


def working(cast: Cast, **filing: object) -> Case:
    case = acknowledged(cast, **filing)
    return verbs.update(case.pk, text="The bank confirms two charges.", by=cast.tiers[1], at=step(15))


def answered(cast: Cast, **filing: object) -> Case:
    case = working(cast, **filing)
    return solving.answer(
        case.pk,
        text="We paid it back.",
        outcome="refunded",
        amount=10,
        root_cause="double click",
        by=cast.tiers[1],
        at=step(20),
    )


def confirmed(cast: Cast, **filing: object) -> Case:
    return verbs.accept(answered(cast, **filing).pk, by=cast.customer, at=step(25))


def escalated(cast: Cast, **filing: object) -> Case:
    case = assessed(cast, **filing)
    return solving.escalate(case.pk, reason="I cannot see bank records.", by=cast.tiers[1], at=step(10))


def merged(cast: Cast) -> Case:
    into = cast.file(title="The other one")
    return verbs.merge(assessed(cast).pk, into=into, by=cast.tiers[1], at=step(10))


def feedback(cast: Cast) -> Case:
    case = confirmed(cast)
    sweep_at(later(hours=1.9))
    return case


def closed(cast: Cast) -> Case:
    """The time to say yes or no is cut short, so that the silence is over within the hour."""
    case = answered(cast)
    StageClock.objects.filter(case=case, kind=Clock.CONFIRM).update(due_at=step(30))
    Case.objects.filter(pk=case.pk).update(promise_at=step(30), wake_at=step(30))
    sweep_at(step(30))
    return case


def waiting_partner(cast: Cast) -> Case:
    said = {"partner": "North Bank", "text": "We asked the bank."}
    return verbs.wait_partner(acknowledged(cast).pk, by=cast.tiers[1], at=step(15), **said)


def waiting_customer(cast: Cast) -> Case:
    return verbs.wait_customer(acknowledged(cast).pk, question="Which charge?", by=cast.tiers[1], at=step(15))


def reopened(cast: Cast) -> Case:
    return verbs.reject(answered(cast).pk, text="Still charged.", by=cast.customer, at=step(25))


def late(cast: Cast) -> Case:
    """Nobody looked: the first promise is broken and the case has been passed up."""
    case = cast.file()
    sweep_at(case.promise_at + timedelta(seconds=1))
    return case


#: A case in each state.
MAKERS = {
    S.NEW: lambda cast: cast.file(),
    S.REVIEWED: assessed,
    S.ESCALATED: escalated,
    S.PASSED: lambda cast: verbs.review(escalated(cast).pk, by=cast.tiers[2], at=step(12)),
    S.ACKNOWLEDGED: acknowledged,
    S.WORKING: working,
    S.WAITING_CUSTOMER: waiting_customer,
    S.WAITING_PARTNER: waiting_partner,
    S.ANSWERED: answered,
    S.CONFIRMED: confirmed,
    S.FEEDBACK: feedback,
    S.CLOSED: closed,
    S.REOPENED: reopened,
    S.WITHDRAWN: lambda cast: verbs.withdraw(working(cast).pk, by=cast.customer, at=step(20)),
    S.MERGED: merged,
}


def make(state: str, cast: Cast) -> Case:
    """A case in `state`, read anew."""
    return Case.objects.get(pk=MAKERS[state](cast).pk)
