"""The forms of accounts in the console: somebody else's password, adding and changing a person."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import AdminPasswordChangeForm as SomebodysPassword
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Permission

from cases.access import Viewer
from cases.models import User
from escalation.verbs.leaving import why_stay
from portal import clock

ENTER = {"required": "Enter a password"}
AGAIN = {"required": "Enter the same password again"}


class NewPassword(SomebodysPassword):
    """A password set for somebody else."""

    error_messages = SomebodysPassword.error_messages | {
        "password_mismatch": "The two passwords differ. Enter the same one twice."
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        in_words(self)
        if not self.is_bound:
            self.say_needed()

    def full_clean(self) -> None:
        super().full_clean()
        self.say_needed()

    def say_needed(self) -> None:
        """Both are needed; the stock form checks that by itself, since its other button sends neither."""
        for name in ("password1", "password2"):
            self.fields[name].required = True


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
            "email", "name", "phone", "time_zone", "language", "segment", "organisation", "is_active", "is_verified", "is_staff",
            "is_superuser", "groups", "figures_by_team", "figure_teams",
        )  # fmt: skip
        field_classes: dict[str, Any] = {}

    def clean(self) -> dict[str, Any]:
        """Nobody who owns open cases, or is alone on a shift, stops working here by a tick in a box."""
        given = super().clean() or self.cleaned_data
        self._check_teams(given)
        if self.instance.pk and self._works() and not self._will_work(given):
            why = why_stay(self.instance, at=clock.now())
            if why:
                self.add_error("is_active" if not given.get("is_active") else "is_staff", why)
        return given

    def _check_teams(self, given: dict[str, Any]) -> None:
        """Teams without the tick would look like a limit and be none; the tick without teams would show nothing."""
        if "figure_teams" not in given:
            return
        only, teams = given.get("figures_by_team"), given["figure_teams"]
        if only and not teams:
            wrong = "Choose the teams whose figures they see, or take “Figures of some teams only” off."
            self.add_error("figure_teams", wrong)
        elif teams and not only:
            self.add_error("figures_by_team", "Tick this, or choose no team: without it they see the figures of all.")

    def _works(self) -> bool:
        """Whether they may now, by the row as it is stored; held, so that it is still so when this is saved."""
        return Viewer(User.objects.select_for_update(of=("self",)).get(pk=self.instance.pk)).works

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
