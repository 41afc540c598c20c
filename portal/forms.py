"""What customers can type, with the sentence for each thing that can be wrong with it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from cases.models.case import reference_prefix
from cases.reference import BadReference, read_reference
from escalation.verbs.customer import SUPERVISOR_REASONS
from portal.uploads import WithFiles

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise as Words

#: Signs that turn the reading direction of what follows; a title with one could disguise what a page says.
TURNS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_text(text: str, keep: str = "") -> str:
    """`text` without control signs and direction turns, those in `keep` excepted."""
    return "".join(c for c in text if c in keep or (c not in TURNS and unicodedata.category(c) not in ("Cc", "Cs")))


class OneLine(forms.CharField):
    """One line of text: line breaks and runs of spaces become one space, so that nothing hides in a subject or a name."""

    def to_python(self, value: Any) -> str:
        return clean_text(" ".join(str(super().to_python(value)).split()))


class Lines(forms.CharField):
    """Several lines of text, with one kind of line break."""

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value)).replace("\r\n", "\n").replace("\r", "\n")
        return clean_text(text, keep="\n\t").strip()


class Plain(forms.Form):
    """A form whose errors are ours: the browser says nothing before we do."""

    use_required_attribute = False


def line(label: Words, most: int, *, wrong: Words = "", token: str = "", kind: str = "text", **more: Any) -> OneLine:
    """A one-line question; `token` is the browser's autocomplete token, `wrong` the sentence when it is empty."""
    widget = forms.TextInput(attrs={"type": kind} | ({"autocomplete": token} if token else {}))
    return OneLine(label=label, max_length=most, widget=widget, error_messages=_sentences(label, most, wrong), **more)


def text(label: Words, most: int, *, rows: int, wrong: Words = "", **more: Any) -> Lines:
    """A question with a longer answer."""
    widget = forms.Textarea(attrs={"rows": rows})
    return Lines(label=label, max_length=most, widget=widget, error_messages=_sentences(label, most, wrong), **more)


#: Beyond these no zone can shift an instant out of what a date can say.
FIRST_YEAR, LAST_YEAR = 1900, 2200


class Instant(forms.DateTimeField):
    """A date and a time of day on the reader's clocks, within the years people work with."""

    def to_python(self, value: Any) -> datetime | None:
        try:
            found: datetime | None = super().to_python(value)
        except ValidationError as why:
            if any(one.code == "ambiguous_timezone" for one in why.error_list):
                raise ValidationError(
                    _(
                        "The clocks change on that day: this time comes twice or not at all. Choose one an hour earlier or later."
                    )
                ) from None
            raise
        if found is not None and not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found


def email(**more: Any) -> forms.EmailField:
    """An e-mail address."""
    wrong = _lazy("Enter an e-mail address, like name@example.com")
    errors = {"required": _lazy("Enter your e-mail address"), "invalid": wrong, "max_length": wrong}
    widget = forms.EmailInput(attrs={"autocomplete": "email"})
    return forms.EmailField(label=_lazy("E-mail"), widget=widget, error_messages=errors, **{"max_length": 254} | more)


CHOOSE = _lazy("Choose one")


def choice(
    label: Words, choices: Iterable[tuple[Any, Any]], *, wrong: Words = CHOOSE, **more: Any
) -> forms.ChoiceField:
    """One of a few, as radio buttons."""
    errors = {"required": wrong, "invalid_choice": wrong}
    return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect, error_messages=errors, **more)


def _sentences(label: Words, most: int, wrong: Words) -> dict[str, Any]:
    return {
        "required": wrong or _about(_lazy("Fill in “%(label)s”"), label),
        "max_length": _too_long(label, most),
        "null_characters_not_allowed": _about(_lazy("“%(label)s” holds a sign we cannot read"), label),
    }


def _filled(sentence: Words, label: Words) -> str:
    return str(sentence) % {"label": label}


def _counted(label: Words, most: int) -> str:
    sentence = ngettext(
        "“%(label)s” is too long: at most %(most)s character; you have %(typed)s",
        "“%(label)s” is too long: at most %(most)s characters; you have %(typed)s",
        most,
    )
    # What was typed is filled in by Django.
    return sentence % {"label": label, "most": number_format(most, force_grouping=True), "typed": "%(show_value)d"}


#: A sentence about a question by its label, in the language that is switched on when somebody reads it.
_about, _too_long = lazy(_filled, str), lazy(_counted, str)


class Message(WithFiles, Plain):
    """Something the customer writes on a case; `seen` is how far the log was when the page was shown."""

    files_are_enough = True
    seen = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    text = text(_lazy("Your message"), 10000, rows=4, wrong=_lazy("Write your message first"))


class Supervisor(WithFiles, Plain):
    """Ask for a supervisor."""

    reason = choice(_lazy("Why?"), SUPERVISOR_REASONS.items(), wrong=_lazy("Choose why you ask"))
    text = text(_lazy("What would put it right?"), 5000, rows=3, required=False)


class MoreToSupervisor(WithFiles, Plain):
    """Add to a request that is open; `seen` as for a message."""

    seen = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    text = text(_lazy("What do you want to add?"), 5000, rows=3, wrong=_lazy("Write what you want to add"))


class NotFixed(WithFiles, Plain):
    """It is not fixed."""

    text = text(_lazy("What is still wrong?"), 5000, rows=4, wrong=_lazy("Tell us what is still wrong"))


class Reopen(WithFiles, Plain):
    """It came back."""

    text = text(_lazy("What happened?"), 5000, rows=4, wrong=_lazy("Tell us what happened"))


class Withdraw(Plain):
    """Withdraw a case; why is not asked for more than once."""

    text = text(_lazy("Why?"), 2000, rows=3, required=False)


class Follow(Plain):
    """Follow a case without an account."""

    reference = line(_lazy("Case reference"), 40)
    email = email(help_text=_lazy("The address you gave us with the case."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.example = {"example": f"{reference_prefix()}-7K4M-29"}
        self.fields["reference"].help_text = (
            _("It looks like %(example)s and stands in the subject of our e-mails, at the end, in square brackets.")
            % self.example
        )
        self.fields["reference"].error_messages["required"] = (
            _("Enter the case reference. It looks like %(example)s") % self.example
        )

    def clean_reference(self) -> str:
        try:
            return read_reference(self.cleaned_data["reference"], reference_prefix())
        except BadReference:
            sentence = _(
                "Check the case reference. It looks like %(example)s and stands in the subject of our e-mails, "
                "at the end, in square brackets"
            )
            raise forms.ValidationError(sentence % self.example) from None


class Code(Plain):
    """The code from our mail."""

    code = forms.CharField(
        label=_lazy("Code"),
        max_length=20,
        help_text=_lazy("6 digits. You can paste it."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={
            "required": _lazy("Enter the code from our e-mail"),
            "max_length": _lazy("Enter the 6 digits from our e-mail"),
        },
    )

    def clean_code(self) -> str:
        code = "".join(self.cleaned_data["code"].split()).replace("-", "")
        if len(code) != 6 or not (code.isascii() and code.isdigit()):
            raise forms.ValidationError(_lazy("Enter the 6 digits from our e-mail"))
        return code
