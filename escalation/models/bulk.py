"""One act on many cases: what was asked, by whom, and what became of each case."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from cases.models import Case, User


class BulkRun(models.Model):
    """One press of the button. `given` is what the act needs besides the case; words in it go when the run is over.

    `key` is the form's one-time id, bound to the person: pressed twice it is one run.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"

    UNFINISHED = (State.WAITING, State.RUNNING)

    key = models.CharField(max_length=64, unique=True)
    act = models.CharField(max_length=20)
    given: models.JSONField = models.JSONField(default=dict)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    heard_at = models.DateTimeField()  # the last sign of life of whoever runs it
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-asked_at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=(Q(state="done") & Q(finished_at__isnull=False)) | (~Q(state="done") & Q(finished_at=None)),
                name="bulk_run_finished",
            ),
        )

    def __str__(self) -> str:
        return f"{self.act} #{self.pk}"


class BulkRow(models.Model):
    """One case of a run, and what became of it; `seen` is the number of the case's last event when it was shown."""

    class State(models.TextChoices):
        WAITING = "waiting", "To do"
        DONE = "done", "Done"
        REFUSED = "refused", "Not done"
        FAILED = "failed", "Failed"

    run = models.ForeignKey(BulkRun, on_delete=models.CASCADE, related_name="rows")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    seen = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    why = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("run", "case"), name="bulk_row_once"),)
        indexes = (models.Index(fields=("run", "id"), condition=Q(state="waiting"), name="bulk_row_to_do"),)
