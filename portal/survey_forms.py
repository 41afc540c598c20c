"""How did we do? The questions of the survey, on the case page and behind a mailed link."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from feedback.models import Survey
from portal.forms import Plain, choice, text

YES_NO = (("yes", _lazy("Yes")), ("no", _lazy("No")))
KEEP_OR_CHANGE = _lazy("What should we keep or change?")


def verdict(label: Any) -> forms.ChoiceField:
    """Yes, partly or no; may be left out."""
    return choice(label, Survey.Verdict.choices, required=False, wrong=_lazy("Choose one of the answers"))


def comment() -> forms.CharField:
    """Their own words."""
    return text(KEEP_OR_CHANGE, 2000, rows=3, required=False)


class Rating(Plain):
    """The one question beside “Yes, it is fixed”."""

    satisfaction = choice(
        _lazy("How satisfied are you with how we handled it?"), Survey.Satisfaction.choices, required=False
    )
    comment = comment()


class SurveyForm(Plain):
    """The first page: how satisfied, is it fixed, and, when the case was passed up, whether one felt heard."""

    satisfaction = choice(
        _lazy("Overall, how satisfied are you with how we handled your case?"),
        Survey.Satisfaction.choices,
        wrong=_lazy("Choose how satisfied you are"),
    )
    fixed = verdict(_lazy("Is your problem fixed?"))
    heard = verdict(_lazy("Did you feel heard?"))
    comment = comment()

    def __init__(self, *args: Any, heard: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not heard:
            del self.fields["heard"]

    def answer(self) -> dict[str, Any]:
        """What `answer_survey` is told."""
        return self.cleaned_data | {"satisfaction": int(self.cleaned_data["satisfaction"])}


class MoreForm(Plain):
    """The second page, which may be skipped: the `asked` ones of its questions."""

    heard = verdict(_lazy("Did you feel heard?"))
    effort = choice("", Survey.Effort.choices, required=False, wrong=_lazy("Choose how far you agree"))
    may_contact = choice(
        _lazy("May a supervisor contact you about this?"), YES_NO, required=False, wrong=_lazy("Choose yes or no")
    )
    may_quote = choice(
        _lazy("May we pass your words on inside our company, without your name?"), YES_NO, required=False,
        wrong=_lazy("Choose yes or no"),
        help_text=_lazy("Names, addresses and numbers are taken out first."),
    )  # fmt: skip

    def __init__(self, *args: Any, asked: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {name: field for name, field in self.fields.items() if name in asked}
        if "effort" in self.fields:
            said = _("How far do you agree: “%(brand)s made it easy to handle my issue”?")
            self.fields["effort"].label = said % {"brand": settings.BRAND["name"]}

    def answer(self) -> dict[str, Any]:
        """What `add_to_answer` is told; what was left out is None."""
        said = self.cleaned_data
        return {
            "heard": said.get("heard") or None,
            "effort": int(said["effort"]) if said.get("effort") else None,
            "may_contact": {"yes": True, "no": False}.get(said.get("may_contact", "")),
            "may_quote": {"yes": True, "no": False}.get(said.get("may_quote", "")),
        }
