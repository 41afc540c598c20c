"""What is learned where the plan failed a customer: the post-mortem, why it opened, what was offered, what is done about it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from cases.models import Case, Message, User
from cases.models.worlds import Worldly
from escalation.models import BackTest, ProtocolVersion


class Condition(models.TextChoices):
    """What let it happen. Conditions, not people: whoever stood there would have met the same."""

    TIMES = "times", "The times of the protocol did not fit"
    LEVELS = "levels", "Nobody was left above, or the level did not fit"
    COVER = "cover", "Nobody was on duty, or too few"
    LOAD = "load", "Too much at once"
    SKILL = "skill", "Nobody there had the skill"
    ROUTING = "routing", "It went to the wrong place"
    KNOWLEDGE = "knowledge", "The answer was written nowhere"
    TOOL = "tool", "A tool or a machine failed"
    PARTNER = "partner", "Another company did not deliver"
    SIGNAL = "signal", "No signal told anybody in time"
    PROMISE = "promise", "We promised what could not be kept"
    WORDS = "words", "What we wrote was not understood"


class PostMortem(Worldly):
    """One look back at one case. `number` counts its writings, so that of two writers the slower one is told."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="post_mortems")
    opened_at = models.DateTimeField()
    # Nobody: no lead and no supervisor was there when it opened; a supervisor names one.
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField()
    number = models.PositiveIntegerField(default=1)
    happened = models.TextField(max_length=600, blank=True)
    effect = models.TextField(max_length=1000, blank=True)
    conditions = models.JSONField(default=list)  # values of Condition
    unseen = models.TextField("why it was not seen sooner", max_length=1000, blank=True)
    worked = models.TextField("what worked", max_length=1000, blank=True)
    told_at = models.DateTimeField(null=True)  # when its owner was told that it is overdue
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    review_on = models.DateField(null=True)
    reviewed_at = models.DateTimeField(null=True)

    class Meta(Worldly.Meta):
        permissions = (("run_post_mortems", "Can write and close post-mortems"),)
        constraints = (
            models.UniqueConstraint(fields=("case",), condition=Q(closed_at=None), name="post_mortem_one_open"),
            models.CheckConstraint(
                condition=Q(closed_at=None, review_on=None) | Q(closed_at__isnull=False, review_on__isnull=False),
                name="post_mortem_closed_is_reviewed",
            ),
        )
        indexes: ClassVar = (
            models.Index(fields=("due_on",), condition=Q(closed_at=None), name="post_mortem_open"),
            models.Index(fields=("review_on",), condition=Q(reviewed_at=None), name="post_mortem_review"),
        )

    def __str__(self) -> str:
        return f"Post-mortem of {self.case}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class Ground(Worldly):
    """Why a post-mortem opened, or what joined it while it was open; `seq` is the event of the log that says it."""

    class Cause(models.TextChoices):
        EXHAUSTED = "exhausted", "The last level missed its time and nobody is above it"
        REJECTED = "rejected", "The customer said twice that the answer does not help"
        BROKEN_TWICE = "broken_twice", "Promises to the customer were broken twice"
        HIGH_LEVEL = "high_level", "It reached level 4 or above"
        REOPENED = "reopened", "It was opened again twice"
        CRITICAL = "critical", "It was of severity 1"
        BY_HAND = "by_hand", "Opened by hand"

    #: The plan itself failed: each of these events has exactly one post-mortem.
    FAILURES = (Cause.EXHAUSTED, Cause.REJECTED)

    post_mortem = models.ForeignKey(PostMortem, on_delete=models.PROTECT, related_name="grounds")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    cause = models.CharField(max_length=12, choices=Cause.choices)
    seq = models.PositiveIntegerField()
    reason = models.CharField(max_length=300, blank=True)  # by hand: why
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(Worldly.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("case", "seq"), condition=Q(cause__in=("exhausted", "rejected")), name="ground_failure_once"
            ),
            models.UniqueConstraint(fields=("case", "cause", "seq"), name="ground_once"),
        )


class TroubledCase(models.Model):
    """A line for each time a case that may need a post-mortem was counted anew; whoever looks takes it away.

    One that could not be looked at stays, with when and the kind of error, and is tried again.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    failed_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=80, blank=True)


class Alternative(Worldly):
    """What was offered to the customer with an apology, in one message, and what they said to it."""

    class Answer(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"

    post_mortem = models.ForeignKey(PostMortem, on_delete=models.PROTECT, related_name="alternatives")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="alternatives")
    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="alternative")
    text = models.TextField(max_length=2000)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    promised_at = models.DateTimeField(null=True)  # the promise that stood in the same letter
    answer = models.CharField(max_length=8, choices=Answer.choices, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta(Worldly.Meta):
        constraints = (
            models.CheckConstraint(
                condition=Q(answer="", answered_at=None) | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="alternative_answered_whole",
            ),
        )
        indexes: ClassVar = (models.Index(fields=("case", "at"), name="alternative_of_case"),)


class Counterfactual(Worldly):
    """What the back-test said: this case under other rules, and what the same rules would have changed elsewhere.

    `here` is {before: {...}, after: {...}}, `elsewhere` the same over other cases once the run is done. The run may
    be thrown away with its draft: label, digest and figures stay as evidence.
    """

    class Verdict(models.TextChoices):
        PREVENTS = "prevents", "It would not have happened"
        STAYS = "stays", "It would have happened all the same"
        UNKNOWN = "unknown", "The back-test cannot say"

    post_mortem = models.ForeignKey(PostMortem, on_delete=models.PROTECT, related_name="counterfactuals")
    version = models.ForeignKey(ProtocolVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    label = models.CharField(max_length=80)
    digest = models.CharField(max_length=64)
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    here = models.JSONField()
    run = models.ForeignKey(BackTest, null=True, on_delete=models.SET_NULL, related_name="+")
    elsewhere = models.JSONField(null=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(Worldly.Meta):
        ordering = ("-at", "-pk")


class Measure(Worldly):
    """Something that will be different: whose it is, until when, how it was done, and that it was looked at afterwards."""

    class Kind(models.TextChoices):
        PROTOCOL = "protocol", "Change the protocol"
        COVER = "cover", "People and hours"
        TOOL = "tool", "A tool, or a check the system makes"
        KNOWLEDGE = "knowledge", "A text, an article, a saved reply"
        TRAINING = "training", "A skill somebody learns"
        CUSTOMER = "customer", "What the customer accepted"
        OTHER = "other", "Something else"

    post_mortem = models.ForeignKey(PostMortem, on_delete=models.PROTECT, related_name="measures")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    text = models.CharField(max_length=300)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    evidence = models.CharField(max_length=500, blank=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    verified_at = models.DateTimeField(null=True)
    verified_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    # What proves a change of the protocol.
    proof = models.ForeignKey(Counterfactual, null=True, on_delete=models.PROTECT, related_name="+")
    reopened = models.PositiveSmallIntegerField(default=0)

    class Meta(Worldly.Meta):
        ordering = ("due_on", "pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(verified_at=None) | (Q(done_at__isnull=False) & ~Q(evidence="")), name="measure_proved"
            ),
        )
        indexes: ClassVar = (models.Index(fields=("owner", "due_on"), condition=Q(done_at=None), name="measure_to_do"),)
