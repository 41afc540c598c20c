"""The append-only log: one row for each thing that happened to a case, chained by hash."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from cases.models.case import Case
from cases.models.people import User
from cases.models.worlds import Worldly


class Event(Worldly):
    """What happened, when it was true (`occurred_at`) and when we wrote it down (`recorded_at`).

    Rows are never changed or deleted: database triggers refuse it (`cases.guards`). `data` holds no
    personal text; texts are referred to by id and salted digest.
    """

    class Role(models.TextChoices):
        CUSTOMER = "customer", "Customer"
        STAFF = "staff", "Staff"
        ENGINE = "engine", "Milepost"
        IMPORT = "import", "Import"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=30)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=10, choices=Role.choices)
    cause = models.PositiveIntegerField(null=True)
    protocol = models.CharField(max_length=80)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    # Says the thing that can happen only once, e.g. that one clock was missed: the database keeps it so.
    once = models.CharField(max_length=80, null=True)
    prev = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta(Worldly.Meta):
        ordering = ("case", "seq")
        constraints = (
            models.UniqueConstraint(fields=("case", "seq"), name="event_seq_once"),
            models.UniqueConstraint(fields=("case", "once"), name="event_once", condition=Q(once__isnull=False)),
        )
        indexes = (models.Index(fields=("recorded_at",), name="event_recorded"),)

    def __str__(self) -> str:
        return f"{self.case_id}/{self.seq} {self.kind}"


def stamp(instant: datetime) -> str:
    """One spelling of an instant, whichever database gave it back."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def event_hash(event: Event) -> str:
    """sha256 over the previous hash and the canonical JSON of everything the row says, hex."""
    return hashlib.sha256(canonical(event).encode()).hexdigest()


def canonical(event: Event) -> str:
    """What the hash is made of: a JSON list that begins with the hash before and the case's number."""
    said: list[Any] = [
        event.prev,
        event.case_id,
        event.seq,
        event.kind,
        stamp(event.occurred_at),
        stamp(event.recorded_at),
        event.actor_id,
        event.role,
        event.cause,
        event.protocol,
        event.data,
        event.once,
        event.is_drill,
    ]
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False, cls=DjangoJSONEncoder)


class Anchor(models.Model):
    """The head of all heads up to an event id; also written outside the database, so that a cut tail shows."""

    last_event_id = models.BigIntegerField(unique=True)
    events = models.BigIntegerField()
    head = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("last_event_id",)
