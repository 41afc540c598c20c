"""The letters of quality reviews: your work was reviewed, and your review was answered. They name no points and no words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from escalation.letters import NotNeeded
from escalation.models import Notice
from feedback.models import QualityReview

SCORED, ANSWERED = "quality_scored", "quality_answered"


def compose(notice: Notice, now: datetime) -> dict[str, Any]:
    """What either letter says: the case and the page."""
    review = QualityReview.objects.filter(pk=notice.data["review"]).select_related("case", "person").first()
    if review is None:
        raise NotNeeded("The review is not there any more.")
    return {"review": review, "page": f"{settings.BASE_URL}/console/quality/{review.pk}/"}


COMPOSERS = {SCORED: compose, ANSWERED: compose}
