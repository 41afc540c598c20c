"""That we asked somebody something on our own initiative: what the cap on such questions goes by."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from cases.models import User


class Ask(models.Model):
    """One question of ours to one person, when its first letter was written; a reminder belongs to its question."""

    class Kind(models.TextChoices):
        SURVEY = "survey", "Survey of a settled case"
        INTERIM = "interim", "Interim question on an open case"
        RECOMMEND = "nps", "Whether they would recommend us"

    #: What the question is, such as "survey:812": the database refuses a second one.
    key = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = (models.Index(fields=("person", "-at"), name="ask_of_person"),)

    def __str__(self) -> str:
        return self.key
