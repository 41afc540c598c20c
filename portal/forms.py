"""What customers can type, with the sentence for each thing that can be wrong with it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError

from cases.models import Category, Product, User
from cases.models.case import Impact, reference_prefix
from cases.reference import BadReference, read_reference
from escalation.verbs.customer import SUPERVISOR_REASONS

#: Signs that turn the reading direction of what follows; a title with one could disguise what a page says.
TURNS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
IMPACT_HINTS = {
    Impact.BLOCKED: "Nothing works, or I am locked out",
    Impact.LOSS: "For example a wrong charge or missing files",
    Impact.DEGRADED: "Slow, or errors now and then",
    Impact.QUESTION: "Nothing is broken",
}


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


def line(label: str, most: int, *, wrong: str = "", token: str = "", kind: str = "text", **more: Any) -> OneLine:
    """A one-line question; `token` is the browser's autocomplete token, `wrong` the sentence when it is empty."""
    widget = forms.TextInput(attrs={"type": kind} | ({"autocomplete": token} if token else {}))
    return OneLine(label=label, max_length=most, widget=widget, error_messages=_sentences(label, most, wrong), **more)


def text(label: str, most: int, *, rows: int, wrong: str = "", **more: Any) -> Lines:
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
                    "The clocks change on that day: this time comes twice or not at all. Choose one an hour earlier or later."
                ) from None
            raise
        if found is not None and not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found


def email(**more: Any) -> forms.EmailField:
    """An e-mail address."""
    wrong = "Enter an e-mail address, like name@example.com"
    errors = {"required": "Enter your e-mail address", "invalid": wrong, "max_length": wrong}
    widget = forms.EmailInput(attrs={"autocomplete": "email"})
    return forms.EmailField(label="E-mail", widget=widget, error_messages=errors, **{"max_length": 254} | more)


def choice(
    label: str, choices: Iterable[tuple[Any, Any]], *, wrong: str = "Choose one", **more: Any
) -> forms.ChoiceField:
    """One of a few, as radio buttons."""
    errors = {"required": wrong, "invalid_choice": wrong}
    return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect, error_messages=errors, **more)


def _sentences(label: str, most: int, wrong: str) -> dict[str, str]:
    return {
        "required": wrong or f"Fill in “{label}”",
        "max_length": f"“{label}” is too long: at most {most:,} characters; you have %(show_value)d",
        "null_characters_not_allowed": f"“{label}” holds a sign we cannot read",
    }


class Filing(Plain):
    """Tell us about a problem."""

    category = forms.ModelChoiceField(
        label="What is it about?",
        queryset=Category.objects.none(),
        to_field_name="slug",
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what it is about", "invalid_choice": "Choose what it is about"},
    )
    product = forms.ModelChoiceField(
        label="Which product or service?",
        queryset=Product.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label="I am not sure, or none of these",
        error_messages={"invalid_choice": "Choose one of the products listed, or leave it open"},
    )
    impact = choice("How does this affect you?", Impact.choices, wrong="Choose how this affects you")
    title = line("Sum it up in a few words", 120, wrong="Write one line that sums it up")
    description = text(
        "What happened?",
        5000,
        rows=6,
        wrong="Tell us what happened",
        help_text="What you did, what you expected and what you saw. Leave out passwords and card numbers.",
    )
    expectation = text("What would put it right?", 1000, rows=2, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        topics = Category.objects.filter(is_active=True)
        category: Any = self.fields["category"]
        impact: Any = self.fields["impact"]
        category.queryset = topics
        category.hints = {topic.slug: topic.example for topic in topics}
        product: Any = self.fields["product"]
        product.queryset = Product.objects.filter(is_active=True)
        if not product.queryset.exists():
            # Where there is nothing to choose from, nothing is asked.
            del self.fields["product"]
        impact.hints = {str(value): hint for value, hint in IMPACT_HINTS.items()}


class GuestFiling(Filing):
    """The same from somebody who is not signed in."""

    name = line("Your name", 150, wrong="Enter your name", token="name")
    email = email(help_text="Every update goes here.")
    phone = line("Phone", 40, token="tel", kind="tel", required=False)


class Message(Plain):
    """Something the customer writes on a case; `seen` is how far the log was when the page was shown."""

    seen = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    text = text("Your message", 10000, rows=4, wrong="Write your message first")


class Supervisor(Plain):
    """Ask for a supervisor."""

    reason = choice("Why?", SUPERVISOR_REASONS.items(), wrong="Choose why you ask")
    text = text("What would put it right?", 5000, rows=3, required=False)


class MoreToSupervisor(Plain):
    """Add to a request that is open; `seen` as for a message."""

    seen = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    text = text("What do you want to add?", 5000, rows=3, wrong="Write what you want to add")


class NotFixed(Plain):
    """It is not fixed."""

    text = text("What is still wrong?", 5000, rows=4, wrong="Tell us what is still wrong")


class Reopen(Plain):
    """It came back."""

    text = text("What happened?", 5000, rows=4, wrong="Tell us what happened")


class Withdraw(Plain):
    """Withdraw a case; why is not asked for more than once."""

    text = text("Why?", 2000, rows=3, required=False)


#: Where a customer finds their reference.
WHERE = "in the subject of our e-mails, at the end, in square brackets"


class Follow(Plain):
    """Follow a case without an account."""

    reference = line("Case reference", 40)
    email = email(help_text="The address you gave us with the case.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.looks = f"like {reference_prefix()}-7K4M-29"
        self.fields["reference"].help_text = f"It looks {self.looks} and stands {WHERE}."
        self.fields["reference"].error_messages["required"] = f"Enter the case reference. It looks {self.looks}"

    def clean_reference(self) -> str:
        try:
            return read_reference(self.cleaned_data["reference"], reference_prefix())
        except BadReference:
            sentence = f"Check the case reference. It looks {self.looks} and stands {WHERE}"
            raise forms.ValidationError(sentence) from None


class Code(Plain):
    """The code from our mail."""

    code = forms.CharField(
        label="Code",
        max_length=20,
        help_text="6 digits. You can paste it.",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={
            "required": "Enter the code from our e-mail",
            "max_length": "Enter the 6 digits from our e-mail",
        },
    )

    def clean_code(self) -> str:
        code = "".join(self.cleaned_data["code"].split()).replace("-", "")
        if len(code) != 6 or not (code.isascii() and code.isdigit()):
            raise forms.ValidationError("Enter the 6 digits from our e-mail")
        return code


class SignIn(Plain):
    """Sign in with an address and a password."""

    email = email()
    password = forms.CharField(
        label="Password",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Enter your password", "max_length": "That is too long for a password"},
    )


class Details(forms.ModelForm):
    """How we call and reach a person, and the zone times are shown in."""

    use_required_attribute = False
    name = line("Your name", 150, wrong="Enter your name", token="name")
    phone = line("Phone", 40, token="tel", kind="tel", required=False)
    time_zone = forms.ChoiceField(
        label="Time zone", required=False, help_text="Times on your pages and in our e-mails are shown in it."
    )

    class Meta:
        model = User
        fields = ("name", "phone", "time_zone")

    def __init__(self, *args: Any, company_zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = sorted(
            zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix/"))
        )
        zone: Any = self.fields["time_zone"]
        zone.choices = [("", f"The same as ours ({company_zone})"), *((z, z) for z in zones)]
