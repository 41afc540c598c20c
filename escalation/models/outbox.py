"""What is owed to people outside the database, and what the engine says of itself."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from cases.models import Case, User
from cases.models.worlds import Worldly


class Notice(Worldly):
    """A message that is owed, written in the transaction of its cause and delivered outside of it.

    `key` says (case, kind, event, recipient, channel): the database refuses a second one. Some letters
    are about no case (a plan review falls due, a copy of one's data is ready): their kind's composer says what they need.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        DEAD = "dead", "Not delivered"
        CANCELLED = "cancelled", "Not needed any more"
        UNCERTAIN = "uncertain", "Perhaps sent"
        HELD = "held", "Waits for the day's letter"
        BUNDLED = "bundled", "In the day's letter"
        TOLD = "told", "Told by phone"
        GIVEN_UP = "given_up", "Given up"

    PENDING = (State.WAITING, State.SENDING)
    WEBHOOK = "webhook"  # the channel of notices that no person reads

    key = models.CharField(max_length=160, unique=True)
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="notices")
    event_seq = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=30)
    to_customer = models.BooleanField(default=False)
    # Nobody where the channel is a webhook: `data["hook"]` then names it.
    recipient = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10, default="email")
    data = models.JSONField(default=dict)
    owed_at = models.DateTimeField()
    next_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)
    # The day's letter that says what this one would have said.
    bundle = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="bundled")
    # What was really said and where it went, kept when it has been sent.
    address = models.EmailField(blank=True)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)

    class Meta(Worldly.Meta):
        constraints = (
            models.CheckConstraint(
                condition=~Q(state__in=("held", "bundled")) | Q(case__isnull=False, to_customer=True, is_drill=False),
                name="notice_bundled_is_a_customers",
            ),
            models.CheckConstraint(
                condition=Q(channel="webhook", recipient=None, case__isnull=False)
                | (~Q(channel="webhook") & Q(recipient__isnull=False)),
                name="notice_reaches_a_person_or_a_webhook",
            ),
        )
        indexes = (
            models.Index(fields=("next_at", "id"), condition=Q(state="waiting"), name="notice_waiting"),
            models.Index(fields=("next_at", "recipient"), condition=Q(state="held"), name="notice_held"),
            models.Index(fields=("lease_until",), condition=Q(state="sending"), name="notice_leased"),
            models.Index(fields=("case", "id"), name="notice_of_case"),
            # Who counts letters to colleagues at night.
            models.Index(fields=("sent_at",), condition=Q(to_customer=False, state="sent"), name="notice_to_staff"),
            models.Index(fields=("state",), condition=Q(state__in=("dead", "uncertain")), name="notice_dead"),
        )

    def __str__(self) -> str:
        return self.key

    @property
    def person(self) -> User:
        """Who reads the letter. Raises ValueError for a webhook, which nobody reads."""
        if self.recipient is None:
            raise ValueError("Nobody reads a webhook.")
        return self.recipient

    @property
    def of_case(self) -> Case:
        """The case it is about. Raises ValueError for the few letters that are about none."""
        if self.case is None:
            raise ValueError("This letter is about no case.")
        return self.case

    @property
    def reader(self) -> str:
        """Whom it is for, in words."""
        return str(self.recipient) if self.recipient else f"webhook “{self.data.get('hook', '')}”"


class Alert(Worldly):
    """A red alarm about a case, raised once and cleared by the act that puts it right."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="alerts")
    kind = models.CharField(max_length=30)
    text = models.CharField(max_length=300)
    raised_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)

    class Meta(Worldly.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("case", "kind"), condition=Q(cleared_at__isnull=True), name="alert_once_while_open"
            ),
        )


class SetAside(models.Model):
    """A case the engine could not handle: looked at again later, shown to supervisors, in nobody's way."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="set_aside")
    error = models.CharField(max_length=500)
    tries = models.PositiveSmallIntegerField(default=1)
    first_at = models.DateTimeField()
    retry_at = models.DateTimeField()


class Heartbeat(models.Model):
    """When each part of the engine last ran, and how far behind it was."""

    role = models.CharField(max_length=30, primary_key=True)
    last_loop = models.DateTimeField()
    last_success = models.DateTimeField(null=True)
    lag = models.FloatField(default=0, help_text="Seconds the oldest due clock had been waiting.")
    note = models.CharField(max_length=300, blank=True)
