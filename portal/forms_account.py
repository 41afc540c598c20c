"""What somebody decides about letters and data, and the sentence for each thing that can be wrong with it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from cases.models import ProgressMail, User
from portal.forms import Plain, choice, email

WHEN: Any = _lazy("Progress updates")
CHOOSE_WHEN: Any = _lazy("Choose when you get updates")


def tick(label: Any, hint: Any = "") -> forms.BooleanField:
    """A box to tick; the hint stands under its words."""
    return forms.BooleanField(label=label, required=False, help_text=hint)


class Wishes(Plain):
    """Which letters a person gets, and when."""

    progress_mail = choice(WHEN, ProgressMail.choices, wrong=CHOOSE_WHEN)
    digest_at = forms.TimeField(
        label=_lazy("If once a day: at what time?"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={
            "required": _lazy("Choose a time of day, such as 17:00"),
            "invalid": _lazy("Write the time as hours and minutes, such as 17:00"),
        },
    )
    wants_surveys = tick(_lazy("Surveys: how we did, after a case is settled"))
    wants_news = tick(_lazy("News about what we changed"))
    wants_problems = tick(_lazy("Known problems I follow"))
    text_urgent = tick(_lazy("For urgent things only"))

    def __init__(self, *args: Any, person: User, zone: str, **kwargs: Any) -> None:
        kwargs["initial"] = {name: getattr(person, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        self.fields["digest_at"].help_text = _("Your time zone: %(zone)s.") % {"zone": zone.replace("_", " ")}
        if not (settings.SMS_CHANNEL and person.phone):
            del self.fields["text_urgent"]
        else:
            self.fields["text_urgent"].help_text = _("To %(phone)s.") % {"phone": person.phone}


class ToErase(Plain):
    """Typing one's own address: nobody does that by mistake."""

    email = email(help_text=_lazy("Type the address of this account, so that nobody does this by mistake."))

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_email(self) -> str:
        typed: str = self.cleaned_data["email"]
        if typed.strip().lower() != self.person.email.lower():
            raise forms.ValidationError(_("That is not the address of this account. Nothing has been changed"))
        return typed
