"""A low score that a supervisor owes an answer: by when, and what became of it."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from cases.models import Case, User
from cases.models.worlds import Worldly


class LowScore(Worldly):
    """The answer owed to one low score or “not fixed”; what was said is in the survey of the same case.

    There is none for an answer without a name, for drills, imported cases and colleagues' own cases. It is open, or was
    dealt with (`how`), or nobody is owed anything any more (`withdrawn_at`): the customer gave another answer or is erased.
    """

    class How(models.TextChoices):
        LETTER = "letter", "By letter"
        PHONE = "phone", "By phone"
        CLOSED = "closed", "Closed with a reason"

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="low_score")
    since = models.DateTimeField()
    due_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    # Supervisors were told that it came; and that it is late.
    announced_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    how = models.CharField(max_length=6, choices=How.choices, blank=True)
    # The letter as it was sent, what was agreed by phone, or why it was closed; the last also of one that is open once more.
    words = models.TextField(max_length=4000, blank=True)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)

    class Meta(Worldly.Meta):
        constraints = (
            models.CheckConstraint(
                condition=Q(how="", done_at=None, by=None)
                | (~Q(how="") & Q(done_at__isnull=False, by__isnull=False, withdrawn_at=None)),
                name="low_score_done_by_somebody",
            ),
        )
        indexes = (
            # The inbox and the beat: what is owed, the next first.
            models.Index(fields=("due_at",), condition=Q(done_at=None, withdrawn_at=None), name="low_score_open"),
            models.Index(fields=("-done_at",), condition=Q(done_at__isnull=False), name="low_score_done"),
        )

    @property
    def is_open(self) -> bool:
        return self.done_at is None and self.withdrawn_at is None

    def is_late(self, at: datetime) -> bool:
        """Whether it is past its time: still open, or done later than it was due."""
        return (self.done_at or at) > self.due_at if self.withdrawn_at is None else False
