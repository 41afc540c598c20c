"""The arithmetic of figures: shares with their interval, whether two shares differ, and times with cases still open.

Pure: no database, no clock. Sources: Wilson 1927 (interval of a share), Newcombe 1998 (interval of a difference),
Kaplan and Meier 1958 with Greenwood's variance and the log-log interval (times).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

Z = 1.959963984540054  # 95 %, two-sided
#: A share of fewer than this is not shown: it would speak of single people.
FEWEST = 5
#: Of fewer than this nothing is said to differ from anything else.
ENOUGH = 10
#: Of fewer than this no page says that a share or a time went up or down, or that one of several is more or less than the others.
COMPARED = 30
Key = TypeVar("Key")
TINY = 1e-9  # products of fractions are not exact


@lru_cache(maxsize=4096)
def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share, both ends within 0 and 1. ValueError unless 0 <= hits <= n and n > 0."""
    if not 0 <= hits <= n or n == 0:
        raise ValueError(f"{hits} of {n} is no share.")
    share, square = hits / n, Z * Z
    middle = share + square / (2 * n)
    reach = Z * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    whole = 1 + square / n
    # At no hits or nothing but hits an end is the share itself, which rounding would miss by a hair.
    low = 0.0 if hits == 0 else (middle - reach) / whole
    return low, 1.0 if hits == n else (middle + reach) / whole


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `n`. What it says of itself is None while `n` is too small to be shown.

    `kept_back`: it is large enough, but a smaller one beside it could be computed from it and their total.
    """

    hits: int = 0
    n: int = 0
    kept_back: bool = False

    @property
    def shown(self) -> bool:
        return self.n >= FEWEST and not self.kept_back

    @property
    def value(self) -> float | None:
        return self.hits / self.n if self.shown else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.hits, self.n) if self.shown else None

    def __add__(self, other: Share) -> Share:
        return Share(self.hits + other.hits, self.n + other.n)


def keep_back(parts: Mapping[Key, Share], unseen: Collection[Key] = ()) -> set[Key]:
    """Which of the parts of a whole to keep back, so that nobody computes a hidden one from the whole and the others.

    Hidden are those with fewer than FEWEST and those of `unseen`. What is hidden must be, taken together, at least FEWEST
    of at least two parts; else the smallest shown ones are kept back, too. Parts that are empty hide nothing.
    """
    filled = {key: share for key, share in parts.items() if share.n}
    hidden = {key for key, share in filled.items() if not share.shown or key in unseen}
    more: set[Key] = set()
    rest = sorted((key for key in filled if key not in hidden), key=lambda key: filled[key].n)
    while hidden and rest and (len(hidden) < 2 or sum(filled[key].n for key in hidden) < FEWEST):
        more.add(rest[0])
        hidden.add(rest.pop(0))
    return more


def difference(now: Share, before: Share) -> tuple[float, float] | None:
    """The 95 % interval of now minus before (Newcombe's hybrid score); None while one of them is not shown."""
    if now.interval is None or before.interval is None:
        return None
    gap = now.hits / now.n - before.hits / before.n
    (low_now, high_now), (low_before, high_before) = now.interval, before.interval
    p_now, p_before = now.hits / now.n, before.hits / before.n
    down = math.hypot(p_now - low_now, high_before - p_before)
    up = math.hypot(high_now - p_now, p_before - low_before)
    return gap - down, gap + up


def change(now: Share, before: Share) -> str | None:
    """ "up" or "down" when the interval of the difference leaves 0 out, "" when it does not, None when not known."""
    interval = difference(now, before)
    if interval is None:
        return None
    low, high = interval
    return "up" if low > 0 else "down" if high < 0 else ""


def apart(one: Share, other: Share, *, least: int = ENOUGH) -> str | None:
    """Whether `one` may be said to be "up" or "down" beside `other`; "" when not, None when one has fewer than `least`.

    Two shares that stand side by side with their intervals are told apart only where the intervals do not meet: the
    reader sees them, and the one looked at was picked because it stood out.
    """
    if min(one.n, other.n) < least or one.interval is None or other.interval is None:
        return None
    (low, high), (low_other, high_other) = one.interval, other.interval
    return "up" if low > high_other else "down" if high < low_other else ""


@dataclass(frozen=True, slots=True)
class Step:
    """At `time` the share still open falls to `open`; `spread` is Greenwood's sum up to here."""

    time: float
    open: float
    spread: float


@dataclass(frozen=True, slots=True)
class Curve:
    """How many are still open after which time, one step for each time at which something ended."""

    ended: int = 0
    censored: int = 0
    steps: tuple[Step, ...] = field(default=())

    @property
    def n(self) -> int:
        return self.ended + self.censored

    def quantile(self, share: float) -> float | None:
        """The first time by which `share` (0.5: the median) has ended; None while too many are open to say."""
        return next((step.time for step in self.steps if step.open <= 1 - share + TINY), None)

    def interval(self, share: float) -> tuple[float | None, float | None]:
        """The 95 % interval of that quantile (log-log); None where it is not reached."""
        bands = [(step.time, *_band(step)) for step in self.steps]
        low = next((time for time, lower, _ in bands if lower <= 1 - share + TINY), None)
        high = next((time for time, _, upper in bands if upper <= 1 - share + TINY), None)
        return low, high


def kaplan_meier(times: Iterable[tuple[float, bool]]) -> Curve:
    """The curve of (time, whether it ended then); False means it was still open when last looked at.

    At one and the same time what ended comes before what was still open, as is usual. ValueError for a time below 0.
    """
    rows = sorted(times)
    if rows and rows[0][0] < 0:
        raise ValueError("A time cannot lie below 0.")
    ends: dict[float, int] = {}
    gone: dict[float, int] = {}
    for time, ended in rows:
        ends[time] = ends.get(time, 0) + ended
        gone[time] = gone.get(time, 0) + 1
    at_risk, still, spread, steps = len(rows), 1.0, 0.0, []
    for time, count in gone.items():
        if dead := ends[time]:
            still *= 1 - dead / at_risk
            spread += dead / (at_risk * (at_risk - dead)) if at_risk > dead else math.inf
            steps.append(Step(time, still, spread))
        at_risk -= count
    total = sum(ends.values())
    return Curve(total, len(rows) - total, tuple(steps))


def _band(step: Step) -> tuple[float, float]:
    """The interval of the share open at a step, on the log-log scale, which stays within 0 and 1.

    Where nothing is left open there is no such interval, so that step says nothing about how late it could have been.
    """
    if step.open < TINY:
        return 0.0, 1.0
    reach = Z * math.sqrt(step.spread) / abs(math.log(step.open))
    return step.open ** math.exp(reach), step.open ** math.exp(-reach)
