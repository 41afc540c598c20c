"""The one question asked while an escalated case is under way: whether we are on the right track."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _lazy

from cases.models import Case
from cases.models.worlds import Worldly


class Interim(Worldly):
    """The question after one milestone of one case: owed, asked when its letter was written, perhaps answered."""

    class Score(models.IntegerChoices):
        FULLY = 5, _lazy("Yes, fully")
        MOSTLY = 4, _lazy("Mostly")
        PARTLY = 3, _lazy("Partly")
        HARDLY = 2, _lazy("Hardly")
        NO = 1, _lazy("Not at all")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="interims")
    milestone = models.PositiveSmallIntegerField()
    owed_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    score = models.PositiveSmallIntegerField(null=True, choices=Score.choices)
    # Answered under the promise that nobody is shown it beside the case.
    is_anonymous = models.BooleanField(default=False)

    class Meta(Worldly.Meta):
        constraints = (
            models.UniqueConstraint(fields=("case", "milestone"), name="interim_once_a_milestone"),
            models.CheckConstraint(
                condition=Q(answered_at=None, score=None) | Q(answered_at__isnull=False, score__gte=1, score__lte=5),
                name="interim_answer_has_a_score",
            ),
        )
