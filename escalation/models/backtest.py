"""Back-tests that were asked for and what they found, kept so that a decision can cite them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from cases.models import User
from escalation.models.protocol import ProtocolVersion


class BackTest(models.Model):
    """One run: which version was tried, on the cases filed in which window, asked by whom.

    `digest` is the sha256 of the documents that were tried (see `escalation.backtest.rules`): a draft that was
    edited afterwards no longer has it. `progress` runs from 0 to 1.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    UNFINISHED = (State.WAITING, State.RUNNING)

    version = models.ForeignKey(ProtocolVersion, on_delete=models.CASCADE, related_name="back_tests")
    calendars = models.JSONField(default=list)  # labels of drafts of calendars that were tried with it
    since = models.DateTimeField()
    until = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    progress = models.FloatField(default=0)
    heard_at = models.DateTimeField()  # the last sign of life of whoever runs it
    finished_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    result = models.JSONField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-asked_at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=~Q(state="done") | Q(result__isnull=False, finished_at__isnull=False), name="back_test_result"
            ),
            models.CheckConstraint(condition=Q(progress__gte=0, progress__lte=1), name="back_test_progress"),
        )

    def __str__(self) -> str:
        return f"Back-test of {self.version}, {self.since:%d %b %Y} to {self.until:%d %b %Y}"
