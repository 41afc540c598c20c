"""The forms of accounts in the console: signing in, passwords, adding and changing a person."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.auth.forms import AdminPasswordChangeForm as SomebodysPassword
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError

from cases.access import Viewer
from cases.models import User
from escalation.verbs.leaving import why_stay
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
            "email", "name", "phone", "time_zone", "language", "segment", "is_active", "is_verified", "is_staff",
            "is_superuser", "groups",
        )  # fmt: skip
        field_classes: dict[str, Any] = {}

    def clean(self) -> dict[str, Any]:
        """Nobody who owns open cases, or is alone on a shift, stops working here by a tick in a box."""
        given = super().clean() or self.cleaned_data
        if self.instance.pk and self._works() and not self._will_work(given):
            why = why_stay(self.instance, at=clock.now())
            if why:
                self.add_error("is_active" if not given.get("is_active") else "is_staff", why)
        return given

    def _works(self) -> bool:
        """Whether they may now, by the row as it is stored; held, so that it is still so when this is saved."""
        return Viewer(User.objects.select_for_update(of=("self",)).get(pk=self.instance.pk)).is_staff

    def _will_work(self, given: dict[str, Any]) -> bool:
        """Whether the person may still work on cases once this form is saved."""
        if not (given.get("is_active") and given.get("is_staff")):
            return False
        may = Permission.objects.filter(codename="view_case", content_type__app_label="cases")
        groups = given.get("groups") or ()
        by_role = may.filter(group__in=groups).exists() or may.filter(user=self.instance).exists()
        return bool(given.get("is_superuser") or by_role)


def in_words(form: Any) -> None:
    """Our words for the two fields of a password."""
    first, second = form.fields["password1"], form.fields["password2"]
    first.label, second.label, second.help_text = "Password", "The password again", ""
    first.error_messages |= ENTER
    second.error_messages |= AGAIN
