"""Fetches what is unread in the mailbox; each message is marked only when what it did is committed."""

from __future__ import annotations

import re
import ssl
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, QuerySet
from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted, MailMessageFlags

from escalation.models import Heartbeat, InboundMail
from escalation.steps import Step
from portal.inbound.taking import take

ROLE, EVERY = "inbound", timedelta(minutes=1)
BATCH = 50
SIZE_MOST = 30 * 1024 * 1024  # bytes: two full files as mail spells them, and what stands around them
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


def due(at: datetime) -> QuerySet:
    """One row, while nobody has looked into the mailbox in the last minute; none where there is no mailbox."""
    fresh = Heartbeat.objects.filter(role=ROLE, last_loop__gt=at - EVERY)
    others = Heartbeat.objects.exclude(role=ROLE) if settings.INBOUND else Heartbeat.objects.filter(role="")
    return others.filter(~Exists(fresh))


def look(at: datetime) -> int:
    """Once, so the step is done with 0 left. What went wrong is written down, then raised."""
    row, _ = Heartbeat.objects.update_or_create(role=ROLE, defaults={"last_loop": at})
    try:
        fetch(at)
    except Exception as error:
        row.note = f"{type(error).__name__}: the mailbox could not be read."
        row.save(update_fields=["note"])
        raise
    row.last_success, row.note = at, ""
    row.save(update_fields=["last_success", "note"])
    return 0


def fetch(at: datetime) -> int:
    """Takes up to BATCH unread messages; how many it were."""
    box = _opened(settings.INBOUND)
    try:
        uids = box.uids("UNSEEN")[:BATCH]
        for uid in uids:
            _one(box, uid, at)
        return len(uids)
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
        box = kind(**given, ssl_context=ssl.create_default_context())
    return box.login(where["user"], where["password"], initial_folder=where["folder"])


def _one(box: BaseMailBox, uid: str, at: datetime) -> None:
    found = SIZE.search(_flat(box.client.uid("FETCH", uid, "(RFC822.SIZE)")[1]))
    whole = found is not None and int(found[1]) <= SIZE_MOST
    raw = _body(box.client.uid("FETCH", uid, f"(BODY.PEEK[{'' if whole else 'HEADER'}])")[1])
    if raw is None:
        return  # somebody took it away meanwhile
    state = take(raw, at=at, whole=whole)
    flags = [MailMessageFlags.SEEN]
    if state in InboundMail.TO_LOOK_AT:
        flags.append(MailMessageFlags.FLAGGED)
    # A worker that dies before this line fetches it once more, and finds that it has been taken.
    box.flag(uid, flags, True)


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
