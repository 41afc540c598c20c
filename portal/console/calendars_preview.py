"""A calendar in pictures and words: its week, the two weeks ahead, and the next ten deadlines beside another's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from escalation.calendars import DAY, WEEKDAYS, Window, reading
from escalation.worktime import Calendar, CalendarError, Interval, reckon
from portal.templatetags.times import calendar_day, count, exact_words, worktime_words

MINUTES = (30, 60, 120, 240)  # the first four targets of the preview
DAYS = (1, 2, 3, 5, 10, 20)  # the others, in working days of the calendar that is in force
AHEAD = 14  # days in the picture
NOTES = {"counted": "Open", "closed": "Closed", "holiday": "Day off", "paused": "Stopped"}


# The week -----------------------------------------------------------------------------------------------------


def week_words(calendar: Calendar) -> list[tuple[str, str]]:
    """Days that share their hours, and the hours: ("Monday to Friday", "09:00-17:30")."""
    if calendar.always:
        return [("Every day", "round the clock")]
    hours = [_hours(calendar.windows, weekday) for weekday in range(7)]
    rows, first = [], 0
    for weekday in range(1, 8):
        if weekday == 7 or hours[weekday] != hours[first]:
            rows.append((_days(first, weekday - 1), hours[first] or "Closed"))
            first = weekday
    return rows


def _hours(windows: tuple[Window, ...], weekday: int) -> str:
    mine = sorted((window.opens, window.closes) for window in windows if window.weekday == weekday)
    return ", ".join(f"{reading(opens)}–{_closing(opens, closes)}" for opens, closes in mine)


def _closing(opens: int, closes: int) -> str:
    return reading(closes) if closes > opens else f"{reading(closes)} next day"


def _days(first: int, last: int) -> str:
    if (first, last) == (0, 6):
        return "Every day"
    if first == last:
        return WEEKDAYS[first]
    return f"{WEEKDAYS[first]} {'and' if last == first + 1 else 'to'} {WEEKDAYS[last]}"


# Two weeks ahead ----------------------------------------------------------------------------------------------


def fortnight(calendar: Calendar, at: datetime) -> list[dict[str, Any]]:
    """Fourteen local days from the one of `at`: bars by the wall clock, hours in words, name of a day off."""
    zone = ZoneInfo(calendar.zone)
    first = at.astimezone(zone).date()
    edges = [_midnight(first + timedelta(days=n), zone) for n in range(AHEAD + 1)]
    intervals = calendar.explain(edges[0], edges[-1])
    return [
        _day(first + timedelta(days=n), list(_within(intervals, edges[n], edges[n + 1])), zone, today=n == 0)
        for n in range(AHEAD)
    ]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _within(intervals: tuple[Interval, ...], start: datetime, end: datetime) -> Iterator[Interval]:
    """The pieces of the intervals between two instants; comparing across zones compares instants."""
    for piece in intervals:
        if piece.start < end and start < piece.end:
            yield Interval(max(piece.start, start), min(piece.end, end), piece.kind, piece.note)


def _day(day: date, pieces: list[Interval], zone: ZoneInfo, *, today: bool) -> dict[str, Any]:
    marks = [(_wall(piece.start, day, zone), _wall(piece.end, day, zone), piece) for piece in pieces]
    hours = [f"{reading(low)}–{reading(high)}" for low, high, piece in marks if piece.kind == "counted"]
    notes = dict.fromkeys(piece.note for piece in pieces if piece.kind == "holiday")
    counted = sum(piece.seconds for piece in pieces if piece.kind == "counted")
    return {
        "day": calendar_day(day, with_year=False),
        "today": today,
        "bars": [
            {"kind": piece.kind, "x": f"{100 * low / DAY:.2f}%", "width": f"{100 * max(0, high - low) / DAY:.2f}%"}
            for low, high, piece in marks
        ],
        "hours": hours or ["Closed"],
        "note": ", ".join(notes),
        "seconds": counted,
    }


def _wall(instant: datetime, day: date, zone: ZoneInfo) -> int:
    """Minutes after the day's midnight as its wall clock shows them; the midnight after it is 24:00."""
    local = instant.astimezone(zone)
    return DAY if local.date() > day else local.hour * 60 + local.minute


# Deadlines ----------------------------------------------------------------------------------------------------


def deadlines(start: datetime, new: Calendar, old: Calendar | None) -> list[dict[str, Any]]:
    """The deadlines of ten usual targets from `start` under `new`, and under `old` where there is one to compare.

    Targets are the same seconds for both; working days are those of `old`.
    """
    usual = old or new
    day = round(usual.day_hours * 3600)
    targets = [60 * minutes for minutes in MINUTES] + [day * days for days in DAYS]
    return [_row(seconds, start, new, old, usual) for seconds in targets]


def _row(seconds: int, start: datetime, new: Calendar, old: Calendar | None, usual: Calendar) -> dict[str, Any]:
    late, was = proof(new, start, seconds), proof(old, start, seconds) if old else None
    return {
        "target": worktime_words(seconds, usual),
        "is_day": seconds == round(usual.day_hours * 3600),
        "new": late,
        "old": was,
        "shift": shift(was["due"] if was else None, late["due"]),
    }


def proof(calendar: Calendar, start: datetime, seconds: int) -> dict[str, Any]:
    """A deadline with its working, for parts/proof.html; `due` is None when it lies further than ten years off."""
    told: dict[str, Any] = {"start": start, "due": None, "target_seconds": seconds, "calendar": calendar, "rows": []}
    try:
        reckoned = reckon(calendar, start, seconds)
    except CalendarError:
        return told
    key, _, number = calendar.label.partition("@")
    return told | {
        "due": reckoned.due,
        "calendar_name": f"calendar “{key}”, version {number}",
        "rows": [
            {"start": i.start, "end": i.end, "kind": i.kind, "note": i.note or NOTES[i.kind], "seconds": i.seconds}
            for i in reckoned.intervals
        ],
    }


def shift(old: datetime | None, new: datetime | None) -> str:
    """How far a deadline moves: '2 h later', 'the same'; nothing when there is only one."""
    if old is None or new is None:
        return ""
    moved = int((new - old).total_seconds())
    if not moved:
        return "the same"
    days, rest = divmod(abs(moved), 86400)
    words = [count(days, "day")] if days else []
    words += [exact_words(rest)] if rest or not days else []
    return f"{' '.join(words)} {'later' if moved > 0 else 'earlier'}"
