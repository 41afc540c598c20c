"""Takes one message: remembered and acted on in one transaction, or set aside where a person sees it."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction

from cases.models import User
from escalation.models import InboundMail
from portal.inbound.landing import Outcome, land
from portal.inbound.reading import Received, read

log = logging.getLogger("milepost.inbound")
S = InboundMail.State
KEPT_MOST = 10_000  # characters of a text that waits


def take(raw: bytes, *, at: datetime, whole: bool = True) -> str:
    """Takes a message and returns its state; a second copy, or a second fetcher, finds the first one's.

    `whole` False: it is too large to be fetched, and `raw` is its head only. Raises what the database raises when it
    is away: then nothing has happened, and the next round tries again.
    """
    try:
        return _take(read(raw), at, whole)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        # Its words go to no log: only what kind of trouble it was.
        log.warning("A mail could not be read: %s.", type(error).__name__)
        return _set_aside(raw, type(error).__name__, at)


def _take(mail: Received, at: datetime, whole: bool) -> str:
    with transaction.atomic():
        row, fresh = InboundMail.objects.get_or_create(key=mail.key, defaults={"at": at, "state": S.WAITING})
        if not fresh:
            return row.state
        if whole or mail.automatic:
            outcome = land(mail, at=at)
        else:
            outcome = Outcome(S.WAITING, "It is too large to be fetched.")
        row.state, row.reason, row.case = outcome.state, outcome.reason[:300], outcome.case
        if row.state in InboundMail.TO_LOOK_AT:
            row.sender, row.subject, row.text = mail.sender[:254], mail.subject, mail.text[:KEPT_MOST]
        row.save(update_fields=["state", "reason", "case", "sender", "subject", "text"])
        return row.state


def _set_aside(raw: bytes, trouble: str, at: datetime) -> str:
    """One that nobody can read stands in nobody's way, and is looked at in the mailbox."""
    key = hashlib.sha256(raw).hexdigest()
    said = {"at": at, "state": S.BROKEN, "reason": f"It could not be read ({trouble}). It is in the mailbox, flagged."}
    row, _ = InboundMail.objects.get_or_create(key=key, defaults=said)
    return row.state


def looked_at(pk: int, *, by: User, at: datetime) -> bool:
    """A person has dealt with it: its words go. False when somebody did so before."""
    with transaction.atomic():
        row = InboundMail.objects.select_for_update().filter(pk=pk, state__in=InboundMail.TO_LOOK_AT).first()
        if row is None:
            return False
        row.state, row.seen_by, row.seen_at = S.SEEN, by, at
        row.sender = row.subject = row.text = ""
        row.save(update_fields=["state", "seen_by", "seen_at", "sender", "subject", "text"])
        return True
