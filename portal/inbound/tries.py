"""How often each message of the mailbox was begun: one that cannot be taken in comes later, less often, and then not at all.

A try is written down before the message is read. One that takes the whole process down is therefore known by it, and
set aside unread when it has done so twice. What is away (the database, the storage of files, the connection) is no
fault of the message: its try is taken back, and it comes again for three days.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F
from imap_tools import BaseMailBox

from escalation.models import InboundMail, MailTry

#: So often a message is read; the next time it is set aside unread.
MOST = 2
#: How long a message that was begun is left alone, by how often it was; nobody else takes it meanwhile.
WAITS = (timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
AWAY_FIRST, AWAY_LONGEST, AWAY_MOST = timedelta(minutes=1), timedelta(minutes=15), timedelta(days=3)
#: What is not unread any more is forgotten after so long.
FORGOTTEN = timedelta(days=1)
WHY = "It could not be taken in, however often it was tried. It is in the mailbox, flagged."


@dataclass(frozen=True, slots=True)
class Waiting:
    """An unread message: its UID, and the name it is remembered by."""

    uid: str
    place: str


def waiting(box: BaseMailBox, uids: Sequence[str], at: datetime) -> list[Waiting]:
    """The unread messages whose turn it is, oldest first; tries of what is not unread any more are forgotten."""
    here = _mailbox(box)
    there = [Waiting(uid, f"{here}:{uid}") for uid in uids]
    known, places = dict(MailTry.objects.values_list("place", "next_at")), {one.place for one in there}
    gone = [place for place, then in known.items() if place not in places and then < at - FORGOTTEN]
    MailTry.objects.filter(place__in=gone[:500]).delete()
    return [one for one in there if one.place not in known or known[one.place] <= at]


def _mailbox(box: BaseMailBox) -> str:
    """A UID names one message in one folder, as long as the server's UIDVALIDITY stays."""
    where = settings.INBOUND
    named = "\n".join(str(where[part]) for part in ("host", "port", "user", "folder"))
    (said,) = box.client.response("UIDVALIDITY")[1][:1] or (None,)
    return f"{hashlib.sha256(named.encode()).hexdigest()[:32]}:{(said or b'0').decode()[:10]}"


def begin(message: Waiting, at: datetime) -> MailTry | None:
    """The try that begins now, written down; None when somebody else has the message."""
    first = {"tries": 1, "first_at": at, "next_at": at + WAITS[0]}
    row, fresh = MailTry.objects.get_or_create(place=message.place, defaults=first)
    if fresh:
        return row
    then = at + WAITS[min(row.tries, len(WAITS) - 1)]
    mine = MailTry.objects.filter(place=row.place, tries=row.tries, next_at=row.next_at, next_at__lte=at)
    if not mine.update(tries=F("tries") + 1, next_at=then):
        return None
    row.tries, row.next_at = row.tries + 1, then
    return row


def is_over(row: MailTry) -> bool:
    """Whether the message has been read often enough."""
    return not row.is_taken and row.tries > MOST


def put_off(row: MailTry, at: datetime) -> None:
    """It was no fault of the message: the try does not count, and it comes again soon, unless this has gone on for long."""
    if at - row.first_at > AWAY_MOST:
        return
    wait = min(max(at - row.first_at, AWAY_FIRST), AWAY_LONGEST)
    MailTry.objects.filter(place=row.place, tries=row.tries).update(tries=F("tries") - 1, next_at=at + wait)


def taken(row: MailTry, mail: InboundMail) -> None:
    """Only its mark in the mailbox is missing now; whoever comes next does not read it again."""
    row.is_taken, row.is_flagged = True, mail.is_flagged
    MailTry.objects.filter(place=row.place).update(is_taken=True, is_flagged=mail.is_flagged)


def end(row: MailTry) -> None:
    """It is marked as read: there is nothing to remember."""
    MailTry.objects.filter(place=row.place).delete()
