"""What people can type about their account and to get into it, with the sentence for each thing that can be wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, LoginWebAuthnForm
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from cases.languages import own_names
from cases.models import User
from portal.forms import Code, OneLine, Plain, email, line, text

#: What a browser may send in place of a passkey's answer: longer ones are no answer.
CREDENTIAL_MOST = 16_000
NO_PASSKEY = _lazy("That passkey does not open anything here. Try again, or use another way.")
WRONG_CODE = _lazy("That code is not right, or it has been used. Enter the one the app shows now.")
TOO_MANY = _lazy("Too many tries. Wait 15 minutes, then try again.")


def password(label: Any, *, token: str, missing: Any, **more: Any) -> forms.CharField:
    """A password; it may be pasted, and a button beside it shows it."""
    attrs = {"autocomplete": token, "data-show": _lazy("Show password"), "data-hide": _lazy("Hide password")}
    errors = {"required": missing, "max_length": _lazy("That is too long for a password")}
    widget = forms.PasswordInput(attrs=attrs)
    return forms.CharField(label=label, max_length=200, strip=False, widget=widget, error_messages=errors, **more)


class Address(Plain):
    """The address somebody signs in with."""

    email = email()


class SignIn(Plain):
    """Sign in with an address and a password."""

    email = email()
    password = password(_lazy("Password"), token="current-password", missing=_lazy("Enter your password"))


class OwnPassword(Plain):
    """The password somebody signs in with already."""

    password = password(_lazy("Your password"), token="current-password", missing=_lazy("Enter your password"))


class NewPassword(Plain):
    """A new password, typed once: it can be looked at."""

    password = password(_lazy("New password"), token="new-password", missing=_lazy("Enter a password"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password"].help_text = " ".join(password_validators_help_texts())

    def clean_password(self) -> str:
        typed = self.cleaned_data["password"]
        validate_password(typed, self.user)
        return typed


class AppCode(Plain):
    """The code an authenticator app shows."""

    code = Code.base_fields["code"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label, field.help_text = _("Code from the app"), _("6 digits; the app shows a new one every 30 seconds.")
        field.error_messages["required"] = _("Enter the code the app shows")


class SecondStep(AuthenticateForm):
    """The second step: a code of the app, or a recovery code; allauth checks it."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = OneLine(
            label=_("Code"),
            max_length=20,
            help_text=_("6 digits from your authenticator app, or one of your recovery codes."),
            widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
            error_messages={"required": _("Enter a code"), "max_length": WRONG_CODE},
        )

    def clean_code(self) -> str:
        try:
            return super().clean_code()
        except ValidationError as why:
            raise ValidationError(_in_our_words(why)) from None


def _in_our_words(why: ValidationError) -> Any:
    return TOO_MANY if why.code in ("too_many_login_attempts", "rate_limited") else WRONG_CODE


class Credential(forms.JSONField):
    """What a passkey answered; anything else a browser could send is refused in one sentence."""

    widget = forms.HiddenInput
    default_error_messages = {"required": NO_PASSKEY}

    def to_python(self, value: Any) -> Any:
        try:
            found = super().to_python(value) if len(value or "") <= CREDENTIAL_MOST else None
        except (ValidationError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise ValidationError(NO_PASSKEY)
        return found


#: What the WebAuthn library raises for answers no passkey gives.
ODD = (AttributeError, KeyError, IndexError, TypeError, ValueError, ValidationError)


class _Answer(forms.Form):
    """A passkey's answer to a question of ours."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"] = Credential()

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except ODD as why:
            too_many = getattr(why, "code", "") == "too_many_login_attempts"
            raise ValidationError(TOO_MANY if too_many else NO_PASSKEY) from None


class PasskeySignIn(_Answer, LoginWebAuthnForm):
    """Signing in with a passkey."""


class PasskeyStep(_Answer, AuthenticateWebAuthnForm):
    """A passkey as the second step."""


class NewPasskey(AddWebAuthnForm):
    """A passkey that is to be added, with a name to know it by."""

    use_required_attribute = False
    field_order = ("name", "credential")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["passwordless"]
        self.fields["credential"] = Credential()
        self.fields["name"] = OneLine(
            label=_("A name for it"), max_length=60, required=False, help_text=_("For example “My phone”.")
        )

    def clean(self) -> dict[str, Any]:
        if self.errors:
            return self.cleaned_data
        # Ours are always passkeys: they must have asked for a finger, a face or a PIN.
        self.cleaned_data["passwordless"] = True
        try:
            return super().clean()
        except ODD:
            raise ValidationError(NO_PASSKEY) from None


def languages() -> list[tuple[str, str]]:
    """What customers may choose, each in its own words; the portal's own is kept without its region."""
    ours = settings.LANGUAGE_CODE
    return [(code.partition("-")[0] if code == ours else code, name) for code, name in own_names()]


class Details(forms.ModelForm):
    """How we call and reach a person, the language we write in, and the zone times are shown in."""

    use_required_attribute = False
    name = line(_lazy("Your name"), 150, wrong=_lazy("Enter your name"), token="name")
    phone = line(_lazy("Phone"), 40, token="tel", kind="tel", required=False)
    language = forms.ChoiceField(label=_lazy("Language"), required=False)
    time_zone = forms.ChoiceField(label=_lazy("Time zone"), required=False)
    contact_needs = text(
        _lazy("Tell us how best to contact you"),
        500,
        rows=3,
        required=False,
        help_text=_lazy("For example: by phone after 16:00, in large print, or through a relay service."),
    )

    class Meta:
        model = User
        fields = ("name", "phone", "language", "time_zone", "contact_needs")

    def __init__(self, *args: Any, company_zone: str, zone: str, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = sorted(z for z in available_timezones() if "/" in z and not z.startswith(("Etc/", "posix/")))
        choice: Any = self.fields["time_zone"]
        same = _("The same as ours (%(zone)s)") % {"zone": company_zone}
        choice.choices = [("", same), *((z, z) for z in zones)]
        there = now.astimezone(ZoneInfo(zone))
        about = _("Times on your pages and in our e-mails are shown in it. It is %(time)s there now.")
        choice.help_text = about % {"time": f"{there:%H:%M}"}
        language: Any = self.fields["language"]
        language.choices = languages()
        if len(language.choices) < 2:
            # Where there is nothing to choose from, nothing is asked.
            del self.fields["language"]

    def clean_language(self) -> str:
        """The one chosen, else the one they had."""
        return self.cleaned_data["language"] or self.instance.language
