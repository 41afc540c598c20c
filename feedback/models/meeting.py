"""Team meetings on a week's cases: the minutes of each, and the actions that came of them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from cases.models import Team, User


class Meeting(models.Model):
    """The minutes of one meeting, kept once: about one week, of one team or (without a team) of all together."""

    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")
    week = models.DateField()  # the Monday of the week that was looked at
    people = models.ManyToManyField(User, related_name="+")  # who was there
    decided = models.TextField(max_length=4000)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("-week", "-at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("team", "week"), condition=Q(team__isnull=False), name="meeting_once"),
            models.UniqueConstraint(fields=("week",), condition=Q(team=None), name="meeting_of_all_once"),
            models.CheckConstraint(condition=~Q(decided=""), name="meeting_decided_in_words"),
        )

    def __str__(self) -> str:
        return f"Meeting of {self.team or 'all teams'}, week of {self.week.isoformat()}"


class MeetingAction(models.Model):
    """Something a colleague does by a day because a meeting decided it; ticked off with a word on what came of it."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="actions")
    text = models.CharField(max_length=300)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField()
    note = models.CharField(max_length=500, blank=True)
    done_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)
    # Whose it is was told that it is late.
    told_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("due_on", "pk")
        constraints = (
            models.CheckConstraint(condition=~Q(text=""), name="meeting_action_says_what"),
            models.CheckConstraint(
                condition=Q(done_at=None, done_by=None, note="")
                | (Q(done_at__isnull=False, done_by__isnull=False) & ~Q(note="")),
                name="meeting_action_done_with_a_note",
            ),
        )
        indexes: ClassVar = (
            models.Index(fields=("owner", "due_on"), condition=Q(done_at=None), name="meeting_action_to_do"),
            # The step that tells of late ones.
            models.Index(fields=("due_on",), condition=Q(done_at=None, told_at=None), name="meeting_action_late"),
        )

    def __str__(self) -> str:
        return f"Action {self.pk}"
