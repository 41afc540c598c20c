"""What was said: messages the customer sees, and notes the customer never sees (a table of their own)."""

from __future__ import annotations

import hashlib
import secrets
import uuid

from django.db import models
from django.db.models import Q

from cases.models.case import Case
from cases.models.people import User
from cases.models.remedy import Cause, RemedyRevision
from cases.models.worlds import Worldly


class Channel(models.TextChoices):
    """How something was said."""

    PORTAL = "portal", "Portal"
    EMAIL = "email", "E-mail"
    PHONE = "phone", "Phone call"
    CONSOLE = "console", "Console"
    IMPORT = "import", "Imported"


def new_salt() -> str:
    """A salt for a text's digest, so that an erased text cannot be guessed from the log."""
    return secrets.token_hex(8)


def digest(salt: str, text: str) -> str:
    """What the log keeps of a text: erasing the text leaves the chain valid."""
    return hashlib.sha256(f"{salt}:{text}".encode()).hexdigest()


class Spoken(Worldly):
    """A text said at an instant by a person; the log refers to it by id and digest."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=10000)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    salt = models.CharField(max_length=16, default=new_salt, editable=False)

    class Meta(Worldly.Meta):
        abstract = True

    @property
    def fingerprint(self) -> dict[str, str]:
        """What an event's data says about this text."""
        return {"id": str(self.pk), "digest": digest(self.salt, self.text)}


class Message(Spoken):
    """Said between us and the customer; both sides see it."""

    class Kind(models.TextChoices):
        FILED = "filed", "What the customer told us"
        CUSTOMER = "customer", "Customer's message"
        UPDATE = "update", "Progress update"
        QUESTION = "question", "Question to the customer"
        ANSWER = "answer", "Proposed answer"
        REASON = "reason", "Reason given to the customer"
        REQUEST = "request", "Asked for a supervisor"
        SUPERVISOR = "supervisor", "A supervisor's answer"
        REJECTION = "rejection", "Not fixed"
        APOLOGY = "apology", "Apology"
        CALL = "call", "Told on the phone"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.PORTAL)
    from_customer = models.BooleanField(default=False)

    class Meta(Spoken.Meta):
        indexes = (models.Index(fields=("case", "at"), name="message_of_case"),)


class Note(Spoken):
    """Internal: staff to staff. No customer page, serializer or mail reads this table."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")

    class Meta(Spoken.Meta):
        indexes = (models.Index(fields=("case", "at"), name="note_of_case"),)


class Resolution(Worldly):
    """The outcome documented at milestone 4; one for every proposed answer."""

    class Outcome(models.TextChoices):
        FIXED = "fixed", "Fixed"
        WORKAROUND = "workaround", "A way round was found"
        EXPLAINED = "explained", "Explained"
        REFUNDED = "refunded", "Money given back"
        NOT_POSSIBLE = "not_possible", "Not possible"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="resolutions")
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    done = models.TextField("what was done", max_length=5000)
    root_cause = models.CharField(max_length=200)
    # By which cases are counted; empty on cases of low severity where nobody chose one, and on imported ones.
    cause = models.CharField(max_length=12, choices=Cause.choices, blank=True)
    # Whether something is done so that it does not come again, and what; None: nobody was asked.
    prevents = models.BooleanField(null=True)
    prevention = models.CharField(max_length=500, blank=True)
    remedy = models.CharField(max_length=200, blank=True)
    remedy_kind = models.ForeignKey(RemedyRevision, null=True, on_delete=models.PROTECT, related_name="given")
    # Money given back, in the currency the case's protocol names; never one without the other.
    amount = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=12, blank=True)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(Worldly.Meta):
        constraints = (
            models.CheckConstraint(
                condition=Q(amount=None, currency="") | (Q(amount__gt=0) & ~Q(currency="")),
                name="resolution_money_whole",
            ),
            models.CheckConstraint(
                condition=~Q(prevents=True) | ~Q(prevention=""), name="resolution_says_what_prevents"
            ),
        )
        indexes = (models.Index(fields=("case", "at"), name="resolution_of_case"),)
