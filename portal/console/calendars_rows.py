"""Rows of a calendar's form as typed, right or wrong: opening hours, and days off as ticks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms

from escalation.calendars import DAY, WEEKDAYS, Window, reading
from portal.templatetags.times import calendar_day

MOST_WINDOWS = 70  # ten a day
CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?")
WEEKDAY_CHOICES = tuple((str(number), name) for number, name in enumerate(WEEKDAYS))


def minute(text: str) -> int | None:
    """'9:00', '09.30', '9' or '24:00' as minutes after midnight; None when it is no time."""
    match = CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    found = int(match[1]) * 60 + int(match[2] or 0)
    return found if found <= DAY and int(match[2] or 0) < 60 else None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of opening hours as typed, right or wrong."""

    weekday: str
    opens: str
    closes: str

    @property
    def wrong(self) -> bool:
        return self.weekday not in dict(WEEKDAY_CHOICES) or minute(self.opens) is None or minute(self.closes) is None

    @property
    def words(self) -> str:
        """The row as a complaint about it names it."""
        times = (reading(minute(typed) or 0) for typed in (self.opens, self.closes))
        return f"{dict(WEEKDAY_CHOICES).get(self.weekday, '')} {'-'.join(times)}"

    @property
    def order(self) -> tuple[str, int]:
        return self.weekday, minute(self.opens) or 0


@dataclass(frozen=True, slots=True)
class DayOff:
    """One day off as a tick."""

    day: date
    name: str
    ticked: bool = True

    @property
    def value(self) -> str:
        return f"{self.day.isoformat()} {self.name}"

    @property
    def words(self) -> str:
        return calendar_day(self.day, with_year=True)


class RowsWidget(forms.Widget):
    """Reads parallel lists from the form; the page writes them itself (console/calendar_windows.html)."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row]:
        days, opens, closes = (data.getlist(part) for part in ("weekday", "opens", "closes"))
        # Taken as far as they go together: a form of ours always sends as many of each.
        return [Row(*typed) for typed in zip(days, opens, closes, strict=False)][:MOST_WINDOWS]


class WindowsField(forms.Field):
    widget = RowsWidget

    def clean(self, value: list[Row]) -> tuple[Window, ...]:
        for row in value:
            if row.wrong:
                day = dict(WEEKDAY_CHOICES).get(row.weekday, "A row")
                typed = f"“{row.opens}” to “{row.closes}”"
                raise forms.ValidationError(
                    f"{day}, {typed}: write times as 09:00 or 17:30, midnight at the end as 24:00."
                )
        return tuple(Window(int(r.weekday), minute(r.opens) or 0, minute(r.closes) or 0) for r in value)


class DaysWidget(forms.Widget):
    """Reads the days shown and those of them that are ticked (console/calendar_days.html writes them)."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[DayOff]:
        ticked = set(data.getlist("day_off"))  # values as they were written, to the letter
        found = {}
        for text in data.get("shown", "").replace("\r", "").split("\n"):
            day, _, called = text.partition(" ")
            try:
                found[date.fromisoformat(day)] = DayOff(date.fromisoformat(day), called, text in ticked)
            except ValueError:
                continue
        return sorted(found.values(), key=lambda row: row.day)


class DaysField(forms.Field):
    widget = DaysWidget

    def clean(self, value: list[DayOff]) -> tuple[tuple[date, str], ...]:
        return tuple((row.day, row.name) for row in value if row.ticked)
