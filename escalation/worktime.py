"""Working-time arithmetic: when a promise falls due, how much time has counted, and the proof of both.

Instants are aware datetimes, answers are in UTC, durations are whole seconds. It reads no clock and no database.
The rules in plain words, with examples: docs/clock.md.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from escalation.calendars import (
    CalendarError,
    DaysOff,
    Window,
    check,
    day_hours,
    holidays_between,
    read_document,
    write_document,
)
from escalation.spans import EPOCH, Named, Span, Spans, Table, instant, parts, shared_spans, utc

__all__ = (
    "ROUND_THE_CLOCK",
    "Calendar",
    "CalendarError",
    "Interval",
    "Pause",
    "Reckoning",
    "Window",
    "holidays_between",
    "reckon",
)

AHEAD = 3653 * 86400  # seconds: ten years; nothing is promised further off
STILL = 1 << 60  # seconds: where a pause ends that has not ended

Kind = Literal["counted", "closed", "holiday", "paused"]
Piece = tuple[int, int, Kind, str]


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time and whether it counted. `note` names the holiday or the reason of the pause."""

    start: datetime
    end: datetime
    kind: Kind
    note: str = ""

    @property
    def seconds(self) -> int:
        """Difference of the two clock readings in whole seconds, so that neighbours add up without a rest."""
        return parts(self.end)[0] - parts(self.start)[0]


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stood still from `start` to `end` (None: it still does). Edges are cut to the whole second."""

    start: datetime
    end: datetime | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reckoning:
    """A deadline with its proof.

    `due` is None while an open pause keeps the target out of reach; then `paused_since` says since when, the
    intervals end there, and `counted` (seconds) is what had been used up. Otherwise `counted` is the target.
    """

    due: datetime | None
    intervals: tuple[Interval, ...]
    counted: int
    paused_since: datetime | None = None


# Calendars ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Calendar:
    """When working time counts; immutable once published, which is why `label` carries a version ("office@1").

    `windows` are read in `zone` and closed on `days_off` (by the local date they start on). With `always` the
    windows are ignored and every minute counts, but for days off, if any. Raises CalendarError when unusable.
    """

    label: str
    zone: str
    windows: tuple[Window, ...] = ()
    days_off: DaysOff = ()
    always: bool = False
    _spans: Spans = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check(self)
        object.__setattr__(self, "_spans", shared_spans(self.zone, self.windows, self.days_off, self.always))

    def __reduce__(self) -> tuple[Any, ...]:
        return Calendar, (self.label, self.zone, self.windows, self.days_off, self.always)

    @classmethod
    def from_document(cls, document: object) -> Calendar:
        """The calendar stored as this JSON document; CalendarError names the field that is wrong."""
        return cls(**read_document(document))

    def to_document(self) -> dict[str, Any]:
        """JSON-safe; `from_document` gives back an equal calendar."""
        return write_document(self)

    @property
    def day_hours(self) -> float:
        """Hours that make one working day: those of the most common open day of a week; 24 round the clock."""
        return day_hours(self)

    def due(self, start: datetime, seconds: int) -> datetime:
        """The first instant at which `seconds` of working time since `start` have counted.

        0 seconds is `start` itself. A target reached exactly at closing time falls due at closing time.
        Microseconds of `start` are carried through when it lies in open time. Raises CalendarError when the
        target is not reached within ten years.
        """
        second, micro = parts(start)
        table = self._spans.table
        if seconds > 0 and table.low <= second < table.high:  # the way of nearly all calls
            position, is_open = table.enter(second)
            carried = micro if is_open else 0
            found = table.reach(position + seconds, carried)
            if found is not None and found - second <= AHEAD:
                return EPOCH + timedelta(0, found, carried)
        due = self._after(start, seconds, [])
        assert due is not None  # only a pause can take a deadline away
        return due

    def due_paused(self, start: datetime, seconds: int, pauses: Iterable[Pause]) -> datetime | None:
        """As `due`, not counting the pauses. None when an open pause begins before the target is reached."""
        return self._after(start, seconds, _flat(pauses))

    def worked(self, start: datetime, end: datetime, pauses: Iterable[Pause] = ()) -> int:
        """Counted seconds in [start, end), both cut to the whole second, so that parts add up to the whole.

        ValueError when `end` lies before `start`.
        """
        first, last = _stretch(start, end)
        table = self._spans.cover(first, last)
        worked = table.enter(last)[0] - table.enter(first)[0]
        for low, high, _ in _flat(pauses):
            if high > first and low < last:
                worked -= table.enter(min(high, last))[0] - table.enter(max(low, first))[0]
        return worked

    def is_open(self, at: datetime) -> bool:
        """Whether time counts at that instant: true at opening time, false at closing time."""
        second, _ = parts(at)
        return self._spans.cover(second, second).enter(second)[1]

    def next_open(self, at: datetime) -> datetime:
        """`at` itself when open, else the next opening; CalendarError when there is none within ten years."""
        second, _ = parts(at)
        if self.is_open(at):
            return utc(at)
        for table in self._tables(second, second):
            found = table.reach(table.enter(second)[0] + 1, 0)  # the end of the first open second
            if found is not None and found - second <= AHEAD:
                return instant(found - 1)
        raise self._endless()

    def explain(self, start: datetime, end: datetime, pauses: Iterable[Pause] = ()) -> tuple[Interval, ...]:
        """Contiguous intervals from `start` to `end`, each counted, closed, holiday or paused.

        Only time that would have counted is called paused. A day off is called holiday for its whole local date,
        except where a night window of the day before still runs. Their `seconds` add up: the counted ones to
        `worked`, all of them to the span. ValueError when `end` lies before `start`.
        """
        first, last = _stretch(start, end)
        start, end = utc(start), utc(end)
        last += 1 if end.microsecond else 0
        table = self._spans.cover(first, last)
        pieces = _joined(_pieces(table, first, last, self._spans.holidays(), _flat(pauses)))
        return tuple(
            Interval(max(start, instant(low)), min(end, instant(high)), kind, note)
            for low, high, kind, note in pieces
            if start < end
        )

    def _after(self, start: datetime, seconds: int, pauses: Sequence[Named]) -> datetime | None:
        """`due` with flat pauses; the ten years run from the last pause."""
        if seconds < 0:
            raise ValueError(f"{seconds} seconds: working time does not run backwards.")
        if seconds == 0:
            return utc(start)
        second, micro = parts(start)
        origin = max([second, *(high if high != STILL else low for low, high, _ in pauses)])
        for table in self._tables(second, origin):
            found, carried = _walk(table, (second, micro), seconds, pauses)
            if found == STILL:
                return None
            if found is not None and found - origin <= AHEAD:
                return instant(found, carried)
        raise self._endless()

    def _tables(self, second: int, origin: int) -> Iterator[Table]:
        """Tables from `second` to one year after `origin`, then three, then ten: the search has an end."""
        for reach in (AHEAD // 10, AHEAD // 3, AHEAD):
            yield self._spans.cover(second, origin + reach)

    def _endless(self) -> CalendarError:
        return CalendarError(f"{self.label}: the calendar has not enough open time within ten years.")


#: For spans that count every second and belong to no calendar of a protocol.
ROUND_THE_CLOCK = Calendar("round the clock", "UTC", always=True)

# Pauses, proofs -----------------------------------------------------------------------------------------------


def reckon(calendar: Calendar, start: datetime, seconds: int, pauses: Iterable[Pause] = ()) -> Reckoning:
    """The deadline `seconds` of working time after `start`, not counting the pauses, and its proof.

    Whenever there is a deadline, the counted intervals add up to `seconds` exactly. Pauses may overlap and come
    in any order. Errors as in `Calendar.due`.
    """
    pauses = tuple(pauses)
    due = calendar.due_paused(start, seconds, pauses)
    if due is not None:
        return Reckoning(due, calendar.explain(start, due, pauses), seconds)
    since = max(utc(start), instant(_flat(pauses)[-1][0]))  # nothing follows a pause that has not ended
    intervals = calendar.explain(start, since, pauses)
    return Reckoning(None, intervals, calendar.worked(start, since, pauses), since)


def _stretch(start: datetime, end: datetime) -> Span:
    if utc(end) < utc(start):
        raise ValueError(f"The stretch from {start} to {end} ends before it starts.")
    return parts(start)[0], parts(end)[0]


def _flat(pauses: Iterable[Pause]) -> list[Named]:
    """In order and without overlap; where two overlap, the earlier one's reason stands until it ends."""
    spans = []
    for pause in pauses:
        low, high = parts(pause.start)[0], STILL if pause.end is None else parts(pause.end)[0]
        if high < low:
            raise ValueError(f"The pause from {pause.start} to {pause.end} ends before it starts.")
        spans.append((low, high, pause.reason))
    flat: list[Named] = []
    for low, high, reason in sorted(spans):
        low = max(low, flat[-1][1]) if flat else low
        if low < high:
            flat.append((low, high, reason))
    return flat


def _walk(table: Table, start: tuple[int, int], seconds: int, pauses: Sequence[Named]) -> tuple[int | None, int]:
    """The due second and the microseconds after it; STILL when an open pause is met, None past the table.

    1. Counting begins at `start`; its microseconds matter only if the clock runs then.
    2. The open time up to each pause is taken off the target; what was open during the pause is stepped over.
    3. A target reached exactly when a pause begins is reached.
    """
    second, micro = start
    position, runs = table.enter(second)
    carried = micro if runs else 0
    for low, high, _ in pauses:
        if high <= second:
            continue
        if low <= second:
            carried = 0
        else:
            ahead = table.enter(low)[0] - position
            if seconds < ahead or (seconds == ahead and not carried):
                break
            seconds -= ahead
        if high == STILL:
            return STILL, 0
        position = table.enter(high)[0]
    return table.reach(position + seconds, carried), carried


def _pieces(table: Table, first: int, last: int, named: Sequence[Named], pauses: Sequence[Named]) -> Iterator[Piece]:
    """Open spans cut by pauses, the gaps between them cut by days off, in order."""
    index = bisect_right(table.closes, first)
    while first < last:
        opens, closes = (table.opens[index], table.closes[index]) if index < len(table.opens) else (last, last)
        if first < opens:
            yield from _cut(first, min(opens, last), named, "holiday", "closed")
            first = min(opens, last)
        else:
            yield from _cut(first, min(closes, last), pauses, "paused", "counted")
            first = min(closes, last)
            index += 1


def _cut(low: int, high: int, stretches: Sequence[Named], inside: Kind, outside: Kind) -> Iterator[Piece]:
    """[low, high) as pieces inside and outside the named stretches."""
    for index in range(bisect_right(stretches, low, key=lambda stretch: stretch[1]), len(stretches)):
        start, end, name = stretches[index]
        if start >= high:
            break
        if low < start:
            yield low, start, outside, ""
        yield max(low, start), min(end, high), inside, name
        low = min(end, high)
    if low < high:
        yield low, high, outside, ""


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Neighbours of one kind and note become one."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1][2:] == piece[2:]:
            joined[-1] = (joined[-1][0], *piece[1:])
        else:
            joined.append(piece)
    return joined
