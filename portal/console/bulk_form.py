"""The forms of an act on many cases: what it needs, and the press that begins it."""

from __future__ import annotations

from typing import Any

from django import forms

from cases.access import workers
from cases.models import Category, User
from cases.replies import not_sendable
from feedback import problems
from feedback.bulk import ACTS
from feedback.models import KnownProblem
from portal.console.forms import Colleague, writing
from portal.forms import Plain

#: From more cases than this on, their number is typed.
TYPED_FROM = 25


def _fields() -> dict[str, forms.Field]:
    """What acts may need, by the names `feedback.bulk` gives them."""
    return {
        "to": Colleague(
            User.objects.none(), label="Hand over to", empty_label="Choose a colleague",
            error_messages={"required": "Choose who takes the cases.", "invalid_choice": "Choose somebody from the list."},
        ),
        "note": writing(
            "Hand-over note", rows=4, help_text="Internal: one note for all of them, such as why they go and what comes next.",
            missing="Write a hand-over note.",
        ),
        "category": forms.ModelChoiceField(
            Category.objects.filter(is_active=True), label="New topic", empty_label="Choose a topic",
            error_messages={"required": "Choose the new topic.", "invalid_choice": "Choose a topic from the list."},
        ),
        "problem": forms.ModelChoiceField(
            KnownProblem.objects.none(), label="Known problem", empty_label="Choose a problem",
            error_messages={"required": "Choose the problem.", "invalid_choice": "Choose a problem from the list."},
        ),
        "text": writing(
            "Update to the customers", missing="Write what the customers should read.",
            help_text="Each of them reads exactly this, in a letter about their own case. Name nobody.",
        ),
    }  # fmt: skip


class What(Plain):
    """What one act needs besides the cases; nothing for some."""

    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wanted = _fields()
        for key in ACTS[name].needs:
            self.fields[key] = wanted[key]
        if "to" in self.fields:
            people = workers().prefetch_related("teams", "leads").order_by("name", "email")
            self.fields["to"].queryset = people  # type: ignore[attr-defined]
        if "problem" in self.fields:
            self.fields["problem"].queryset = problems.current()  # type: ignore[attr-defined]

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if sentence := not_sendable(text):
            raise forms.ValidationError(sentence)
        return text


class Begin(forms.Form):
    """The press: what was on the page it was pressed on, the form's one-time id, and how many cases, typed."""

    shown = forms.CharField(widget=forms.HiddenInput, max_length=64)
    form_key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    number = forms.IntegerField(
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": "Type the number in digits."},
    )  # fmt: skip
    use_required_attribute = False

    def __init__(self, *args: Any, able: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.able = able
        if able > TYPED_FROM:
            self.fields["number"].label = f"Type {able} to go on"
            self.fields["number"].error_messages["required"] = self.wrong()
        else:
            del self.fields["number"]

    def clean_number(self) -> int:
        if self.cleaned_data["number"] != self.able:
            raise forms.ValidationError(self.wrong())
        return self.able

    def wrong(self) -> str:
        return f"Type {self.able}: so many cases are changed at once."
