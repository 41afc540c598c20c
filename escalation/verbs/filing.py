"""Filing a case: what the customer told us becomes a case with its first promise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from cases.models import Case, Category, Event, FormKey, Message, User
from cases.models.case import reference_prefix
from cases.models.message import Channel
from cases.reference import make_reference
from escalation.book import rules_in_force
from escalation.decision import decide
from escalation.directory import Directory
from escalation.facts import Clock, Facts, Filed
from escalation.protocol import Rules
from escalation.store import flush
from escalation.turn import Turn
from escalation.verbs.acting import Said, claim, speak


@dataclass(frozen=True, slots=True)
class Told:
    """What a customer tells us when filing."""

    title: str
    description: str
    category: Category
    impact: str
    expectation: str = ""


def file_case(
    told: Told,
    *,
    by: User,
    at: datetime,
    form_key: str = "",
    channel: str = Channel.PORTAL,
    origin: str = "portal",
) -> Case:
    """Opens a case for customer `by`: state, event, clock, promise, receipt, in one transaction.

    A second call with the same `form_key` returns the first one's case. Raises NoProtocol or MissingCell
    with a sentence when the protocol does not cover it; then nothing is written.
    """
    with transaction.atomic():
        if form_key and not claim(form_key, None, at):
            done = FormKey.objects.select_related("case").get(key=form_key)
            if done.case is not None:
                return done.case
        rules, directory = rules_in_force(), Directory.load()
        case = _new_case(told, rules, directory, by=by, at=at, origin=origin)
        if form_key:
            FormKey.objects.filter(key=form_key).update(case=case)
        said = Said(told.description, Message.Kind.FILED, channel, from_customer=True)
        message = speak(case, said, by=by, at=at)
        turn = Turn(case, rules, directory, {})
        extra = {"message": message.fingerprint, "channel": channel, "impact": told.impact}
        turn.take(Filed(at=at, now=at), by=by.pk, role=Event.Role.CUSTOMER, extra=extra)
        flush([turn], at)
    return case


def _new_case(told: Told, rules: Rules, directory: Directory, *, by: User, at: datetime, origin: str) -> Case:
    first = rules.protocol.tier(1)
    case = Case(
        reference=fresh_reference(),
        origin=origin,
        customer=by,
        category=told.category,
        title=told.title,
        description=told.description,
        expectation=told.expectation,
        impact=told.impact,
        severity=rules.protocol.severity_for(told.impact),
        protocol=rules.protocol.label,
        team_id=directory.team_id(first.team),
        filed_at=at,
    )
    case.save(force_insert=True)
    return case


def fresh_reference() -> str:
    """A reference nobody has; the first group grows when short ones are used up."""
    prefix = reference_prefix()
    for length in (4, 4, 4, 5, 6, 7):
        reference = make_reference(prefix, length)
        if not Case.everything.filter(reference=reference).exists():
            return reference
    raise RuntimeError("No free case reference was found.")


@dataclass(frozen=True, slots=True)
class Outlook:
    """What filing would promise: the first word from us, and the rhythm after it (seconds of working time)."""

    first_word_by: datetime
    acknowledged_within: int
    updates_every: int
    answer_within: int
    calendar: str


def outlook(category: str, impact: str, *, at: datetime) -> Outlook:
    """The promises a case would get, from the same decision that filing takes."""
    rules = rules_in_force()
    severity = rules.protocol.severity_for(impact)
    facts = Facts("new", 1, severity, 1, category, None, None, {})
    (review,) = (c for c in decide(facts, Filed(at=at, now=at), rules).starts if c.kind == Clock.REVIEW)
    cell = rules.protocol.cell(category, severity, 1)
    if review.due is None:
        raise RuntimeError("A clock that starts has a due instant.")
    return Outlook(review.due, cell.acknowledge, cell.update, cell.resolve, cell.calendar)
