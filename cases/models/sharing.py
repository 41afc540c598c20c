"""Who else may see a customer's case: the people they added to it."""

from __future__ import annotations

from django.db import models

from cases.models.case import Case
from cases.models.people import User


class Participant(models.Model):
    """Somebody a customer added to one case. Sees nothing before they have pressed the button of the mailed link."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="participants")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="shares")
    asked_at = models.DateTimeField()
    joined_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("case", "user"), name="participant_once"),)
