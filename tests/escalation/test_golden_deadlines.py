"""A golden table: 1,440 deadlines in 20 zones around the days clocks trip over, worked out by the slow oracle."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from escalation.spans import shared_spans
from escalation.worktime import Calendar, Pause, Window, reckon
from tests.escalation.oracle import Oracle

PER_CORNER = 18
SECOND = timedelta(seconds=1)
HOUR = 3600
LEAP_DAY, NEW_YEAR = "02-27", "12-30"

# Zone, year, and two days (month-day) just before its clocks change, where they do.
ZONES = [
    ("Europe/Berlin", 2024, "03-29", "10-25"),
    ("Europe/London", 2024, "03-29", "10-25"),
    ("America/New_York", 2024, "03-08", "11-01"),
    ("America/Los_Angeles", 2024, "03-08", "11-01"),
    ("America/St_Johns", 2024, "03-08", "11-01"),
    ("America/Havana", 2024, "03-08", "11-01"),
    ("America/Santiago", 2024, "09-06", "04-05"),
    ("America/Sao_Paulo", 2018, "11-02", "02-16"),
    ("Africa/Casablanca", 2024, "04-12", "03-08"),
    ("Africa/Cairo", 2024, "04-24", "10-30"),
    ("Asia/Tehran", 2021, "03-20", "09-20"),
    ("Asia/Beirut", 2024, "03-29", "10-25"),
    ("Australia/Lord_Howe", 2024, "10-04", "04-05"),
    ("Australia/Sydney", 2024, "10-04", "04-05"),
    ("Pacific/Auckland", 2024, "09-27", "04-05"),
    ("Pacific/Chatham", 2024, "09-27", "04-05"),
    ("Antarctica/Troll", 2024, "03-29", "10-25"),
    ("Pacific/Apia", 2011, "12-28", "03-31"),
    ("Asia/Kolkata", 2024, "03-29", "10-25"),
    ("Asia/Kathmandu", 2024, "03-29", "10-25"),
]

SHIFTS: dict[str, tuple[Window, ...]] = {
    "office": tuple(Window(day, 9 * 60, 17 * 60) for day in range(5)),
    "lunch": tuple(Window(day, *hours) for day in range(6) for hours in ((510, 720), (765, 1050))),
    "night": tuple(Window(day, 22 * 60, 6 * 60) for day in range(7)),
    "small hours": tuple(Window(day, *hours) for day in range(7) for hours in ((0, 90), (130, 155), (170, 1430))),
    "tuesday": (Window(1, 9 * 60, 17 * 60), Window(6, 23 * 60 + 30, 3 * 60)),
    "whole days": tuple(Window(day, 0, 1440) for day in (0, 2, 5, 6)),
}


@dataclass(frozen=True)
class Row:
    calendar: Calendar
    start: datetime
    seconds: int
    pauses: tuple[Pause, ...]
    due: datetime | None


def corner(zone: str, year: int, month_day: str, draw: random.Random) -> Iterator[Row]:
    """Deadlines started within four days of that date, all in one calendar so that the oracle walks once."""
    day = date.fromisoformat(f"{year}-{month_day}")
    shift = draw.choice(sorted(SHIFTS))
    calendar = Calendar(f"{shift}@1", zone, SHIFTS[shift], feasts(year, day, draw))
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    oracle = Oracle(calendar.to_document(), begin - timedelta(days=1))
    for _ in range(PER_CORNER):
        start = begin + draw.randrange(4 * 86400) * SECOND
        seconds = draw.choice([1, 900, HOUR, 4 * HOUR, 8 * HOUR, 24 * HOUR, draw.randrange(1, 12 * HOUR)])
        pauses = tuple(some_pauses(start, draw))
        due = oracle.due(start, seconds, [(pause.start, pause.end) for pause in pauses])
        yield Row(calendar, start, seconds, pauses, due)


def feasts(year: int, day: date, draw: random.Random) -> tuple[tuple[date, str], ...]:
    days = {date(year, 1, 1), date(year + 1, 1, 1), date(year, 6, 19), date(year, 12, 25)}
    days.add(day + timedelta(days=draw.randrange(6)))
    return tuple((feast, "Feast") for feast in sorted(days))


def some_pauses(start: datetime, draw: random.Random) -> Iterator[Pause]:
    """None for two rows in three; one in thirty has a pause that has not ended."""
    if draw.randrange(3) == 0:
        begin = start + draw.randrange(-HOUR, 20 * HOUR) * SECOND
        yield Pause(begin, begin + draw.randrange(70 * HOUR) * SECOND, "waiting for you")
        if draw.randrange(10) == 0:
            yield Pause(begin + 30 * HOUR * SECOND, None, "waiting for you")


def golden_rows() -> list[Row]:
    draw = random.Random(20260714)
    return [
        row
        for zone, year, *changes in ZONES
        for month_day in (*changes, LEAP_DAY, NEW_YEAR)
        for row in corner(zone, year, month_day, draw)
    ]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return golden_rows()


def test_the_table_is_large_and_varied(rows):
    assert len(rows) >= 1000
    assert len({row.calendar.zone for row in rows}) >= 12
    assert len({row.calendar.label for row in rows}) == len(SHIFTS)
    assert sum(row.due is None for row in rows) >= 10
    assert sum(bool(row.pauses) for row in rows) >= 300


def test_clocks_do_change_in_the_days_of_the_table():
    """Otherwise the table would look at quiet weeks only: every zone changes twice but those that never do."""
    quiet = set()
    for zone, year, *changes in ZONES:
        for month_day in changes:
            day = datetime.fromisoformat(f"{year}-{month_day}T00:00+00:00")
            offsets = {(day + timedelta(hours=hour)).astimezone(ZoneInfo(zone)).utcoffset() for hour in range(120)}
            if len(offsets) < 2:
                quiet.add(zone)
    assert quiet == {"Asia/Kolkata", "Asia/Kathmandu"}


def test_every_deadline_of_the_table_is_met_to_the_second(rows):
    wrong = [row for row in rows if row.calendar.due_paused(row.start, row.seconds, row.pauses) != row.due]
    assert wrong == []


def test_every_deadline_of_the_table_has_its_proof(rows):
    for row in rows:
        answer = reckon(row.calendar, row.start, row.seconds, row.pauses)
        counted = sum(interval.seconds for interval in answer.intervals if interval.kind == "counted")
        assert answer.due == row.due
        assert counted == answer.counted
        assert row.due is None or counted == row.seconds


def test_the_table_is_the_same_whoever_asks_first(rows):
    """The answer does not depend on which years a calendar has looked at before."""
    shared_spans.cache_clear()
    for row in random.Random(7).sample(rows, 15):
        fresh = Calendar("another@1", row.calendar.zone, row.calendar.windows, row.calendar.days_off)
        fresh.worked(datetime(1995, 1, 1, tzinfo=UTC), datetime(1995, 2, 1, tzinfo=UTC))
        assert fresh.due_paused(row.start, row.seconds, row.pauses) == row.due
