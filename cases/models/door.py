"""What the doors remember: expiring links, one-time form keys, and counts against guessing."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import connection, models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac

from cases.models.case import Case
from cases.models.people import User


def hash_token(token: str) -> str:
    """Tokens are stored only as this hash: a copy of the database opens nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_code(asked: str, code: str) -> str:
    """A short code is kept under the server's key too: six digits alone could be tried out on a copied database."""
    return salted_hmac("milepost.code", f"{asked}:{code}", algorithm="sha256").hexdigest()


class AccessLink(models.Model):
    """A mailed way in: bound to a purpose and one case, expiring, kept as a hash."""

    class Purpose(models.TextChoices):
        FOLLOW = "follow", "Follow one case"
        SURVEY = "survey", "Answer the survey of one case"
        INTERIM = "interim", "Answer the interim question of one case"

    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    # A short code is only good together with a secret held by the browser that asked; `token_hash` is that one's hash.
    code_hash = models.CharField(max_length=64, blank=True)
    code_tries = models.PositiveSmallIntegerField(default=0)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="links")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="links")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    @classmethod
    def issue(cls, purpose: str, case: Case, *, user: User, at: datetime, lasts: timedelta) -> str:
        """Makes a link and returns its token, which is shown nowhere else again."""
        token = secrets.token_urlsafe(32)
        cls.objects.create(
            purpose=purpose,
            case=case,
            user=user,
            token_hash=hash_token(token),
            made_at=at,
            expires_at=at + lasts,
        )
        return token

    @classmethod
    def find(cls, purpose: str, token: str, *, at: datetime) -> AccessLink | None:
        """The live link behind `token`, or None: wrong and expired look the same; one that needs a code is not found."""
        live = Q(purpose=purpose, token_hash=hash_token(token), expires_at__gt=at, code_hash="")
        return cls.objects.select_related("case", "user").filter(live, case__is_drill=False).first()

    @classmethod
    def ended(cls, purpose: str, token: str, *, at: datetime) -> AccessLink | None:
        """The link behind `token` when its time is over: for a page that says where else to go, and opens nothing."""
        over = Q(purpose=purpose, token_hash=hash_token(token), expires_at__lte=at, code_hash="")
        return cls.objects.select_related("case").filter(over, case__is_drill=False).first()

    @classmethod
    def expect_code(
        cls, purpose: str, case: Case, *, user: User, asked: str, code: str, at: datetime, lasts: timedelta
    ) -> None:
        """Makes `code` open the case for the browser whose secret's hash is `asked`; an older code of it is replaced.

        Tries that were used stay used, so that asking the mail out again gives no new guesses.
        """
        fresh = {"purpose": purpose, "case": case, "user": user, "made_at": at, "expires_at": at + lasts}
        fresh["code_hash"] = hash_code(asked, code)
        cls.objects.update_or_create(token_hash=asked, defaults=fresh)

    @classmethod
    def try_code(cls, purpose: str, asked: str, code: str, *, at: datetime, limit: int = 5) -> AccessLink | None:
        """The link that `code` opens, once, for the browser behind `asked`; None for every reason alike.

        A try is counted in the database before it is looked at. The statements are the same whether anything was
        sent to that browser's address or not.
        """
        mine = cls.objects.filter(purpose=purpose, token_hash=asked, expires_at__gt=at, used_at__isnull=True)
        counted = mine.exclude(code_hash="").filter(code_tries__lt=limit).update(code_tries=F("code_tries") + 1)
        link = mine.select_related("case", "user").filter(case__is_drill=False).first()
        fits = secrets.compare_digest(link.code_hash if link else "", hash_code(asked, code))
        if not (counted and link and fits):
            return None
        return link if mine.update(used_at=at) else None


class FormKey(models.Model):
    """A one-time form id: a second press of the same button finds what the first one did."""

    key = models.CharField(max_length=64, unique=True)
    case = models.ForeignKey(Case, null=True, on_delete=models.CASCADE, related_name="+")
    used_at = models.DateTimeField()


COUNT_SQL = """
    INSERT INTO TABLE (key, window_ends, count) VALUES (%s, %s, 1)
    ON CONFLICT (key) DO UPDATE SET
      count = CASE WHEN TABLE.window_ends <= %s THEN 1 ELSE TABLE.count + 1 END,
      window_ends = CASE WHEN TABLE.window_ends <= %s THEN excluded.window_ends ELSE TABLE.window_ends END
    RETURNING count"""


class Tally(models.Model):
    """How often something was tried in a window; counted by the database in one statement."""

    key = models.CharField(max_length=160, unique=True)
    window_ends = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    @classmethod
    def count_one(cls, key: str, *, at: datetime, window: timedelta) -> int:
        """Counts one try of `key` and returns how many there were in the running window, this one included."""
        table = cls._meta.db_table
        # The only name in the text is our own table's.
        sql = COUNT_SQL.replace("TABLE", table)
        ends = connection.ops.adapt_datetimefield_value(at + window)
        now = connection.ops.adapt_datetimefield_value(at)
        with connection.cursor() as cursor:
            cursor.execute(sql, [hash_token(key), ends, now, now])
            return cursor.fetchone()[0]
