"""The forms of accounts in the console: signing in, passwords, adding and changing a person."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.auth.forms import AdminPasswordChangeForm as SomebodysPassword
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import ValidationError

from cases.models import User
from portal import clock, ratelimit
from portal.pages.account import WRONG

ENTER = {"required": "Enter a password"}
AGAIN = {"required": "Enter the same password again"}


class SignIn(AdminAuthenticationForm):
    """Staff's sign-in; guesses at one account are counted in the database before they are looked at."""

    error_messages = {"invalid_login": WRONG, "inactive": WRONG}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name, password = self.fields["username"], self.fields["password"]
        name.label = "E-mail address"
        name.widget.attrs |= {"autocomplete": "username", "autofocus": False}
        name.error_messages["required"] = "Enter your e-mail address"
        password.widget.attrs |= {"autocomplete": "current-password"}
        password.error_messages["required"] = "Enter your password"

    def clean(self) -> dict[str, Any]:
        """Counts with the portal's own sign-in: guesses at either door are guesses at one account."""
        account = f"as {self.cleaned_data.get('username', '')}"
        here = f"from {ratelimit.client(self.request)}" if self.request else "from here"
        try:
            ratelimit.count(ratelimit.SIGN_IN, account, at=clock.now())
            ratelimit.count(ratelimit.CLIENT_SIGN_IN, here, at=clock.now())
        except ratelimit.TooMany:
            raise ValidationError("Too many tries for this account. Wait 15 minutes, then try again.") from None
        cleaned = super().clean()
        ratelimit.forget(ratelimit.SIGN_IN, account)
        ratelimit.forget(ratelimit.CLIENT_SIGN_IN, here)
        return cleaned


class OwnPassword(AdminPasswordChangeForm):
    """One's own password, asked for once more so that nobody changes it at a screen left open."""

    error_messages = AdminPasswordChangeForm.error_messages | {
        "password_incorrect": "That is not your password now. Enter it again.",
        "password_mismatch": "The two new passwords differ. Enter the same one twice.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = {
            "old_password": ("Your password now", "Enter your password"),
            "new_password1": ("New password", ENTER["required"]),
            "new_password2": ("The new password again", AGAIN["required"]),
        }
        for name, (label, missing) in words.items():
            self.fields[name].label = label
            self.fields[name].error_messages["required"] = missing
        self.fields["new_password2"].help_text = ""


class NewPassword(SomebodysPassword):
    """A password set for somebody else."""

    error_messages = SomebodysPassword.error_messages | {
        "password_mismatch": "The two passwords differ. Enter the same one twice."
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        in_words(self)


class NewPerson(AdminUserCreationForm):
    """Adds a person by e-mail address."""

    error_messages = AdminUserCreationForm.error_messages | {
        "password_mismatch": "The two passwords differ. Enter the same one twice."
    }

    class Meta:
        model = User
        fields = ("email", "name")
        field_classes: dict[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        in_words(self)
        choice: Any = self.fields["usable_password"]
        choice.label = "Do they sign in with a password?"
        choice.choices = (("true", "Yes, with the one below"), ("false", "No: a customer gets in by links we mail"))
        choice.help_text = ""


class Person(UserChangeForm):
    """Changes a person; the password has a page of its own."""

    password = None  # type: ignore[assignment]

    class Meta:
        model = User
        fields = (
            "email", "name", "phone", "time_zone", "language", "is_active", "is_verified", "is_staff", "is_superuser",
            "groups",
        )  # fmt: skip
        field_classes: dict[str, Any] = {}


def in_words(form: Any) -> None:
    """Our words for the two fields of a password."""
    first, second = form.fields["password1"], form.fields["password2"]
    first.label, second.label, second.help_text = "Password", "The password again", ""
    first.error_messages |= ENTER
    second.error_messages |= AGAIN
