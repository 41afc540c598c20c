"""What the form of every act carries, and the fields several of them share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.utils import ErrorDict

from cases.access import Viewer
from cases.models import Case
from escalation.verbs.began import read_began
from portal.forms import Lines
from portal.uploads import FIELD, SAYS, WithFiles

LONG = 10_000  # characters, as the message's own limit


def writing(label: str, *, help_text: str = "", rows: int = 6, **more: Any) -> Lines:
    """A text to write; its error says what is missing."""
    missing, most = more.pop("missing", "Write what the customer should read."), more.pop("most", LONG)
    widget = forms.Textarea(attrs={"rows": rows})
    return Lines(
        label=label, help_text=help_text, widget=widget, max_length=most, error_messages={"required": missing}, **more
    )


def why_other(when: str) -> forms.CharField:
    """Asked where a severity may be changed; whether it is needed is the verb's business."""
    return forms.CharField(
        label="Why it is more or less urgent than before",
        required=False,
        max_length=500,
        help_text=f"{when} The customer reads it.",
    )


class ActForm(forms.Form):
    """What every act carries: the event number of the page that was read, and the form's one-time id."""

    FROM_LINK: tuple[str, ...] = ()  # first values that an address may name
    #: Fields on which it depends what follows: whoever changes one can have that shown before they confirm.
    DECIDES: tuple[str, ...] = ()
    WRITTEN = ("text", "question", "reason")  # where one writes what a customer may read

    seen = forms.IntegerField(widget=forms.HiddenInput)
    form_key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, case: Case, viewer: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case, self.viewer = case, viewer
        self.prepare()

    def prepare(self) -> None:
        """Fills choices and first values from the case."""

    def nothing(self) -> str:
        """Why there is nothing to do it to, in a sentence; empty when there is."""
        return ""

    def arguments(self) -> dict[str, Any]:
        """What the verb is called with, besides who, when, `seen` and `form_key`."""
        return {k: v for k, v in self.cleaned_data.items() if k not in ("seen", "form_key")}

    @property
    def decides(self) -> str:
        """The names of the fields that decide what follows, of those the form has."""
        return " ".join(name for name in self.DECIDES if name in self.fields)

    def look_only(self) -> None:
        """Complains of what cannot be read, and not of what is still empty: whoever looks has not sent yet."""
        wrong = self.errors.as_data()
        kept = {
            name: self.errors[name] for name, found in wrong.items() if any(one.code != "required" for one in found)
        }
        self._errors = ErrorDict(kept)

    def written(self, missing: str) -> str:
        """What is typed for the customer so far; `missing` stands for it where something must be typed."""
        name = next((one for one in self.WRITTEN if one in self.fields), None)
        if name is None:
            return ""
        return str(self.guess().get(name) or "").strip() or (missing if self.fields[name].required else "")

    def guess(self) -> dict[str, Any]:
        """What is known of the arguments so far: valid fields, else first values. For trying out only."""
        known = {name: self.get_initial_for_field(field, name) for name, field in self.fields.items()}
        if self.is_bound:
            self.is_valid()
            known |= self.cleaned_data
        return known


class Carried(forms.CharField):
    """What a page carries for itself. Unreadable, it is as if it were not there: it never stands in the way of sending."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, max_length=200)

    def clean(self, value: Any) -> str:
        try:
            return str(super().clean(value))
        except forms.ValidationError:
            return ""


class Enclosing(WithFiles, ActForm):
    """An act that files may go with; each needs words, for who cannot see it."""

    must_say = True

    def arguments(self) -> dict[str, Any]:
        given = {name: value for name, value in super().arguments().items() if name not in (FIELD, SAYS)}
        return given | {"files": self.enclosed()}


class Replying(Enclosing):
    """A text to the customer that may begin with saved replies; `began` carries which, until it is sent."""

    WORDS = "text"  # the field of the text

    began = Carried()

    def arguments(self) -> dict[str, Any]:
        given = super().arguments()
        return given | {"began": read_began(given.get("began", ""))}

    def insert(self, text: str, began: str, inserted: str = "") -> None:
        """Puts `text` where it is written, and complains of nothing: whoever inserts has not sent yet."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data[self.WORDS], data["began"], data["inserted"] = text, began, inserted
        self.data = data
        self.full_clean()
        self._errors = ErrorDict()
        self.fields[self.WORDS].widget.attrs["autofocus"] = True


class Reason(ActForm):
    reason = writing("Reason", help_text="The customer reads this.")
