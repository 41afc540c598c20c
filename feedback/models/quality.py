"""The weekly quality review: the sample of a week with what it was drawn from, and each case's review and its answer."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from cases.models import Case, User
from cases.models.worlds import Worldly


class QualityWeek(models.Model):
    """The sample of the week that began on `monday`. `seed` and `population` draw the same cases again."""

    monday = models.DateField(unique=True)
    seed = models.CharField(max_length=32)
    # How many were to be drawn by chance and by risk.
    by_chance = models.PositiveSmallIntegerField()
    by_risk = models.PositiveSmallIntegerField()
    # [case number, weight] of every case that could be drawn, as they stood then.
    population: Any = models.JSONField(default=list)
    drawn_at = models.DateTimeField()

    class Meta:
        ordering = ("-monday",)

    def __str__(self) -> str:
        return f"the week of {self.monday}"


class QualityReview(Worldly):
    """One case of a sample: how a lead scored the work of `person`, and what that person says to it."""

    week = models.ForeignKey(QualityWeek, on_delete=models.PROTECT, related_name="reviews")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="quality_reviews")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    by_chance = models.BooleanField()
    # Why it weighed more than others, by the keys of feedback.sampling.WEIGHTS.
    reasons: Any = models.JSONField(default=list)
    reviewer = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    rubric = models.PositiveSmallIntegerField(default=0)
    # Criterion -> points, or null where it did not apply.
    scores: Any = models.JSONField(default=dict)
    words = models.TextField(blank=True, max_length=1000)
    agrees = models.BooleanField(null=True)
    reply = models.TextField(blank=True, max_length=1000)
    replied_at = models.DateTimeField(null=True)

    class Meta(Worldly.Meta):
        constraints = (
            models.UniqueConstraint(fields=("week", "case"), name="quality_once"),
            models.CheckConstraint(condition=~Q(reviewer=F("person")), name="quality_not_of_oneself"),
            models.CheckConstraint(
                condition=Q(reviewed_at=None, reviewer=None, words="", replied_at=None)
                | (Q(reviewed_at__isnull=False, reviewer__isnull=False) & ~Q(words="")),
                name="quality_review_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(replied_at=None, agrees=None, reply="") | Q(replied_at__isnull=False, agrees__isnull=False),
                name="quality_reply_is_whole",
            ),
        )
        indexes: ClassVar = (
            models.Index(fields=("person",), name="quality_person"),
            models.Index(fields=("week",), condition=Q(reviewed_at=None), name="quality_to_do"),
        )
