"""Recovery lift: how much higher the final score is than the one given on the way, of cases that have both (R065).

Only differences of one and the same case are looked at, so that easy cases cannot make hard ones look recovered. The
interval of the mean is Student's, his quantile by Cornish and Fisher's expansion (four terms: within 0.01 from n = 5 on).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, F

from feedback.figures import EVERYTHING, Scope, within
from feedback.intervals import FEWEST, Z
from feedback.measures import MEASURES
from feedback.models import CaseFact
from feedback.periods import Period


@dataclass(frozen=True, slots=True)
class Lift:
    """The mean difference in points of the scale, and its 95 % interval; None while there are too few to be shown."""

    n: int
    mean: float | None = None
    interval: tuple[float, float] | None = None


def student(n: int) -> float:
    """The two-sided 95 % quantile of Student's distribution for a mean of n values, n > 1."""
    free, z = n - 1, Z
    return (
        z
        + (z**3 + z) / (4 * free)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * free**3)
    )


def mean_of(counts: Mapping[int, int]) -> Lift:
    """The mean of differences, given how often each of them came."""
    n = sum(counts.values())
    if n < FEWEST:
        return Lift(n)
    mean = sum(value * times for value, times in counts.items()) / n
    spread = math.sqrt(sum(times * (value - mean) ** 2 for value, times in counts.items()) / (n - 1))
    reach = student(n) * spread / math.sqrt(n)
    return Lift(n, mean, (mean - reach, mean + reach))


def lift(period: Period, scope: Scope = EVERYTHING) -> Lift:
    """Of the cases with both scores whose final one was given in the period; one query."""
    facts = CaseFact.objects.filter(within("said_at", period), MEASURES["recovered"].of, scope.on("case__"))
    rows = facts.order_by().values(more=F("score") - F("interim_score")).annotate(times=Count("pk"))
    return mean_of({row["more"]: row["times"] for row in rows})
