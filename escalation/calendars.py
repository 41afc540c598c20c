"""What a working calendar may say: windows, days off, the checks, and the JSON document it is stored as."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import holidays
from holidays.registry import COUNTRIES

DAY = 24 * 60  # minutes
WEEK = 7 * DAY
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
YEARS = range(1970, 2200)  # a day off outside these is a slip of the keyboard
CLOCK_READING = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")
FIELDS = frozenset({"label", "zone", "windows", "days_off", "always"})

DaysOff = tuple[tuple[date, str], ...]


class CalendarError(ValueError):
    """A calendar that cannot be used, or a question it cannot answer; the text is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Window:
    """Opening hours of one weekday, in minutes after local midnight.

    `weekday` (0 Monday .. 6 Sunday) is the day the window starts on. `opens` is 0..1439, `closes` 1..1440;
    `closes` below `opens` means the window runs over midnight and closes on the next day.
    """

    weekday: int
    opens: int
    closes: int

    @property
    def minutes(self) -> int:
        """Length on the clock face, without any change to or from summer time."""
        return self.closes - self.opens if self.closes > self.opens else self.closes + DAY - self.opens

    def __str__(self) -> str:
        return f"{WEEKDAYS[self.weekday]} {reading(self.opens)}-{reading(self.closes)}"


class Rules(Protocol):
    """What the checks and the document read of a calendar."""

    @property
    def label(self) -> str: ...
    @property
    def zone(self) -> str: ...
    @property
    def windows(self) -> tuple[Window, ...]: ...
    @property
    def days_off(self) -> DaysOff: ...
    @property
    def always(self) -> bool: ...


def reading(minute: int) -> str:
    """Minutes after midnight as the clock shows them: 540 is 09:00, 1440 is 24:00."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def whole_week() -> tuple[Window, ...]:
    """Round the clock, as seven windows that touch at midnight."""
    return tuple(Window(weekday, 0, DAY) for weekday in range(7))


def day_hours(rules: Rules) -> float:
    """Hours of one working day: the length of the most common open day of a week, the longer one on a tie.

    24 round the clock. A window over midnight belongs to the day it starts on; days off change no week's length.
    """
    if rules.always:
        return 24.0
    minutes: Counter[int] = Counter()
    for window in rules.windows:
        minutes[window.weekday] += window.minutes
    lengths = Counter(minutes.values())
    return max(lengths, key=lambda length: (lengths[length], length)) / 60


# Checks -------------------------------------------------------------------------------------------------------


def check(rules: Rules) -> None:
    """Raise CalendarError, naming the field, unless the calendar can be used."""
    if not isinstance(rules.label, str) or not rules.label.strip():
        raise CalendarError("label: a calendar needs a name, such as office@1.")
    if not isinstance(rules.always, bool):
        raise CalendarError(f"always: must be true or false, not {rules.always!r}.")
    load_zone(rules.zone)
    _check_windows(rules.windows, rules.always)
    _check_days_off(rules.days_off)


def load_zone(key: object) -> ZoneInfo:
    """The time zone of that IANA name, or CalendarError."""
    try:
        if not isinstance(key, str) or not key:
            raise ValueError
        return ZoneInfo(key)
    except (KeyError, ValueError, OSError):  # zoneinfo raises OSError for a name that is a folder ("Europe")
        raise CalendarError(f"zone: {key!r} is no known time zone; use an IANA name such as Europe/Berlin.") from None


def _check_windows(windows: object, always: bool) -> None:
    if not isinstance(windows, tuple):
        raise CalendarError("windows: must be a tuple of windows.")
    for window in windows:
        _check_window(window)
    if not windows and not always:
        raise CalendarError("windows: the calendar is never open; give it a window or make it open round the clock.")
    _check_overlaps(windows)


def _check_window(window: object) -> None:
    if not isinstance(window, Window):
        raise CalendarError(f"windows: {window!r} is no window.")
    if not _whole(window.weekday) or not 0 <= window.weekday <= 6:
        raise CalendarError(f"windows: weekday must be 0 (Monday) to 6 (Sunday), not {window.weekday!r}.")
    day = WEEKDAYS[window.weekday]
    if not _whole(window.opens) or not 0 <= window.opens < DAY:
        raise CalendarError(f"windows: on {day}, opens must be 00:00 to 23:59, not {window.opens!r}.")
    if not _whole(window.closes) or not 1 <= window.closes <= DAY:
        raise CalendarError(f"windows: on {day}, closes must be 00:01 to 24:00, not {window.closes!r}.")
    if window.opens == window.closes:
        raise CalendarError(f"windows: on {day}, a window opens and closes at {reading(window.opens)}: no length.")


def _check_overlaps(windows: Sequence[Window]) -> None:
    """No minute of the week belongs to two windows; the week is a ring, Sunday night meets Monday."""
    ring = sorted(windows, key=lambda window: (window.weekday, window.opens))
    for index, window in enumerate(ring):
        follower = ring[(index + 1) % len(ring)]
        turn = WEEK if index + 1 == len(ring) else 0
        starts = window.weekday * DAY + window.opens
        if starts + window.minutes > follower.weekday * DAY + follower.opens + turn:
            raise CalendarError(f"windows: {window} and {follower} overlap; make them one window or move an edge.")


def _check_days_off(days_off: object) -> None:
    if not isinstance(days_off, tuple):
        raise CalendarError("days_off: must be a tuple of (date, name) pairs.")
    seen: set[date] = set()
    for pair in days_off:
        if not isinstance(pair, tuple) or len(pair) != 2 or type(pair[0]) is not date:
            raise CalendarError(f"days_off: {pair!r} is no pair of a date and a name.")
        day, name = pair
        if day.year not in YEARS:
            raise CalendarError(f"days_off: {day} must lie in the years {YEARS[0]} to {YEARS[-1]}.")
        if not isinstance(name, str) or not name.strip():
            raise CalendarError(f"days_off: {day} needs a name people know it by.")
        if day in seen:
            raise CalendarError(f"days_off: {day} is listed twice.")
        seen.add(day)


def _whole(value: object) -> bool:
    return type(value) is int  # True and 9.0 are refused: they would not survive a round trip


# Documents ----------------------------------------------------------------------------------------------------


def read_document(document: object) -> dict[str, Any]:
    """The calendar's fields from its JSON document; CalendarError names the field that is wrong."""
    if not isinstance(document, dict):
        raise CalendarError("calendar: must be an object with label, zone and windows.")
    unknown = sorted(str(key) for key in document if key not in FIELDS)
    if unknown:
        raise CalendarError(f"calendar: unknown field {unknown[0]!r}; known are {', '.join(sorted(FIELDS))}.")
    return {
        "label": document.get("label", ""),
        "zone": document.get("zone", ""),
        "windows": tuple(_read_window(item) for item in _rows(document, "windows")),
        "days_off": tuple(_read_day_off(item) for item in _rows(document, "days_off")),
        "always": document.get("always", False),
    }


def write_document(rules: Rules) -> dict[str, Any]:
    """The JSON document of a calendar; reading it back gives an equal calendar."""
    return {
        "label": rules.label,
        "zone": rules.zone,
        "windows": [
            {"weekday": window.weekday, "opens": reading(window.opens), "closes": reading(window.closes)}
            for window in rules.windows
        ],
        "days_off": [{"date": day.isoformat(), "name": name} for day, name in rules.days_off],
        "always": rules.always,
    }


def _rows(document: dict[Any, Any], field: str) -> list[Any]:
    rows = document.get(field, [])
    if not isinstance(rows, (list, tuple)):
        raise CalendarError(f"{field}: must be a list.")
    return list(rows)


def _read_window(item: object) -> Window:
    if not isinstance(item, dict) or set(item) != {"weekday", "opens", "closes"}:
        raise CalendarError(f"windows: {item!r} must have exactly weekday, opens and closes.")
    return Window(item["weekday"], _read_minute(item["opens"], "opens"), _read_minute(item["closes"], "closes"))


def _read_minute(value: object, field: str) -> int:
    """A clock reading such as "09:00", or minutes after midnight as they are."""
    if type(value) is int:
        return value
    match = CLOCK_READING.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise CalendarError(f"windows: {field} must be a time such as 09:00, not {value!r}.")
    return int(match[1]) * 60 + int(match[2])


def _read_day_off(item: object) -> tuple[date, str]:
    if not isinstance(item, dict) or set(item) != {"date", "name"}:
        raise CalendarError(f"days_off: {item!r} must have exactly date and name.")
    try:
        return date.fromisoformat(item["date"]), item["name"]
    except (TypeError, ValueError):
        raise CalendarError(f"days_off: {item['date']!r} is no date; write it as 2026-12-25.") from None


# Public holidays ----------------------------------------------------------------------------------------------


def countries() -> tuple[tuple[str, str], ...]:
    """Countries with a list of public holidays: ISO code and English name, by name."""
    named = ((codes[0], _spaced(kind)) for kind, *codes in COUNTRIES.values())
    return tuple(sorted(named, key=lambda pair: pair[1]))


def regions(country: str) -> tuple[tuple[str, str], ...]:
    """Regions of a country with holidays of their own: code and name, the code again where there is no name."""
    try:
        kind = holidays.country_holidays(country)
    except (NotImplementedError, AttributeError, TypeError):
        return ()
    names: dict[str, str] = {}
    for name, code in kind.subdivisions_aliases.items():
        names.setdefault(code, name)
    return tuple((code, names.get(code, code)) for code in kind.subdivisions)


def _spaced(words: str) -> str:
    """UnitedKingdom as people write it."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words)


def holidays_between(country: str, subdivision: str | None, first_year: int, last_year: int) -> DaysOff:
    """Public holidays of both years and all between, English names, in date order.

    `country` is an ISO code ("DE"), `subdivision` the region's ("BY") or None. Source: the `holidays` package.
    The answer is frozen into a calendar when it is drawn up; a later release of the package moves no deadline.
    Raises CalendarError for an unknown place or a backward or unlikely span of years.
    """
    if not (first_year in YEARS and last_year in YEARS and first_year <= last_year):
        raise CalendarError(f"holidays: {first_year} to {last_year} is no span of years this calendar can hold.")
    try:
        kind = holidays.country_holidays(country, subdiv=subdivision or None)
        found = holidays.country_holidays(
            country,
            subdiv=subdivision or None,
            years=range(first_year, last_year + 1),
            language=_english(kind.default_language, kind.supported_languages),
        )
    except (NotImplementedError, AttributeError, TypeError):
        raise CalendarError(f"holidays: no list for country {country!r}, region {subdivision!r}.") from None
    return tuple(sorted(found.items()))


def _english(default: str | None, supported: Sequence[str]) -> str | None:
    if default is None or default.startswith("en"):
        return default
    return next((language for language in supported if language.startswith("en")), default)
