"""How easy customers found it on average (CES): the mean beside the share who agree that we made it easy.

The mean of a scale of five has Student's interval, as the recovery lift has; fewer than FEWEST answers are not shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from feedback.measures import Counted
from feedback.recovery import Lift, mean_of

SCALE = (1, 2, 3, 4, 5)
#: The kept counts it is made of.
EFFORTS = tuple(f"effort_{score}" for score in SCALE)


@dataclass(frozen=True, slots=True)
class Ease:
    """The mean of the period and of the one it is compared with."""

    now: Lift = field(default_factory=lambda: Lift(0))
    before: Lift = field(default_factory=lambda: Lift(0))


def ease(found: Mapping[str, Counted]) -> Ease:
    """Of the counts of EFFORTS."""
    pairs = list(zip(SCALE, EFFORTS, strict=True))
    return Ease(
        mean_on_scale({score: found[key].now.hits for score, key in pairs}),
        mean_on_scale({score: found[key].before.hits for score, key in pairs}),
    )


def mean_on_scale(counts: Mapping[int, int]) -> Lift:
    """The mean of answers, given how often each came; its interval ends where the scale does."""
    found = mean_of(counts)
    if found.interval is None:
        return found
    low, high = found.interval
    return replace(found, interval=(max(low, float(SCALE[0])), min(high, float(SCALE[-1]))))
