"""Fields of the editor's forms: a time as number and unit, actions in order, people to choose from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import Group

from cases.models import User
from escalation.worktime import ROUND_THE_CLOCK, Calendar
from portal.console.protocol_words import ACTIONS, TARGETS, TOLD, Names

UNITS = {"seconds": 1, "minutes": 60, "hours": 3600}
LONGEST = 366 * 86_400  # seconds
SHORT_UNITS = (("minutes", "minutes"), ("hours", "hours"))
ALL_UNITS = (*SHORT_UNITS, ("days", "days"))


@dataclass(frozen=True, slots=True)
class Span:
    """A time as it was typed; how many seconds a day has is the calendar's business."""

    number: Decimal
    unit: str

    def seconds(self, calendar: Calendar) -> int:
        """Whole seconds. Raises ValidationError with a sentence when it is nothing or too much."""
        each = round(calendar.day_hours * 3600) if self.unit == "days" else UNITS[self.unit]
        seconds = round(self.number * each)
        if not 1 <= seconds <= LONGEST:
            raise forms.ValidationError("Enter a time of at least one second and at most a year.")
        return seconds


def span_of(seconds: int, calendar: Calendar | None) -> tuple[str, str]:
    """Seconds as number and unit, the largest unit in which it comes out whole; no days without a calendar."""
    day = round(calendar.day_hours * 3600) if calendar else 0
    for unit, each in (("days", day), ("hours", 3600), ("minutes", 60)):
        if each and seconds % each == 0 and (unit != "days" or seconds >= 2 * day):
            return str(seconds // each), unit
    return str(seconds), "seconds"


class SpanWidget(forms.MultiWidget):
    """A number and its unit side by side; named and described as one group."""

    use_fieldset = True
    spans = True

    def __init__(self, label: str, units: Iterable[tuple[str, str]]) -> None:
        number = {"inputmode": "decimal", "autocomplete": "off", "maxlength": "9", "aria-label": f"{label}: number"}
        unit = forms.Select(choices=tuple(units), attrs={"aria-label": f"{label}: unit"})
        super().__init__([forms.TextInput(attrs=number), unit])

    def decompress(self, value: Any) -> list[Any]:
        return list(value) if value else ["", "hours"]


class SpanField(forms.MultiValueField):
    """A time; cleaned to a Span, or None when it may be left out and was."""

    def __init__(self, label: str, *, units: Iterable[tuple[str, str]] = ALL_UNITS, **more: Any) -> None:
        units = tuple(units)
        wrong = {"required": f"Enter how long: {label.lower()}.", "incomplete": f"Enter how long: {label.lower()}."}
        fields = (forms.CharField(max_length=9, required=False), forms.ChoiceField(choices=units, required=False))
        super().__init__(
            fields, label=label, widget=SpanWidget(label, units), error_messages=wrong, require_all_fields=False, **more
        )

    def offer_seconds(self) -> None:
        """Adds the unit for a stored time that is not of whole minutes."""
        unit: Any = self.fields[1]
        choices = (("seconds", "seconds"), *unit.choices)
        unit.choices = self.widget.widgets[1].choices = choices

    def clean(self, value: Any) -> Span | None:
        """A number without a unit or with a wrong one is refused; nothing at all is None where it is optional."""
        number, unit = [*(value or []), "", ""][:2]
        typed = str(number or "").strip().replace(",", ".")
        if not typed:
            if self.required:
                raise forms.ValidationError(self.error_messages["required"], code="required")
            return None
        self.fields[1].clean(unit)
        try:
            amount = Decimal(typed)
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or amount <= 0 or not unit:
            raise forms.ValidationError(f"Enter a number above 0, such as 30 or 1.5: {str(self.label).lower()}.")
        return Span(amount, unit)


class OrderWidget(forms.MultiWidget):
    """Several selects, one below the other: the first, then the next."""

    use_fieldset = True
    ordered = True

    def decompress(self, value: Any) -> list[Any]:
        return list(value or [])


class ActionsField(forms.MultiValueField):
    """Actions in an order; cleaned to their list."""

    def __init__(self, label: str, **more: Any) -> None:
        choices = (("", "-"), *ACTIONS.items())
        fields = [forms.ChoiceField(choices=choices, required=False) for _ in ACTIONS]
        selects = [forms.Select(choices=choices, attrs={"aria-label": f"Step {n}"}) for n in range(1, len(ACTIONS) + 1)]
        widget = OrderWidget(selects)
        super().__init__(fields, label=label, widget=widget, require_all_fields=False, required=False, **more)

    def compress(self, data_list: list[str]) -> list[str]:
        actions = [action for action in data_list or [] if action]
        if len(set(actions)) < len(actions):
            raise forms.ValidationError("Choose each of them once.")
        return actions


def team_choices(names: Names, *kept: str) -> list[tuple[str, str]]:
    """Every team by name; those a document has that are gone stay choosable, and say so."""
    gone = [(slug, names.team(slug)) for slug in kept if slug and slug not in names.teams]
    return [*names.teams.items(), *gone]


def target_choices(names: Names, *kept: str) -> list[Any]:
    """Everybody a step can aim at, in groups; what a document has that is gone comes last."""
    staff = User.objects.filter(is_staff=True, is_active=True).order_by("name", "email")
    groups: list[tuple[str, list[tuple[str, str]]]] = [
        ("Whoever is on duty in", [(f"duty:{slug}", f"On duty in {name}") for slug, name in names.teams.items()]),
        ("The lead of", [(f"lead:{slug}", f"Lead of {name}") for slug, name in names.teams.items()]),
        ("The whole team", [(f"team:{slug}", f"Team {name}") for slug, name in names.teams.items()]),
        ("Everybody in the role", [(f"role:{group}", f"Role “{group}”") for group in _roles()]),
        ("A webhook", [(f"webhook:{name}", f"Webhook “{name}”") for name in sorted(settings.WEBHOOKS)]),
        ("One person", [(f"person:{one.email}", str(one)) for one in staff]),
    ]
    known = {value for _, rows in groups for value, _ in rows}
    others = [
        (value, names.address(value)) for value in dict.fromkeys(kept) if value and value not in known | set(TOLD)
    ]
    groups = [(label, rows) for label, rows in groups if rows]
    return [*groups, *([("As it stands", others)] if others else [])]


def _roles() -> list[str]:
    return list(Group.objects.order_by("name").values_list("name", flat=True))


def calendar_of(key: str, calendars: Mapping[str, Calendar]) -> Calendar:
    """The calendar under a key; round the clock for one that nobody has published."""
    return calendars.get(key, ROUND_THE_CLOCK)


def calendar_choices(names: Names, *kept: str) -> list[tuple[str, str]]:
    """Every calendar in force; one a document names that is not published says so."""
    keys = dict.fromkeys((*sorted(names.calendars), *(key for key in kept if key)))
    return [(key, names.calendar(key)) for key in keys]


__all__ = (
    "ALL_UNITS", "LONGEST", "SHORT_UNITS", "TARGETS", "ActionsField", "Span", "SpanField", "calendar_choices",
    "calendar_of", "span_of", "target_choices", "team_choices",
)  # fmt: skip
