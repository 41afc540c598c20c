"""Remedies rated: how much higher customers scored at the end than on the way where a remedy was given, and where none was (R065).

Of each case only its own difference counts, final score less the last one given on the way before the remedy, so that
hard cases do not make a remedy look bad. It is an association: nobody draws by lot who gets what. docs/solving.md.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery

from cases.models import Resolution
from feedback.models import Interim, Survey
from feedback.recovery import Lift, mean_of

#: Final scores of so many days are looked at.
OF_DAYS = 365


@dataclass(frozen=True, slots=True)
class Rated:
    """The lift by remedy, and that of the cases that had none from the list."""

    by_remedy: Mapping[int, Lift]
    without: Lift

    def of(self, remedy: int) -> Lift:
        return self.by_remedy.get(remedy, Lift(0))


def rated(*, at: datetime) -> Rated:
    """Of the scores given in the last year; a case with two remedies stands with both. Two questions."""
    given = Resolution.objects.filter(remedy_kind__isnull=False)
    said = Survey.objects.filter(
        answered_at__gt=at - timedelta(days=OF_DAYS),
        answered_at__lte=at,
        case__is_history=False,
        case__customer__is_staff=False,
    )
    none = said.filter(~Exists(given.filter(case=OuterRef("case")))).annotate(before=_on_the_way("answered_at"))
    rows = given.filter(case__survey__in=said, at__lt=F("case__survey__answered_at")).annotate(before=_on_the_way("at"))
    wanted = ("remedy_kind__remedy", "case", "before", "case__survey__satisfaction")
    by_remedy: dict[int, Counter[int]] = defaultdict(Counter)
    seen = set()
    for remedy, case, before, score in rows.filter(before__isnull=False).order_by("at", "pk").values_list(*wanted):
        # Given twice in one case: the scores before the first one and at the end say what came of both.
        if (remedy, case) not in seen:
            seen.add((remedy, case))
            by_remedy[remedy][score - before] += 1
    plain = none.filter(before__isnull=False).order_by("pk").values_list("before", "satisfaction")
    without = Counter(score - before for before, score in plain)
    return Rated({remedy: mean_of(counts) for remedy, counts in by_remedy.items()}, mean_of(without))


def _on_the_way(until: str) -> Subquery:
    """The last score on the way that was given before the row's instant `until`."""
    said: QuerySet[Interim] = Interim.objects.filter(case=OuterRef("case"), answered_at__lt=OuterRef(until))
    return Subquery(said.order_by("-answered_at", "-pk").values("score")[:1])


def against(one: Lift, other: Lift) -> tuple[float, float, float] | None:
    """How much larger the first lift is, with the ends of its 95 % interval; None where either is hidden.

    The interval squares and adds the reaches of the two (Zou and Donner 2008, Statistics in Medicine 27, 1693).
    """
    if one.mean is None or other.mean is None or one.interval is None or other.interval is None:
        return None
    more = one.mean - other.mean
    down = math.hypot(one.mean - one.interval[0], other.interval[1] - other.mean)
    up = math.hypot(one.interval[1] - one.mean, other.mean - other.interval[0])
    return more, more - down, more + up
