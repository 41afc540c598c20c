"""What the product says of each page beside what the second computation says of it: pairs that must be equal, by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import timedelta
from statistics import mean, stdev
from typing import Any

from pytest import approx

from feedback import climbs, durations, figures, first_team, gaps, hours, owed, resolving, suggestions, topics
from feedback.cohorts import Cohort, compare
from feedback.coming_back import coming_back
from feedback.figures import IMPORTED, LIVE, MILESTONES, Scope
from feedback.first_contact import first_contact
from feedback.helped import helped
from feedback.intervals import FEWEST, Curve, Share, difference
from feedback.measures import MEASURES, count
from feedback.owed import OF_KIND
from feedback.periods import Period
from feedback.pulse import office
from feedback.recovery import lift
from feedback.theme_figures import themes_of
from tests.feedback import oracle_tables
from tests.feedback.oracle_log import Plain, Times
from tests.feedback.oracle_math import Left, newcombe, student, wilson
from tests.feedback.oracle_sql import SQL, ask, second

Said = Iterator[tuple[str, Any, Any]]
KIND_OF = {"review": "1", "acknowledge": "2", "update": "3", "resolve": "4", "supervisor": "supervisor"}


def pair(share: Share) -> tuple[int, int]:
    return share.hits, share.n


def curves(name: str, found: Curve, times: Times) -> Said:
    """A time: how many ended and did not, each step, and median and ninth tenth with their intervals."""
    plain = Left([(float(took), bool(done)) for took, done in times])
    yield f"{name}: ended", (found.ended, found.censored), (plain.ended, plain.censored)
    yield f"{name}: steps", [round(s.time) for s in found.steps], [round(time) for time, _, _ in plain.steps]
    yield f"{name}: left", [s.open for s in found.steps], approx([left for _, left, _ in plain.steps])
    for part in (0.5, 0.9):
        yield f"{name}: {part}", [found.quantile(part), *found.interval(part)], approx([plain.within(part), *plain.reach(part)])  # fmt: skip


def of_registry(plain: Plain, period: Period) -> Said:
    """Every share, of the whole and of each month, with its interval."""
    months = [period, *period.weeks()[::6]]
    for days in months:
        (found,) = count(MEASURES, days, at=plain.at).values()
        for key in SQL:
            now, other = found[key].now, second(key, days, plain.at)
            yield f"{key} {days.first}", pair(now), other
            if now.interval:
                yield f"{key} {days.first}: interval", now.interval, approx(wilson(other), abs=1e-9)


def of_times(plain: Plain, period: Period) -> Said:
    times = plain.times(period)
    for key, found in durations.times(durations.DURATIONS, period, at=plain.at).items():
        yield from curves(key, found.now, times[key])
    lasted = resolving.resolving(period, at=plain.at, calendar=office(plain.at)).now
    yield from curves("wall", lasted.wall, times["time_resolve"])
    yield from curves("working", lasted.working, times["working"])
    names = plain.names(period)
    for team, curve in owed.acknowledging(period, at=plain.at).items():
        yield from curves(f"name {team}", curve, names.pop(team))
    yield "no other team", names, {}


def of_promises(plain: Plain, period: Period) -> Said:
    grid: dict[Any, Share] = {}
    base: dict[Any, Share] = {}
    for kind, severity, hits, n in ask(oracle_tables.GRID, period, plain.at):
        if kind in OF_KIND:
            grid[KIND_OF.get(kind, "3"), severity] = grid.get((KIND_OF.get(kind, "3"), severity), Share()) + Share(
                hits, n
            )
    yield "grid", owed.grid(period, at=plain.at), grid
    for kind in OF_KIND:
        for protocol, team, hits, n in ask(oracle_tables.owed(kind), period, plain.at):
            key = (protocol, team, KIND_OF.get(kind, "3"))
            base[key] = base.get(key, Share()) + Share(hits, n)
    found: dict[Any, Share] = {}
    for row in owed.base(period):
        found[row.version, row.team, row.milestone] = (
            found.get((row.version, row.team, row.milestone), Share()) + row.share
        )
    yield "versions and teams", found, base
    for reading, place in ((owed.VERSION, 0), (owed.TEAM, 1)):
        for name, shares in owed.by(reading, owed.base(period)).items():
            for key in MILESTONES:
                mine = [share for at, share in base.items() if at[place] == name and at[2] == key]
                yield f"{reading} {name} {key}", shares[key], sum(mine, Share())
    false = {version: pair(share) for version, share in owed.false_by_version(period).items()}
    yield "need not have gone up", false, plain.false_by_version(period)
    yield "open now", {team: crew.open for team, crew in owed.crews().items() if crew.open}, dict(plain.load())


def of_first_teams(plain: Plain, period: Period) -> Said:
    for days in (period, period.before()):
        found = first_team.rates(days).now
        yield f"first team {days.first}", {team: pair(share) for team, share in found.items()}, plain.first_teams(days)


def of_climbs(plain: Plain, period: Period) -> Said:
    found = climbs.rises(period)
    yield "flow", climbs.flow(found), {(was, to): n for was, to, n in ask(oracle_tables.FLOW, period, plain.at)}
    why: dict[str, set[int]] = {name: set() for name in climbs.TRIGGERS}
    names = {"missed": "missed", "supervisor_answered": "asked", "assessed": "risk", "emergency": "risk"}
    for one in plain.filed(period):
        for before, event in zip(one.log, one.log[1:], strict=False):
            if event.level > before.level:
                back = any(e.kind in ("rejected", "reopened") and e.seq < event.seq for e in one.log)
                why[names.get(event.kind, "reopened" if back else "by_hand")].add(one.id)
    yield "why", climbs.triggers(found), {name: len(cases) for name, cases in why.items()}
    by_team = {team: pair(share) for team, share in helped(period).by_team.items()}
    yield "sent back with help", by_team, plain.helped(period)


def of_hours(plain: Plain, period: Period) -> Said:
    found, other = hours.hours(period, at=plain.at), plain.hours(period)
    yield "cells", {key: sum(mine.values()) for key, mine in found.cases.items()}, other.cells
    yield "typical", {key: found.typical(*key) for key in found.cases}, other.typical
    topics_ = {topic: {stage: n for stage, n in stages.items() if n} for topic, stages in found.topics.items()}
    yield "hours by topic", topics_, {t: {s: n for s, n in mine.items() if n} for t, mine in other.topics.items()}
    yield "experts", hours.needless(found, period), (other.needless, other.above)


def of_topics(plain: Plain, period: Period) -> Said:
    found, other = topics.topics(period), plain.topics(period)
    yield "topics", set(found), set(other)
    for slug, one in found.items():
        said = {name: getattr(one, name) for name in other[slug]}
        yield slug, {k: pair(v) if isinstance(v, Share) else v for k, v in said.items()}, other[slug]
    for name in topics.SHARES:
        shown = {slug for slug, one in topics.guarded(found).items() if getattr(one, name).shown}
        left = [other[slug][name][1] for slug in other if slug not in shown and other[slug][name][1]]
        yield f"{name}: nothing small to be computed", not shown or not left or (len(left) > 1 and sum(left) >= FEWEST), True  # fmt: skip
    protocols = suggestions.in_force()
    signals = {
        name: {topic: pair(share) for topic, share in mine.items()}
        for name, mine in suggestions.signals(period, protocols).items()
    }
    yield "signals", signals, plain.signals(period, {topic: p.tier(1).refund_limit for topic, p in protocols.items()})
    misses = dict(gaps.misses(period, at=plain.at).items())
    yield "misses", misses, {(topic, KIND_OF[kind]): n for (topic, kind), n in plain.misses(period).items()}


def of_gaps(plain: Plain, period: Period) -> Said:
    found = gaps.gaps(period)
    for name, sql in oracle_tables.GAPS.items():
        other = {(topic, who): Share(hits, n) for topic, who, hits, n in ask(sql, period, plain.at)}
        yield name, {(t, who): c[name] for t, mine in found.items() for who, c in mine.items() if c[name].n}, other


def of_answers(plain: Plain, period: Period) -> Said:
    found, other = figures.satisfaction(period), plain.said(period)
    yield "scores", (found.scores, found.invited), (other["scores"], other["invited"])
    for name in ("by_topic", "by_team", "by_level", "heard_by_level"):
        yield name, {key: pair(share) for key, share in getattr(found, name).items()}, other[name]
    yield "weeks", [pair(share) for share in found.weeks], other["weeks"]
    first, (by_topic, young) = first_contact(period, at=plain.at), plain.first_contact(period)
    yield "first contact", {key: pair(share) for key, share in first.by_topic.items()}, by_topic
    yield "too young", first.young, young
    lifts, said = plain.lifts(period), lift(period)
    yield "lift of", said.n, len(lifts)
    if len(lifts) >= FEWEST:
        reach = student(len(lifts) - 1) * stdev(lifts) / math.sqrt(len(lifts))
        yield "lift", said.mean, approx(mean(lifts))
        yield "lift: interval", said.interval, approx((mean(lifts) - reach, mean(lifts) + reach), abs=0.01)
    written, tagged, low, weeks = plain.themes(period)
    spoken = themes_of(period)
    yield "comments", (spoken.written, spoken.tagged), (written, tagged)
    yield "themes", {row.theme.slug: pair(row.low) for row in spoken.rows if row.low.n}, low
    yield "theme weeks", {row.theme.slug: [pair(w) for w in row.weeks] for row in spoken.rows if row.low.n}, weeks


def of_comparing(plain: Plain, period: Period) -> Said:
    """Two halves of the period beside each other: each side, and the interval of their difference."""
    middle = period.first + (period.last - period.first) / 2
    halves = (
        Period(period.first, middle, period.zone),
        Period(middle + period.first.resolution, period.last, period.zone),
    )
    found = compare(Cohort(halves[0]), Cohort(halves[1]), list(MEASURES), list(durations.DURATIONS), at=plain.at)
    for key, sides in found.shares.items():
        other = tuple(second(key, days, plain.at) for days in halves)
        yield f"compare {key}", tuple(map(pair, sides)), other
        between = difference(sides[1], sides[0])
        if min(n for _, n in other) >= FEWEST:
            yield f"compare {key}: difference", between, approx(newcombe(other[1], other[0]), abs=1e-9)
        else:
            yield f"compare {key}: hidden", between, None
    for key, sides_ in found.times.items():
        for curve, days in zip(sides_, halves, strict=True):
            yield from curves(f"compare {key} {days.first}", curve, plain.times(days)[key])
    mixes = [{topic: len(list(cases)) for topic, cases in _by_topic(plain.filed(days)).items()} for days in halves]
    yield "mix", list(found.mix), mixes
    sizes = [sum(mix.values()) for mix in mixes]
    if all(sizes):
        # The part of one side that has no partner of the same topic on the other.
        same = sum(min(mixes[0].get(t, 0) / sizes[0], mixes[1].get(t, 0) / sizes[1]) for t in {*mixes[0], *mixes[1]})
        yield "distance", found.distance, approx(1 - same, abs=1e-9)


def _by_topic(cases: list) -> dict[str, list]:
    found: dict[str, list] = {}
    for one in cases:
        found.setdefault(one.topic, []).append(one)
    return found


def of_coming_back(plain: Plain, period: Period) -> Said:
    """Who is heard of again, up to 90 days after the last case, each quarter of the year by itself, too."""
    at = plain.at + timedelta(days=85)
    for days in (period, *period.weeks()[::9]):
        for source, imported in ((LIVE, False), (IMPORTED, True)):
            groups = coming_back(days, Scope(source=source), at=at)
            found = {key: (len(g.closed), len(g.quiet), len(g.all)) for key, g in groups.items()}
            yield f"coming back {days.first} {source}", found, plain.quiet(days, at, imported=imported)


def of_a_part(plain: Plain, period: Period) -> Said:
    """A filter: the escalated and settled of one topic at one severity, off the log."""
    busiest = max(sorted(by := _by_topic(plain.filed(period))), key=lambda topic: len(by[topic]))
    for severity in (1, 2, 3, 4):
        mine = [one for one in by[busiest] if one.severity == severity]
        (found,) = count(
            ["escalated", "rejected"], period, Scope(topic=busiest, severity=severity), at=plain.at
        ).values()
        up = sum(any(e.level > 1 for e in one.log) for one in mine)
        answered = [one for one in mine if any(e.kind == "answered" for e in one.log)]
        refused = sum(any(e.kind == "rejected" for e in one.log) for one in answered)
        yield f"{busiest} {severity}", (pair(found["escalated"].now), pair(found["rejected"].now)), ((up, len(mine)), (refused, len(answered)))  # fmt: skip


PAGES: dict[str, Callable[[Plain, Period], Said]] = {
    one.__name__.removeprefix("of_"): one
    for one in (of_registry, of_times, of_promises, of_first_teams, of_climbs, of_hours, of_topics, of_gaps, of_answers, of_comparing, of_coming_back, of_a_part)
}  # fmt: skip


def differing(page: str, plain: Plain, period: Period) -> list[str]:
    """Everything the two do not agree on, in words; what they said nothing of counts as not agreed."""
    said = list(PAGES[page](plain, period))
    wrong = [f"{name}: {found!r} is not {other!r}" for name, found, other in said if found != other]
    return wrong if said else [f"{page}: nothing was compared"]
