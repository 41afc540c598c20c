"""Filing a case: what the customer told us becomes a case with its first promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from cases.models import Attachment, Case, Category, Event, FormKey, Message, Product, User
from cases.models.case import reference_prefix
from cases.models.message import Channel
from cases.reference import make_reference
from escalation.choosing import Chooser, rules_for
from escalation.decision import decide
from escalation.directory import Directory
from escalation.facts import Clock, Filed
from escalation.protocol import Rules
from escalation.store import flush
from escalation.turn import Turn
from escalation.upset import sounds_upset
from escalation.verbs.acting import Said, claim, enclosed, own_key, speak
from escalation.worktime import Calendar


@dataclass(frozen=True, slots=True)
class Told:
    """What a customer tells us when filing; from `reach` on it is for people to read, and no rule looks at it."""

    title: str
    description: str
    category: Category
    impact: str
    expectation: str = ""
    product: Product | None = None
    reach: str = ""
    needed_by: date | None = None
    needed_why: str = ""
    call_phone: str = ""
    call_hours: str = ""
    article: str = ""


def file_case(
    told: Told,
    *,
    by: User,
    at: datetime,
    form_key: str = "",
    channel: str = Channel.PORTAL,
    origin: str = "portal",
    proven: bool = True,
    files: Sequence[Attachment] = (),
) -> Case:
    """Opens a case for customer `by`: state, event, clock, promise, receipt, in one transaction.

    `proven` False: nobody has shown yet that it is this person who files (a guest who typed an address); then
    the protocol is chosen as for a customer of no segment. `files` are those that waited on the form's draft.

    A second call with the same `form_key` returns the first one's case. Raises NoProtocol or MissingCell
    with a sentence when the protocol does not cover it, Refused when a file is gone; then nothing is written.
    """
    with transaction.atomic():
        if form_key and not claim(form_key, None, by=by, at=at):
            done = FormKey.objects.select_related("case").get(key=own_key(form_key, by))
            if done.case is not None:
                return done.case
        rules, why = rules_for(by if proven else None, told.category, told.product)
        directory = Directory.load(at, holds=True)
        case = _new_case(told, rules, why, directory, by=by, at=at, origin=origin, proven=proven)
        if form_key:
            FormKey.objects.filter(key=own_key(form_key, by)).update(case=case)
        said = Said(told.description, Message.Kind.FILED, channel, from_customer=True)
        message = speak(case, said, by=by, at=at)
        turn = Turn(case, rules, directory, {})
        extra = {"message": message.fingerprint, "channel": channel} | enclosed(files, case, message=message)
        _begin(turn, told, by=by, at=at, extra=extra)
        flush([turn], at)
    return case


def file_many(rows: Sequence[tuple[Told, User]], *, at: datetime, origin: str = "generated") -> list[Case]:
    """Files up to some hundred cases in one transaction, by the same decision and the same writer as one."""
    with transaction.atomic():
        chooser, directory = Chooser(), Directory.load(at, holds=True)
        chosen = [chooser.rules_for(by, told.category, told.product) for told, by in rows]
        cases = [
            _unsaved(told, rules, why, directory, by=by, at=at, origin=origin)
            for (told, by), (rules, why) in zip(rows, chosen, strict=True)
        ]
        for case, reference in zip(cases, fresh_references(len(cases)), strict=True):
            case.reference = reference
        Case.everything.bulk_create(cases)
        turns = []
        for case, (told, by), (rules, _) in zip(cases, rows, chosen, strict=True):
            turn = Turn(case, rules, directory, {})
            _begin(turn, told, by=by, at=at, extra={})
            turns.append(turn)
        flush(turns, at)
    return cases


def _begin(turn: Turn, told: Told, *, by: User, at: datetime, extra: dict[str, Any]) -> None:
    """The first event: what was chosen on the form, and why the case is under this protocol."""
    said = {
        "impact": told.impact,
        "category": told.category.slug,
        "product": told.product.slug if told.product else "",
        "protocol_why": turn.case.protocol_why,
        # That they said what would put it right, not what: the text itself may be erased one day.
        "expects": bool(told.expectation),
    }
    if told.reach:
        said["reach"] = told.reach
    if told.needed_by:
        said["needed_by"] = told.needed_by.isoformat()
    upset = sounds_upset(f"{told.title}\n{told.description}", turn.rules.protocol.upset)
    turn.take(
        turn.placed(Filed(at=at, now=at, empty=turn.empty(), upset=upset)),
        by=by.pk,
        role=Event.Role.CUSTOMER,
        extra=extra | said,
    )


def _new_case(
    told: Told, rules: Rules, why: str, directory: Directory, *, by: User, at: datetime, origin: str, proven: bool
) -> Case:
    case = _unsaved(told, rules, why, directory, by=by, at=at, origin=origin)
    case.is_proven = proven
    (case.reference,) = fresh_references(1)
    case.save(force_insert=True)
    return case


def _unsaved(
    told: Told, rules: Rules, why: str, directory: Directory, *, by: User | None, at: datetime, origin: str
) -> Case:
    return Case(
        origin=origin,
        customer=by,
        organisation_id=by.organisation_id if by else None,
        category=told.category,
        product=told.product,
        title=told.title,
        description=told.description,
        expectation=told.expectation,
        impact=told.impact,
        reach=told.reach,
        needed_by=told.needed_by,
        needed_why=told.needed_why,
        call_phone=told.call_phone,
        call_hours=told.call_hours,
        article=told.article,
        severity=rules.protocol.severity_for(told.impact),
        protocol=rules.protocol.label,
        protocol_why=why[: Case._meta.get_field("protocol_why").max_length],
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


def outlook(
    category: Category, impact: str, *, at: datetime, customer: User | None = None, product: Product | None = None
) -> Outlook:
    """The promises a case would get, from the same choice of rules and the same decision that filing takes.

    `customer` None: somebody who has not proved who they are, as `file_case` with `proven` False.
    """
    rules, why = rules_for(customer, category, product)
    directory, told = Directory.load(at), Told("", "", category, impact, product=product)
    turn = Turn(_unsaved(told, rules, why, directory, by=customer, at=at, origin=""), rules, directory, {})
    decision = decide(turn.facts(), Filed(at=at, now=at, empty=turn.empty()), rules)
    (review,) = (clock for clock in decision.starts if clock.kind == Clock.REVIEW)
    cell = rules.protocol.cell(category.slug, turn.case.severity, 1)
    if review.due is None:
        raise RuntimeError("A clock that starts has a due instant.")
    calendar = rules.calendar(cell.calendar, at)
    return Outlook(review.due, cell.acknowledge, cell.update, cell.resolve, calendar)
