"""Tables as they lie there, and what one case's log says: what the second computation in oracle_log stands on."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace as Row
from zoneinfo import ZoneInfo

from django.db import connection

Pair = tuple[int, int]
CAME_BACK = ("rejected", "reopened")
#: What a colleague may do between a passing up and its answer without having worked on it.
LOOKED = ("reviewed", "acknowledged", "noted", "warned")
FOUR_HOURS = timedelta(hours=4)


def rows_of(sql: str) -> Iterator[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        names = [column[0] for column in cursor.description]
        for row in cursor.fetchall():
            yield Row(**{name: read(name, value) for name, value in zip(names, row, strict=True)})


def read(name: str, value: object) -> object:
    """SQLite has neither instants nor truth nor documents."""
    if isinstance(value, str) and name.endswith("_at"):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, str) and name in ("data", "document"):
        return json.loads(value)
    return bool(value) if name.startswith("is_") else value


class Office:
    """Working seconds by a calendar's document, a day at a time."""

    def __init__(self, document: dict) -> None:
        self.zone = ZoneInfo(document["zone"])
        self.off = {date.fromisoformat(one["date"]) for one in document["days_off"]}
        self.hours: dict[int, list[tuple[time, time]]] = defaultdict(list)
        for one in document["windows"]:
            self.hours[one["weekday"]].append((time.fromisoformat(one["opens"]), time.fromisoformat(one["closes"])))

    def open(self, day: date) -> list[tuple[datetime, datetime]]:
        hours = () if day in self.off else self.hours[day.weekday()]
        return [tuple(datetime.combine(day, one, self.zone).astimezone(UTC) for one in both) for both in hours]

    def due(self, start: datetime, seconds: float) -> datetime:
        """When so much working time has gone by."""
        day, left = start.astimezone(self.zone).date(), timedelta(seconds=seconds)
        while True:
            for low, high in self.open(day):
                since = max(low, start)
                if since < high and left <= high - since:
                    return since + left
                left -= max(timedelta(), high - since)
            day += timedelta(days=1)

    def worked(self, start: datetime, end: datetime) -> float:
        start, end = (one.replace(microsecond=0) for one in (start, end))  # clocks count whole seconds
        day, time_ = start.astimezone(self.zone).date(), timedelta()
        while day <= end.astimezone(self.zone).date():
            for low, high in self.open(day):
                time_ += max(timedelta(), min(high, end) - max(low, start))
            day += timedelta(days=1)
        return time_.total_seconds()


# What one case says ---------------------------------------------------------------------------------------------


def first(values: Iterable[datetime]) -> datetime | None:
    return min(values, default=None)


def went_up(one: Row) -> datetime | None:
    """When it was first above level 1."""
    return first(event.occurred_at for event in one.log if event.level > 1)


def had(one: Row, kind: str) -> bool:
    return any(event.kind == kind for event in one.log)


def is_word(event: Row) -> bool:
    return event.role == "staff" and "message" in event.data and event.kind not in ("customer_wrote", "reopened")


def opened_again(one: Row, level: int | None = None) -> bool:
    """Refused or opened after an answer; with `level` where that left it on this level."""
    answers = [event.seq for event in one.log if event.kind == "answered"]
    back = [event for event in one.log if event.kind in CAME_BACK and (level is None or event.level == level)]
    return any(answers and answers[0] < event.seq for event in back)


def at_once(one: Row) -> bool:
    """After the last passing up an answer within four hours with nothing done between but looking, and nobody came back."""
    last = max((event.seq for event in one.log if event.kind == "escalated"), default=None)
    if last is None or any(event.kind in CAME_BACK and event.seq > last for event in one.log):
        return False
    up = next(event for event in one.log if event.seq == last)
    for event in one.log:
        if event.seq <= last:
            continue
        if event.kind == "answered":
            return event.occurred_at - up.occurred_at <= FOUR_HOURS
        if event.kind == "missed" or (event.role == "staff" and event.kind not in LOOKED):
            return False
    return False


def share(rows: Iterable, is_hit: Callable[..., bool]) -> Pair:
    marks = [bool(is_hit(row)) for row in rows]
    return sum(marks), len(marks)


def shares(marked: Iterable[tuple[object, bool]]) -> dict:
    groups: dict[object, list[bool]] = defaultdict(list)
    for key, hit in marked:
        groups[key].append(bool(hit))
    return {key: (sum(marks), len(marks)) for key, marks in groups.items()}
