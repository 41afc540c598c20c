"""Two cohorts beside each other: the registries' figures of both, their difference, and whether they may be compared.

A cohort is a period, a scope and, where asked, a protocol version its cases are under. Each figure is counted as the
registry says (`feedback.measures`, `feedback.durations`), for both cohorts in one query a kind of fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from cases.models import Case
from feedback.durations import curves
from feedback.figures import EVERYTHING, Scope, within
from feedback.intervals import Curve, Share
from feedback.measures import CASE, FACTS, MEASURES, Measure
from feedback.periods import Period

#: Cases on each side from which on a difference of topics is more than chance.
MIX_FROM = 30
#: As many of the cases of one side would have to be of another topic for both to have the same mix.
MIX_MOST = 0.3


@dataclass(frozen=True, slots=True)
class Cohort:
    """The cases of one side; an empty `version` leaves all in."""

    period: Period
    scope: Scope = EVERYTHING
    version: str = ""

    def on(self, dated: str, path: str = "case__") -> Q:
        """The condition on a fact whose instant is `dated` and from which `path` leads to the case."""
        condition = within(dated, self.period) & self.scope.on(path)
        return condition & Q(**{f"{path}protocol": self.version}) if self.version else condition


@dataclass(frozen=True, slots=True)
class Compared:
    """Figures of both sides, in their order: shares and times by key, and how many cases were filed on each topic."""

    shares: Mapping[str, tuple[Share, Share]]
    times: Mapping[str, tuple[Curve, Curve]]
    mix: tuple[Mapping[str, int], Mapping[str, int]]

    @property
    def sizes(self) -> tuple[int, int]:
        return sum(self.mix[0].values()), sum(self.mix[1].values())

    @property
    def distance(self) -> float | None:
        """How much of one side would have to be of another topic (total variation), 0 to 1; None for an empty side."""
        first, second = self.sizes
        if not first or not second:
            return None
        topics = {*self.mix[0], *self.mix[1]}
        return sum(abs(self.mix[0].get(one, 0) / first - self.mix[1].get(one, 0) / second) for one in topics) / 2

    @property
    def comparable(self) -> bool | None:
        """Whether the mixes of topics are alike enough; None while there are too few cases to tell."""
        if min(self.sizes) < MIX_FROM or self.distance is None:
            return None
        return self.distance < MIX_MOST


def compare(first: Cohort, second: Cohort, keys: Sequence[str], durations: Sequence[str], *, at: datetime) -> Compared:
    """The figures `keys` and times `durations` of both. LookupError for a key that is none."""
    sides = {"a": first, "b": second}
    counted: dict[str, list[Share]] = {key: [Share(), Share()] for key in keys}
    mix: dict[str, dict[str, int]] = {"a": {}, "b": {}}
    for fact in dict.fromkeys([CASE, *(MEASURES[key].fact for key in keys)]):
        mine = [MEASURES[key] for key in keys if MEASURES[key].fact == fact]
        for row in _rows(fact, mine, sides, at):
            for number, side in enumerate(sides):
                for one in mine:
                    counted[one.key][number] += Share(row[f"{one.key}_{side}_hits"], row[f"{one.key}_{side}_n"])
                if fact == CASE and row[f"filed_{side}"]:
                    mix[side][row["topic"]] = row[f"filed_{side}"]
    groups = {side: cohort.on("filed_at") for side, cohort in sides.items()}
    took = curves(durations, groups, at=at)
    return Compared(
        {key: (pair[0], pair[1]) for key, pair in counted.items()},
        {key: (pair["a"], pair["b"]) for key, pair in took.items()},
        (mix["a"], mix["b"]),
    )


def _rows(fact: str, mine: Iterable[Measure], sides: Mapping[str, Cohort], at: datetime) -> Iterable[Mapping[str, Any]]:
    """By topic, which facts of cases need for the mix; the others are added up again."""
    counts: dict[str, Any] = {}
    reached = []
    for side, cohort in sides.items():
        if fact == CASE:
            counts[f"filed_{side}"] = Count("pk", filter=cohort.on("filed_at"))
            reached.append(cohort.on("filed_at"))
        for one in mine:
            hits, of = one.tallies(cohort.on(one.dated) & one.looked_at(at))
            counts |= {f"{one.key}_{side}_n": of, f"{one.key}_{side}_hits": hits}
            reached.append(cohort.on(one.dated))
    facts: QuerySet[Any] = FACTS[fact]._default_manager.filter(reduce(or_, reached))
    return facts.values(topic=F("case__category__slug")).order_by().annotate(**counts)


def cases_behind(cohort: Cohort, key: str, part: str, *, at: datetime) -> QuerySet[Case]:
    """The cases of one side a share was counted from, "of" or "hits". LookupError for what does not exist."""
    one = MEASURES[key]
    condition = {"of": one.looked_at(at), "hits": one.looked_at(at) & one.hit}[part]
    return Case.objects.filter(
        pk__in=FACTS[one.fact]._default_manager.filter(cohort.on(one.dated), condition).values("case")
    )
