"""How what customers ask for changes, over four quarters: what they expect, and whether they ask for more than was promised (R125).

From the log alone, as the pack of a plan review is: the same end gives the same numbers at any later time. A quarter is
thirteen weeks, the last one ends with the window. docs/reviews.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count

from cases.models import Event
from feedback.models import ThemeTag

QUARTERS, QUARTER = 4, timedelta(weeks=13)
#: Each case is looked at for as long, so that older ones have had no more time to ask; younger ones do not count yet.
LOOKED_AT = timedelta(days=14)
#: The reason a customer chooses who wants it sooner.
SLOW = "slow"


@dataclass(slots=True)
class Asked:
    """What the customers of one quarter asked for, in cases; `known`: the log says whether they said what they expect."""

    since: datetime
    until: datetime
    filed: int = 0
    known: int = 0
    said: int = 0
    looked_at: int = 0
    asked: int = 0  # for a supervisor
    early: int = 0  # before any time of ours was missed on the case
    slow: int = 0  # because it takes too long


def quarters(until: datetime) -> list[tuple[datetime, datetime]]:
    """The four stretches that end with `until`, the oldest first."""
    return [(until - (n + 1) * QUARTER, until - n * QUARTER) for n in reversed(range(QUARTERS))]


def trend(key: str, until: datetime) -> list[Asked]:
    """What customers of a protocol's cases asked for, by quarter, from what was written down before `until`: two queries."""
    found = [Asked(*ends) for ends in quarters(until)]
    filed: dict[int, tuple[Asked, datetime]] = {}
    for case, at, data in _filed(key, found[0].since, until):
        row = next(one for one in found if one.since <= at < one.until)
        row.filed += 1
        row.known += "expects" in data
        row.said += bool(data.get("expects"))
        if at + LOOKED_AT <= until:
            row.looked_at += 1
            filed[case] = (row, at)
    for case, (early, reason) in _first_asks(key, found[0].since, until, filed):
        row = filed[case][0]
        row.asked += 1
        row.early += early
        row.slow += reason == SLOW
    return found


def _filed(key: str, since: datetime, until: datetime) -> Iterator[tuple[int, datetime, dict[str, Any]]]:
    rows = _events(key, until).filter(kind="filed", recorded_at__gte=since)
    return rows.order_by("case_id").values_list("case_id", "recorded_at", "data").iterator(chunk_size=2000)


def _events(key: str, until: datetime) -> Any:
    return Event.objects.filter(protocol__startswith=f"{key}@", recorded_at__lt=until, case__is_history=False)


def _first_asks(
    key: str, since: datetime, until: datetime, filed: dict[int, tuple[Asked, datetime]]
) -> Iterator[tuple[int, tuple[bool, str]]]:
    """Of each case whose customer asked in time: whether nothing had been missed before, and the reason they chose."""
    rows = _events(key, until).filter(recorded_at__gte=since, kind__in=("supervisor_asked", "missed"))
    missed: dict[int, bool] = defaultdict(bool)
    done = set()
    for case, kind, at, data in rows.order_by("case_id", "seq").values_list("case_id", "kind", "recorded_at", "data"):
        if case not in filed or case in done:
            continue
        if kind == "missed":
            missed[case] = True
        elif at < filed[case][1] + LOOKED_AT:
            done.add(case)
            yield case, (not missed[case], data["args"]["reason"])


def themes(until: datetime) -> list[dict[str, Any]]:
    """What customers' comments are about, by the same quarters, from the tags people put on: no part of a pack's seal."""
    ends = quarters(until)
    found: dict[str, list[int]] = {}
    for number, (since, before) in enumerate(ends):
        tags = ThemeTag.objects.filter(survey__answered_at__gte=since, survey__answered_at__lt=before)
        for name, n in tags.order_by().values_list("theme__name").annotate(n=Count("survey", distinct=True)):
            found.setdefault(name, [0] * len(ends))[number] = n
    return [
        {"name": name, "counts": counts}
        for name, counts in sorted(found.items(), key=lambda row: (-sum(row[1]), row[0]))
    ]
