"""Saved replies: texts agents begin a message with, in revisions that stay, and which message began with which."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from cases.models.case import Case
from cases.models.category import Category
from cases.models.message import Message
from cases.models.people import User
from cases.models.worlds import Worldly


class SavedReply(models.Model):
    """One reply through all its revisions; it is retired, never deleted, because messages name what they began with."""

    retired_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "saved replies"
        permissions = (("write_replies", "Can write and retire saved replies"),)


class ReplyRevision(models.Model):
    """What a saved reply says, when and to whom it is offered; never changed, only followed by the next one."""

    reply = models.ForeignKey(SavedReply, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True)
    title = models.CharField(max_length=80)
    # None: offered whatever the case is about.
    topic = models.ForeignKey(Category, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    acts: models.JSONField = models.JSONField(default=list)  # of cases.replies.ACTS
    up_to_level = models.PositiveSmallIntegerField(default=1)
    # Offered first while the customer is upset.
    calms = models.BooleanField(default=False)
    texts: models.JSONField = models.JSONField(default=dict)  # language -> text with its placeholders
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("reply", "number")
        constraints = (
            models.UniqueConstraint(fields=("reply", "number"), name="reply_revision_once"),
            models.UniqueConstraint(fields=("reply",), condition=Q(is_current=True), name="reply_one_current"),
            models.CheckConstraint(condition=Q(number__gte=1, up_to_level__gte=1), name="reply_counts_from_one"),
        )

    def __str__(self) -> str:
        return f"{self.title}, revision {self.number}"


class ReplyUse(Worldly):
    """A message began with this revision. Not part of the log: it says how a text came about, not what happened."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="began")
    revision = models.ForeignKey(ReplyRevision, on_delete=models.PROTECT, related_name="uses")
    language = models.CharField(max_length=12)
    # The whole message is the reply as it was written; what was put in for its placeholders does not count.
    unchanged = models.BooleanField()
    at = models.DateTimeField()

    class Meta(Worldly.Meta):
        constraints: ClassVar = (models.UniqueConstraint(fields=("message", "revision"), name="reply_use_once"),)
        indexes: ClassVar = (models.Index(fields=("at",), name="reply_use_at"),)
