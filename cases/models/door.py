"""What the doors remember: expiring links, one-time form keys, and counts against guessing."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import connection, models
from django.db.models import F, Q

from cases.models.case import Case
from cases.models.people import User


def hash_token(token: str) -> str:
    """Tokens are stored only as this hash: a copy of the database opens nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


class AccessLink(models.Model):
    """A mailed way in: bound to a purpose and one case, expiring, kept as a hash."""

    class Purpose(models.TextChoices):
        FOLLOW = "follow", "Follow one case"
        SURVEY = "survey", "Answer the survey of one case"

    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    # A short code is only good together with the link's own secret, held by the browser that asked.
    code_hash = models.CharField(max_length=64, blank=True)
    code_tries = models.PositiveSmallIntegerField(default=0)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="links")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="links")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    @classmethod
    def issue(cls, purpose: str, case: Case, *, user: User, at: datetime, lasts: timedelta, code: str = "") -> str:
        """Makes a link and returns its token, which is shown nowhere else again."""
        token = secrets.token_urlsafe(32)
        cls.objects.create(
            purpose=purpose,
            case=case,
            user=user,
            token_hash=hash_token(token),
            code_hash=hash_token(f"{token}:{code}") if code else "",
            made_at=at,
            expires_at=at + lasts,
        )
        return token

    @classmethod
    def find(cls, purpose: str, token: str, *, at: datetime) -> AccessLink | None:
        """The live link behind `token`, or None: wrong, expired and used up look the same."""
        live = Q(purpose=purpose, token_hash=hash_token(token), expires_at__gt=at)
        return cls.objects.select_related("case", "user").filter(live, case__is_drill=False).first()

    def try_code(self, token: str, code: str, *, limit: int = 5) -> bool:
        """Whether `code` fits; each try counts, in the database, before it is looked at."""
        counted = AccessLink.objects.filter(pk=self.pk, code_tries__lt=limit).update(code_tries=F("code_tries") + 1)
        return bool(counted and self.code_hash) and secrets.compare_digest(
            self.code_hash, hash_token(f"{token}:{code}")
        )


class FormKey(models.Model):
    """A one-time form id: a second press of the same button finds what the first one did."""

    key = models.CharField(max_length=64, unique=True)
    case = models.ForeignKey(Case, null=True, on_delete=models.CASCADE, related_name="+")
    used_at = models.DateTimeField()


class Tally(models.Model):
    """How often something was tried in a window; counted by the database in one statement."""

    key = models.CharField(max_length=160, unique=True)
    window_ends = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    @classmethod
    def count_one(cls, key: str, *, at: datetime, window: timedelta) -> int:
        """Counts one try of `key` and returns how many there were in the running window, this one included."""
        table = cls._meta.db_table
        sql = f"""
            INSERT INTO {table} (key, window_ends, count) VALUES (%s, %s, 1)
            ON CONFLICT (key) DO UPDATE SET
              count = CASE WHEN {table}.window_ends <= %s THEN 1 ELSE {table}.count + 1 END,
              window_ends = CASE WHEN {table}.window_ends <= %s THEN excluded.window_ends
                                 ELSE {table}.window_ends END
            RETURNING count"""
        ends = connection.ops.adapt_datetimefield_value(at + window)
        now = connection.ops.adapt_datetimefield_value(at)
        with connection.cursor() as cursor:
            cursor.execute(sql, [hash_token(key), ends, now, now])
            return cursor.fetchone()[0]
