"""The figures a plan review looks at, counted from the log alone: the same window gives the same pack at any later time.

A window holds what was written down in [since, until). Nothing is read that may change afterwards: events, and the
documents of published versions. What each figure means: docs/reviews.md.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Exists, OuterRef

from cases.models import Case, Event, User
from cases.models.case import Impact
from cases.models.event import stamp
from escalation import reviews
from escalation.facts import Clock, Outcome
from escalation.models import PlanReview, ProtocolVersion
from escalation.protocol import ANY, Protocol
from escalation.reading import parse
from feedback.expectations import Asked, trend
from feedback.intervals import Share, wilson

#: Said in the pack: a pack of another format is another pack, whatever it counts.
FORMAT = 2
#: A level that answers so soon after a case came up, having done nothing else, did not need to have it.
AT_ONCE = timedelta(hours=4)
#: Acts that must come before an answer, or say nothing to anybody: they are no work on the problem.
NO_WORK = ("reviewed", "acknowledged", "noted", "warned")
#: How a case came to a level: the event's kind, and the word for it. What is not listed is by hand.
WAYS = {
    "filed": "filed",
    "assessed": "direct",
    "missed": "missed",
    "returned_down": "returned",
    "helped_back": "returned",
}
BY_HAND = "by_hand"
#: Advice that was not followed: passing up against a word to keep, or going on working against a word to pass up.
AGAINST = {"never": True, "must": False, "should": False}


@dataclass
class Counts:
    """What one walk through the log adds up."""

    filed: int = 0
    cases: int = 0
    arrivals: Counter[tuple[int, str]] = field(default_factory=Counter)
    clocks: Counter[tuple[str, int, bool]] = field(default_factory=Counter)  # (kind, level, missed)
    answers: Counter[tuple[str, bool]] = field(default_factory=Counter)  # (impact, in time)
    climbs: Counter[str] = field(default_factory=Counter)  # by the way they came
    false: Counter[str] = field(default_factory=Counter)  # of the climbs: returned, at_once
    returned: int = 0  # of all that came up, those that were returned down
    advice: Counter[tuple[str, str, bool]] = field(default_factory=Counter)  # (rule, verdict, followed)


@dataclass(frozen=True, slots=True)
class Row:
    """One event as the walk needs it."""

    case: int
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    role: str
    data: Mapping[str, Any]


def pack(key: str, since: datetime, until: datetime) -> dict[str, Any]:
    """The pack of a protocol for [since, until), as plain JSON data. ValueError when the window is empty."""
    if since >= until:
        raise ValueError("The window ends before it begins.")
    counts = Counts()
    for _, rows in groupby(_rows(key, since, until), key=lambda row: row.case):
        _walk(list(rows), counts, since)
    protocol = _protocol(key, until)
    return {
        "format": FORMAT,
        "key": key,
        "since": stamp(since),
        "until": stamp(until),
        "versions": _versions(key, since, until),
        "cases": {"filed": counts.filed, "with_events": counts.cases},
        "levels": _levels(counts, protocol),
        "clocks": _clocks(counts),
        "climbs": _climbs(counts),
        "guidelines": _guidelines(counts),
        "expectations": _expectations(key, since, until, counts, protocol),
        "lessons": [],
    }


def digest(made: Mapping[str, Any]) -> str:
    """sha256 over the canonical JSON of a pack, hex."""
    canonical = json.dumps(made, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def sign(
    review: PlanReview, decision: str, *, reason: str, since: datetime, until: datetime, by: User, at: datetime
) -> PlanReview:
    """Decides a review on the pack of that window; its digest stays. Raises reviews.NotDecided with a sentence."""
    if since >= until:
        raise reviews.NotDecided("The figures must end before now and begin before they end.")
    seal = digest(pack(review.key, since, until))
    return reviews.decide(review, decision, reason=reason, since=since, until=until, digest=seal, by=by, at=at)


def still_the_same(review: PlanReview, seal: str) -> bool | None:
    """Whether the pack a decision was made on comes out as `seal` today, its digest; None while nothing is decided."""
    return review.digest == seal if review.digest else None


# The walk -----------------------------------------------------------------------------------------------------


def _events(key: str, until: datetime) -> Any:
    """Events of live cases under any version of the protocol that were written down before `until`."""
    return Event.objects.filter(protocol__startswith=f"{key}@", recorded_at__lt=until, case__is_history=False)


def _rows(key: str, since: datetime, until: datetime) -> Iterator[Row]:
    """Every event before `until` of cases that had one in the window, case by case, in order."""
    there = Event.objects.filter(case=OuterRef("pk"), recorded_at__gte=since, recorded_at__lt=until)
    cases = Case.objects.filter(Exists(there))
    rows = _events(key, until).filter(case__in=cases).order_by("case_id", "seq")
    values = rows.values_list("case_id", "kind", "occurred_at", "recorded_at", "role", "data")
    return (Row(*value) for value in values.iterator(chunk_size=2000))


def _walk(rows: list[Row], counts: Counts, since: datetime) -> None:
    """One case: where it stood before each event, and what the events of the window add."""
    level = 0
    of_clock: dict[str, int] = {}  # open clocks, by the level that started them
    advised: dict[tuple[str, str, int], bool] = {}
    impact = rows[0].data.get("impact", "")
    counts.cases += 1
    for number, row in enumerate(rows):
        now_at = row.data["tier"]
        if row.recorded_at >= since:
            counts.filed += row.kind == "filed"
            _count_clocks(row, of_clock, impact, counts)
            advised |= _advised(row, level)
            if now_at != level:
                _count_arrival(rows, number, level, counts)
        level = now_at
        for kind in row.data.get("ended", {}):
            of_clock.pop(kind, None)
        of_clock |= dict.fromkeys(row.data.get("started", {}), now_at)
    for (rule, verdict, _), followed in advised.items():
        counts.advice[rule, verdict, followed] += 1


def _count_clocks(row: Row, of_clock: Mapping[str, int], impact: str, counts: Counts) -> None:
    for kind, outcome in row.data.get("ended", {}).items():
        if kind in Clock.CLIMBS and kind in of_clock and outcome in (Outcome.MET, Outcome.MISSED):
            counts.clocks[kind, of_clock[kind], outcome == Outcome.MISSED] += 1
            if kind == Clock.RESOLVE:
                counts.answers[impact, outcome == Outcome.MET] += 1


def _advised(row: Row, level: int) -> dict[tuple[str, str, int], bool]:
    """What a guideline said when a person acted, at which level, and whether they followed it; a later act overrules."""
    advice = row.data.get("advice")
    if not advice or advice["verdict"] not in AGAINST:
        return {}
    passed_up = row.kind == "escalated"
    return {(advice["rule"], advice["verdict"], level): passed_up != AGAINST[advice["verdict"]]}


def _count_arrival(rows: list[Row], number: int, level: int, counts: Counts) -> None:
    row = rows[number]
    way = WAYS.get(row.kind, BY_HAND)
    counts.arrivals[row.data["tier"], way] += 1
    if row.data["tier"] <= level or way == "filed":
        return
    why = _false(row, rows[number + 1 :])
    counts.returned += why == "returned"
    if way != "direct":
        counts.climbs[way] += 1
        counts.false[why] += 1


def _false(climb: Row, after: Iterable[Row]) -> str:
    """Why a case need not have come up: it was returned down, or answered at once without other work; else empty."""
    worked = False
    for row in after:
        if row.data["tier"] != climb.data["tier"]:
            return "returned" if row.kind in ("returned_down", "helped_back") else ""
        if row.kind == "answered" and not worked:
            return "at_once" if row.occurred_at - climb.occurred_at <= AT_ONCE else ""
        worked = worked or (row.role == Event.Role.STAFF and row.kind not in NO_WORK)
    return ""


# What the pack says -------------------------------------------------------------------------------------------


def share(hits: int, n: int) -> dict[str, Any]:
    """A share with its 95 % interval, rounded so that every machine writes the same; without one when n is small."""
    low, high = wilson(hits, n) if Share(hits, n).shown else (None, None)
    ends = (
        {"low": None, "high": None} if low is None or high is None else {"low": round(low, 4), "high": round(high, 4)}
    )
    return {"hits": hits, "n": n} | ends


def _published(key: str, until: datetime) -> list[ProtocolVersion]:
    return list(ProtocolVersion.objects.filter(key=key, published_at__lt=until).order_by("published_at", "number"))


def _protocol(key: str, until: datetime) -> Protocol | None:
    """The version in force when the window ends; None when there was none yet."""
    versions = _published(key, until)
    return parse(versions[-1].label, versions[-1].document) if versions else None


def _versions(key: str, since: datetime, until: datetime) -> list[dict[str, str]]:
    """The versions in force at any time of the window."""
    found = _published(key, until)
    before = [version for version in found if version.published_at and version.published_at < since][-1:]
    inside = [version for version in found if version.published_at and version.published_at >= since]
    return [{"label": one.label, "since": stamp(one.published_at)} for one in (*before, *inside) if one.published_at]


def _levels(counts: Counts, protocol: Protocol | None) -> list[dict[str, Any]]:
    top = max([protocol.top if protocol else 0, *(level for level, _ in counts.arrivals)], default=0)
    found = []
    for level in range(1, top + 1):
        ways = {way: counts.arrivals[level, way] for way in (*WAYS.values(), BY_HAND)}
        met, missed = (counts.clocks[Clock.ACKNOWLEDGE, level, late] for late in (False, True))
        name = protocol.tier(level).name if protocol and level <= protocol.top else ""
        row = {"level": level, "name": name, "arrivals": sum(ways.values()), "ways": ways}
        found.append(row | {"acknowledged": share(met, met + missed)})
    return found


def _clocks(counts: Counts) -> list[dict[str, Any]]:
    """How often each clock was missed at each level, the worst share first."""
    found = []
    for kind, level in {(kind, level) for kind, level, _ in counts.clocks}:
        missed, met = counts.clocks[kind, level, True], counts.clocks[kind, level, False]
        found.append({"clock": kind, "level": level, "missed": share(missed, met + missed)})
    return sorted(found, key=lambda row: (-row["missed"]["hits"] / row["missed"]["n"], row["clock"], row["level"]))


def _climbs(counts: Counts) -> dict[str, Any]:
    total = sum(counts.climbs.values())
    up = total + sum(n for (level, way), n in counts.arrivals.items() if way == "direct" and level > 1)
    false = {why: counts.false[why] for why in ("returned", "at_once")}
    return {
        "total": total,
        "late": share(counts.climbs["missed"], total),
        "false": share(sum(false.values()), total),
        "false_why": false,
        "returned": share(counts.returned, up),
    }


def _guidelines(counts: Counts) -> dict[str, Any]:
    rules: list[dict[str, Any]] = []
    for rule, verdict in sorted({(rule, verdict) for rule, verdict, _ in counts.advice}):
        kept, broken = counts.advice[rule, verdict, True], counts.advice[rule, verdict, False]
        rules.append({"rule": rule, "verdict": verdict, "overridden": share(broken, kept + broken)})
    hits = sum(rule["overridden"]["hits"] for rule in rules)
    return {"overridden": share(hits, sum(rule["overridden"]["n"] for rule in rules)), "rules": rules}


def _expectations(
    key: str, since: datetime, until: datetime, counts: Counts, protocol: Protocol | None
) -> dict[str, Any]:
    """What customers ask for against what is promised to them, beside the stretch of the same length before."""
    now, before = _asked(key, since, until), _asked(key, since - (until - since), since)
    rows = []
    for impact in Impact.values:
        met, late = counts.answers[impact, True], counts.answers[impact, False]
        row = {"impact": impact, "now": now["impact"][impact], "before": before["impact"][impact]}
        rows.append(row | {"target": _target(protocol, impact), "answered_in_time": share(met, met + late)})
    said = {name: share(one["said"], one["known"]) for name, one in (("now", now), ("before", before))}
    filed = {"now": now["filed"], "before": before["filed"]}
    return {"said": said, "filed": filed, "impacts": rows, "trend": [_quarter(one) for one in trend(key, until)]}


def _quarter(one: Asked) -> dict[str, Any]:
    """One quarter of what customers ask for, as shares of its cases."""
    return {
        "since": stamp(one.since),
        "until": stamp(one.until),
        "filed": one.filed,
        "said": share(one.said, one.known),
        "asked": share(one.asked, one.looked_at),
        "early": share(one.early, one.looked_at),
        "slow": share(one.slow, one.looked_at),
    }


def _asked(key: str, since: datetime, until: datetime) -> dict[str, Any]:
    """Cases filed: how many, how many said what would put it right (where the log knows), and how it affects them."""
    filed = _events(key, until).filter(kind="filed", recorded_at__gte=since)
    impact: Counter[str] = Counter()
    said = known = 0
    for data in filed.order_by("pk").values_list("data", flat=True).iterator(chunk_size=2000):
        impact[data.get("impact", "")] += 1
        if "expects" in data:
            known += 1
            said += bool(data["expects"])
    return {"filed": sum(impact.values()), "known": known, "said": said, "impact": impact}


def _target(protocol: Protocol | None, impact: str) -> dict[str, Any] | None:
    """What a case of that impact is promised at the first level, in seconds; None where the protocol does not say."""
    severity = protocol.impact.get(impact) if protocol else None
    cell = protocol.matrix.get((ANY, severity, 1)) if protocol and severity else None
    if cell is None:
        return None
    times = {"acknowledge": cell.acknowledge, "update": cell.update, "resolve": cell.resolve}
    return {"severity": severity, "calendar": cell.calendar} | times
