"""Fetches what is unread in the mailbox; each message is marked only when what it did is committed."""

from __future__ import annotations

import re
import ssl
import time
from datetime import datetime, timedelta
from imaplib import IMAP4
from typing import Any

from django.conf import settings
from django.db.models import Exists, QuerySet
from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted, MailMessageFlags
from imap_tools.errors import ImapToolsError

from escalation.models import Heartbeat, InboundMail, MailTry
from escalation.steps import Step
from portal.inbound import taking, tries, trouble

ROLE, EVERY = trouble.ROLE, timedelta(minutes=1)
BATCH = 50
#: Seconds one look goes on: what is left comes in the next, and copies and erasures are not held up.
WORK_MOST = 20.0
SIZE_MOST = 30 * 1024 * 1024  # bytes: two full files as mail spells them, and what stands around them
#: Of one that is larger the start of its head, whatever stands there.
WHOLE, HEAD = "BODY.PEEK[]", "BODY.PEEK[HEADER]<0.65536>"
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


NO_STORAGE = (
    "The files of some e-mails could not be kept, so these stay unread and are tried again. Look whether the place "
    "where files are kept is there, and has room."
)
NO_MARKS = (
    "The mail server does not let us mark e-mails as read. They are taken in once all the same. Look at its rights."
)


def due(at: datetime) -> QuerySet:
    """One row, while nobody has looked into the mailbox in the last minute; none where there is no mailbox."""
    fresh = Heartbeat.objects.filter(role=ROLE, last_loop__gt=at - EVERY)
    others = Heartbeat.objects.exclude(role=ROLE) if settings.INBOUND else Heartbeat.objects.filter(role="")
    return others.filter(~Exists(fresh))


def look(at: datetime) -> int:
    """Takes what is unread; how many it were while there may be more, so that the step goes on, else 0.

    What went wrong is written down, then raised.
    """
    row, _ = Heartbeat.objects.update_or_create(role=ROLE, defaults={"last_loop": at})
    began = time.monotonic()
    try:
        taken = fetch(at)
    except Exception as error:
        known = str(error) if isinstance(error, trouble.Unreadable) else trouble.sentence(error)
        row.note = known or trouble.unknown(error)
        row.save(update_fields=["note"])
        if not known:
            raise
        # What a mail server answers may quote an address: only our own sentence goes to the log.
        raise trouble.Unreadable(known) from None
    full = taken >= BATCH or time.monotonic() - began > WORK_MOST
    row.last_success, row.note = at, ""
    # The next round goes on at once, after the hand's other steps have had their turn.
    row.last_loop = at - EVERY if full else at
    row.save(update_fields=["last_loop", "last_success", "note"])
    return taken if full else 0


def fetch(at: datetime) -> int:
    """Takes up to BATCH unread messages, for WORK_MOST seconds and one message more; how many were begun.

    One that cannot be taken in holds up no other, and comes again after a while. What went wrong is raised when all
    have had their turn; what the mailbox itself does not answer, at once.
    """
    box, until = _opened(settings.INBOUND), time.monotonic() + WORK_MOST
    try:
        begun, wrong = 0, None
        for message in tries.waiting(box, box.uids("UNSEEN"), at)[:BATCH]:
            wrong = _one(box, message, at) or wrong
            begun += 1
            if time.monotonic() > until:
                break
        if wrong:
            raise wrong
        return begun
    finally:
        _leave(box)


def _opened(where: dict[str, Any]) -> BaseMailBox:
    given = {"host": where["host"], "port": where["port"], "timeout": where["timeout"]}
    box: BaseMailBox
    if where["scheme"] == "imap":
        box = MailBoxUnencrypted(**given)
    else:
        kind = MailBox if where["scheme"] == "imaps" else MailBoxStartTls
        # The library's own context asks for no certificate.
        box = kind(**given, ssl_context=ssl.create_default_context(cafile=where["ca_file"] or None))
    return box.login(where["user"], where["password"], initial_folder=where["folder"])


def _one(box: BaseMailBox, message: tries.Waiting, at: datetime) -> Exception | None:
    """One message, its try written down before it is read; what was away or refused, for when the others are done."""
    this = tries.begin(message, at)
    if this is None:
        return None  # somebody else has it just now
    if not this.is_taken:
        try:
            mail = _taken(box, message, this, at)
        except taking.AWAY as error:
            tries.put_off(this, at)
            return trouble.Unreadable(NO_STORAGE) if isinstance(error, OSError) else error
        if mail is None:
            return None  # somebody took it away meanwhile, or the server does not give it to us
        tries.taken(this, mail)
    return _marked(box, message, this)


def _taken(box: BaseMailBox, message: tries.Waiting, this: MailTry, at: datetime) -> InboundMail | None:
    if tries.is_over(this):
        return taking.give_up(message.place, tries.WHY, at)
    try:
        raw, whole = _fetched(box, message.uid)
    except (OSError, IMAP4.abort) as error:
        tries.put_off(this, at)
        raise IMAP4.abort(type(error).__name__) from error
    return None if raw is None else taking.taken(raw, at=at, whole=whole)


def _fetched(box: BaseMailBox, uid: str) -> tuple[bytes | None, bool]:
    """The message, or the start of its head where it is too large; and whether it is all of it."""
    try:
        found = SIZE.search(_flat(box.client.uid("FETCH", uid, "(RFC822.SIZE)")[1]))
        whole = found is not None and int(found[1]) <= SIZE_MOST
        return _body(box.client.uid("FETCH", uid, f"({WHOLE if whole else HEAD})")[1]), whole
    except IMAP4.abort:
        raise
    except IMAP4.error:
        return None, False


def _marked(box: BaseMailBox, message: tries.Waiting, this: MailTry) -> Exception | None:
    """Marks it as read. A worker that dies before this fetches it once more, and finds that it has been taken."""
    flags = [MailMessageFlags.SEEN] + ([MailMessageFlags.FLAGGED] if this.is_flagged else [])
    try:
        box.flag(message.uid, flags, True)
    except IMAP4.abort:
        raise
    except (IMAP4.error, ImapToolsError):
        return trouble.Unreadable(NO_MARKS)
    tries.end(this)
    return None


def _flat(answer: Any) -> bytes:
    return b" ".join(part if isinstance(part, bytes) else part[0] for part in answer or () if part)


def _body(answer: Any) -> bytes | None:
    return next((part[1] for part in answer or () if isinstance(part, tuple)), None)


def _leave(box: BaseMailBox) -> None:
    """A server that has gone cannot be said goodbye to."""
    try:
        box.logout()
    except Exception:
        box.client.shutdown()


STEPS = (Step("mail that came in", due, look),)
