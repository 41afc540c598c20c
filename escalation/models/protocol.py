"""The rules as stored: versions of protocols and of calendars, immutable once published."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from cases.models import User


def two_people(name: str) -> tuple[models.BaseConstraint, ...]:
    """What came with the installation has no maker; whatever a person drew up, another one has reviewed."""
    by_another = Q(reviewed_by__isnull=False, reviewed_at__isnull=False) & ~Q(reviewed_by=F("made_by"))
    condition = Q(status="draft") | Q(made_by=None) | by_another
    return (models.CheckConstraint(condition=condition, name=f"{name}_by_two_people"),)


class Version(models.Model):
    """One numbered document under a key; the label `key@number` names it for good."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        REVIEWED = "reviewed", "Reviewed"
        PUBLISHED = "published", "Published"
        RETIRED = "retired", "Retired"

    key = models.SlugField(max_length=60)
    number = models.PositiveIntegerField()
    label = models.CharField(max_length=80, unique=True, editable=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    document = models.JSONField(encoder=DjangoJSONEncoder)
    made_at = models.DateTimeField()
    # The version it was drawn up from, by label; empty for the first of a key.
    based_on = models.CharField(max_length=80, blank=True)
    # Everybody who changed the draft, by id: none of them may review it. `revision` counts the changes.
    hands = models.JSONField(default=list, blank=True)
    revision = models.PositiveIntegerField(default=0)
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # Why this version: shown to whoever reviews it and beside what changed.
    note = models.TextField(blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True
        ordering = ("key", "number")

    def __str__(self) -> str:
        return self.label

    def back_to_draft(self) -> list[str]:
        """Takes back what was said of a draft that is changed now; returns the names of the fields to save."""
        self.status, self.reviewed_by, self.reviewed_at = self.Status.DRAFT, None, None
        return ["status", "reviewed_by", "reviewed_at"]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keeps the label; database triggers refuse a change of a published document."""
        self.label = f"{self.key}@{self.number}"
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        if self.status not in (self.Status.DRAFT, self.Status.REVIEWED):
            raise ValidationError(f"{self.label} was published; it stays so that old cases can be explained.")
        return super().delete(*args, **kwargs)


class ProtocolVersion(Version):
    """A version of an escalation protocol. One is in force for new cases; open cases keep theirs."""

    # A reviewed draft may be given a start: when, by whose order, and why it could not start when the time came.
    starts_at = models.DateTimeField(null=True, blank=True)
    starts_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    not_started = models.TextField(blank=True)

    class Meta(Version.Meta):
        permissions = (("write_protocol", "Can draw up, review and publish protocols and calendars"),)
        constraints = (
            *two_people("protocol"),
            models.UniqueConstraint(fields=("key", "number"), name="protocol_number_once"),
            models.UniqueConstraint(fields=("key",), condition=Q(status="published"), name="protocol_one_in_force"),
            models.UniqueConstraint(
                fields=("key",), condition=Q(status="reviewed", starts_at__isnull=False), name="protocol_one_start"
            ),
        )

    def back_to_draft(self) -> list[str]:
        self.starts_at, self.starts_by, self.not_started = None, None, ""
        return [*super().back_to_draft(), "starts_at", "starts_by", "not_started"]


class CalendarVersion(Version):
    """A version of a working-time calendar. Later clocks use the newest one published; running ones keep theirs."""

    class Meta(Version.Meta):
        constraints = (
            *two_people("calendar"),
            models.UniqueConstraint(fields=("key", "number"), name="calendar_number_once"),
        )


class Attestation(models.Model):
    """A person has read a published version and answered its three questions rightly at `at`.

    Until then `at` is empty and `tries` says how often they tried.
    """

    version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="attestations")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="attestations")
    at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("version", "person"), name="attested_once"),)


class PlanReview(models.Model):
    """A review of a protocol that falls due, is held with a pack of figures, and ends in a signed decision."""

    class Decision(models.TextChoices):
        KEEP = "keep", "Keep it as it is"
        CHANGE = "change", "Change it: a draft follows"
        RETIRE = "retire", "Replace it"

    key = models.SlugField(max_length=60)
    due_on = models.DateField()
    reminded_at = models.DateTimeField(null=True)
    # What was looked at, and a digest of it: the pack made anew from the log must come out the same.
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("due_on", "pk")
        constraints = (
            models.UniqueConstraint(fields=("key",), condition=Q(decided_at=None), name="one_review_ahead"),
            models.CheckConstraint(
                condition=Q(decided_at=None) | (~Q(decision="") & ~Q(reason="") & Q(decided_by__isnull=False)),
                name="review_decision_signed",
            ),
        )
