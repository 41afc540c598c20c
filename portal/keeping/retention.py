"""What is only kept for a time goes once a day: sessions, counts, used form ids, links, drafts, old bare work.

A dated row says when it was last done, so that on every other round it costs a part of one question.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, Model, Q, QuerySet
from django.utils import timezone

from cases import presence, staff_acts
from cases.models import AccessLink, DataCopy, FormKey, Participant, Tally
from escalation.models import BulkRun, Heartbeat, InboundMail
from escalation.steps import Step
from portal.keeping import erasing

ROLE = "retention"
EVERY = timedelta(days=1)
#: A form that lay open for longer than this is another press.
FORM_KEYS = timedelta(days=30)
#: That there was a copy is known for so long.
COPIES = timedelta(days=90)
#: A copy of a mail that comes later than this is another mail.
MAIL = timedelta(days=90)
#: Who was asked to join a case and has not come: the link to do so ended long ago.
UNANSWERED = timedelta(days=30)
#: What one press did to many cases is looked up for so long; each case's own log has it for as long as the case.
RUNS = timedelta(days=365)
BATCH = 2000


@dataclass(frozen=True, slots=True)
class Kept:
    """One class of rows that go by their date: its name, and those whose time is over at an instant."""

    name: str
    over: Callable[[datetime], QuerySet | None]


def _mail_over(before: datetime) -> QuerySet[InboundMail]:
    """What waits for a person waits until they come; what they dealt with counts from then."""
    old = InboundMail.objects.filter(Q(seen_at=None) | Q(seen_at__lt=before), at__lt=before)
    return old.exclude(state__in=InboundMail.TO_LOOK_AT)


CLASSES = (
    # Sessions expire by the server's own clock, whatever instant the round is given.
    Kept("sessions", lambda at: Session.objects.filter(expire_date__lt=min(at, timezone.now()))),
    Kept("counts against guessing", lambda at: Tally.objects.filter(window_ends__lt=at)),
    Kept("used form ids", lambda at: FormKey.objects.filter(used_at__lt=at - FORM_KEYS)),
    Kept("who was at a case", presence.gone),
    Kept("links and codes", lambda at: AccessLink.objects.filter(expires_at__lt=at)),
    Kept("mail that came in", lambda at: _mail_over(at - MAIL)),
    Kept(
        "people who did not come", lambda at: Participant.objects.filter(joined_at=None, asked_at__lt=at - UNANSWERED)
    ),
    Kept("runs on many cases", lambda at: BulkRun.objects.filter(finished_at__lt=at - RUNS)),
    Kept("from where events of cases were written", staff_acts.old_places),
    Kept("what is known of old copies", lambda at: DataCopy.objects.filter(file="", asked_at__lt=at - COPIES)),
)


def due(at: datetime) -> QuerySet:
    """The engine's own row, while the day's clearing has not been done."""
    fresh = Heartbeat.objects.filter(role=ROLE, last_loop__gt=at - EVERY)
    return Heartbeat.objects.exclude(role=ROLE).filter(~Exists(fresh))


def clear(at: datetime) -> int:
    """One batch of each class; when nothing is left the day is done. How many rows went."""
    gone = sum(_batch(kept.over(at)) for kept in CLASSES) + erasing.erase_after(at)
    gone += staff_acts.old_addresses(at).update(address="")
    if gone == 0:
        row = Heartbeat(role=ROLE, last_loop=at, last_success=at)
        changed = ["last_loop", "last_success"]
        Heartbeat.objects.bulk_create([row], update_conflicts=True, unique_fields=["role"], update_fields=changed)
    return gone


def _batch(rows: QuerySet[Model] | None) -> int:
    if rows is None:
        return 0
    with transaction.atomic():
        ids = list(rows.order_by().values_list("pk", flat=True)[:BATCH])
        deleted, _ = rows.model._base_manager.filter(pk__in=ids).delete() if ids else (0, {})
    return deleted


STEPS = (Step("retention", due, clear),)
