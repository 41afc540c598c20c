"""How far two people agree on yes or no: Cohen's kappa with its interval. Pure: no database, no clock.

For one theme, of n comments, `both` put it on, `first` only the first person, `second` only the second, `neither` nobody.
With the shares p of these four, and the row and column sums p1 (first: yes), p2 (second: yes):

    observed  po = p(both) + p(neither)
    by chance pe = p1 * p2 + (1 - p1) * (1 - p2)
    kappa        = (po - pe) / (1 - pe)

1 is full agreement, 0 what chance alone would give, below 0 less than that. Sources: Cohen 1960; the variance of one
table, Fleiss, Cohen and Everitt 1969, Psychological Bulletin 72(5), formula 13; of several themes together, whose
decisions on one comment hang together, the jackknife over comments (Efron and Tibshirani 1993, chapter 11).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from feedback.intervals import ENOUGH, Z, wilson

TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Table:
    """Decisions of two people on the same things."""

    both: int = 0
    first: int = 0
    second: int = 0
    neither: int = 0

    @property
    def n(self) -> int:
        return self.both + self.first + self.second + self.neither

    def __add__(self, other: Table) -> Table:
        return Table(
            self.both + other.both, self.first + other.first, self.second + other.second, self.neither + other.neither
        )

    def __sub__(self, other: Table) -> Table:
        return Table(
            self.both - other.both, self.first - other.first, self.second - other.second, self.neither - other.neither
        )


def of_decision(first: bool, second: bool) -> Table:
    """One decision as a table."""
    return Table(first and second, first and not second, second and not first, not first and not second)


def kappa(table: Table) -> float | None:
    """Cohen's kappa, -1 to 1; None without decisions, and where chance alone would always agree (both say the same of all)."""
    if not table.n:
        return None
    observed, chance = _parts(table)
    if 1 - chance <= TINY:
        return None
    # Where one of the two says the same of everything it is 0 by its nature; fractions would miss that by a hair.
    return (observed - chance) / (1 - chance) if abs(observed - chance) > TINY else 0.0


def _parts(table: Table) -> tuple[float, float]:
    n = table.n
    one, two = (table.both + table.first) / n, (table.both + table.second) / n
    return (table.both + table.neither) / n, one * two + (1 - one) * (1 - two)


def interval(table: Table) -> tuple[float, float] | None:
    """Its 95 % interval within -1 and 1, by Fleiss, Cohen and Everitt; None where there is no kappa, and where one of the
    two says the same of everything: it is 0 then whatever the other says, and a width of 0 would look sure.

    Where all agree that variance is 0, as if nothing else could happen: the lower end is then what the lower end of
    the observed agreement (Wilson) would give.
    """
    value = kappa(table)
    said = table.both + table.first, table.both + table.second
    if value is None or 0 in said or table.n in said:
        return None
    n = table.n
    observed, chance = _parts(table)
    if observed == 1:
        low, _ = wilson(n, n)
        return (low - chance) / (1 - chance), 1.0
    yes, no = table.both / n, table.neither / n
    one, two = (table.both + table.first) / n, (table.both + table.second) / n
    agree = yes * (1 - (one + two) * (1 - value)) ** 2 + no * (1 - (2 - one - two) * (1 - value)) ** 2
    # p_ij (p_.i + p_j.)²: first yes, second no is the column of yes and the row of no, and the other way round.
    apart = table.first / n * (two + 1 - one) ** 2 + table.second / n * (1 - two + one) ** 2
    spread = agree + (1 - value) ** 2 * apart - (value - chance * (1 - value)) ** 2
    return _within(value, math.sqrt(max(spread, 0.0) / n) / (1 - chance))


def _within(value: float, error: float) -> tuple[float, float]:
    return max(-1.0, value - Z * error), min(1.0, value + Z * error)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Kappa of `n` comments. What it says is None while `n` is too small (10), or there is none."""

    n: int = 0
    value: float | None = None
    interval: tuple[float, float] | None = None


def of_theme(decisions: Iterable[Table]) -> Agreement:
    """Of one theme: a table of one decision for each comment."""
    whole = sum(decisions, Table())
    if whole.n < ENOUGH:
        return Agreement(whole.n)
    return Agreement(whole.n, kappa(whole), interval(whole))


def of_all(comments: Sequence[Table]) -> Agreement:
    """Of all themes together: for each comment the table of its decisions."""
    n, whole = len(comments), sum(comments, Table())
    value = kappa(whole)
    if n < ENOUGH or value is None:
        return Agreement(n)
    if not whole.first + whole.second:
        return Agreement(n, value, interval(whole))
    left = [known for one in comments if (known := kappa(whole - one)) is not None]
    mean = sum(left) / len(left)
    error = math.sqrt((n - 1) / n * sum((one - mean) ** 2 for one in left))
    return Agreement(n, value, _within(value, error))
