"""A case somebody has begun to tell us about and has not sent: their answers, kept for whoever holds it."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from cases.models.case import Case
from cases.models.door import hash_token
from cases.models.people import User

#: How long a draft waits after it was last saved.
LASTS = timedelta(days=14)
#: How long a draft that was sent still leads a second press to its case.
REMEMBERED = timedelta(days=1)


def new_key() -> str:
    """What the files of a draft wait under; it never leaves the server."""
    return secrets.token_urlsafe(32)


class DraftQuerySet(models.QuerySet):
    """Whose draft it is: a person's, or the browser's that holds its secret until a person takes it on."""

    def held_by(self, person: User | None, secret: str) -> DraftQuerySet:
        """The drafts of `person` and the one `secret` opens while it is nobody's; newest first."""
        mine = Q(owner__isnull=True, secret_hash=hash_token(secret)) if secret else Q(pk__in=())
        return self.filter(mine | Q(owner=person) if person else mine).order_by("-saved_at", "-pk")

    def live(self, at: datetime) -> DraftQuerySet:
        """Neither sent nor over at `at`."""
        return self.filter(case__isnull=True, expires_at__gt=at)

    def over(self, at: datetime) -> DraftQuerySet:
        """Those nobody may come back to: the beat deletes them."""
        return self.filter(expires_at__lte=at)


class Draft(models.Model):
    """The answers so far, as they were typed; of the secrets that open it only hashes are kept."""

    owner = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="drafts")
    secret_hash = models.CharField(max_length=64, blank=True, db_index=True)
    link_hash = models.CharField(max_length=64, blank=True, db_index=True)
    answers = models.JSONField(default=dict)
    files_key = models.CharField(max_length=64, default=new_key, editable=False)
    # The furthest question that has been answered; empty before the first.
    step = models.CharField(max_length=12, blank=True)
    made_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    # What it became; its answers are gone then.
    case = models.ForeignKey(Case, null=True, on_delete=models.CASCADE, related_name="+")

    objects: ClassVar[Any] = models.Manager.from_queryset(DraftQuerySet)()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(owner__isnull=False) | ~Q(secret_hash="") | ~Q(link_hash=""), name="draft_is_held"
            ),
        )

    def __str__(self) -> str:
        return f"Draft {self.pk}"

    @property
    def digest(self) -> str:
        """A fingerprint of the answers: what a page showed is what is sent, or it is shown anew."""
        return hashlib.sha256(json.dumps(self.answers, sort_keys=True).encode()).hexdigest()

    def became(self, case: Case, *, at: datetime) -> None:
        """It was sent: nothing typed stays here, and for a day a second press still finds the case."""
        self.case, self.answers, self.link_hash, self.expires_at = case, {}, "", at + REMEMBERED
        if not self.secret_hash and self.owner_id is None:
            self.secret_hash = hash_token(f"sent {self.pk}")  # it was held by its link alone
        self.save(update_fields=["case", "answers", "link_hash", "secret_hash", "expires_at"])
