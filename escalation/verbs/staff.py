"""What staff do to a case; each is one verb, used by the console, the API and the tests alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from cases.lifecycle import State
from cases.models import Case, Category, Message, RemedyRevision, Resolution, User
from cases.models.message import Channel
from cases.replies import not_sendable
from escalation import facts as f
from escalation import remedies
from escalation.mentions import Unmentionable, mentioned
from escalation.permits import not_grantable
from escalation.ready import not_documented, not_investigated, not_tried
from escalation.saved_replies import next_promise
from escalation.turn import Turn
from escalation.verbs.acting import Act, Refused, Said
from escalation.verbs.solving import note_tried

K = Message.Kind


def _said(text: str, kind: str, field: str = "text") -> Said:
    """The words for the customer, from the argument `field`; refused while something in them is still to be filled in."""
    if not text.strip():
        raise Refused("Write what the customer should read.", field=field)
    if sentence := not_sendable(text):
        raise Refused(sentence, field=field)
    return Said(text.strip(), kind, Channel.CONSOLE)


def _empty(turn: Turn) -> tuple[str, ...]:
    """Teams of the protocol nobody stands behind now: no case may wait there."""
    return turn.empty()


def _explained(turn: Turn, severity: int, reason: str) -> None:
    """Another severity needs a reason, which the customer reads (R044); more urgent than they said needs none at first."""
    now = turn.case.severity
    if reason.strip() or severity == now or (severity < now and turn.case.state == State.NEW):
        return
    way = "more" if severity < now else "less"
    raise Refused(f"Say why it is {way} urgent than before. The customer reads it.", field="reason")


def _why(reason: str) -> Said | None:
    return _said(reason, K.REASON, "reason") if reason.strip() else None


def assess(
    case_id: int,
    *,
    severity: int,
    complexity: int,
    category: Category,
    by: User,
    at: datetime,
    reason: str = "",
    **act: Any,
) -> Case:
    """Sets how urgent and how complex a case is; the first time this is milestone 1 and places the case.

    Less urgent than the customer said, and any other severity later, needs a `reason`, which the customer reads.
    """
    if severity not in range(1, 5):
        raise Refused("Severity is 1 (critical) to 4 (low).")
    if complexity not in range(1, 4):
        raise Refused("Complexity is 1 (simple) to 3 (hard).")

    def happening(turn: Turn) -> f.Happening:
        _explained(turn, severity, reason)
        wanted = (severity, complexity, category.slug)
        return f.Assessed(at, at, *wanted, by=by.pk, empty=_empty(turn))

    return Act("assess", by, at, said=_why(reason), **act).on(case_id, happening)


def change_severity(case_id: int, *, severity: int, reason: str, by: User, at: datetime, **act: Any) -> Case:
    """Makes an assessed case more or less urgent; the customer reads the `reason`. A time may come earlier, never later."""
    if severity not in range(1, 5):
        raise Refused("Severity is 1 (critical) to 4 (low).", field="severity")

    def happening(turn: Turn) -> f.Happening:
        case = turn.case
        if severity == case.severity:
            raise Refused("It has this severity already. Choose another one.", field="severity")
        _explained(turn, severity, reason)
        return f.Assessed(at, at, severity, case.complexity, case.category.slug, by=by.pk, empty=_empty(turn))

    return Act("change_severity", by, at, said=_why(reason), **act).on(case_id, happening)


def review(case_id: int, *, by: User, at: datetime, severity: int | None = None, reason: str = "", **act: Any) -> Case:
    """Milestone 1 after an escalation: confirms severity and times; `severity` None means nothing changes.

    Another severity needs a `reason`, which the customer reads.
    """
    if severity not in (None, 1, 2, 3, 4):
        raise Refused("Severity is 1 (critical) to 4 (low).")

    def happening(turn: Turn) -> f.Happening:
        _explained(turn, severity or turn.case.severity, reason)
        return f.Reviewed(at=at, now=at, severity=severity or turn.case.severity, by=by.pk)

    return Act("review", by, at, said=_why(reason), **act).on(case_id, happening)


def acknowledge(case_id: int, *, by: User, at: datetime, **act: Any) -> Case:
    """Milestone 2: a named person has the case and the customer reads who."""
    return Act("acknowledge", by, at, **act).on(case_id, lambda turn: f.Acknowledged(at=at, now=at, by=by.pk))


def escalate(
    case_id: int, *, reason: str, by: User, at: datetime, steps: Sequence[str] = (), also: str = "", **act: Any
) -> Case:
    """Passes the case one tier up; `reason` is read by the customer.

    `steps` and `also` are what was tried, as in `tried`; from level 1 something must be on record by then (R005).
    """
    act_ = Act("escalate", by, at, said=_said(reason, K.REASON, "reason"), **act)

    def happening(turn: Turn) -> f.Happening:
        act_.extra["tried"] = note_tried(turn, steps, also, by=by, at=act_.at)
        if sentence := not_tried(turn):
            raise Refused(sentence, field="also")
        return f.Escalated(at=at, now=at, by=by.pk, empty=_empty(turn))

    return act_.on(case_id, happening)


def return_down(case_id: int, *, reason: str, by: User, at: datetime, **act: Any) -> Case:
    """Gives the case back one tier; the customer's promise stays as it was."""
    return Act("return_down", by, at, said=_said(reason, K.REASON, "reason"), **act).on(
        case_id, lambda turn: f.ReturnedDown(at=at, now=at, by=by.pk, empty=_empty(turn))
    )


def update(
    case_id: int,
    *,
    text: str,
    by: User,
    at: datetime,
    next_at: datetime | None = None,
    suggested: datetime | None = None,
    inserted: Sequence[datetime] = (),
    **act: Any,
) -> Case:
    """Milestone 3: a word to the customer; the next one is promised by the matrix or earlier, at `next_at`.

    What the text itself promises counts, too: see `escalation.saved_replies.next_promise`.
    """

    def happening(turn: Turn) -> f.Happening:
        due = next_promise(text, turn.case.customer, next_at=next_at, suggested=suggested, inserted=inserted)
        return f.Updated(at=at, now=at, by=by.pk, next_at=due)

    return Act("update", by, at, said=_said(text, K.UPDATE), **act).on(case_id, happening)


def move_promise(case_id: int, *, next_at: datetime, reason: str, by: User, at: datetime, **act: Any) -> Case:
    """Moves the next promise before it is due; the customer reads the old time, the new one and `reason`."""
    return Act("move_promise", by, at, said=_said(reason, K.REASON, "reason"), **act).on(
        case_id, lambda turn: f.PromiseMoved(at=at, now=at, by=by.pk, next_at=next_at)
    )


def wait_customer(case_id: int, *, question: str, by: User, at: datetime, **act: Any) -> Case:
    """Asks the customer; our clocks stop until they answer."""
    return Act("wait_customer", by, at, said=_said(question, K.QUESTION, "question"), **act).on(
        case_id, lambda turn: f.AskedCustomer(at=at, now=at, by=by.pk)
    )


def wait_partner(case_id: int, *, partner: str, text: str, by: User, at: datetime, **act: Any) -> Case:
    """Says that we wait for another company; updates go on."""
    if not partner.strip():
        raise Refused("Say which company we wait for.", field="partner")
    if sentence := not_sendable(partner):
        raise Refused(sentence, field="partner")

    def happening(turn: Turn) -> f.Happening:
        if _names(partner, turn.case.customer):
            raise Refused("Write the company's name, not a person's: it stays in the record.", field="partner")
        return f.WaitsForPartner(at=at, now=at, by=by.pk, partner=partner.strip())

    return Act("wait_partner", by, at, said=_said(text, K.UPDATE), **act).on(case_id, happening)


def _names(text: str, person: User) -> bool:
    """Whether a text that cannot be erased afterwards names the person: by address, or by first and last name."""
    said, name = text.lower(), person.name.lower()
    return "@" in text or (" " in name and name in said)


def partner_answered(case_id: int, *, by: User, at: datetime, **act: Any) -> Case:
    """The other company answered; work goes on."""
    return Act("partner_answered", by, at, **act).on(case_id, lambda turn: f.PartnerAnswered(at=at, now=at, by=by.pk))


def answer(
    case_id: int,
    *,
    text: str,
    outcome: str,
    root_cause: str,
    by: User,
    at: datetime,
    remedy: str = "",
    remedy_kind: RemedyRevision | None = None,
    amount: Decimal | None = None,
    cause: str = "",
    prevents: bool | None = None,
    prevention: str = "",
    **act: Any,
) -> Case:
    """Milestone 4: proposes the answer and documents the outcome; the customer says yes or no.

    `amount` is what is given back, in the protocol's currency; more than the level may grant is refused (R024), and so
    is a `remedy_kind` the level may not give (R065). A grave case needs an investigation (R018), a `cause` and a word
    on prevention (R064): see `escalation.ready`.
    """
    if outcome not in Resolution.Outcome.values:
        raise Refused("Choose how it ended.")
    if not root_cause.strip():
        raise Refused("Write what caused it, in a few words.")
    act_ = Act(
        "answer",
        by,
        at,
        said=_said(text, K.ANSWER),
        extra={"outcome": outcome, "cause": cause, "prevents": prevents},
        **act,
    )

    def happening(turn: Turn) -> f.Happening:
        if sentence := not_grantable(turn, outcome, amount):
            raise Refused(sentence, field="amount")
        if sentence := not_investigated(turn):
            raise Refused(sentence)
        for field, sentence in (
            not_documented(turn, cause=cause, prevents=prevents, prevention=prevention),
            remedies.not_grantable(turn, remedy_kind, amount),
        ):
            if sentence:
                raise Refused(sentence, field=field)
        currency = turn.rules.protocol.currency if amount is not None else ""
        Resolution.everything.create(
            case=turn.case, is_drill=turn.case.is_drill, outcome=outcome, done=text.strip(),
            root_cause=root_cause.strip(), cause=cause, prevents=prevents, prevention=prevention.strip() if prevents else "",
            remedy=remedy.strip(), remedy_kind=remedy_kind, amount=amount, currency=currency, by=by, at=at,
        )  # fmt: skip
        return f.Answered(at=at, now=at, by=by.pk)

    return act_.on(case_id, happening)


def answer_supervisor(case_id: int, *, text: str, granted: bool, by: User, at: datetime, **act: Any) -> Case:
    """Answers a customer who asked for a supervisor; `granted` also passes the case one tier up."""
    return Act("answer_supervisor", by, at, said=_said(text, K.SUPERVISOR), **act).on(
        case_id,
        lambda turn: f.SupervisorAnswered(at=at, now=at, by=by.pk, granted=granted, empty=_empty(turn)),
    )


def apologise(case_id: int, *, text: str, by: User, at: datetime, next_at: datetime | None = None, **act: Any) -> Case:
    """A person says sorry and offers what we can do instead; `next_at` is promised with it where a time can be."""
    return Act("apologise", by, at, said=_said(text, K.APOLOGY), **act).on(
        case_id, lambda turn: f.Apologised(at=at, now=at, by=by.pk, next_at=next_at)
    )


def note(case_id: int, *, text: str, by: User, at: datetime, **act: Any) -> Case:
    """Writes an internal note; no clock hears it. Colleagues it names with an @ are told, if they may see the case."""
    if not text.strip():
        raise Refused("Write the note first.")

    def happening(turn: Turn) -> f.Happening:
        try:
            people = mentioned(text, turn.case, by=by)
        except Unmentionable as why:
            raise Refused(str(why), field="text") from None
        return f.Noted(at=at, now=at, by=by.pk, tell=tuple(one.pk for one in people))

    return Act("note", by, at, note=text.strip(), **act).on(case_id, happening)


def merge(case_id: int, *, into: Case, by: User, at: datetime, **act: Any) -> Case:
    """Joins a case to another of the same customer; its clocks stop, nothing is deleted."""

    def happening(turn: Any) -> f.Happening:
        here, there = turn.case, both.get(into.pk)
        if (
            there is None
            or there.pk == here.pk
            or there.customer_id != here.customer_id
            or not there.is_open
            or not there.is_proven
        ):
            raise Refused("Choose another open case of the same customer.")
        return f.Merged(at=at, now=at, into=there.reference, by=by.pk)

    with transaction.atomic():
        # Both rows, in one order for everybody: two cases joined to each other at once would both be gone.
        wanted = Case.everything.select_for_update(of=("self",)).filter(pk__in=(case_id, into.pk)).order_by("pk")
        both = {case.pk: case for case in wanted}
        return Act("merge", by, at, **act).on(case_id, happening)


def close(case_id: int, *, by: User, at: datetime, **act: Any) -> Case:
    """Closes a case that waits for the customer with no clock of theirs running; while one runs, its end closes the case."""
    return Act("close", by, at, **act).on(case_id, lambda turn: f.Closed(at=at, now=at, by=by.pk))
