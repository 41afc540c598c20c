"""Whether customers would recommend us: asked of people, not of cases, of some of them a quarter."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _lazy

from cases.models import User

MOST_SCORE = 10


class RecommendRound(models.Model):
    """The sample of a quarter: drawn once from who was a customer then. `seed` and `per_cent` draw the same people again."""

    quarter = models.DateField(unique=True)  # its first day
    seed = models.CharField(max_length=32)
    per_cent = models.PositiveSmallIntegerField()
    population = models.PositiveIntegerField()  # how many could have been drawn
    drawn_at = models.DateTimeField()

    class Meta:
        ordering = ("-quarter",)

    def __str__(self) -> str:
        return f"the quarter of {self.quarter}"


class Recommendation(models.Model):
    """The question to one person in one quarter: on which day, perhaps asked, perhaps answered. It goes when they are erased."""

    class Score(models.IntegerChoices):
        """How likely it is that they recommend us."""

        TEN = 10, _lazy("10 (extremely likely)")
        NINE = 9, "9"
        EIGHT = 8, "8"
        SEVEN = 7, "7"
        SIX = 6, "6"
        FIVE = 5, "5"
        FOUR = 4, "4"
        THREE = 3, "3"
        TWO = 2, "2"
        ONE = 1, "1"
        ZERO = 0, _lazy("0 (not at all likely)")

    of = models.ForeignKey(RecommendRound, on_delete=models.PROTECT, related_name="asked")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    ask_on = models.DateField()
    owed_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    # The mailed secret is kept as a hash.
    token_hash = models.CharField(max_length=64, null=True, unique=True)
    answered_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    score = models.PositiveSmallIntegerField(null=True, choices=Score.choices)
    why = models.TextField(blank=True, max_length=2000)
    # Answered under the promise that nobody is shown whose it is.
    is_anonymous = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("of", "person"), name="recommend_once_a_quarter"),
            models.CheckConstraint(
                condition=Q(answered_at=None, score=None, why="")
                | Q(answered_at__isnull=False, asked_at__isnull=False, score__gte=0, score__lte=MOST_SCORE),
                name="recommend_answer_has_a_score",
            ),
        )
        indexes: ClassVar = (
            # The beat: whose day has come.
            models.Index(fields=("ask_on",), condition=Q(owed_at=None), name="recommend_to_ask"),
        )

    def __str__(self) -> str:
        return f"question {self.pk}"
