"""A file somebody added: to a message, to an internal note, or to a form that is not sent yet."""

from __future__ import annotations

import hashlib
import secrets
import uuid

from django.core.files.storage import storages
from django.db import models
from django.db.models import Q

from cases.models.case import Case
from cases.models.message import Message, Note, digest, new_salt
from cases.models.people import User
from cases.models.worlds import Worldly

STORAGE = "attachments"  # the alias in STORAGES
NAME_MOST, DESCRIPTION_MOST = 120, 200  # characters


def random_name() -> str:
    """Where bytes are kept: a name that says nothing and cannot be guessed, in one of 256 folders."""
    name = secrets.token_hex(16)
    return f"{name[:2]}/{name}"


class Attachment(Worldly):
    """What is kept of a file. The bytes lie in the storage `attachments` under `stored_as`.

    `draft` is the key of the form it waits on, until `expires_at`; once its act is done it has a case, and a message
    (the customer sees it) or a note (only staff do). Erased, the row stays with the digest the log refers to.
    """

    class State(models.TextChoices):
        CHECKING = "checking", "Being checked"
        READY = "ready", "Ready"
        REFUSED = "refused", "Removed: it may harm computers"
        ERASED = "erased", "Erased"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="files")
    message = models.ForeignKey(Message, null=True, on_delete=models.PROTECT, related_name="files")
    note = models.ForeignKey(Note, null=True, on_delete=models.PROTECT, related_name="files")
    draft = models.CharField(max_length=80, blank=True)
    expires_at = models.DateTimeField(null=True)
    uploaded_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=NAME_MOST, blank=True)
    # What it shows, in words: for who cannot see it. Staff must say it.
    description = models.CharField(max_length=DESCRIPTION_MOST, blank=True)
    kind = models.CharField(max_length=10)  # a key of cases.files.KINDS
    size = models.PositiveIntegerField()  # bytes as they are kept
    sha256 = models.CharField(max_length=64, blank=True)
    salt = models.CharField(max_length=16, default=new_salt, editable=False)
    digest = models.CharField(max_length=64)
    stored_as = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.READY)
    at = models.DateTimeField()
    # When a scanner looks next; only while `checking`.
    check_at = models.DateTimeField(null=True)

    class Meta(Worldly.Meta):
        ordering = ("at", "pk")
        indexes = (
            models.Index(fields=("case", "at"), name="attachment_of_case"),
            models.Index(fields=("expires_at",), name="attachment_expires", condition=Q(case=None)),
            models.Index(fields=("check_at",), name="attachment_to_check", condition=Q(state="checking")),
            models.Index(fields=("uploaded_by", "at"), name="attachment_of_person"),
            models.Index(fields=("stored_as",), name="attachment_stored"),
        )
        constraints = (
            # A form pressed twice keeps a file once.
            models.UniqueConstraint(
                fields=("draft", "sha256", "name"), name="attachment_once_on_a_form", condition=~Q(draft="")
            ),
            models.CheckConstraint(
                condition=Q(case=None, message=None, note=None, expires_at__isnull=False) & ~Q(draft="")
                | Q(case__isnull=False, message__isnull=False, note=None, draft="")
                | Q(case__isnull=False, message=None, note__isnull=False, draft=""),
                name="attachment_belongs_once",
            ),
        )

    def __str__(self) -> str:
        return f"File {self.pk}"  # its name is personal text

    @property
    def fingerprint(self) -> dict[str, str]:
        """What an event's data says about this file: it stays true when name and bytes are erased."""
        return {"id": str(self.pk), "digest": self.digest}

    @property
    def is_open(self) -> bool:
        """Whether there is something to take away now."""
        return self.state == self.State.READY

    def stamp(self, content: bytes) -> None:
        """Takes down what the bytes are."""
        self.size, self.sha256 = len(content), hashlib.sha256(content).hexdigest()
        self.digest = digest(self.salt, self.sha256)

    def content(self) -> bytes:
        """The bytes; raises FileNotFoundError where the storage has lost them."""
        with storages[STORAGE].open(self.stored_as) as file:
            return file.read()
