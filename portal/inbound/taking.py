"""Takes one message: remembered and acted on in one transaction, or set aside where a person sees it."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction

from cases.models import Case, User
from escalation.mail_crossing import known_by
from escalation.models import InboundMail
from escalation.verbs import put_mail
from portal.inbound.landing import Outcome, land, shortened
from portal.inbound.reading import Received, Unreadable, head_of, read, too_costly

log = logging.getLogger("milepost.inbound")
S = InboundMail.State
KEPT_MOST = 10_000  # characters of a text that waits
WORDS = ("sender", "subject", "text")


#: What is away for a while, and no fault of a message: the database, or where files are kept.
AWAY = (OperationalError, InterfaceError, OSError)


def take(raw: bytes, *, at: datetime, whole: bool = True) -> str:
    """Takes a message and returns its state, as `taken` does."""
    return taken(raw, at=at, whole=whole).state


def taken(raw: bytes, *, at: datetime, whole: bool = True) -> InboundMail:
    """Takes a message and returns what is remembered of it; a second copy, or a second fetcher, finds the first one's.

    `whole` False: it is too large to be fetched, and `raw` is its head only. Raises AWAY when the database or the
    storage of files is away: then nothing has happened, and it is tried again.
    """
    try:
        if whole and too_costly(raw):
            # A few letters a part or a header, millions of them: taken apart it would fill the machine's memory.
            raw, whole = head_of(raw), False
        return _take(read(raw), at, whole)
    except AWAY:
        raise
    except Unreadable as error:
        return give_up(hashlib.sha256(raw).hexdigest(), f"{error} It is in the mailbox, flagged.", at)
    except Exception as error:
        # Its words go to no log: only what kind of trouble it was.
        log.warning("A mail could not be read: %s.", type(error).__name__)
        why = f"It could not be read ({type(error).__name__}). It is in the mailbox, flagged."
        return give_up(hashlib.sha256(raw).hexdigest(), why, at)


def _take(mail: Received, at: datetime, whole: bool) -> InboundMail:
    with transaction.atomic():
        row, fresh = InboundMail.objects.get_or_create(key=mail.key, defaults={"at": at, "state": S.WAITING})
        if not fresh:
            return row
        if whole or mail.automatic:
            outcome = land(mail, at=at)
        else:
            outcome = Outcome(S.WAITING, "It is too large, or has too many parts, to be taken in.")
        row.state, row.reason, row.case = outcome.state, outcome.reason[:300], outcome.case
        row.is_partial = outcome.is_partial
        if row.state in InboundMail.TO_LOOK_AT:
            row.sender, row.subject, row.text = mail.sender[:254], mail.subject, mail.text[:KEPT_MOST]
            row.written_at, row.files = mail.written, len(mail.files)
        row.save(update_fields=["state", "reason", "case", "is_partial", *WORDS, "written_at", "files"])
        return row


def give_up(key: str, why: str, at: datetime) -> InboundMail:
    """One that nobody can read stands in nobody's way, and is looked at in the mailbox."""
    row, _ = InboundMail.objects.get_or_create(key=key, defaults={"at": at, "state": S.BROKEN, "reason": why})
    return row


class Taken(Exception):
    """A colleague was quicker; `mail` says who, when and what they did."""

    def __init__(self, mail: InboundMail) -> None:
        self.mail = mail
        super().__init__("Somebody has dealt with it already.")


def put_on_case(pk: int, case: Case, *, by: User, at: datetime) -> Case:
    """Puts a mail that waits on `case`, which the caller may see: the customer's message in its thread, once.

    Returns the case. Raises Taken when a colleague was quicker, Refused and MissingCell as verbs do; then all is as it was.
    """
    with transaction.atomic():
        row = _held(pk)
        seen = known_by(case, written=row.written_at, refers_to=(), at=row.at)
        after = put_mail(case.pk, text=_words(row, case), by=by, at=at, seen=seen)
        _dealt(row, S.LANDED, by=by, at=at, case=after)
        return after


def set_aside(pk: int, *, because: str, by: User, at: datetime) -> None:
    """A person has looked and it belongs on no case. Raises Taken when a colleague was quicker."""
    with transaction.atomic():
        _dealt(_held(pk), S.SEEN, by=by, at=at, because=because[:300])


def _held(pk: int) -> InboundMail:
    """The row, locked: who comes second waits here, and then finds what the first one did."""
    row = InboundMail.objects.select_for_update(of=("self",)).get(pk=pk)
    if row.state not in InboundMail.TO_LOOK_AT:
        raise Taken(InboundMail.objects.select_related("case", "seen_by").get(pk=pk))
    return row


def _words(row: InboundMail, case: Case) -> str:
    """Its text; from another address than the customer's with that address first, so that everybody sees who wrote."""
    if not row.text or row.sender == case.customer.email.lower():
        return row.text
    return shortened(f"{row.sender}:\n\n{row.text}" if row.sender else row.text, KEPT_MOST)


def _dealt(
    row: InboundMail, state: str, *, by: User, at: datetime, case: Case | None = None, because: str = ""
) -> None:
    """Its words go: they are on the case now, or nobody's business."""
    row.state, row.seen_by, row.seen_at, row.because = state, by, at, because
    row.case = case or row.case
    row.sender = row.subject = row.text = ""
    row.save(update_fields=["state", "case", "seen_by", "seen_at", "because", *WORDS])
