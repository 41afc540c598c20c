"""Who has a case open before them now: told to colleagues, kept for a minute's use, and no part of the log."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from cases.models.case import Case
from cases.models.people import User


class Presence(models.Model):
    """A colleague at a case, since when, and when their page last said so; one row a person and case."""

    class Kind(models.TextChoices):
        VIEWING = "viewing", "viewing"
        WRITING = "writing", "writing"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    since = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = (models.UniqueConstraint(fields=("case", "person"), name="presence_once"),)
        indexes: ClassVar = (models.Index(fields=("seen_at",), name="presence_seen"),)
