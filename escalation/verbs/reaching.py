"""Reaching a customer whom a letter did not: on the phone, at the right address, or not at all; and calls put on record."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from cases.models import AccessLink, Case, Message, User
from cases.models.message import Channel
from escalation import facts as f
from escalation.account_letters import MOVED, owe_word
from escalation.models import Notice
from escalation.outbox import take_back
from escalation.reaching import unheard
from escalation.turn import Turn
from escalation.verbs.acting import Act, Refused, Said
from escalation.verbs.customer import wrote

K = Message.Kind
#: Who said what is put on record: the customer told us, or we told the customer.
THEIRS, OURS = "theirs", "ours"
#: How long ago a call may have been that is put on record.
LONGEST_AGO = timedelta(days=7)
NOT_UNHEARD = "This message is not one that did not arrive, or a colleague has seen to it already."


def _letter(turn: Turn, notice: int) -> Notice:
    """The undelivered letter, held. Raises Refused."""
    row = unheard(turn.case).select_related(None).select_for_update(of=("self",)).filter(pk=notice).first()
    if row is None:
        raise Refused(NOT_UNHEARD, field="notice")
    return row


def told_by_phone(
    case_id: int, *, notice: int, who: str, when: datetime, words: str, by: User, at: datetime, **act: Any
) -> Case:
    """The letter `notice` was read out to `who` at `when`; `words` are what was said, and stand in the conversation.

    No clock is met or stopped by it. Raises Refused.
    """
    who, words = " ".join(who.split()), words.strip()
    if not who:
        raise Refused("Say whom you spoke to.", field="who")
    if not words:
        raise Refused("Write what you told them.", field="words")
    if not at - LONGEST_AGO <= when <= at:
        raise Refused("The call must have been in the last seven days.", field="when", latest=at)

    def happening(turn: Turn) -> f.Happening:
        row = _letter(turn, notice)
        row.state, row.sent_at = Notice.State.TOLD, when
        row.save(update_fields=["state", "sent_at"])
        return f.ToldByPhone(at=at, now=at, by=by.pk, notice=row.pk, letter=row.kind)

    said = Said(words, K.CALL, Channel.PHONE)
    return Act("told_by_phone", by, at, said=said, note=f"Spoke to {who} on the phone.", **act).on(case_id, happening)


def give_up(case_id: int, *, notice: int, reason: str, by: User, at: datetime, **act: Any) -> Case:
    """Nobody tries any more to bring them the letter `notice`; `reason` is an internal note. Raises Refused."""
    if not reason.strip():
        raise Refused("Say why nobody needs to try any more.", field="reason")

    def happening(turn: Turn) -> f.Happening:
        row = _letter(turn, notice)
        row.state = Notice.State.GIVEN_UP
        row.save(update_fields=["state"])
        return f.GaveUp(at=at, now=at, by=by.pk, notice=row.pk, letter=row.kind)

    return Act("give_up", by, at, note=reason.strip(), **act).on(case_id, happening)


def log_call(case_id: int, *, side: str, text: str, by: User, at: datetime, **act: Any) -> Case:
    """Puts a call on record. What the customer said (`side` theirs) counts as their message does: clocks that waited go on.

    What we said (`ours`) meets no clock: an update names its next time, and is an act of its own. Raises Refused.
    """
    if side not in (THEIRS, OURS):
        raise Refused("Choose who told whom.", field="side")
    if not text.strip():
        raise Refused("Write what was said.", field="text")
    if side == OURS:
        said = Said(text.strip(), K.CALL, Channel.PHONE)
        return Act("log_call", by, at, said=said, **act).on(case_id, lambda turn: f.WeCalled(at=at, now=at, by=by.pk))
    customer = Case.objects.select_related("customer").get(pk=case_id).customer
    said = Said(text.strip(), K.CUSTOMER, Channel.PHONE, from_customer=True, author=customer)
    # They spoke to us now, whatever of ours they had not read: nothing can have crossed.
    return Act("log_call", by, at, said=said, **act).on(
        case_id, lambda turn: wrote(turn.case, Channel.PHONE, at=at, seen=None)
    )


def correct_customer_address(case_id: int, *, address: str, reason: str, by: User, at: datetime, **act: Any) -> Case:
    """Gives the customer's account the right `address`, for all of their cases.

    Both addresses stand in an internal note with the `reason`, both are written to, everything signed in with the old
    one ends, and letters that did not arrive go again. Nobody has proved to read the new one. Raises Refused.
    """
    address = address.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise Refused("Enter a whole e-mail address, such as name@example.com.", field="address") from None
    if not reason.strip():
        raise Refused("Say how you know that this address is theirs.", field="reason")
    doing = Act("correct_customer_address", by, at, note=reason.strip(), **act)

    def happening(turn: Turn) -> f.Happening:
        person = User.objects.select_for_update(of=("self",)).get(pk=turn.case.customer_id)
        old = person.email
        _may_move(person, address)
        doing.note = f"The customer’s address was corrected from {old} to {address}. {reason.strip()}"
        _move(person, address, at=doing.at)
        return f.AddressCorrected(at=at, now=at, by=by.pk)

    return doing.on(case_id, happening)


def _may_move(person: User, address: str) -> None:
    if person.is_staff:
        raise Refused("This is a colleague’s account. They change its address themselves.")
    if person.erased_at:
        raise Refused("This person has been erased.")
    if person.email.lower() == address:
        raise Refused("That is the address the account has already.", field="address")
    if User.objects.at_address(address).exclude(pk=person.pk).exists():
        raise Refused("Another account has this address. Nothing was changed.", field="address")


def _move(person: User, address: str, *, at: datetime) -> None:
    """The account at its new address, its sessions and links ended, both told, and what did not arrive back in line."""
    old, person.email, person.is_verified = person.email, address, False
    person.session_salt = secrets.token_hex(16)
    try:
        with transaction.atomic():
            person.save(update_fields=["email", "is_verified", "session_salt"])
    except IntegrityError:
        raise Refused("Another account has this address. Nothing was changed.", field="address") from None
    AccessLink.objects.filter(user=person).delete()
    owe_word(MOVED, person, "old", at=at, address=old)
    owe_word(MOVED, person, "new", at=at)
    lost = Notice.objects.filter(recipient=person, to_customer=True, state=Notice.State.DEAD, case__isnull=False)
    take_back(lost, next_at=at, owed_at=at, error="")
