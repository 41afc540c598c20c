"""Who reads which quality review, and whether with its case."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from cases.access import Viewer
from cases.models import Case, User
from escalation.mentions import may_see
from feedback.leads import led_by
from feedback.models import QualityReview

SUPERVISE = "cases.supervise"


def readable(user: User) -> QuerySet[QualityReview]:
    """The reviews somebody may look at: what is scored of their own work, and of others, on cases they see, what they
    scored themselves and all of the people they lead or supervise.

    Who has lost the sight of a case keeps what was said of their work there, without the case.
    """
    rows = QualityReview.objects.select_related("week", "case", "person", "reviewer")
    others = ~Q(person=user) if user.has_perm(SUPERVISE) else Q(person__in=led_by(user)) | Q(reviewer=user)
    seen = Case.objects.visible_to(Viewer(user)).order_by().values("pk")
    mine = Q(person=user, reviewed_at__isnull=False)
    return rows.filter((others & ~Q(person=user) & Q(case__in=seen)) | mine).order_by("-week__monday", "pk")


def about(review: QualityReview, user: User) -> str:
    """The case of a review by its reference; empty where the reader does not see it."""
    return str(review.case.reference) if may_see(user, review.case) else ""
