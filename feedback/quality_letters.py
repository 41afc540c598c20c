"""The letters of quality reviews: your work was reviewed, and your review was answered. They name no points and no words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from escalation.letters import NotNeeded
from escalation.models import Notice
from feedback.quality_reading import about, readable

SCORED, ANSWERED = "quality_scored", "quality_answered"


def compose(notice: Notice, now: datetime) -> dict[str, Any]:
    """What either letter says: the case, where the reader still sees it, and the page. NotNeeded where it leads nowhere."""
    review = readable(notice.person).filter(pk=notice.data["review"]).first()
    if review is None:
        raise NotNeeded("The review is not there any more, or not for this person's eyes.")
    return {
        "review": review,
        "about": about(review, notice.person),
        "page": f"{settings.BASE_URL}/console/quality/{review.pk}/",
    }


COMPOSERS = {SCORED: compose, ANSWERED: compose}
