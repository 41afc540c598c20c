"""Whether a week of a line is unusual: outside the limits of chance, or one of many in a row on one side of the middle.

Pure. The middle is the share of all weeks together. The limits are those of a control chart (Shewhart 1931): three standard
deviations, taken as the exact chance of that many hits or more (0.135 % on either side), so that small weeks raise no false
alarm. Eight in a row on one side is the run rule of the Western Electric handbook (1956): chance alone does that once in 128.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from feedback.intervals import Share

#: The chance, on either side, of lying three standard deviations or more from the middle.
CHANCE = 0.00135
IN_A_ROW = 8
#: Terms of a sum smaller than this, of what was summed, change nothing that is shown.
TINY = 1e-9


def at_least(hits: int, n: int, share: float) -> float:
    """The chance of `hits` or more among `n`, each with chance `share`, 0 < share < 1, for hits above n x share."""
    term = math.exp(
        math.lgamma(n + 1)
        - math.lgamma(hits + 1)
        - math.lgamma(n - hits + 1)
        + hits * math.log(share)
        + (n - hits) * math.log1p(-share)
    )
    whole = 0.0
    # Above the middle each term is smaller than the one before it.
    for k in range(hits, n + 1):
        whole += term
        if term < TINY * whole:
            break
        term *= (n - k) / (k + 1) * share / (1 - share)
    return whole


def outside(share: Share, whole: Share) -> str:
    """ "up" or "down" where `share` lies outside the limits around the share of `whole`, else ""."""
    middle = whole.hits / whole.n if whole.n else 0.0
    if not 0 < middle < 1 or not share.n:
        return ""
    if share.hits > middle * share.n:
        return "up" if at_least(share.hits, share.n, middle) < CHANCE else ""
    if share.hits < middle * share.n:
        return "down" if at_least(share.n - share.hits, share.n, 1 - middle) < CHANCE else ""
    return ""


def runs(shares: Iterable[Share], whole: Share) -> dict[str, int]:
    """How many in a row lay above ("up") and below ("down") the share of `whole` at most; one on the middle ends a row."""
    longest, side, row = {"up": 0, "down": 0}, "", 0
    for share in shares:
        # Whole numbers: no share lies beside the middle by rounding.
        gap = share.hits * whole.n - whole.hits * share.n
        now = "up" if gap > 0 else "down" if gap < 0 else ""
        row = row + 1 if now and now == side else 1 if now else 0
        side = now
        if now:
            longest[now] = max(longest[now], row)
    return longest
