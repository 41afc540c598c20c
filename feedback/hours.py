"""Where the hours of escalated cases go: by team and stage, and by topic. Read off the log in one query.

An hour belongs to the team that had the case then and to the stage it was at then, up to now for what is open; what a
case was settled for counts nowhere. So the parts add up to all the time the cases took, to the second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from statistics import median
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.fields.json import KT

from cases.models import Case, Event
from feedback.facts.stages import STAGES, stage_of
from feedback.figures import EVERYTHING, Scope, within
from feedback.owed import FALSE
from feedback.periods import Period

#: Nobody has begun: the case waits for somebody of ours to look at it, or to take it by name.
LOST = STAGES[:2]
#: It is with us, and waits for nobody else.
OURS = STAGES[:3]
SPENT = "spent"
#: What the part of a list of cases may name beside one stage: any stage, or those at which we wait for others.
ANY, OTHERS = "", "others"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Seconds round the clock that a case spent at a stage with a team."""

    case: int
    topic: str
    team: str
    stage: str
    level: int
    seconds: int


@dataclass
class Hours:
    """Seconds by (team, stage) and by (topic, stage), and each case's seconds in a (team, stage)."""

    cases: dict[tuple[str, str], dict[int, int]] = field(default_factory=dict)
    topics: dict[str, dict[str, int]] = field(default_factory=dict)
    of_topic: dict[str, set[int]] = field(default_factory=dict)
    #: Each case's seconds with us (not waiting for others) above level 1.
    above: dict[int, int] = field(default_factory=dict)

    def seconds(self, *, team: str | None = None, stages: Iterable[str] = STAGES) -> int:
        """The whole of one team or of all, at some stages or at all."""
        wanted = set(stages)
        return sum(
            sum(found.values())
            for (one, stage), found in self.cases.items()
            if stage in wanted and (team is None or one == team)
        )

    def typical(self, team: str, stage: str) -> float:
        """Half of the cases that were there spent at most so long there, in seconds; 0 where none was."""
        return median(found.values()) if (found := self.cases.get((team, stage))) else 0

    def teams(self) -> list[str]:
        return sorted({team for team, _ in self.cases})

    def count(self) -> int:
        return len({case for found in self.cases.values() for case in found})


@dataclass(frozen=True)
class Spent:
    """What a page says of it: seconds, cases and the typical time by (team, stage); seconds and cases by topic."""

    by_place: Mapping[tuple[str, str], int]
    cases: Mapping[tuple[str, str], int]
    half: Mapping[tuple[str, str], float]
    topics: Mapping[str, Mapping[str, int]]
    of_topic: Mapping[str, int]
    n: int
    #: Of the seconds with us above level 1, `above`, those on cases that need not have gone up.
    needless: int
    above: int

    def seconds(self, *, team: str | None = None, stages: Iterable[str] = STAGES) -> int:
        """As `Hours.seconds`."""
        wanted = set(stages)
        found = self.by_place.items()
        return sum(size for (one, stage), size in found if stage in wanted and (team is None or one == team))

    def teams(self) -> list[str]:
        return sorted({team for team, _ in self.by_place})


def spent(period: Period, scope: Scope = EVERYTHING, *, at: datetime) -> Spent:
    """The same from the log, case by case."""
    found = hours(period, scope, at=at)
    return Spent(
        {key: sum(mine.values()) for key, mine in found.cases.items()},
        {key: len(mine) for key, mine in found.cases.items()},
        {key: median(mine.values()) for key, mine in found.cases.items()},
        found.topics,
        {topic: len(cases) for topic, cases in found.of_topic.items()},
        found.count(),
        *needless(found, period, scope),
    )


def hours(period: Period, scope: Scope = EVERYTHING, *, at: datetime) -> Hours:
    """Of the escalated cases filed in the period."""
    found = Hours()
    for one in _stretches(period, scope, at):
        mine = found.cases.setdefault((one.team, one.stage), {})
        mine[one.case] = mine.get(one.case, 0) + one.seconds
        stages = found.topics.setdefault(one.topic, dict.fromkeys(STAGES, 0))
        stages[one.stage] += one.seconds
        found.of_topic.setdefault(one.topic, set()).add(one.case)
        if one.level > 1 and one.stage in OURS:
            found.above[one.case] = found.above.get(one.case, 0) + one.seconds
    return found


def _stretches(period: Period, scope: Scope, at: datetime) -> Iterator[Stretch]:
    cohort = within("case__filed_at", period) & scope.on("case__")
    rows: Any = Event.objects.filter(cohort, case__escalated_at__isnull=False, case__is_drill=False)
    rows = rows.annotate(
        became=KT("data__to"), team=KT("data__team"), level=KT("data__tier"), topic=F("case__category__slug")
    )
    rows = rows.order_by("case_id", "seq").values_list("case_id", "topic", "occurred_at", "became", "team", "level")
    for _, log in groupby(rows.iterator(chunk_size=5000), key=lambda row: row[0]):
        known = list(log)
        ends = [row[2] for row in known[1:]] + [max(at, known[-1][2])]
        for (case, topic, since, became, team, level), until in zip(known, ends, strict=True):
            if (stage := stage_of(became)) and scope.may_name(team):
                yield Stretch(case, topic, team or "", stage, int(level), int((until - since).total_seconds()))


def needless(found: Hours, period: Period, scope: Scope = EVERYTHING) -> tuple[int, int]:
    """Seconds with us above level 1 on cases that need not have gone up, and on all: how well experts' time is used.

    Of cases filed here and of imported ones; nothing of imported history is found needless.
    """
    false = Case.objects.filter(
        within("filed_at", period), scope.on(), FALSE, escalated_at__isnull=False, is_history=False
    )
    hit = set(false.values_list("pk", flat=True))
    return sum(seconds for case, seconds in found.above.items() if case in hit), sum(found.above.values())


def cases_behind(
    which: str, period: Period, scope: Scope = EVERYTHING, *, at: datetime, part: str = ""
) -> QuerySet[Case]:
    """The cases that spent time somewhere: part "payments:review", ":review" for all teams, "payments:" for any stage.

    LookupError or ValueError for a part that is none.
    """
    team, stage = part.split(":")
    stages = {ANY: STAGES, OTHERS: STAGES[len(OURS) :]}.get(stage, (stage,))
    if which != SPENT or not set(stages) <= set(STAGES) or (team and not scope.may_name(team)):
        raise LookupError(f"“{which}”, “{part}”: no number of ours.")
    return Case.objects.filter(
        pk__in={
            one.case
            for one in _stretches(period, scope, at)
            if one.seconds and one.stage in stages and (not team or one.team == team)
        }
    )
