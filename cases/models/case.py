"""The case itself: what the customer told us, where it is, who answers for it, and the head of its log."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from cases.lifecycle import ACTIVE, MILESTONE, OPEN, Lifecycle, State
from cases.models.category import Category, Product
from cases.models.people import Organisation, Team, User
from cases.models.worlds import Worldly, live_manager

if TYPE_CHECKING:
    from cases.access import Viewer


class Impact(models.TextChoices):
    """How the customer says it affects them; a protocol turns this into a severity."""

    BLOCKED = "blocked", _lazy("I cannot use it at all")
    LOSS = "loss", _lazy("I have lost money or data")
    DEGRADED = "degraded", _lazy("It works badly, but I can carry on")
    QUESTION = "question", _lazy("I have a question")
    UNSURE = "unsure", _lazy("I am not sure")


class Reach(models.TextChoices):
    """Whom the customer says it affects: a fact for those who work on it, not a rule's input."""

    ME = "me", _lazy("Only me")
    TEAM = "team", _lazy("My team")
    CUSTOMERS = "customers", _lazy("All our customers")
    UNKNOWN = "unknown", _lazy("I do not know")


class Severity(models.IntegerChoices):
    """1 is the most urgent. The words are shown to customers too."""

    CRITICAL = 1, pgettext_lazy("how urgent", "Critical")
    HIGH = 2, pgettext_lazy("how urgent", "High")
    MEDIUM = 3, pgettext_lazy("how urgent", "Medium")
    LOW = 4, pgettext_lazy("how urgent", "Low")


class CaseQuerySet(models.QuerySet):
    """Predicates that compose; those about time take the instant."""

    def visible_to(self, viewer: Viewer) -> CaseQuerySet:
        """The only door to cases for a person: pages, console, figures, exports all start here."""
        return self.filter(viewer.sees())

    def open(self) -> CaseQuerySet:
        """Work is still owed to the customer."""
        return self.filter(state__in=OPEN)

    def late(self, at: datetime) -> CaseQuerySet:
        """Open cases whose next promise of ours has passed at `at`."""
        return self.open().filter(ours_at__lte=at)

    def by_urgency(self) -> CaseQuerySet:
        """The order of every queue: next promise of ours to break, then severity, then age; what waits for the customer last."""
        return self.order_by(models.F("ours_at").asc(nulls_last=True), "severity", "pk")

    def with_people(self) -> CaseQuerySet:
        return self.select_related("customer", "owner", "team", "team__lead", "category")


class Case(Lifecycle, Worldly):
    """One customer's problem on its way through the milestones."""

    reference = models.CharField(max_length=24, unique=True, editable=False)
    origin = models.CharField(max_length=30, default="portal", editable=False)
    origin_ref = models.CharField(max_length=60, blank=True, editable=False)
    # History taken over from another system: measured by the same rules, but nobody is told and nothing climbs.
    is_history = models.BooleanField(default=False, editable=False)

    customer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="cases")
    # False while anybody may have typed it in this person's name: until a secret mailed to their address came back.
    is_proven = models.BooleanField(default=True, editable=False)
    # The settled case this one goes on from, when the time to open that one again was over.
    follows = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="followed_by", editable=False
    )
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="cases")
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.PROTECT, related_name="cases")
    # The customer's company when they told us: who changes company takes nothing along, and leaves nothing open.
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.SET_NULL, related_name="cases", editable=False
    )
    title = models.CharField(max_length=120)
    description = models.TextField(max_length=5000)
    expectation = models.TextField(max_length=1000, blank=True)
    impact = models.CharField(max_length=12, choices=Impact.choices, default=Impact.UNSURE)
    # What they said beside it, in case it helps: no rule reads these.
    reach = models.CharField(max_length=12, choices=Reach.choices, blank=True)
    needed_by = models.DateField(null=True, blank=True)
    needed_why = models.CharField(max_length=200, blank=True)
    # "Call me": the number and the hours they gave for this case.
    call_phone = models.CharField(max_length=40, blank=True)
    call_hours = models.CharField(max_length=100, blank=True)
    # The slug of the help article they came from, so that nobody sends them there again.
    article = models.CharField(max_length=80, blank=True)

    severity = models.PositiveSmallIntegerField(choices=Severity.choices)
    complexity = models.PositiveSmallIntegerField(default=1)
    tier = models.PositiveSmallIntegerField(default=1, editable=False)
    # The published protocol the case was promised under, by label: imports run one way, and the log must
    # read without a join. `audit` checks that the label exists.
    protocol = models.CharField(max_length=80, editable=False)
    protocol_why = models.CharField(max_length=200, blank=True, editable=False)  # why this one and not another
    # How many of the tier's steps have been taken since the case came to it.
    step = models.PositiveSmallIntegerField(default=0, editable=False)
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="cases", editable=False)
    owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="owned_cases", editable=False
    )

    # The customer is upset, as a colleague saw or their own words said; they hear from us more often meanwhile.
    is_upset = models.BooleanField(default=False, editable=False)
    # Who has been asked to take it over and has not said yes or no, and who asked; until then it stays where it is.
    offered_to = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="offered_cases", editable=False
    )
    offered_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    filed_at = models.DateTimeField(editable=False)
    escalated_at = models.DateTimeField(null=True, editable=False)
    resolved_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    rejections = models.PositiveSmallIntegerField(default=0, editable=False)

    # Kept beside the clocks, in the same transaction: when the customer next hears, when the engine must look.
    promise_at = models.DateTimeField(null=True, editable=False)
    wake_at = models.DateTimeField(null=True, editable=False)
    # What queues are sorted by: `promise_at` while it is we who owe the next word. Of a case that has our answer
    # `promise_at` is the customer's time to say yes or no, and no deadline of ours.
    ours_at = models.GeneratedField(
        expression=models.Case(models.When(~Q(state=State.ANSWERED), then=models.F("promise_at"))),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
        editable=False,
    )

    # The log's last number and hash: appending needs no query, and `event_seq` is the page's version.
    event_seq = models.PositiveIntegerField(default=0, editable=False)
    event_head = models.CharField(max_length=64, default="", editable=False)

    objects: ClassVar[Any] = live_manager(CaseQuerySet)
    everything: ClassVar[Any] = models.Manager.from_queryset(CaseQuerySet)()

    class Meta:
        default_manager_name = "objects"
        base_manager_name = "everything"
        permissions = (
            ("supervise", "Can act on every case and answer as a supervisor"),
            ("read_audit", "Can read every case and what staff did, and act on none"),
            ("view_restricted", "Can see cases of restricted topics; each opening is noted"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(state__in=State.values), name="case_state_known"),
            models.CheckConstraint(condition=Q(severity__gte=1, severity__lte=4), name="case_severity_1_to_4"),
            models.CheckConstraint(condition=Q(complexity__gte=1, complexity__lte=3), name="case_complexity_1_to_3"),
            models.CheckConstraint(
                condition=~Q(state__in=OPEN) | Q(owner__isnull=False) | Q(team__isnull=False),
                name="case_open_has_owner_or_team",
            ),
            models.CheckConstraint(
                condition=Q(offered_to__isnull=True, offered_by__isnull=True)
                | Q(offered_to__isnull=False, offered_by__isnull=False, state__in=OPEN),
                name="case_offer_is_whole",
            ),
            models.UniqueConstraint(
                fields=("origin", "origin_ref"), condition=~Q(origin_ref=""), name="case_imported_once"
            ),
        )
        indexes = (
            # The sweep's reader: what is due, never how many are open.
            models.Index(fields=("wake_at", "severity"), condition=Q(wake_at__isnull=False), name="case_wake"),
            # The queue's reader.
            models.Index(fields=("ours_at", "severity", "id"), condition=Q(state__in=OPEN), name="case_queue"),
            # The watch's reader: an open case no clock will ever wake.
            models.Index(
                fields=("id",),
                condition=Q(state__in=OPEN, wake_at__isnull=True, is_history=False),
                name="case_without_alarm",
            ),
            # "My cases".
            models.Index(fields=("customer", "-filed_at"), name="case_of_customer"),
            models.Index(fields=("owner",), condition=Q(state__in=OPEN), name="case_of_owner"),
            # The dashboards' cohort.
            models.Index(fields=("filed_at",), name="case_cohort"),
            # What was settled lately: retros are asked for, the week's quality sample is drawn.
            models.Index(fields=("resolved_at",), condition=Q(resolved_at__isnull=False), name="case_settled"),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def settled_at(self) -> datetime | None:
        """When the customer's time to reopen began: the answer they accepted or left, else the end of the case."""
        return self.resolved_at or self.closed_at

    @property
    def milestone(self) -> int | None:
        """1 to 5, or None for a case that left the road (withdrawn, joined to another)."""
        return MILESTONE[self.state]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refuses a blind save: a case changes through a verb, and always by named fields."""
        if not self._state.adding and kwargs.get("update_fields") is None:
            raise TypeError("Name the fields: case.save(update_fields=[...]); moves go through a verb.")
        super().save(*args, **kwargs)


def reference_prefix() -> str:
    """What references of this installation start with."""
    return settings.REFERENCE_PREFIX
