"""The questions of filing a case, one form a page; the one-page form is all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from cases.models import Category, Impact, Product, Reach
from portal.forms import Plain, choice, email, line, text

#: The furthest day somebody may need it by.
FURTHEST = timedelta(days=731)
IMPACT_HINTS = {
    Impact.BLOCKED: _lazy("Nothing works, or I am locked out"),
    Impact.LOSS: _lazy("For example a wrong charge or missing files"),
    Impact.DEGRADED: _lazy("Slow, or errors now and then"),
    Impact.QUESTION: _lazy("Nothing is broken"),
}
WHICH = _lazy("Choose what it is about")
A_DATE = _lazy("Write the date as day, month and year, or leave it open")


class Question(Plain):
    """One page of the way; `today` is the reader's day, `free` names what is written freely."""

    free: tuple[str, ...] = ()

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        self.today = today
        super().__init__(*args, **kwargs)

    def kept(self) -> dict[str, str]:
        """What was typed and is right, as a draft keeps it: texts only, by name."""
        return {name: _plain(value) for name, value in getattr(self, "cleaned_data", {}).items()}


def _plain(value: Any) -> str:
    """A cleaned value as the field would be posted."""
    if isinstance(value, Category | Product):
        return value.slug
    if isinstance(value, bool):
        return "on" if value else ""
    return value.isoformat() if isinstance(value, date) else str(value or "")


class Topic(Question):
    """What is it about?"""

    category = forms.ModelChoiceField(
        label=_lazy("What is it about?"),
        queryset=Category.objects.none(),
        to_field_name="slug",
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": WHICH, "invalid_choice": WHICH},
    )
    product = forms.ModelChoiceField(
        label=_lazy("Which product or service?"),
        queryset=Product.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label=_lazy("I am not sure, or none of these"),
        error_messages={"invalid_choice": _lazy("Choose one of the products listed, or leave it open")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        topics = Category.objects.filter(is_active=True)
        category: Any = self.fields["category"]
        category.queryset = topics
        category.hints = {topic.slug: topic.local_example for topic in topics}
        product: Any = self.fields["product"]
        product.queryset = Product.objects.filter(is_active=True)
        if not product.queryset.exists():
            # Where there is nothing to choose from, nothing is asked.
            del self.fields["product"]


class Effect(Question):
    """How does it affect you?"""

    free: tuple[str, ...] = ("needed_why",)

    impact = choice(_lazy("How does this affect you?"), Impact.choices, wrong=_lazy("Choose how this affects you"))
    reach = choice(_lazy("Who is affected?"), Reach.choices, required=False)
    needed_by = forms.DateField(
        label=_lazy("When do you need it by?"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": A_DATE},
    )
    needed_why = line(_lazy("Why then?"), 200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        impact: Any = self.fields["impact"]
        impact.hints = {str(value): hint for value, hint in IMPACT_HINTS.items()}

    def clean_needed_by(self) -> date | None:
        day: date | None = self.cleaned_data["needed_by"]
        if day and day < self.today:
            raise ValidationError(_("That day is over. Choose today or a later day, or leave it open"))
        if day and day > self.today + FURTHEST:
            raise ValidationError(_("Choose a day within the next two years, or leave it open"))
        return day


class Details(Question):
    """In your words."""

    free: tuple[str, ...] = ("title", "description", "expectation")

    title = line(_lazy("Sum it up in a few words"), 120, wrong=_lazy("Write one line that sums it up"))
    description = text(
        _lazy("What happened?"),
        5000,
        rows=6,
        wrong=_lazy("Tell us what happened"),
        help_text=_lazy("What you did, what you expected and what you saw. Leave out passwords and card numbers."),
    )
    expectation = text(_lazy("What would put it right?"), 1000, rows=2, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.free:
            # A browser that cuts off what is too long loses it; ours says by how much.
            most = self.fields[name].widget.attrs.pop("maxlength", None)
            self.fields[name].widget.attrs["data-most"] = most


class Contact(Question):
    """How do we reach you? Asked of who is not signed in; `zone` is the browser's own word."""

    free: tuple[str, ...] = ("call_hours",)

    name = line(_lazy("Your name"), 150, wrong=_lazy("Enter your name"), token="name")
    email = email(help_text=_lazy("Every update goes here."))
    phone = line(_lazy("Phone"), 40, token="tel", kind="tel", required=False)
    call_me = forms.BooleanField(label=_lazy("Call me"), required=False)
    call_hours = line(
        _lazy("When can we call you?"), 100, required=False, help_text=_lazy("For example: mornings, or after 17:00.")
    )
    language = forms.ChoiceField(
        label=_lazy("Which language shall we write in?"),
        required=False,
        error_messages={"invalid_choice": _lazy("Choose one of the languages listed")},
    )
    zone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput(attrs={"data-zone": ""}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language: Any = self.fields["language"]
        language.choices = [(code, language_name(code)) for code, _name in settings.LANGUAGES]
        language.initial = get_language() or settings.LANGUAGE_CODE
        if len(settings.LANGUAGES) < 2:
            del self.fields["language"]

    def clean_zone(self) -> str:
        """A zone we know, or none: what a browser says is not worth an error."""
        zone: str = self.cleaned_data["zone"]
        return zone if zone in available_timezones() else ""

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("call_me") and not said.get("phone") and "phone" not in self.errors:
            self.add_error("phone", _("Enter the number we should call, or take off “Call me”"))
        return said


class Filing(Details, Effect, Topic):
    """Everything on one page, from somebody who is signed in."""

    free: tuple[str, ...] = (*Effect.free, *Details.free)


class GuestFiling(Contact, Filing):
    """The same from somebody who is not."""

    free: tuple[str, ...] = (*Filing.free, *Contact.free)


def language_name(code: str) -> str:
    """A language in its own words; the portal's own needs no country."""
    name: str = get_language_info(code.partition("-")[0] if code == settings.LANGUAGE_CODE else code)["name_local"]
    return name


def as_posted(answers: Mapping[str, Any]) -> dict[str, str]:
    """Answers of a draft as a form would post them."""
    return {name: str(value) for name, value in answers.items() if isinstance(value, str)}
