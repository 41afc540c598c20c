"""What a customer said about a case after it was settled: milestone 5."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _lazy

from cases.models import Case
from cases.models.worlds import Worldly


class Survey(Worldly):
    """One survey of one case. It exists from the invitation on; `answered_at` says whether it was answered."""

    class Satisfaction(models.IntegerChoices):
        VERY_SATISFIED = 5, _lazy("Very satisfied")
        SATISFIED = 4, _lazy("Satisfied")
        NEITHER = 3, _lazy("Neither satisfied nor dissatisfied")
        DISSATISFIED = 2, _lazy("Dissatisfied")
        VERY_DISSATISFIED = 1, _lazy("Very dissatisfied")

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="survey")
    invited_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    satisfaction = models.PositiveSmallIntegerField(
        null=True, choices=Satisfaction.choices, validators=(MinValueValidator(1), MaxValueValidator(5))
    )
    fixed = models.BooleanField(null=True)
    comment = models.TextField(blank=True, max_length=2000)
    may_contact = models.BooleanField(null=True)

    class Meta(Worldly.Meta):
        permissions = (("view_insights", "Can see the figures"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(satisfaction__gte=1, satisfaction__lte=5),
                name="survey_answer_has_a_score",
            ),
        )
        indexes = (models.Index(fields=("answered_at",), name="survey_answered"),)
