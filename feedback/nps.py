"""The net promoter score of answers from 0 to 10, with its interval. Pure.

Promoters answer 9 or 10, detractors 0 to 6 (Reichheld 2003); the score is the share of the first minus that of the second. It
is the difference of two shares of the same answers, so its interval is the adjusted Wald one of Bonett and Price (2012): one
more promoter and one more detractor are counted, and the usual interval is taken of that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from feedback.intervals import FEWEST, Z

PROMOTER, DETRACTOR = 9, 6


@dataclass(frozen=True, slots=True)
class Nps:
    """Counted answers. `value` is from -1 to 1; nothing is said of fewer than five."""

    promoters: int = 0
    passives: int = 0
    detractors: int = 0

    @property
    def n(self) -> int:
        return self.promoters + self.passives + self.detractors

    @property
    def shown(self) -> bool:
        return self.n >= FEWEST

    @property
    def value(self) -> float | None:
        return (self.promoters - self.detractors) / self.n if self.shown else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 %, within -1 and 1; None while there are too few."""
        return bonett_price(self.promoters, self.detractors, self.n) if self.shown else None


def nps(scores: Iterable[int]) -> Nps:
    """Counts answers from 0 to 10. ValueError for another."""
    ups = middles = downs = 0
    for score in scores:
        if not 0 <= score <= 10:
            raise ValueError(f"{score} is no answer from 0 to 10.")
        ups, downs = ups + (score >= PROMOTER), downs + (score <= DETRACTOR)
        middles += DETRACTOR < score < PROMOTER
    return Nps(ups, middles, downs)


def bonett_price(more: int, less: int, n: int) -> tuple[float, float]:
    """The 95 % interval of (more - less) / n, two parts of the same n. ValueError where they are no parts of it."""
    if min(more, less) < 0 or more + less > n or n == 0:
        raise ValueError(f"{more} and {less} are no parts of {n}.")
    up, down = (more + 1) / (n + 2), (less + 1) / (n + 2)
    reach = Z * math.sqrt((up + down - (up - down) ** 2) / (n + 2))
    return max(-1.0, up - down - reach), min(1.0, up - down + reach)
