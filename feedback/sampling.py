"""Draws the cases of a quality review: some by chance, some by risk. Pure, and the same for the same things given.

Each case gets a number between 0 and 1 from a hash of the seed and its own number. By chance: the smallest numbers. By
risk: the smallest -log(number) / weight, so that a case of weight 3 is three times as likely to come first (Efraimidis
and Spirakis 2006). The order in which cases are given does not matter, and no generator of random numbers is involved.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

#: What makes a case weigh more, and by how much; every case weighs 1 to begin with.
WEIGHTS: Mapping[str, int] = {"low_score": 4, "broken_promise": 3, "passed_up": 2, "long_silence": 2}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case that could be drawn."""

    case: int
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Drawn:
    """A case that was drawn, by chance or by risk."""

    case: int
    by_chance: bool


def weight(reasons: Iterable[str]) -> int:
    """What a case weighs. KeyError for a reason that is none."""
    return 1 + sum(WEIGHTS[reason] for reason in set(reasons))


def number(seed: str, part: str, case: int) -> float:
    """A number above 0 and at most 1 that only depends on what is given."""
    digest = sha256(f"{seed}:{part}:{case}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") + 1) / 2**64


def draw(population: Iterable[Candidate], seed: str, *, by_chance: int, by_risk: int) -> list[Drawn]:
    """`by_chance` cases each as likely as the other, then `by_risk` of the rest by weight; fewer where there are no more."""
    cases = sorted(set(population), key=lambda one: one.case)
    first = sorted(cases, key=lambda one: (number(seed, "chance", one.case), one.case))[:by_chance]
    taken = {one.case for one in first}
    rest = [one for one in cases if one.case not in taken]
    rest.sort(key=lambda one: (-math.log(number(seed, "risk", one.case)) / one.weight, one.case))
    return [Drawn(one.case, True) for one in first] + [Drawn(one.case, False) for one in rest[:by_risk]]
