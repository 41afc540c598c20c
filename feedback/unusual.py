"""Whether a week of a line is unusual: outside the limits of chance, or one of many in a row on one side of the middle.

Pure. The middle is the share of all weeks together. The limits are those of a control chart (Shewhart 1931): three standard
deviations, taken as the exact chance of that many hits or more (0.135 % on either side), so that small weeks raise no false
alarm. Eight in a row on one side is the run rule of the Western Electric handbook (1956): chance alone does that once in 128.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

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


def limits(n: int, whole: Share) -> tuple[int, int] | None:
    """The fewest and the most hits among `n` that are not `outside`; None where the share of `whole` is none, nothing or all."""
    middle = whole.hits / whole.n if whole.n else 0.0
    if not 0 < middle < 1 or not n:
        return None
    return n - _most(n, 1 - middle), _most(n, middle)


def _most(n: int, share: float) -> int:
    """The most hits among `n` that chance gives often enough: from where the normal curve has it, step by step."""
    least = math.floor(n * share)  # the last one that is not above the middle
    hits = max(least, min(n, round(n * share + 3 * math.sqrt(n * share * (1 - share)))))
    while hits < n and at_least(hits + 1, n, share) >= CHANCE:
        hits += 1
    while hits > least and at_least(hits, n, share) < CHANCE:
        hits -= 1
    return hits


def odd(shares: Sequence[Share], whole: Share) -> set[int]:
    """Which of them, by number, are unusual: outside the limits, or one of IN_A_ROW and more on one side of the middle."""
    found = {number for number, share in enumerate(shares) if outside(share, whole)}
    for _, first, n in _rows(shares, whole):
        found |= set(range(first, first + n)) if n >= IN_A_ROW else set()
    return found


def runs(shares: Iterable[Share], whole: Share) -> dict[str, int]:
    """How many in a row lay above ("up") and below ("down") the share of `whole` at most; one on the middle ends a row."""
    longest = {"up": 0, "down": 0}
    for side, _, n in _rows(shares, whole):
        longest[side] = max(longest[side], n)
    return longest


def _rows(shares: Iterable[Share], whole: Share) -> Iterator[tuple[str, int, int]]:
    """Those next to each other on one side: the side, the number of the first, and how many."""
    side, first, n = "", 0, 0
    for number, share in enumerate(shares):
        # Whole numbers: no share lies beside the middle by rounding.
        gap = share.hits * whole.n - whole.hits * share.n
        now = "up" if gap > 0 else "down" if gap < 0 else ""
        if now != side:
            if side:
                yield side, first, n
            side, first, n = now, number, 0
        n += 1
    if side:
        yield side, first, n
