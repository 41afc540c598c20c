"""What people do about mail: put one that landed nowhere by itself on a case; and the note that one is not all there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from cases.lifecycle import SETTLED
from cases.models import Case, Message, User
from cases.models.message import Channel
from escalation import facts as f
from escalation.store import lock
from escalation.verbs.acting import Act, Refused, Said, remark
from escalation.verbs.customer import wrote
from escalation.verbs.following import reopen_over

K = Message.Kind
#: What the event says of a mail that a person put there.
BY_HAND = {"mail": "by_hand"}
NOT_WHOLE = "Not all of the customer’s e-mail is here. Missing: %s. The whole e-mail is in the mailbox, flagged."
MISSING_MOST = 1000  # characters
OVER = "The time to open this case again is over. Put it on an open case, or ask the customer to start a new one."


def put_mail(case_id: int, *, text: str, by: User, at: datetime, seen: int | None = None) -> Case:
    """The mail as the customer's message on their case; a settled one is open again.

    `seen` is the newest event they can have known of when they wrote (None: not known). Raises Refused with a
    sentence; whether this mail has been put somewhere before is the caller's to know, who holds its row.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).get(pk=case_id)
        if reopen_over(case, at):
            raise Refused(OVER)
        if case.state in SETTLED:
            return mail_back(case_id, text=text, by=by, at=at)
        return mail_on(case_id, text=text, by=by, at=at, seen=seen)


def mail_on(case_id: int, *, text: str, by: User, at: datetime, seen: int | None = None) -> Case:
    """On an open case: if we waited for the customer our clocks go on, unless it crossed with our question."""
    act = Act("mail_on", by, at, said=_said(case_id, text, K.CUSTOMER), extra=BY_HAND)
    return act.on(case_id, lambda turn: wrote(turn.case, Channel.EMAIL, at=at, seen=seen))


def mail_back(case_id: int, *, text: str, by: User, at: datetime) -> Case:
    """On a settled case: it came back. How often a day is not counted: a person has looked."""
    act = Act("mail_back", by, at, said=_said(case_id, text, K.REJECTION), extra=BY_HAND)
    return act.on(case_id, lambda turn: f.Reopened(at=at, now=at))


def _said(case_id: int, text: str, kind: str) -> Said:
    """The customer's words, whoever puts them there."""
    if not text.strip():
        raise Refused("There is no text in it to put on a case.")
    customer = User.objects.get(pk=Case.objects.values("customer").get(pk=case_id)["customer"])
    return Said(text.strip(), kind, Channel.EMAIL, from_customer=True, author=customer)


def not_whole(case_id: int, missing: Sequence[str], *, by: User, at: datetime) -> Case:
    """An internal note for whoever has the case: what is `missing` of the mail customer `by` has just sent.

    Only inside the transaction of the verb that put the mail there.
    """
    turn = lock(case_id, at)
    remark(turn, NOT_WHOLE % "; ".join(missing)[:MISSING_MOST], by=by, at=at)
    return turn.case
