"""The tables of figures read at once, in the shapes their plain counts have: what pages and files ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from statistics import median

from cases.models import Severity
from escalation.worktime import Calendar
from feedback import climbs as climbing
from feedback.cohorts import Compared
from feedback.durations import Hours, Timed
from feedback.facts.stages import STAGES
from feedback.figures import EVERYTHING, Escalations, Scope
from feedback.gaps import ASPECTS, Cells, Rows
from feedback.hours import Spent
from feedback.intervals import Curve, Share, kaplan_meier
from feedback.measures import Counted
from feedback.owed import Owed
from feedback.periods import Period
from feedback.resolving import ANSWERED, LEFT, OPEN, Lasted, Resolving, lasted
from feedback.rollup import parts
from feedback.rollup.fresh import Fresh
from feedback.rollup.parts import BETWEEN, HITS, Data, N
from feedback.rollup.piecing import pieces
from feedback.rollup.reading import fresh_of, read, share_of
from feedback.topics import COMPLEXITIES, Topic
from feedback.writing import Updates, silence_bars


def share(cell: Data) -> Share:
    return Share(cell.get(HITS, 0), cell.get(N, 0))


# Promises and escalations -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Promised:
    """The page of promises: kept by (milestone, severity), how cases went up and why, and times to an answer."""

    grid: Mapping[tuple[str, int], Share]
    flow: Mapping[tuple[int, int], int]
    why: Mapping[str, int]
    times: Resolving
    up: Escalations
    supervisor: Counted
    counted_to: datetime


def promised(period: Period, scope: Scope = EVERYTHING, *, at: datetime, calendar: Calendar) -> Promised:
    """All of the page, counted by one state of the days; working time by `calendar`."""
    names, state = (parts.GRID, parts.CLIMBS, parts.TOOK), fresh_of(period, at=at)
    found = pieces(names, period, scope, at=at, and_before=(parts.TOOK,), calendar=calendar, state=state)
    shares = read(period, scope, at=at, keys=("escalated", "supervisor"), state=state)
    rate = shares.of("escalated")
    return Promised(
        grid_of(found.now[parts.GRID]),
        flow_of(found.now[parts.CLIMBS]),
        why_of(found.now[parts.CLIMBS]),
        Resolving(took_of(found.now[parts.TOOK]), took_of(found.before[parts.TOOK])),
        Escalations(rate.now, rate.before, shares.weeks("escalated"), {}),
        shares.of("supervisor"),
        found.counted_to,
    )


def grid_of(data: Data) -> dict[tuple[str, int], Share]:
    found = {}
    for key, cell in data.items():
        milestone, severity = key.split(BETWEEN)
        found[milestone, int(severity)] = share(cell)
    return found


def flow_of(data: Data) -> dict[tuple[int, int], int]:
    pairs = ((key.split(BETWEEN), number) for key, number in data.get("flow", {}).items())
    return {(int(was), int(to)): number for (was, to), number in pairs}


def why_of(data: Data) -> dict[str, int]:
    return {why: data.get("why", {}).get(why, 0) for why in climbing.TRIGGERS}


def took_of(data: Data) -> Lasted:
    return lasted(
        (how, wall, worked)
        for how in (ANSWERED, LEFT, OPEN)
        if how in data
        for wall, worked in zip(data[how]["wall"], data[how]["working"], strict=True)
    )


@dataclass(frozen=True, slots=True)
class Base:
    """The readings by version and by team: clocks in time, and which went up for nothing by version."""

    rows: Iterable[Owed]
    false: Mapping[str, Share]
    counted_to: datetime


def base(period: Period, scope: Scope = EVERYTHING, *, at: datetime) -> Base:
    found = pieces((parts.OWED, parts.FALSE), period, scope, at=at)
    rows = []
    for key, cell in found.now[parts.OWED].items():
        version, team, milestone = key.split(BETWEEN)
        rows.append(Owed(version, team, milestone, share(cell)))
    return Base(rows, {key: share(cell) for key, cell in found.now[parts.FALSE].items()}, found.counted_to)


# Bottlenecks --------------------------------------------------------------------------------------------------


def spent(period: Period, scope: Scope = EVERYTHING, *, at: datetime) -> tuple[Spent, datetime]:
    """Where the hours go, and up to when that is counted."""
    found = pieces((parts.HOURS,), period, scope, at=at)
    return spent_of(found.now[parts.HOURS]), found.counted_to


def spent_of(data: Data) -> Spent:
    times: dict[tuple[str, str], list[int]] = {}
    for key, mine in data.get("times", {}).items():
        team, stage = key.split(BETWEEN)
        times[team, stage] = mine
    topics = data.get("topics", {})
    return Spent(
        {key: sum(mine) for key, mine in times.items()},
        {key: len(mine) for key, mine in times.items()},
        {key: median(mine) for key, mine in times.items()},
        {topic: {stage: one.get(stage, 0) for stage in STAGES} for topic, one in topics.items()},
        {topic: one["n"] for topic, one in topics.items()},
        data.get("n", 0),
        data.get("needless", 0),
        data.get("above", 0),
    )


@dataclass(frozen=True)
class Gaps:
    """Training gaps by topic and person, and on how many cases of a topic which promise was broken."""

    cells: Mapping[str, Mapping[int, Cells]]
    misses: Mapping[tuple[str, str], int]
    counted_to: datetime

    @cached_property
    def rows(self) -> Rows:
        return Rows(self.cells)


def gaps(period: Period, scope: Scope = EVERYTHING, *, at: datetime) -> Gaps:
    found = pieces((parts.GAPS, parts.MISSES), period, scope, at=at)
    cells: dict[str, dict[int, Cells]] = {}
    for key, row in found.now[parts.GAPS].items():
        topic, who = key.split(BETWEEN)
        cells.setdefault(topic, {})[int(who)] = {name: share(row.get(name, {})) for name in ASPECTS}
    misses = {}
    for key, cases in found.now[parts.MISSES].items():
        topic, milestone = key.split(BETWEEN)
        misses[topic, milestone] = len(set(cases))
    return Gaps(cells, misses, found.counted_to)


# Topics and times ---------------------------------------------------------------------------------------------


def topics(period: Period, scope: Scope = EVERYTHING, *, at: datetime) -> tuple[dict[str, Topic], datetime]:
    """As `topics.topics`, without who came again; and up to when it is counted."""
    found = pieces((parts.TOPICS,), period, scope, at=at)
    return {slug: _topic(one) for slug, one in found.now[parts.TOPICS].items()}, found.counted_to


def _topic(one: Data) -> Topic:
    filed = sum(one["severities"].values())
    return Topic(
        {value: one["severities"].get(str(value), 0) for value in Severity.values},
        {value: one["complexities"].get(str(value), 0) for value in COMPLEXITIES},
        Share(one["up"], filed),
        Share(one["again"], one["replied"]),
        Share(one["routine"], one["settled"]),
        one["imported"],
        Share(one["upset"], filed - one["imported"]),
    )


def times(
    keys: Iterable[str],
    period: Period,
    scope: Scope = EVERYTHING,
    *,
    at: datetime,
    state: Fresh | None = None,
    office: Hours | None = None,
) -> tuple[dict[str, Timed], datetime]:
    """As `durations.times`, and up to when they are counted; `state` as of `reading.read`."""
    found = pieces((parts.TIMES,), period, scope, at=at, and_before=(parts.TIMES,), state=state, office=office)
    now, before = found.now[parts.TIMES], found.before[parts.TIMES]
    return {key: Timed(curve(now, key), curve(before, key)) for key in keys}, found.counted_to


def curve(data: Data, key: str) -> Curve:
    one = data.get(key, {"ended": [], "open": []})
    return kaplan_meier([*((time, True) for time in one["ended"]), *((time, False) for time in one["open"])])


@dataclass(frozen=True, slots=True)
class Wrote:
    """How we write: updates and the longest silences, in all and by the team that has the case, and updates in time."""

    updates: tuple[Updates, Updates]  # of the period and of the one before
    by_team: Mapping[str, Updates]
    silent: Timed
    silent_by: Mapping[str, Curve]
    bars: Mapping[int, int]  # cases that are over, by where the stretch of their longest silence begins
    in_time: Counted
    in_time_by: Mapping[str, Share]
    counted_to: datetime


def wrote(key: str, period: Period, scope: Scope = EVERYTHING, *, at: datetime, office: Hours | None = None) -> Wrote:
    """Counted by one state of the days; `key` is the figure of updates in time. LookupError for one that is not kept."""
    state = fresh_of(period, at=at)
    shares = read(period, scope, at=at, keys=[key], splits=("team",), state=state)
    names = (parts.WRITING,)
    found = pieces(names, period, scope, at=at, and_before=names, state=state, office=office)
    now, before = found.now[parts.WRITING], found.before[parts.WRITING]
    ended = [time for one in now.values() for time in one["ended"]]
    return Wrote(
        (_updates(now.values()), _updates(before.values())),
        {team: _updates([one]) for team, one in now.items() if one["cases"]},
        Timed(_silent(now.values()), _silent(before.values())),
        {team: _silent([one]) for team, one in now.items()},
        silence_bars(ended),
        shares.of(key),
        {team or "": share for team, share in shares.by("team", key).items()},
        min(found.counted_to, shares.counted_to),
    )


def _updates(of: Iterable[Data]) -> Updates:
    made = (
        Updates(
            one["cases"],
            one["updated"],
            Share(one.get("timed", 0), one.get("updates", 0)),
            Share(one.get("chosen", 0), one.get("updates", 0)),
        )
        for one in of
    )
    return sum(made, Updates())


def _silent(of: Iterable[Data]) -> Curve:
    times = [(time, key == "ended") for one in of for key in ("ended", "open") for time in one[key]]
    return kaplan_meier(times)


def compared(
    period: Period, keys: Sequence[str], durations: Iterable[str], scope: Scope = EVERYTHING, *, at: datetime
) -> Compared:
    """As `cohorts.compare` of the period before and of the period itself."""
    state = fresh_of(period, at=at)
    found = read(period, scope, at=at, keys=[*{*keys, "escalated"}], splits=("topic",), state=state)
    took, _ = times(durations, period, scope, at=at, state=state)
    mix = [
        {topic: n for topic, counts in side["topic"].items() if (n := share_of(counts, "escalated").n)}
        for side in (found.before, found.now)
    ]
    both = {key: found.of(key) for key in keys}
    return Compared(
        {key: (one.before, one.now) for key, one in both.items()},
        {key: (one.before, one.now) for key, one in took.items()},
        (mix[0], mix[1]),
    )
