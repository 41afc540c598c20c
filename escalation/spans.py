"""The open spans of a calendar on the time line: local windows turned into seconds since 1970, added up, kept.

An instant is whole seconds since 1970 and its microseconds. Window edges lie on whole seconds, so every sum is of
integers and exact.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from escalation.calendars import DAY, YEARS, CalendarError, DaysOff, Window, whole_week

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAIVE_EPOCH = EPOCH.replace(tzinfo=None)
LONGEST = 60  # years one question may span; with it no question costs unbounded time

EARLIEST = int(datetime(YEARS[1], 1, 1, tzinfo=UTC).timestamp())
LATEST = int(datetime(YEARS[-1], 1, 1, tzinfo=UTC).timestamp())

Span = tuple[int, int]  # seconds since 1970, end not included
Named = tuple[int, int, str]  # a span and the reason for it


# Instants and seconds -----------------------------------------------------------------------------------------


def utc(at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise ValueError(f"{at!r} has no time zone; working time needs an aware instant.")
    return at.astimezone(UTC)


def parts(at: datetime) -> tuple[int, int]:
    """Whole seconds since 1970 and the microseconds left over."""
    if at.tzinfo is not UTC:
        at = utc(at)
    gone = at - EPOCH
    return gone.days * 86400 + gone.seconds, gone.microseconds


def instant(second: int, micro: int = 0) -> datetime:
    return EPOCH + timedelta(0, second, micro)


def _since(reading: datetime) -> int:
    """Seconds since 1970 of a reading already brought to UTC; the naive twin of `parts`, for making tables."""
    gone = reading - NAIVE_EPOCH
    return gone.days * 86400 + gone.seconds


def edge(zone: ZoneInfo, local: datetime) -> int:
    """The second at which the zone's clock first shows `local`, or jumps past it.

    1. A reading that occurs twice (autumn) takes the first occurrence: fold 0.
    2. A reading that never occurs (spring) takes the jump. Read with the offset from after the jump it lies
       before the jump, with the one from before it lies at or after it: halve the stretch between the two.
    """
    first = local.replace(tzinfo=zone)
    second = first.replace(fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    assert before is not None and after is not None  # a ZoneInfo always knows
    high = _since(local - before)
    if before >= after:
        return high
    low = _since(local - after)
    while high - low > 1:
        middle = (low + high) // 2
        if instant(middle).astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


# The table of open spans --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Table:
    """All open spans from `low` to `high`; `before[i]` is the open time ahead of span i, the last entry of all."""

    low: int
    high: int
    opens: list[int]
    closes: list[int]
    before: list[int]

    @classmethod
    def of(cls, low: int, high: int, spans: Iterable[Span]) -> Table:
        """Join touching spans, drop empty ones (a window lost in a spring gap), add up."""
        opens: list[int] = []
        closes: list[int] = []
        for start, end in spans:
            if closes and start <= closes[-1]:
                closes[-1] = max(end, closes[-1])
            elif start < end:
                opens.append(start)
                closes.append(end)
        before = [0]
        for start, end in zip(opens, closes, strict=True):
            before.append(before[-1] + end - start)
        return cls(low, high, opens, closes, before)

    def enter(self, second: int) -> tuple[int, bool]:
        """Open time before `second`, and whether it is open then."""
        index = bisect_right(self.opens, second) - 1
        if index >= 0 and second < self.closes[index]:
            return self.before[index] + second - self.opens[index], True
        return self.before[index + 1], False

    def reach(self, target: int, carried: int) -> int | None:
        """The first second by which `target` seconds were open; None past the table's end.

        With `carried` microseconds still to count after it, that second must itself be open: a closing time
        is then not late enough and the next opening is meant.
        """
        index = (bisect_right(self.before, target) if carried else bisect_left(self.before, target)) - 1
        if index >= len(self.opens):
            return None
        return self.opens[index] + target - self.before[index]


class Spans:
    """The spans of one set of rules, worked out a year at a time and kept.

    Shared by all equal calendars of the process. A table is never changed once made, only replaced, so threads
    need no lock: the worst two can do is to make the same one twice.
    """

    def __init__(self, zone: str, windows: tuple[Window, ...], days_off: DaysOff, always: bool) -> None:
        self.zone = ZoneInfo(zone)
        self.days_off = dict(days_off)
        hours = whole_week() if always else windows
        self.by_weekday = [sorted((w for w in hours if w.weekday == day), key=lambda w: w.opens) for day in range(7)]
        self.years: dict[int, list[Span]] = {}
        self.named: list[Named] | None = None
        self.table = Table(0, 0, [], [], [0])
        if always and not days_off:
            low, high = parts(datetime.min.replace(tzinfo=UTC))[0], parts(datetime.max.replace(tzinfo=UTC))[0]
            self.table = Table.of(low, high, [(low, high)])

    def cover(self, first: int, last: int) -> Table:
        """A table in which both seconds lie; it grows by whole years. CalendarError if they lie too far apart."""
        table = self.table
        if table.low <= first and last < table.high:
            return table
        if first < EARLIEST or last >= LATEST or last - first > LONGEST * 31_556_952:
            raise CalendarError(f"A calendar answers for {YEARS[1]} to {YEARS[-2]}, {LONGEST} years at a time.")
        low, high = instant(first).year - 1, instant(last).year + 1
        known = self.years  # read once: another thread may replace it any moment
        if known and max(high, *known) - min(low, *known) <= 2 * LONGEST:
            low, high = min(low, *known), max(high, *known)
        years = {year: known.get(year) or list(self._year(year)) for year in range(low, high + 1)}
        # A window that started the day before January 1 of the first year is missing: begin a day later.
        begin, end = (edge(self.zone, datetime.combine(day, time())) for day in (date(low, 1, 2), date(high + 1, 1, 1)))
        table = Table.of(begin, end, (span for year in sorted(years) for span in years[year]))
        self.years, self.table = years, table
        return table

    def _year(self, year: int) -> Iterator[Span]:
        """Spans of the windows that start in that year, by local date."""
        for ordinal in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()):
            day = date.fromordinal(ordinal)
            if day not in self.days_off:
                for window in self.by_weekday[day.weekday()]:
                    yield self._span(day, window)

    def _span(self, day: date, window: Window) -> Span:
        midnight = datetime.combine(day, time())
        opens = midnight + timedelta(minutes=window.opens)
        return edge(self.zone, opens), edge(self.zone, opens + timedelta(minutes=window.minutes))

    def holidays(self) -> list[Named]:
        """When each day off reigns: its local date, and the rest of a night window it kept from starting."""
        if self.named is None:
            reigns = (self._reign(day, name) for day, name in sorted(self.days_off.items()))
            self.named = [reign for reign in reigns if reign[0] < reign[1]]
        return self.named

    def _reign(self, day: date, name: str) -> Named:
        minutes = max([DAY, *(w.opens + w.minutes for w in self.by_weekday[day.weekday()])])
        if day + timedelta(days=1) in self.days_off:
            minutes = DAY
        midnight = datetime.combine(day, time())
        return edge(self.zone, midnight), edge(self.zone, midnight + timedelta(minutes=minutes)), name


shared_spans = lru_cache(maxsize=128)(Spans)
