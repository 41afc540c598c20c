"""How a case is solved: the playbook of its topic, what was tried, and the investigation of what lies behind it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from cases.models.case import Case
from cases.models.category import Category
from cases.models.message import Note
from cases.models.people import User
from cases.models.remedy import Cause
from cases.models.worlds import Worldly


class PlaybookRevision(models.Model):
    """What to try for a topic, in order, from one save to the next; never changed, only followed.

    A revision without steps says that the topic has no playbook any more.
    """

    topic = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="playbooks")
    number = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True)
    steps: models.JSONField = models.JSONField(default=list)  # a line each
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("topic", "number")
        permissions = (("write_playbooks", "Can write playbooks and the list of remedies"),)
        constraints = (
            models.UniqueConstraint(fields=("topic", "number"), name="playbook_revision_once"),
            models.UniqueConstraint(fields=("topic",), condition=Q(is_current=True), name="playbook_one_current"),
            models.CheckConstraint(condition=Q(number__gte=1), name="playbook_counts_from_one"),
        )

    def __str__(self) -> str:
        return f"{self.topic}, revision {self.number}"


class TriedStep(Worldly):
    """Something that was tried on a case: a step of a playbook's revision, or, without one, a line of one's own.

    It goes with the case from level to level; `tier` is the level it was tried at.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="tried")
    revision = models.ForeignKey(PlaybookRevision, null=True, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=500)
    tier = models.PositiveSmallIntegerField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(Worldly.Meta):
        indexes: ClassVar = (models.Index(fields=("case", "at"), name="tried_of_case"),)


class Investigation(Worldly):
    """What was thought of and what was found; the newest of a case counts.

    `note` is the internal note it was kept as, to which files of evidence belong.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="investigations")
    note = models.OneToOneField(Note, on_delete=models.PROTECT, related_name="+")
    hypotheses = models.TextField(max_length=5000)
    findings = models.TextField(max_length=5000)
    cause = models.CharField(max_length=12, choices=Cause.choices)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(Worldly.Meta):
        indexes: ClassVar = (models.Index(fields=("case", "at"), name="investigation_of_case"),)
