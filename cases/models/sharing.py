"""Who else may see a customer's case: the people they added to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from cases.models.case import Case
from cases.models.people import User

if TYPE_CHECKING:
    from django.db.models import QuerySet


class ParticipantManager(models.Manager["Participant"]):
    """People who were added to cases, and those of them who have come."""

    def present(self) -> QuerySet[Participant]:
        """Who has come and is let through now. Staff are not: what they see and do is a matter of their permissions."""
        return self.filter(
            joined_at__isnull=False,
            case__is_proven=True,
            case__is_drill=False,
            user__is_active=True,
            user__is_staff=False,
        )


class Participant(models.Model):
    """Somebody a customer added to one case. Sees nothing before they have pressed the button of the mailed link."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="participants")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="shares")
    # As the customer typed it: an address the person changes to later is nobody else's business.
    address = models.EmailField()
    asked_at = models.DateTimeField()
    joined_at = models.DateTimeField(null=True)
    # Whether letters say that there is news on this one case.
    wants_news = models.BooleanField(default=True)

    objects = ParticipantManager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("case", "user"), name="participant_once"),)
