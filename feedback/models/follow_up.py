"""That somebody asks a customer, some days after their case was settled, whether it is still fixed: by when, and what came of it."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from cases.models import Case, User
from cases.models.worlds import Worldly


class FollowUp(Worldly):
    """One follow-up of one settling of a case. It is open, or was done or skipped (`how`), or stopped.

    It stops where nobody is to be asked any more: the case was opened again, the customer asked not to be contacted, or is
    erased. A case that is settled once more is owed another.
    """

    class How(models.TextChoices):
        LETTER = "letter", "By message"
        PHONE = "phone", "By phone"
        SKIPPED = "skipped", "Skipped with a reason"

    class Said(models.TextChoices):
        """What the customer said on the phone."""

        FINE = "fine", "It still works"
        BACK = "back", "It is back"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="follow_ups")
    # When the case was settled, as it stood on the case then.
    settled_at = models.DateTimeField()
    since = models.DateTimeField()
    due_at = models.DateTimeField()
    # Who solved the case; once they do not work here any more the lead of its team owes it.
    person = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    stopped_at = models.DateTimeField(null=True)
    how = models.CharField(max_length=8, choices=How.choices, blank=True)
    said = models.CharField(max_length=4, choices=Said.choices, blank=True)
    # The message as it was sent, what was said on the phone, or why it was skipped.
    words = models.TextField(max_length=4000, blank=True)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)

    class Meta(Worldly.Meta):
        constraints = (
            models.UniqueConstraint(fields=("case", "settled_at"), name="follow_up_once_a_settling"),
            models.CheckConstraint(
                condition=Q(how="", done_at=None, by=None)
                | (~Q(how="") & Q(done_at__isnull=False, by__isnull=False, stopped_at=None)),
                name="follow_up_done_by_somebody",
            ),
            models.CheckConstraint(
                condition=(Q(how="phone") & ~Q(said="")) | (~Q(how="phone") & Q(said="")), name="follow_up_call_said"
            ),
        )
        indexes = (
            # The list, the console's home and the beat: what is owed, the next first.
            models.Index(fields=("due_at",), condition=Q(done_at=None, stopped_at=None), name="follow_up_open"),
            models.Index(fields=("-done_at",), condition=Q(done_at__isnull=False), name="follow_up_done"),
        )

    @property
    def is_open(self) -> bool:
        return self.done_at is None and self.stopped_at is None

    @property
    def was_made(self) -> bool:
        """Whether the customer was written to or called."""
        return self.how in (self.How.LETTER, self.How.PHONE)

    def is_late(self, at: datetime) -> bool:
        """Whether it is past its time: still open, or done later than it was due."""
        return (self.done_at or at) > self.due_at if self.stopped_at is None else False
