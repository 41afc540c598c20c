"""The rules as stored: versions of protocols and of calendars, immutable once published."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from cases.models import User


class Version(models.Model):
    """One numbered document under a key; the label `key@number` names it for good."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        RETIRED = "retired", "Retired"

    key = models.SlugField(max_length=60)
    number = models.PositiveIntegerField()
    label = models.CharField(max_length=80, unique=True, editable=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    document = models.JSONField(encoder=DjangoJSONEncoder)
    made_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True
        ordering = ("key", "number")

    def __str__(self) -> str:
        return self.label

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keeps the label; database triggers refuse a change of a published document."""
        self.label = f"{self.key}@{self.number}"
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        if self.status != self.Status.DRAFT:
            raise ValidationError(f"{self.label} was published; it stays so that old cases can be explained.")
        return super().delete(*args, **kwargs)


class ProtocolVersion(Version):
    """A version of an escalation protocol. One is in force for new cases; open cases keep theirs."""

    class Meta(Version.Meta):
        constraints = (
            models.UniqueConstraint(fields=("key", "number"), name="protocol_number_once"),
            models.UniqueConstraint(fields=("key",), condition=Q(status="published"), name="protocol_one_in_force"),
        )


class CalendarVersion(Version):
    """A version of a working-time calendar. Later clocks use the newest one published; running ones keep theirs."""

    class Meta(Version.Meta):
        constraints = (models.UniqueConstraint(fields=("key", "number"), name="calendar_number_once"),)
