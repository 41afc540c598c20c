"""What a customer said about a case after it was settled: milestone 5."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _lazy

from cases.models import Case
from cases.models.worlds import Worldly

FROM_1_TO_5 = (MinValueValidator(1), MaxValueValidator(5))


class Survey(Worldly):
    """One survey of one case. It exists from the invitation on; `answered_at` says whether it was answered."""

    class Satisfaction(models.IntegerChoices):
        VERY_SATISFIED = 5, _lazy("Very satisfied")
        SATISFIED = 4, _lazy("Satisfied")
        NEITHER = 3, _lazy("Neither satisfied nor dissatisfied")
        DISSATISFIED = 2, _lazy("Dissatisfied")
        VERY_DISSATISFIED = 1, _lazy("Very dissatisfied")

    class Verdict(models.TextChoices):
        YES = "yes", _lazy("Yes")
        PARTLY = "partly", _lazy("Partly")
        NO = "no", _lazy("No")

    class Effort(models.IntegerChoices):
        """How far the customer agrees that we made it easy."""

        STRONGLY_AGREE = 5, _lazy("Strongly agree")
        AGREE = 4, _lazy("Agree")
        NEITHER = 3, _lazy("Neither agree nor disagree")
        DISAGREE = 2, _lazy("Disagree")
        STRONGLY_DISAGREE = 1, _lazy("Strongly disagree")

    #: Scores after which we ask whether a supervisor may call.
    LOW = (Satisfaction.VERY_DISSATISFIED, Satisfaction.DISSATISFIED)

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="survey")
    invited_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    satisfaction = models.PositiveSmallIntegerField(null=True, choices=Satisfaction.choices, validators=FROM_1_TO_5)
    fixed = models.CharField(max_length=6, choices=Verdict.choices, blank=True)
    # Asked of cases that were passed up only.
    heard = models.CharField(max_length=6, choices=Verdict.choices, blank=True)
    effort = models.PositiveSmallIntegerField(null=True, choices=Effort.choices, validators=FROM_1_TO_5)
    comment = models.TextField(blank=True, max_length=2000)
    may_contact = models.BooleanField(null=True)
    # Leave to pass these very words on inside the company, without a name; gone with the words it was given for.
    may_quote = models.BooleanField(null=True)
    # Answered under the promise that nobody is shown it beside the case; kept with the answer, whatever is set later.
    is_anonymous = models.BooleanField(default=False)

    class Meta(Worldly.Meta):
        permissions = (
            ("view_insights", "Can see the figures"),
            ("view_handlers", "Can see the figures of single colleagues"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(satisfaction__gte=1, satisfaction__lte=5),
                name="survey_answer_has_a_score",
            ),
            models.CheckConstraint(
                condition=Q(effort__isnull=True) | Q(effort__gte=1, effort__lte=5), name="survey_effort_1_to_5"
            ),
        )
        indexes = (
            models.Index(fields=("answered_at",), name="survey_answered"),
            # The readers of comments: those with words, and whether any has no name.
            models.Index(
                fields=("answered_at",), condition=Q(answered_at__isnull=False) & ~Q(comment=""), name="survey_written"
            ),
            models.Index(fields=("answered_at",), condition=Q(is_anonymous=True), name="survey_nameless"),
            # The reminder's reader: who was asked, has not answered and was not reminded.
            models.Index(
                fields=("invited_at",),
                condition=Q(answered_at__isnull=True, reminded_at__isnull=True),
                name="survey_to_remind",
            ),
        )

    @property
    def is_low(self) -> bool:
        """Whether the score is a low one."""
        return self.satisfaction in self.LOW

    @property
    def is_unhappy(self) -> bool:
        """Whether somebody of ours owes them a word: a low score, or, whatever the score, not fixed."""
        return self.is_low or self.fixed == self.Verdict.NO
