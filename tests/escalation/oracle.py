"""A second, slow calculator of working time to hold the fast one against, and its speed measurement.

It shares nothing with the clock it checks: it reads a calendar's JSON document, walks the time line minute by
minute, reads the wall clock of the zone at each one and asks whether a shop with that sign on its door is open.
Within a minute that matters it goes second by second. No table, no sum ahead of time, no search.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
RUN_UP = timedelta(hours=50)  # longer than any clock was ever put back, and than a night before
GIVE_UP = timedelta(days=500)

PauseLike = tuple[datetime, datetime | None]


def minute_of(reading: str) -> int:
    hours, minutes = reading.split(":")
    return int(hours) * 60 + int(minutes)


class Oracle:
    """Answers from `begin` on; what it has walked it remembers, one letter a minute."""

    def __init__(self, document: dict[str, Any], begin: datetime) -> None:
        self.zone = ZoneInfo(document["zone"])
        self.always = document["always"]
        self.names = {date.fromisoformat(row["date"]): row["name"] for row in document["days_off"]}
        self.signs: dict[int, list[tuple[int, int]]] = {weekday: [] for weekday in range(7)}
        for row in document["windows"]:
            self.signs[row["weekday"]].append((minute_of(row["opens"]), minute_of(row["closes"])))
        self.begin = begin.replace(second=0, microsecond=0)
        self.walked: list[tuple[str, str]] = []
        self.walk = self._walk()

    def _walk(self) -> Iterator[tuple[str, str]]:
        """The state of every minute. A clock put back does not open or shut a door twice: the doorman goes by
        the latest time he has seen on the wall, so the first showing of a repeated hour is the one that counts."""
        now = self.begin - RUN_UP
        shown = datetime.min
        while True:
            shown = max(shown, now.astimezone(self.zone).replace(tzinfo=None))
            if now >= self.begin:
                yield self._door(shown.date(), shown.hour * 60 + shown.minute)
            now += MINUTE

    def _door(self, today: date, minute: int) -> tuple[str, str]:
        yesterday = today - timedelta(days=1)
        wants_today = any(opens <= minute and (minute < closes or closes < opens) for opens, closes in self._on(today))
        wants_night = any(closes < opens and minute < closes for opens, closes in self._on(yesterday))
        if (wants_today and today not in self.names) or (wants_night and yesterday not in self.names):
            return "counted", ""
        if today in self.names:
            return "holiday", self.names[today]
        if wants_night:
            return "holiday", self.names[yesterday]
        return "closed", ""

    def _on(self, day: date) -> Sequence[tuple[int, int]]:
        return [(0, 24 * 60)] if self.always else self.signs[day.weekday()]

    def door(self, at: datetime) -> tuple[str, str]:
        """("counted" | "closed" | "holiday", name) at that instant, pauses apart."""
        wanted = (at - self.begin) // MINUTE
        assert wanted >= 0, "asked for a time before the oracle begins"
        while len(self.walked) <= wanted:
            self.walked.append(next(self.walk))
        return self.walked[wanted]

    def state(self, at: datetime, pauses: Sequence[PauseLike] = ()) -> tuple[str, str]:
        kind, note = self.door(at)
        return ("paused", "") if kind == "counted" and self._paused(at, pauses) else (kind, note)

    def _paused(self, at: datetime, pauses: Sequence[PauseLike]) -> bool:
        return any(start <= at and (end is None or at < end) for start, end in pauses)

    def due(self, start: datetime, seconds: int, pauses: Sequence[PauseLike] = ()) -> datetime | None:
        """Count down from a whole second; None when a pause without end is met first."""
        now, left = start, seconds
        while left:
            assert now - start < GIVE_UP, "the oracle walked too far"
            if any(end is None and pause <= now for pause, end in pauses):
                return None
            step = self._step(now, pauses)
            if self.state(now, pauses)[0] == "counted":
                step = min(step, timedelta(seconds=left))
                left -= step // SECOND
            now += step
        return now

    def worked(self, start: datetime, end: datetime, pauses: Sequence[PauseLike] = ()) -> int:
        now, counted = start, 0
        while now < end:
            step = min(self._step(now, pauses), end - now)
            if self.state(now, pauses)[0] == "counted":
                counted += step // SECOND
            now += step
        return counted

    def _step(self, now: datetime, pauses: Sequence[PauseLike]) -> timedelta:
        """A whole minute where nothing happens inside it, else one second."""
        if now.second:
            return SECOND
        edges = [edge for pause in pauses for edge in pause if edge is not None]
        return SECOND if any(now <= edge < now + MINUTE for edge in edges) else MINUTE


# Speed --------------------------------------------------------------------------------------------------------


def bench_rates(rounds: int = 100_000) -> dict[str, int]:
    """Answers per second on this machine, one core; not part of the suite.

    python -c "from tests.escalation.oracle import bench_rates; print(bench_rates())"
    """
    from escalation.worktime import Calendar, Pause, Window, holidays_between, reckon

    office = tuple(Window(weekday, 9 * 60, 17 * 60) for weekday in range(5))
    plain = Calendar("plain@1", "Europe/Berlin", office)
    feasts = Calendar("feasts@1", "Europe/Berlin", office, holidays_between("DE", "BY", 2024, 2030))
    starts = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=311 * index) for index in range(rounds)]
    pauses = [
        (Pause(start + timedelta(hours=1), start + timedelta(hours=9)), Pause(start + timedelta(days=2), None))
        for start in starts
    ]
    jobs = {
        "due, plain week": lambda index: plain.due(starts[index], 14_400),
        "due, holidays": lambda index: feasts.due(starts[index], 14_400),
        "due_paused, holidays, two pauses": lambda index: feasts.due_paused(starts[index], 14_400, pauses[index]),
        "worked, holidays": lambda index: feasts.worked(starts[index], starts[-1]),
        "reckon, holidays, two pauses": lambda index: reckon(feasts, starts[index], 14_400, pauses[index]),
    }
    return {name: _rate(job, rounds) for name, job in jobs.items()}


def _rate(job: Any, rounds: int) -> int:
    job(0)
    begun = time.perf_counter()
    for index in range(rounds):
        job(index)
    return round(rounds / (time.perf_counter() - begun))
