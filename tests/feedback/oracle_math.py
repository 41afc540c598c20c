"""The arithmetic a second time, by other roads: curves by counting who is left, intervals by searching for their ends."""

from __future__ import annotations

import math
from collections.abc import Callable

from tests.feedback.oracle_log import Times
from tests.feedback.oracle_rows import Pair

Z = 1.959963984540054


def root(wrong: Callable[[float], float], low: float, high: float) -> float:
    """Where an increasing function is 0, by halving."""
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if wrong(middle) < 0 else (low, middle)
    return (low + high) / 2


def wilson(pair: Pair) -> tuple[float, float]:
    """The shares that lie Z of their own standard errors away from the one that was found."""
    hits, n = pair
    found = hits / n

    def away(share: float) -> float:
        return (share - found) / max(math.sqrt(share * (1 - share) / n), 1e-300)

    low = 0.0 if hits == 0 else root(lambda share: away(share) + Z, 0.0, found)
    return low, 1.0 if hits == n else root(lambda share: away(share) - Z, found, 1.0)


def newcombe(now: Pair, before: Pair) -> tuple[float, float]:
    """The difference of two shares: each end from the ends of both that are farthest apart that way."""
    (low, high), (low_then, high_then) = wilson(now), wilson(before)
    a, b = now[0] / now[1], before[0] / before[1]
    return a - b - math.sqrt((a - low) ** 2 + (high_then - b) ** 2), a - b + math.sqrt(
        (high - a) ** 2 + (b - low_then) ** 2
    )


class Left:
    """How many are left after each time at which something ended, and how surely."""

    def __init__(self, times: Times) -> None:
        self.ended = sum(done for _, done in times)
        self.censored = len(times) - self.ended
        self.steps: list[tuple[float, float, float]] = []
        left, spread = 1.0, 0.0
        counts: dict[float, list[int]] = {}
        for time, done in times:
            counts.setdefault(time, [0, 0])[done] += 1
        risk = len(times)
        for time in sorted(counts):
            lost, dead = counts[time]
            if dead:
                left *= (risk - dead) / risk
                spread += dead / (risk * (risk - dead)) if risk > dead else math.inf
                self.steps.append((time, left, spread))
            risk -= lost + dead

    def within(self, part: float) -> float | None:
        return next((time for time, left, _ in self.steps if left <= 1 - part + 1e-9), None)

    def reach(self, part: float) -> tuple[float | None, float | None]:
        """The first times at which the lower and the upper end of what is left come down to it."""

        def first(sign: int) -> float | None:
            for time, left, spread in self.steps:
                if left < 1e-9:
                    end = 0.0 if sign < 0 else 1.0
                else:
                    end = math.exp(
                        -math.exp(math.log(-math.log(left)) - sign * Z * math.sqrt(spread) / abs(math.log(left)))
                    )
                if end <= 1 - part + 1e-9:
                    return time
            return None

        return first(-1), first(1)


def student(free: int) -> float:
    """The two-sided 95 % quantile: where the density, added up from the middle, has 47.5 % on one side."""
    scale = math.exp(math.lgamma((free + 1) / 2) - math.lgamma(free / 2)) / math.sqrt(free * math.pi)

    def half(end: float, steps: int = 2000) -> float:
        width = end / steps
        heights = [scale * (1 + (i * width) ** 2 / free) ** (-(free + 1) / 2) for i in range(steps + 1)]
        return width / 3 * (heights[0] + heights[-1] + 4 * sum(heights[1:-1:2]) + 2 * sum(heights[2:-1:2]))

    return root(lambda end: half(end) - 0.475, 0.5, 20.0)
