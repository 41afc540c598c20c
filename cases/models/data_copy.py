"""A copy of everything that is a person's, made for them in the background and kept for a week."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from cases.models.people import User


class DataCopy(models.Model):
    """One request for a copy. `file` is the name below the private folder, random; empty when there is no file (any more)."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Being made"
        DONE = "done", "Ready"
        FAILED = "failed", "Failed"
        GONE = "gone", "Removed"

    UNFINISHED = (State.WAITING, State.RUNNING)

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="copies")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    heard_at = models.DateTimeField()  # the last sign of life of whoever makes it
    tries = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    file = models.CharField(max_length=80, blank=True)
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes.")

    class Meta:
        ordering = ("-asked_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("user",), condition=Q(state__in=("waiting", "running")), name="data_copy_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | (~Q(file="") & Q(expires_at__isnull=False)), name="data_copy_has_a_file"
            ),
        )
        indexes = (
            models.Index(
                fields=("heard_at",), condition=Q(state__in=("waiting", "running")), name="data_copy_unfinished"
            ),
        )

    def __str__(self) -> str:
        return f"Copy {self.pk}"
