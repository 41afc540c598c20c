"""People, teams and topics in the console: supervisors read them, those with the permission change them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.utils.safestring import mark_safe

from cases.access import Viewer
from cases.models import User
from escalation.verbs.leaving import why_stay
from portal import clock
from portal.console.quiet import PEOPLE, QuietAdmin


class NewPerson(AdminUserCreationForm):
    """Adds a person by e-mail address."""

    class Meta:
        model = User
        fields = ("email", "name")
        field_classes: dict[str, Any] = {}


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


class ReadBySupervisors(QuietAdmin):
    """Supervisors may look; adding and changing need the model's own permissions."""

    family = PEOPLE

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("cases.supervise") or super().has_view_permission(request, obj)


class PersonAdmin(ReadBySupervisors, UserAdmin):
    """Staff and customers, told apart by a filter."""

    form = Person
    add_form = NewPerson
    list_display = ("name_or_address", "email", "works_in", "is_staff", "is_active")
    list_filter = ("is_staff", "is_active", "teams")
    search_fields = ("email", "name")
    ordering = ("-is_staff", "name", "email")
    filter_horizontal = ()
    readonly_fields = ("last_login", "joined_at", "new_password")
    fieldsets = (
        (None, {"fields": ("name", "email", "phone", "new_password")}),
        ("How they read times and words", {"fields": ("time_zone", "language")}),
        ("What they may do", {"fields": ("is_active", "is_verified", "is_staff", "is_superuser", "groups")}),
        ("Dates", {"fields": ("joined_at", "last_login")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("teams")

    def name_or_address(self, user: User) -> str:
        return str(user)

    name_or_address.short_description = "Name"  # type: ignore[attr-defined]

    def new_password(self, user: User) -> str:
        return mark_safe('<a href="../password/">Set a new password</a>')

    new_password.short_description = "Password"  # type: ignore[attr-defined]

    def works_in(self, user: User) -> str:
        return ", ".join(team.name for team in user.teams.all()) or ("-" if user.is_staff else "Customer")

    works_in.short_description = "Team"  # type: ignore[attr-defined]


class TeamAdmin(ReadBySupervisors):
    """Teams and who stands in them; a protocol names a team by its slug, so the slug stays."""

    list_display = ("name", "lead", "people", "hours", "phone")
    list_select_related = ("lead",)
    search_fields = ("name",)
    fields = ("name", "slug", "phone", "hours", "lead", "members")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("members")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    def people(self, team: Any) -> int:
        return len(team.members.all())

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only staff can be in a team."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, ModelChoiceField) and field.queryset is not None and field.queryset.model is User:
            field.queryset = User.objects.filter(is_staff=True).order_by("name", "email")
        return field


class CategoryAdmin(ReadBySupervisors):
    """Topics customers choose from; a matrix names a topic by its slug, so the slug stays."""

    list_display = ("name", "slug", "example", "position", "is_active")
    fields = ("name", "slug", "example", "position", "is_active")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()


class RoleAdmin(QuietAdmin, GroupAdmin):
    """Roles as groups of permissions."""

    family = PEOPLE

    filter_horizontal = ()
