"""What supervisors type about cover: shifts, swaps, leave, caps; the rows' own `clean` says what is wrong with them."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from cases.access import workers
from cases.models import Team, User
from escalation.attesting import may_take_duty
from escalation.calendars import DAY, WEEKDAYS, reading
from escalation.models import Leave, LoadCap, Override, Rota, Shift
from portal import clock
from portal.forms import Instant
from portal.templatetags.times import zone_words

TYPED = re.compile(r"(\d{1,2})[:.]?(\d{2})")


class Reading(forms.Field):
    """A time of day as minutes after midnight: '9:00', '09.00', '0900'; '24:00' where a day may end."""

    def __init__(self, *, last: int, **more: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}), **more)
        self.last = last

    def prepare_value(self, value: Any) -> Any:
        return reading(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        text = str(value or "").strip()
        if not text:
            return None
        found = TYPED.fullmatch(text)
        minutes = int(found[1]) * 60 + int(found[2]) if found and int(found[2]) < 60 else None
        if minutes is None or minutes > self.last:
            raise ValidationError(f"Write a time such as {'09:00' if self.last < DAY else '17:30 or 24:00'}.")
        return minutes


def day(label: str, **more: Any) -> forms.DateField:
    errors = {"invalid": "Enter a date, for example 23/11/2026.", "required": "Enter a date."}
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, error_messages=errors, **more)


def instant(label: str, **more: Any) -> Instant:
    errors = {
        "invalid": "Enter a date and a time, for example 23/11/2026 16:00.",
        "required": "Enter a date and a time.",
    }
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return Instant(label=label, widget=widget, error_messages=errors, **more)


def person(label: str, people: QuerySet[User], **more: Any) -> forms.ModelChoiceField:
    errors = {"required": "Choose a person.", "invalid_choice": "Choose a person from the list."}
    more.setdefault("empty_label", "Choose a person")
    return forms.ModelChoiceField(people, label=label, error_messages=errors, **more)


def of_team(team: Team) -> QuerySet[User]:
    """The team's active members and its lead."""
    return User.objects.filter(Q(teams=team) | Q(leads=team), is_active=True).distinct().order_by("name", "email")


class CoverForm(forms.ModelForm):
    """A form that knows the reader's zone and the team; the browser says nothing before we do."""

    use_required_attribute = False

    def __init__(self, *args: Any, zone: str, team: Team | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.team = team
        self.prepare(zone)

    def prepare(self, zone: str) -> None:
        """Fills choices and hints."""


class DutyForm(CoverForm):
    """A form that puts somebody on duty: only who has read the protocol that counts."""

    def clean_user(self) -> User:
        person = self.cleaned_data["user"]
        # Who is on duty already stays so: taking them off would leave a gap that nobody chose.
        if person.pk != getattr(self.instance, "user_id", None) and (why := may_take_duty(person, clock.now())):
            raise ValidationError(why)
        return person


class ShiftForm(DutyForm):
    """One weekly turn, or, while it is new, the same turn on several weekdays."""

    user = person("Who", User.objects.none())
    opens = Reading(label="From", last=DAY - 1, error_messages={"required": "Write when it begins."})
    closes = Reading(
        label="To", last=DAY, error_messages={"required": "Write when it ends."},
        help_text="Earlier than it begins means: on the next day. 24:00 is midnight at the end of the day.",
    )  # fmt: skip
    starts_on = day("First day")
    ends_on = day("Last day", required=False, help_text="Leave it empty if it goes on.")
    weekdays = forms.TypedMultipleChoiceField(
        label="On", choices=list(enumerate(WEEKDAYS)), coerce=int, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one weekday.", "invalid_choice": "Choose weekdays from the list."},
    )  # fmt: skip

    field_order = ("user", "weekdays", "weekday", "opens", "closes", "starts_on", "ends_on")

    class Meta:
        model = Shift
        fields = ("user", "weekday", "opens", "closes", "starts_on", "ends_on")

    def prepare(self, zone: str) -> None:
        assert self.team is not None
        self.fields["user"].queryset = of_team(self.team)  # type: ignore[attr-defined]
        own = self.instance.rota.zone
        self.fields["opens"].help_text = f"In {zone_words(own)}, the zone of this rota."
        del self.fields["weekday" if self.instance.pk is None else "weekdays"]

    def _post_clean(self) -> None:
        """Each weekday is looked at like a shift of its own."""
        super()._post_clean()  # type: ignore[misc]
        for weekday in self.cleaned_data.get("weekdays", ()):
            self.instance.weekday = weekday
            try:
                self.instance.clean()
            except ValidationError as why:
                # What holds for every weekday alike has been said once already.
                if not hasattr(why, "error_dict"):
                    self.add_error(None, why)

    def rows(self) -> list[Shift]:
        """What is to be written: one row for each weekday, or the one that was changed."""
        days = self.cleaned_data.get("weekdays")
        if days is None:
            return [self.instance]
        names = ("rota", "user", "opens", "closes", "starts_on", "ends_on")
        common = {name: getattr(self.instance, name) for name in names}
        return [Shift(weekday=weekday, **common) for weekday in days]


class SwapForm(DutyForm):
    user = person("Who takes it", User.objects.none())
    instead_of = person(
        "Instead of", User.objects.none(), required=False, empty_label="Nobody: besides the others",
        help_text="With a name: only in the hours that person is on duty by shift. Without: the whole time.",
    )  # fmt: skip
    starts_at = instant("From")
    ends_at = instant("To")

    class Meta:
        model = Override
        fields = ("user", "instead_of", "starts_at", "ends_at")

    def prepare(self, zone: str) -> None:
        assert self.team is not None
        self.fields["user"].queryset = workers().order_by("name", "email")  # type: ignore[attr-defined]
        self.fields["instead_of"].queryset = of_team(self.team)  # type: ignore[attr-defined]
        self.fields["starts_at"].help_text = f"{zone_words(zone)}."


class LeaveForm(CoverForm):
    user = person("Who is away", User.objects.none())
    starts_at = instant("From")
    ends_at = instant("To")
    substitute = person(
        "Who stands in", User.objects.none(), required=False, empty_label="Nobody",
        help_text="This person is on duty wherever the other would have been.",
    )  # fmt: skip
    reason = forms.CharField(
        label="Reason", max_length=200, required=False, help_text="Seen by supervisors only. Health is nobody’s business."
    )  # fmt: skip

    class Meta:
        model = Leave
        fields = ("user", "starts_at", "ends_at", "substitute", "reason")

    def prepare(self, zone: str) -> None:
        for name in ("user", "substitute"):
            self.fields[name].queryset = workers().order_by("name", "email")  # type: ignore[attr-defined]
        self.fields["starts_at"].help_text = f"{zone_words(zone)}."


class CapForm(CoverForm):
    user = person("Who", User.objects.none())
    most_open = forms.IntegerField(
        label="Open cases at most", min_value=0, max_value=999, help_text="0: cases are never given to them by themselves.",
        error_messages={"required": "Write a number.", "invalid": "Write a whole number."},
    )  # fmt: skip

    class Meta:
        model = LoadCap
        fields = ("user", "most_open")

    def prepare(self, zone: str) -> None:
        self.fields["user"].queryset = workers().order_by("name", "email")  # type: ignore[attr-defined]
        if self.instance.pk is not None:
            del self.fields["user"]

    def validate_unique(self) -> None:
        """In words of the page."""
        if self.instance.pk is None and LoadCap.objects.filter(user=self.instance.user_id).exists():
            self.add_error("user", "There is a cap for this person already. Change that one.")


class RotaForm(CoverForm):
    """What holds for a whole rota."""

    zone = forms.ChoiceField(
        label="Time zone of the rota", help_text="Shifts are read on the clocks of this place, through summer and winter time."
    )  # fmt: skip

    most_days = forms.IntegerField(
        label="Days on duty in a row at most", help_text="Who stands longer is named on the team’s page and on your home page.",
        error_messages={"required": "Write a number of days.", "invalid": "Write a whole number of days."},
    )  # fmt: skip

    class Meta:
        model = Rota
        fields = ("zone", "most_days")

    def prepare(self, zone: str) -> None:
        self.fields["zone"].choices = [(name, name.replace("_", " ")) for name in sorted(available_timezones())]  # type: ignore[attr-defined]


class Takers(forms.Form):
    """Who gets which of a leaver's cases: one choice for each case, named `case-<number>`."""

    use_required_attribute = False

    def __init__(self, *args: Any, cases: list[Any], people: QuerySet[User], suggested: dict[int, int], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.cases = cases
        everybody = list(people)
        for case in cases:
            field = person(f"Who takes {case.reference}", people, initial=suggested.get(case.pk))
            # One look at the list of people serves every case.
            field.choices = [("", "Choose a person"), *((one.pk, str(one)) for one in everybody)]
            self.fields[f"case-{case.pk}"] = field

    def chosen(self) -> dict[int, User]:
        """The taker of each case."""
        return {int(name.removeprefix("case-")): taker for name, taker in self.cleaned_data.items() if taker}


def today_of(form: CoverForm, today: date) -> CoverForm:
    """A new shift begins today unless somebody says otherwise."""
    if "starts_on" in form.fields and not form.initial.get("starts_on"):
        form.initial["starts_on"] = today
    return form
