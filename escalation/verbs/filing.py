"""Filing a case: what the customer told us becomes a case with its first promise."""

from __future__ import annotations

from collections.abc import Sequence
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
from escalation.verbs.acting import Said, claim, own_key, speak
from escalation.worktime import Calendar


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
    proven: bool = True,
) -> Case:
    """Opens a case for customer `by`: state, event, clock, promise, receipt, in one transaction.

    `proven` False: nobody has shown yet that it is this person who files (a guest who typed an address).

    A second call with the same `form_key` returns the first one's case. Raises NoProtocol or MissingCell
    with a sentence when the protocol does not cover it; then nothing is written.
    """
    with transaction.atomic():
        if form_key and not claim(form_key, None, by=by, at=at):
            done = FormKey.objects.select_related("case").get(key=own_key(form_key, by))
            if done.case is not None:
                return done.case
        rules, directory = rules_in_force(), Directory.load(at)
        case = _new_case(told, rules, directory, by=by, at=at, origin=origin, proven=proven)
        if form_key:
            FormKey.objects.filter(key=own_key(form_key, by)).update(case=case)
        said = Said(told.description, Message.Kind.FILED, channel, from_customer=True)
        message = speak(case, said, by=by, at=at)
        turn = Turn(case, rules, directory, {})
        extra = {
            "message": message.fingerprint,
            "channel": channel,
            "impact": told.impact,
            "category": told.category.slug,
            # That they said what would put it right, not what: the text itself may be erased one day.
            "expects": bool(told.expectation),
        }
        turn.take(
            turn.placed(Filed(at=at, now=at, empty=directory.empty_teams(rules.protocol))),
            by=by.pk,
            role=Event.Role.CUSTOMER,
            extra=extra,
        )
        flush([turn], at)
    return case


def file_many(rows: Sequence[tuple[Told, User]], *, at: datetime, origin: str = "generated") -> list[Case]:
    """Files up to some hundred cases in one transaction, by the same decision and the same writer as one."""
    with transaction.atomic():
        rules, directory = rules_in_force(), Directory.load(at)
        cases = [_unsaved(told, rules, directory, by=by, at=at, origin=origin) for told, by in rows]
        for case, reference in zip(cases, fresh_references(len(cases)), strict=True):
            case.reference = reference
        Case.everything.bulk_create(cases)
        turns = []
        for case, (told, by) in zip(cases, rows, strict=True):
            turn = Turn(case, rules, directory, {})
            extra = {"impact": told.impact, "category": told.category.slug, "expects": bool(told.expectation)}
            turn.take(
                turn.placed(Filed(at=at, now=at, empty=directory.empty_teams(rules.protocol))),
                by=by.pk,
                role=Event.Role.CUSTOMER,
                extra=extra,
            )
            turns.append(turn)
        flush(turns, at)
    return cases


def _new_case(
    told: Told, rules: Rules, directory: Directory, *, by: User, at: datetime, origin: str, proven: bool
) -> Case:
    case = _unsaved(told, rules, directory, by=by, at=at, origin=origin)
    case.is_proven = proven
    (case.reference,) = fresh_references(1)
    case.save(force_insert=True)
    return case


def _unsaved(told: Told, rules: Rules, directory: Directory, *, by: User, at: datetime, origin: str) -> Case:
    return Case(
        origin=origin,
        customer=by,
        category=told.category,
        title=told.title,
        description=told.description,
        expectation=told.expectation,
        impact=told.impact,
        severity=rules.protocol.severity_for(told.impact),
        protocol=rules.protocol.label,
        team_id=directory.team_id(rules.protocol.tier(1).team),
        filed_at=at,
    )


def fresh_references(count: int) -> list[str]:
    """`count` references nobody has; the first group grows when short ones are used up."""
    prefix = reference_prefix()
    found: list[str] = []
    for length in (4, 4, 5, 6, 7):
        tried = {make_reference(prefix, length) for _ in range(count - len(found))} - set(found)
        taken = set(Case.everything.filter(reference__in=tried).values_list("reference", flat=True))
        found += sorted(tried - taken)
        if len(found) == count:
            return found
    raise RuntimeError("No free case reference was found.")


@dataclass(frozen=True, slots=True)
class Outlook:
    """What filing would promise: the first word from us, and the rhythm after it (seconds of `calendar`'s time)."""

    first_word_by: datetime
    acknowledged_within: int
    updates_every: int
    answer_within: int
    calendar: Calendar


def outlook(category: str, impact: str, *, at: datetime) -> Outlook:
    """The promises a case would get, from the same decision that filing takes."""
    rules = rules_in_force()
    severity = rules.protocol.severity_for(impact)
    facts = Facts("new", 1, severity, 1, category, None, None, {})
    (review,) = (
        c
        for c in decide(facts, Filed(at=at, now=at, empty=Directory.load(at).empty_teams(rules.protocol)), rules).starts
        if c.kind == Clock.REVIEW
    )
    cell = rules.protocol.cell(category, severity, 1)
    if review.due is None:
        raise RuntimeError("A clock that starts has a due instant.")
    calendar = rules.calendar(cell.calendar, at)
    return Outlook(review.due, cell.acknowledge, cell.update, cell.resolve, calendar)
