"""Fetches what is unread in the mailbox; each message is marked only when what it did is committed."""

from __future__ import annotations

import re
import ssl
import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, QuerySet
from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted, MailMessageFlags

from escalation.models import Heartbeat, InboundMail
from escalation.steps import Step
from portal.inbound import trouble
from portal.inbound.taking import take

ROLE, EVERY = trouble.ROLE, timedelta(minutes=1)
BATCH = 50
#: Seconds one look goes on: what is left comes in the next, and copies and erasures are not held up.
WORK_MOST = 20.0
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
        known = trouble.sentence(error)
        row.note = known or trouble.unknown(error)
        row.save(update_fields=["note"])
        if not known:
            raise
        # What a mail server answers may quote an address: only our own sentence goes to the log.
        raise trouble.Unreadable(known) from None
    row.last_success, row.note = at, ""
    row.save(update_fields=["last_success", "note"])
    return 0


def fetch(at: datetime) -> int:
    """Takes up to BATCH unread messages, for WORK_MOST seconds and one message more; how many it were."""
    box, until = _opened(settings.INBOUND), time.monotonic() + WORK_MOST
    try:
        taken = 0
        for uid in box.uids("UNSEEN")[:BATCH]:
            _one(box, uid, at)
            taken += 1
            if time.monotonic() > until:
                break
        return taken
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
