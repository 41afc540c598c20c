"""What tables of figures need of a day beside its cells, counted from the facts: one function for what is kept and what is not.

A part is made of dictionaries of numbers and lists of times; those of several days are put together by `merged`. Of a part
dated by filing only cases that stand still are kept: what goes on is counted for every look (`GOES_ON`).
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Model, Q

from escalation.models import Promise, StageClock
from escalation.worktime import Calendar
from feedback import gaps, owed
from feedback.durations import ANSWER, DURATIONS, SILENCE, Hours, rows, silences
from feedback.facts.stages import STAGES
from feedback.figures import EVERYTHING, Scope
from feedback.hours import OURS
from feedback.measures import MEASURES
from feedback.models import CaseFact
from feedback.models.facts import GOES_ON
from feedback.resolving import ANSWERED, LEFT, OPEN, Timing, lasting

Data = dict[str, Any]
#: Between the parts of a name; no address of a team or a topic has it.
BETWEEN = "\t"
HITS, N = "hits", "n"


@dataclass(frozen=True, slots=True)
class Asking:
    """What is counted: rows of a condition as of an instant.

    `start`: what is dated from then on is counted by itself, and what lies before by itself; the first one is given first.
    `calendar`: by which working time is counted; without one times to an answer are left out.
    `office`: the hours by which a silence that goes on is counted, where they are at hand.
    `scope`: who asks may know of which teams; `where` has the rest of it.
    """

    where: Q
    at: datetime
    start: datetime | None = None
    calendar: Calendar | None = None
    scope: Scope = EVERYTHING
    office: Hours | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """Parts counted together: of which rows, dated by what, and whether such a row may go on changing by itself."""

    names: tuple[str, ...]
    fact: type[Model]
    dated: str
    count: Callable[[Asking], Sequence[Mapping[str, Data]]]
    goes_on: bool = False


def merged(parts: Iterable[Data]) -> Data:
    """Numbers are added up, lists follow each other, dictionaries are merged by key."""
    found: Data = {}
    for part in parts:
        _merge(found, part)
    return found


def _merge(into: Data, part: Data) -> None:
    for key, value in part.items():
        if isinstance(value, dict):
            _merge(into.setdefault(key, {}), value)
        elif isinstance(value, list):
            into.setdefault(key, []).extend(value)
        else:
            into[key] = into.get(key, 0) + value


def packed(part: Data) -> str:
    """As it is kept: the same counts make the same text."""
    return json.dumps(_in_order(part), separators=(",", ":"))


def says_something(value: Any) -> bool:
    """Whether there is any number in it but 0."""
    if isinstance(value, dict):
        return any(says_something(one) for one in value.values())
    return bool(value)


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value)}
    return sorted(value) if isinstance(value, list) else value


def _share(into: Data, key: str, hit: bool) -> None:
    cell = into.setdefault(key, {HITS: 0, N: 0})
    cell[N] += 1
    cell[HITS] += hit


# Cases that went up -------------------------------------------------------------------------------------------

HOURS, CLIMBS, FALSE, TOOK = "hours", "climbs", "false", "took"
_UP = (
    "filed_at", "resolved_at", "closed_at", "case__category__slug", "case__protocol", "case__is_history", "went_down",
    "answered_at_once", "stage", "stage_since", "spent", "rises",
)  # fmt: skip


class _Up:
    """What escalated cases of one period come to."""

    def __init__(self, calendar: Calendar | None, scope: Scope) -> None:
        self.hours: Data = {"n": 0, "times": {}, "topics": {}, "above": 0, "needless": 0}
        self.climbs: Data = {"flow": {}, "why": {}}
        self.false: Data = {}
        self.took = _nothing_took()
        self.scope, self.calendar, self.known_by = scope, calendar, name_of(calendar) if calendar else ""

    def add(self, row: Sequence[Any], at: datetime) -> None:
        filed, resolved, closed, topic, protocol, is_history, down, at_once, stage, since, spent, rises = row
        needless = not is_history and (down > 0 or at_once)
        theirs = [place for place in _until(spent, stage, since, at) if self.scope.may_name(place[0])]
        _hours(self.hours, topic, needless, theirs)
        for key, number in (("flow", slice(0, 2)), ("why", slice(2, 3))):
            for name in {BETWEEN.join(map(str, rise[number])) for rise in rises}:
                self.climbs[key][name] = self.climbs[key].get(name, 0) + 1
        if not is_history:
            _share(self.false, protocol, needless)
        if self.calendar is None:
            return
        _took(self.took, lasting((filed, resolved, closed), at, self.calendar), self.known_by)

    def parts(self) -> Mapping[str, Data]:
        return {HOURS: self.hours, CLIMBS: self.climbs, FALSE: self.false, TOOK: self.took}


def up(asking: Asking) -> Sequence[Mapping[str, Data]]:
    """Of escalated cases: where the hours go, how they went up and whether for nothing, and times to an answer."""
    sides, start = tuple(_Up(asking.calendar, asking.scope) for _ in range(2)), asking.start
    facts = CaseFact.objects.filter(asking.where, escalated_at__isnull=False).order_by()
    for row in facts.values_list(*_UP).iterator(chunk_size=5000):
        sides[start is not None and row[0] < start].add(row, asking.at)
    return [side.parts() for side in sides]


def _nothing_took() -> Data:
    return {how: {"wall": [], "working": []} for how in (ANSWERED, LEFT, OPEN)} | {"calendar": {}}


def _took(into: Data, timing: Timing, known_by: str) -> None:
    how, wall, working = timing
    into[how]["wall"].append(wall)
    into[how]["working"].append(working)
    into["calendar"][known_by] = 1


def _until(spent: Sequence[Any], stage: str, since: datetime | None, at: datetime) -> list[Any]:
    """The places with the time that goes on at the last one."""
    if not stage or since is None:
        return list(spent)
    *rest, (team, stage, above, seconds) = spent
    return [*rest, (team, stage, above, seconds + max(0, int((at - since).total_seconds())))]


def _hours(hours: Data, topic: str, needless: bool, spent: Iterable[Any]) -> None:
    mine: dict[str, int] = defaultdict(int)
    stages: dict[str, int] = defaultdict(int)
    above = 0
    for team, stage, is_above, seconds in spent:
        mine[f"{team}{BETWEEN}{stage}"] += seconds
        stages[stage] += seconds
        above += seconds if is_above and stage in OURS else 0
    if not mine:
        return
    hours["n"] += 1
    hours["above"] += above
    hours["needless"] += above if needless else 0
    for place, seconds in mine.items():
        hours["times"].setdefault(place, []).append(seconds)
    of_topic = hours["topics"].setdefault(topic, dict.fromkeys(("n", *STAGES), 0))
    of_topic["n"] += 1
    for stage, seconds in stages.items():
        of_topic[stage] += seconds


def name_of(calendar: Calendar) -> str:
    """What tells whether working time was counted by this calendar."""
    return hashlib.sha256(json.dumps(calendar.to_document(), sort_keys=True, default=str).encode()).hexdigest()[:12]


def counted_by(took: Data, calendar: Calendar) -> bool:
    """Whether all working time in it was counted by this calendar."""
    return set(took.get("calendar", ())) <= {name_of(calendar)}


# All cases filed ----------------------------------------------------------------------------------------------

GAPS, TOPICS, TIMES = "gaps", "topics", "times"
UPSET, ROUTINE = Q(upset=True), Q(escalated_at=None, case__tier=1)
HERE = Q(case__is_history=False)


def gaps_of(asking: Asking) -> Sequence[Mapping[str, Data]]:
    """Training gaps: by topic and person, of each aspect hits and of."""
    found = gaps.gaps_in(CaseFact.objects.filter(asking.where))
    rows = {
        f"{topic}{BETWEEN}{who}": {name: {HITS: share.hits, N: share.n} for name, share in cells.items() if share.n}
        for topic, people in found.items()
        for who, cells in people.items()
    }
    return [{GAPS: rows}]


def topics_of(asking: Asking) -> Sequence[Mapping[str, Data]]:
    """The page of topics: by topic, severity and complexity."""
    answered, settled, here = Q(replies__gt=0), Q(resolved_at__isnull=False), HERE
    rows: Any = CaseFact.objects.filter(asking.where).order_by()
    rows = rows.values(slug=F("case__category__slug"), severity=F("case__severity"), complexity=F("case__complexity"))
    found: Data = {}
    for row in rows.annotate(
        filed=Count("pk"),
        up=Count("escalated_at"),
        judged=Count("pk", filter=here & Q(assessed=True)),
        settled=Count("pk", filter=settled),
        routine=Count("pk", filter=settled & ROUTINE),
        imported=Count("pk", filter=~here),
        upset=Count("pk", filter=here & UPSET),
        replied=Count("pk", filter=answered),
        again=Count("pk", filter=answered & Q(came_back=True)),
    ):
        slug, severity, complexity, filed, judged = (
            row.pop(name) for name in ("slug", "severity", "complexity", "filed", "judged")
        )
        one = {"severities": {str(severity): filed}, "complexities": {str(complexity): judged}, **row}
        _merge(found.setdefault(slug, {}), one)
    return [{TOPICS: found}]


def times_of(asking: Asking) -> Sequence[Mapping[str, Data]]:
    """The registry of times: of each the times that ended, and those that had not."""
    sides: list[Data] = [{key: {"ended": [], "open": []} for key in DURATIONS} for _ in range(2)]
    for row in rows(CaseFact.objects.filter(asking.where).order_by(), at=asking.at, office=asking.office):
        found = sides[asking.start is not None and row["filed_at"] < asking.start]
        for key, one in DURATIONS.items():
            if (time := one.took(row, asking.at)) is not None:
                found[key]["ended" if time[1] else "open"].append(time[0])
    return [{TIMES: found} for found in sides]


ANSWERS = "answers"
_ANSWERED = ("filed_at", "resolved_at", "closed_at", "escalated_at")


def answers(asking: Asking) -> Sequence[Mapping[str, Data]]:
    """Times to an answer of escalated cases, as TOOK, and beside them, as `every`, of all."""
    sides: list[Data] = [_nothing_took() | {"every": {"ended": [], "open": []}} for _ in range(2)]
    known_by = name_of(asking.calendar) if asking.calendar else ""
    every = DURATIONS[ANSWER]
    for row in CaseFact.objects.filter(asking.where).order_by().values(*_ANSWERED).iterator(chunk_size=5000):
        filed, resolved, closed, escalated = (row[name] for name in _ANSWERED)
        found = sides[asking.start is not None and filed < asking.start]
        if (time := every.took(row, asking.at)) is not None:
            found["every"]["ended" if time[1] else "open"].append(time[0])
        if escalated is not None and asking.calendar is not None:
            _took(found, lasting((filed, resolved, closed), asking.at, asking.calendar), known_by)
    return [{ANSWERS: found} for found in sides]


WRITING = "writing"
#: What the facts say of the updates of a case, each with the name of its sum.
_UPDATES = (("updates", "updates"), ("updates_timed", "timed"), ("updates_chosen", "chosen"))


def written(asking: Asking) -> Sequence[Mapping[str, Data]]:
    """How we write, by the team that has the case: the longest silences, and the updates of customers’ cases."""
    sides: list[Data] = [{} for _ in range(2)]
    beside = ("case__team__slug", "case__customer__is_staff", *(name for name, _ in _UPDATES))
    for row in silences(
        CaseFact.objects.filter(asking.where, HERE).order_by(), *beside, at=asking.at, office=asking.office
    ):
        found = sides[asking.start is not None and row["filed_at"] < asking.start]
        one = found.setdefault(row["case__team__slug"] or "", {"ended": [], "open": [], "cases": 0, "updated": 0})
        if (time := DURATIONS[SILENCE].took(row, asking.at)) is not None:
            one["ended" if time[1] else "open"].append(int(time[0]))
        if row["case__customer__is_staff"]:
            continue
        one["cases"] += 1
        one["updated"] += row["updates"] > 0
        for name, total in _UPDATES:
            one[total] = one.get(total, 0) + row[name]
    return [{WRITING: found} for found in sides]


# Promises and clocks ------------------------------------------------------------------------------------------

GRID, MISSES, OWED = "grid", "misses", "owed"


def promised(asking: Asking) -> Sequence[Mapping[str, Data]]:
    """Promises kept, by milestone and severity."""
    found = owed.grid_in(owed.counted(Promise.objects.filter(asking.where), asking.at))
    return [{GRID: {f"{key}{BETWEEN}{severity}": {HITS: one.hits, N: one.n} for (key, severity), one in found.items()}}]


def missed(asking: Asking) -> Sequence[Mapping[str, Data]]:
    """Cases with a promise broken, by topic and milestone: which ones, for a case may be among those of several days."""
    found = gaps.missed_in(Promise.objects.filter(asking.where), at=asking.at)
    return [{MISSES: {BETWEEN.join(key): list(cases) for key, cases in found.items()}}]


def owing(asking: Asking) -> Sequence[Mapping[str, Data]]:
    """Clocks in time, by version, team and milestone."""
    found: Data = {}
    for one in owed.base_in(StageClock.objects.filter(asking.where), asking.scope):
        key = BETWEEN.join((one.version, one.team, one.milestone))
        _merge(found, {key: {HITS: one.share.hits, N: one.share.n}})
    return [{OWED: found}]


FAMILIES: tuple[Family, ...] = (
    Family((HOURS, CLIMBS, FALSE, TOOK), CaseFact, "filed_at", up, goes_on=True),
    Family((GAPS,), CaseFact, "filed_at", gaps_of, goes_on=True),
    Family((TOPICS,), CaseFact, "filed_at", topics_of, goes_on=True),
    Family((TIMES,), CaseFact, "filed_at", times_of, goes_on=True),
    Family((ANSWERS,), CaseFact, "filed_at", answers, goes_on=True),
    Family((WRITING,), CaseFact, "filed_at", written, goes_on=True),
    Family((GRID,), Promise, MEASURES["kept"].dated, promised),
    Family((MISSES,), Promise, MEASURES["kept"].dated, missed),
    Family((OWED,), StageClock, "ended_at", owing),
)
#: Of which a period and the one before it can be asked for at once.
WITH_BEFORE = (HOURS, CLIMBS, FALSE, TOOK, TIMES, ANSWERS, WRITING)
#: Of which working time is kept, by the hours of a calendar.
BY_CALENDAR = (TOOK, ANSWERS)
NAMES = tuple(name for family in FAMILIES for name in family.names)
#: The condition on what is kept.
STANDS_STILL = ~GOES_ON
