"""Incidents that come again: the same customer with the same topic within a month. One rule, for the page and the figure."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from cases.access import Viewer
from cases.lifecycle import State
from cases.models import Case

DAYS = 30
WITHIN = timedelta(days=DAYS)
#: Joined to another case is the same incident told twice; withdrawn is none.
NO_INCIDENT = (State.MERGED, State.WITHDRAWN)


def earlier(case: Case, viewer: Viewer) -> QuerySet[Case]:
    """The incidents `case` is a return of, newest first, as far as the viewer sees them."""
    before = Case.objects.visible_to(viewer).filter(earlier_than(case), customer=case.customer_id)
    return before.order_by("-filed_at", "-pk")


def earlier_than(case: Case) -> Q:
    """The condition on another case of the same customer that `case` is a return of it."""
    shortly = Q(category=case.category_id, filed_at__lt=case.filed_at, filed_at__gte=case.filed_at - WITHIN)
    return shortly & ~Q(state__in=NO_INCIDENT)


def came_again() -> Q:
    """The condition on Case that it is a return of an earlier incident."""
    before = Case.objects.filter(
        customer=OuterRef("customer"),
        category=OuterRef("category"),
        filed_at__lt=OuterRef("filed_at"),
        filed_at__gte=OuterRef("filed_at") - WITHIN,
    ).exclude(state__in=NO_INCIDENT)
    return Q(Exists(before)) & ~Q(state__in=NO_INCIDENT)
