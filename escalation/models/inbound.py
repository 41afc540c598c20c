"""Mail that came in: remembered once each, and kept with its words only while a person must look."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from cases.models import Case, User


class InboundMail(models.Model):
    """One message of the mailbox, known by `key`: a second fetcher, or a second copy of it, finds it taken.

    Sender, subject and text are kept only of those that wait for a person; the files stay in the mailbox. Of what a
    person dealt with it says who, when, on which case, or why it was set aside.
    """

    class State(models.TextChoices):
        LANDED = "landed", "On its case"
        OPENED = "opened", "Opened a case"
        LINKED = "linked", "Answered with a link"
        BOUNCED = "bounced", "A letter of ours that did not arrive"
        IGNORED = "ignored", "Automatic, left alone"
        WAITING = "waiting", "Waits for a person"
        BROKEN = "broken", "Could not be read"
        SEEN = "seen", "Set aside by a person"

    TO_LOOK_AT = (State.WAITING, State.BROKEN)

    key = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=10, choices=State.choices)
    reason = models.CharField(max_length=300, blank=True)
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    sender = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    # When its writer's machine says it was written, where that can be true; and how many files came with it.
    written_at = models.DateTimeField(null=True)
    files = models.PositiveSmallIntegerField(default=0)
    # On its case, but not all of it: a person should know where the rest is.
    is_partial = models.BooleanField(default=False)
    because = models.CharField(max_length=300, blank=True)
    seen_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("at",), condition=Q(state__in=("waiting", "broken")), name="inbound_to_look_at"),
        )

    def __str__(self) -> str:
        return f"Mail {self.pk}"  # who wrote it is personal

    @property
    def is_flagged(self) -> bool:
        """Whether somebody may have to look at it in the mailbox."""
        return self.is_partial or self.state in self.TO_LOOK_AT


class MailTry(models.Model):
    """A message of the mailbox that was begun and not ended: how often, when it is tried again, and what is left to do.

    Written before the message is read, so that one that takes its reader down is known by it; gone when the message
    is marked as read. `place` says the mailbox (a digest), its UIDVALIDITY and the message's UID.
    """

    place = models.CharField(max_length=64, primary_key=True)
    tries = models.PositiveSmallIntegerField(default=0)
    first_at = models.DateTimeField()
    next_at = models.DateTimeField()
    # It has been taken in and only its mark in the mailbox is missing; whether that mark is a flag, too.
    is_taken = models.BooleanField(default=False)
    is_flagged = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"Message {self.place}"
