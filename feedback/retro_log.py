"""What the log knows of a case that a retro asks about: its ways up, what was late, who helped. Facts only, never a cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from cases.models import Case, Consult, Event
from escalation.models import Promise
from feedback.climbs import Rise, rising, why_of
from feedback.figures import BROKEN, KEPT, OURS

#: Acts whose number is told.
COUNTED = ("helped_back", "returned_down", "rejected", "reopened", "asked_customer", "waits_for_partner")


@dataclass(frozen=True, slots=True)
class Known:
    """Of one case: its rises in order, promises to the customer kept and broken (these by when they were due), questions
    experts answered, of these in time, those nobody answered, and how often each act of COUNTED was done."""

    rises: Sequence[Rise]
    kept: int
    broken: Sequence[Promise]
    answered: int
    answered_in_time: int
    unanswered: int
    acts: Counter[str]


def known(case: Case) -> Known:
    """Read off the log in four questions."""
    found = rising(Q(case=case)).order_by("seq").values_list("case", "was", "level", "kind", "again")
    promises = Promise.objects.filter(case=case, status__in=(KEPT, BROKEN), clock__kind__in=OURS)
    due = list(promises.select_related("clock").order_by("due_at", "pk"))
    asked = Consult.objects.filter(case=case, taken_back_at=None)
    times = list(asked.order_by("asked_at", "pk").values_list("answered_at", "due_at"))
    kinds = Event.objects.filter(case=case, kind__in=COUNTED).order_by("seq").values_list("kind", flat=True)
    return Known(
        rises=[Rise(of, was, level, why_of(kind, again)) for of, was, level, kind, again in found],
        kept=sum(one.status == KEPT for one in due),
        broken=[one for one in due if one.status == BROKEN],
        answered=sum(at is not None for at, _ in times),
        answered_in_time=sum(at is not None and at <= by for at, by in times),
        unanswered=sum(at is None for at, _ in times),
        acts=Counter(kinds),
    )
