"""The form a draft of a calendar is written on.

Nothing here is stored. Every press but “Save” gives the page back with its rows changed and all else as typed.
"""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms

from escalation.calendars import YEARS, CalendarError, load_zone, reading
from escalation.worktime import Calendar
from portal.console.calendars_rows import WEEKDAY_CHOICES, DayOff, DaysField, Row, WindowsField
from portal.forms import Lines, OneLine, Plain

ALWAYS, HOURS = "always", "hours"
#: What a document calls a field, and what the form does; other complaints are about the opening hours.
FIELDS = {"zone": "zone", "windows": "windows", "days_off": "days_off", "always": "kind"}


@cache
def zones() -> tuple[str, ...]:
    """Names of zones people live in, for the list beside the field."""
    lived_in = (name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
    return (*sorted(lived_in), "UTC")


def sentence(why: CalendarError) -> tuple[str, str]:
    """The field a calendar's complaint is about, and the complaint as a sentence of its own."""
    name, _, words = str(why).partition(": ")
    return FIELDS.get(name, "windows"), words[:1].upper() + words[1:]


class CalendarForm(Plain):
    """The draft as a whole; `calendar` is what it describes once it is valid."""

    zone = OneLine(
        label="Time zone", max_length=64, help_text="Opening hours are read on the clocks there. Type to search.",
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Choose a time zone, such as Europe/Berlin."},
    )  # fmt: skip
    kind = forms.ChoiceField(
        label="When does time count?", widget=forms.RadioSelect,
        choices=((HOURS, "In opening hours"), (ALWAYS, "Round the clock")),
        error_messages={"required": "Choose opening hours or round the clock."},
    )  # fmt: skip
    windows = WindowsField(label="Opening hours", required=False)
    days_off = DaysField(label="Days off", required=False)
    note = Lines(
        label="What changes, and why", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For whoever looks at it and publishes it.",
        error_messages={"required": "Write in a few words what changes and why."},
    )  # fmt: skip
    seen = forms.IntegerField(widget=forms.HiddenInput)

    calendar: Calendar | None = None
    this_year = YEARS[0]  # set by the page; days of earlier years stand together

    def clean_zone(self) -> str:
        try:
            load_zone(self.cleaned_data["zone"])
        except CalendarError as why:
            raise forms.ValidationError(sentence(why)[1]) from None
        return self.cleaned_data["zone"]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if any(name not in said for name in ("zone", "kind", "windows", "days_off")):
            return said
        always = said["kind"] == ALWAYS
        try:
            self.calendar = Calendar("draft@0", said["zone"], said["windows"], said["days_off"], always=always)
        except CalendarError as why:
            self.add_error(*sentence(why))
        return said

    @property
    def rows(self) -> list[Row]:
        return self["windows"].value() or []

    @property
    def marked(self) -> list[tuple[Row, bool]]:
        """The rows, each with whether what is said beside them is about it."""
        said = " ".join(str(error) for error in self["windows"].errors)
        return [(row, bool(said) and (row.wrong or row.words in said)) for row in self.rows]

    @property
    def days(self) -> list[DayOff]:
        return self["days_off"].value() or []

    @property
    def years(self) -> list[dict[str, Any]]:
        """The days off by year, with how many of them are ticked; years that are past stand together at the end."""
        found: dict[str, list[DayOff]] = {}
        for row in self.days:
            found.setdefault("Earlier" if row.day.year < self.this_year else str(row.day.year), []).append(row)
        past = found.pop("Earlier", None)
        groups = [*found.items(), *([("Earlier", past)] if past else [])]
        return [{"year": year, "days": rows, "ticked": sum(row.ticked for row in rows)} for year, rows in groups]

    @property
    def shown(self) -> str:
        """The days of the page in one hidden field, one a line: what is not ticked is still shown next time."""
        return "\n".join(row.value for row in self.days)

    @property
    def weekdays(self) -> tuple[tuple[str, str], ...]:
        return WEEKDAY_CHOICES


def as_typed(form: CalendarForm) -> dict[str, Any]:
    """What was typed, right or wrong, as first values of a form that is not checked yet."""
    return {name: form[name].value() for name in form.fields}


def first_values(calendar: Calendar, note: str, seen: int) -> dict[str, Any]:
    """What the form shows of a stored draft."""
    order = sorted(calendar.windows, key=lambda window: (window.weekday, window.opens))
    return {
        "zone": calendar.zone,
        "kind": ALWAYS if calendar.always else HOURS,
        "windows": [Row(str(w.weekday), reading(w.opens), reading(w.closes)) for w in order],
        "days_off": [DayOff(day, name) for day, name in sorted(calendar.days_off)],
        "note": note,
        "seen": seen,
    }
