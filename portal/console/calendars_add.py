"""What adds to a calendar's form: opening hours for several days, public holidays looked up, a day of one's own."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from escalation.calendars import YEARS, CalendarError, countries, holidays_between, reading, regions
from portal.console.calendars_rows import WEEKDAY_CHOICES, DayOff, Row, minute
from portal.forms import OneLine, Plain

MOST_YEARS = 30
SPANS = (("0-4", "Monday to Friday"), ("0-6", "Every day"), ("5-6", "Saturday and Sunday"), *WEEKDAY_CHOICES)


def time_field(label: str) -> OneLine:
    return OneLine(
        label=label, max_length=5, widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}),
        error_messages={"required": f"Write when it {label.lower()}, such as 09:00.", "max_length": "Write a time such as 09:00."},
    )  # fmt: skip


class AddWindow(Plain):
    """Opening hours for one day or several at once."""

    span = forms.ChoiceField(label="Days", choices=SPANS)
    from_time = time_field("Opens")
    to_time = time_field("Closes")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        for name in ("from_time", "to_time"):
            if name in said and minute(said[name]) is None:
                self.add_error(name, f"“{said[name]}” is no time. Write 09:00 or 17:30, midnight at the end as 24:00.")
        return said

    def added(self, rows: list[Row]) -> list[Row]:
        """The rows with the new ones in their places; what stands there already is not doubled."""
        first, _, last = self.cleaned_data["span"].partition("-")
        opens, closes = (reading(minute(self.cleaned_data[name]) or 0) for name in ("from_time", "to_time"))
        new = [Row(str(day), opens, closes) for day in range(int(first), int(last or first) + 1)]
        return sorted([*rows, *(row for row in new if row not in rows)], key=lambda row: row.order)


class FindHolidays(Plain):
    """Public holidays of a country and region, looked up once and kept by date and name."""

    country = forms.ChoiceField(
        label="Country", error_messages={"required": "Choose a country.", "invalid_choice": "Choose a country."}
    )
    region = OneLine(
        label="Region", required=False, max_length=60,
        widget=forms.TextInput(attrs={"list": "regions", "autocomplete": "off"}),
    )  # fmt: skip
    first_year = forms.IntegerField(
        label="From", min_value=YEARS[0], max_value=YEARS[-1], error_messages={"required": "Write the first year."}
    )
    last_year = forms.IntegerField(
        label="To", min_value=YEARS[0], max_value=YEARS[-1], error_messages={"required": "Write the last year."}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = (("", "Choose a country"), *countries())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if any(name not in said for name in ("country", "first_year", "last_year", "region")):
            return said
        if not 0 <= said["last_year"] - said["first_year"] < MOST_YEARS:
            self.add_error("last_year", f"Choose up to {MOST_YEARS} years, the first one first.")
            return said
        try:
            said["found"] = holidays_between(said["country"], _code(said), said["first_year"], said["last_year"])
        except CalendarError:
            self.add_error("region", self._unknown(said))
        return said

    def _unknown(self, said: dict[str, Any]) -> str:
        named = dict(countries())[said["country"]]
        known = ", ".join(code if code == name else f"{name} ({code})" for code, name in regions(said["country"]))
        if not known:
            return f"There is one list for all of {named}. Leave the region empty."
        return f"“{said['region']}” is no region of {named} in our list. Known are {known}."

    def added(self, days: list[DayOff]) -> list[DayOff]:
        """The days with those found, ticked; a date that is listed already keeps its name and its tick."""
        kept = {row.day: row for row in days}
        return sorted(
            [*days, *(DayOff(*d) for d in self.cleaned_data["found"] if d[0] not in kept)], key=lambda r: r.day
        )

    @property
    def regions(self) -> tuple[tuple[str, str], ...]:
        """The regions of the country chosen so far, for the list beside the field."""
        return regions(self["country"].value() or "-")


def _code(said: dict[str, Any]) -> str | None:
    """A region's code from its name or code, in any case."""
    typed = said["region"].casefold()
    return next((c for c, name in regions(said["country"]) if typed in (c.casefold(), name.casefold())), said["region"])


class AddDay(Plain):
    """A day off of the company's own."""

    own_day = forms.DateField(
        label="Date", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Choose a date.", "invalid": "Write the date as 2026-12-24 or 24/12/2026."},
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"],
    )  # fmt: skip
    own_name = OneLine(
        label="Name", max_length=80, error_messages={"required": "Give the day a name, such as “Company outing”."}
    )

    def clean_own_day(self) -> date:
        day = self.cleaned_data["own_day"]
        if day.year not in YEARS:
            raise forms.ValidationError(f"Choose a date in the years {YEARS[0]} to {YEARS[-1]}.")
        return day

    def added(self, days: list[DayOff]) -> list[DayOff]:
        """The days with the new one, ticked, in place of what was on that date."""
        new = DayOff(self.cleaned_data["own_day"], self.cleaned_data["own_name"])
        return sorted([*(row for row in days if row.day != new.day), new], key=lambda row: row.day)
