"""People, teams, topics and roles in the console: supervisors read them, those with the permission change them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Permission
from django.db.models import Count, Q, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.text import capfirst

from cases.access import figure_teams_of
from cases.models import Team, User
from portal.console.accounts import NewPassword, NewPerson, Person
from portal.console.filters import ByActive, ByKind, ByTeamOf
from portal.console.other_languages import field_names, form_with, languages
from portal.console.quiet import QuietAdmin

OTHERS = "In other languages"
#: The apps whose permissions our pages ask for.
OURS = ("cases", "escalation", "feedback", "auth")


def counted(people: int) -> str:
    """'1 person', '4 people'; 'Nobody'."""
    return f"{people} {'person' if people == 1 else 'people'}" if people else "Nobody"


class ReadBySupervisors(QuietAdmin):
    """Supervisors may look; adding and changing need the model's own permissions."""

    #: Field -> (label, help), in plain words, for forms and for pages that only show.
    words: ClassVar[dict[str, tuple[str, str]]] = {}
    #: Field -> what stands in its place for who only looks: yes or no in words, where Django would draw a picture; "": nothing.
    said: ClassVar[dict[str, str]] = {}

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("cases.supervise") or super().has_view_permission(request, obj)

    def needed_to(self, act: str) -> tuple[str, ...]:
        return (("cases.supervise",) if act == "view" else ()) + super().needed_to(act)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        sets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return [(head, {**rest, "fields": self.in_order(request, rest["fields"])}) for head, rest in sets]
        return [(head, {**rest, "fields": self.in_words(rest["fields"])}) for head, rest in sets]

    def in_order(self, request: HttpRequest, names: Iterable[Any]) -> list[Any]:
        """Fields for who may change them."""
        return list(names)

    def in_words(self, names: Iterable[Any]) -> list[Any]:
        """Fields for who only looks: what is yes or no in words, and no link to what they may not do."""
        return [self.said.get(name, name) for name in names if self.said.get(name) != ""]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form with our words for its fields."""
        labels = {name: label for name, (label, _) in self.words.items()}
        helps = {name: text for name, (_, text) in self.words.items()}
        return super().get_form(request, obj, change=change, **({"labels": labels, "help_texts": helps} | kwargs))


class PersonAdmin(ReadBySupervisors, UserAdmin):
    """Staff and customers, told apart by a filter."""

    one, many = "person", "people"

    form = Person
    add_form = NewPerson
    change_password_form = NewPassword
    list_display = ("name_or_address", "address", "works_in", "can_sign_in")
    list_filter = (ByKind, ByActive, ByTeamOf)
    search_fields = ("email", "name")
    search_help_text = "An e-mail address, a name, or a part of one."
    ordering = ("-is_staff", "name", "email")
    filter_horizontal = ()
    readonly_fields = ("last_login", "joined_at", "new_password")
    words = {
        "name": ("Name", "Customers read the first name."),
        "email": ("E-mail address", "They sign in with it, and our e-mails go there."),
        "phone": ("Phone", ""),
        "time_zone": ("Time zone", "Like Europe/London. Empty: the company’s."),
        "language": ("Language", "Two letters, like en."),
        "segment": ("Kind of customer", "A word such as enterprise; which protocol counts may depend on it."),
        "organisation": ("Company", "Its people read what each of them files from now on, where this installation is set to show it."),
        "is_active": ("May sign in", "Take this off when somebody leaves; nothing they did is lost."),
        "is_verified": ("Address proved", "A link or code we mailed there came back, so it is theirs."),
        "is_staff": ("Works here", "Customers do not have this. What a colleague may do is for the roles to say."),
        "is_superuser": ("May do everything", "Without any role. For who runs this installation."),
        "groups": ("Roles", ""),
        "figures_by_team": ("Figures of some teams only", "Without this, whose role shows figures sees those of all teams. It opens nothing by itself."),
        "figure_teams": ("These teams", "Pages, files, letters and the API then hold nothing of another team."),
        "last_login": ("Signed in last", ""),
        "joined_at": ("Here since", ""),
    }  # fmt: skip
    said = {
        "is_active": "can_sign_in",
        "is_verified": "address_proved",
        "is_staff": "works_here",
        "is_superuser": "may_everything",
        "figures_by_team": "sees_figures_of",
        "figure_teams": "",
        "new_password": "",
    }  # fmt: skip
    fieldsets = (
        (None, {"fields": ("name", "email", "phone", "new_password")}),
        ("How they read times and words", {"fields": ("time_zone", "language", "segment", "organisation")}),
        ("What they may do", {"fields": ("is_active", "is_verified", "is_staff", "is_superuser", "groups")}),
        ("Whose figures they see", {"fields": ("figures_by_team", "figure_teams")}),
        ("Dates", {"fields": ("joined_at", "last_login")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("teams")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who runs this installation is changed by nobody with less; else a password set for them would open everything."""
        above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return super().has_change_permission(request, obj) and not above

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """“May do everything” is given by those who have it."""
        return self.readonly_fields if request.user.is_superuser else (*self.readonly_fields, "may_everything")

    def in_order(self, request: HttpRequest, names: Iterable[Any]) -> list[Any]:
        keep = request.user.is_superuser
        return [name if keep or name != "is_superuser" else "may_everything" for name in names]

    @admin.display(description="Name")
    def name_or_address(self, user: User) -> str:
        return str(user)

    @admin.display(description="E-mail address")
    def address(self, user: User) -> str:
        return user.email

    @admin.display(description="Password")
    def new_password(self, user: User) -> str:
        return format_html('<a href="../password/">{}</a>', "Set a new password")

    @admin.display(description="Works in")
    def works_in(self, user: User) -> str:
        return ", ".join(team.name for team in user.teams.all()) or ("No team" if user.is_staff else "Customer")

    @admin.display(description="Account")
    def can_sign_in(self, user: User) -> str:
        return "May sign in" if user.is_active else "Has left"

    @admin.display(description="Address proved")
    def address_proved(self, user: User) -> str:
        return "Yes" if user.is_verified else "Not yet"

    @admin.display(description="Works here")
    def works_here(self, user: User) -> str:
        return "Yes" if user.is_staff else "No, a customer"

    @admin.display(description="Sees figures of")
    def sees_figures_of(self, user: User) -> str:
        teams = figure_teams_of(user)
        if teams is None:
            return "All teams, where a role shows figures"
        return ", ".join(user.figure_teams.order_by("name").values_list("name", flat=True)) or "No team"

    @admin.display(description="May do everything")
    def may_everything(self, user: User) -> str:
        return "Yes" if user.is_superuser else "No, what the roles allow"


class OrganisationAdmin(ReadBySupervisors):
    """Customer companies; who belongs to one is said at the person."""

    one, many = "company", "companies"

    list_display = ("name", "people")
    search_fields = ("name",)
    fields = ("name",)
    words = {"name": ("Name", "Its people read it on the page that says who can see a case.")}

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(number=Count("people"))

    @admin.display(description="People")
    def people(self, company: Any) -> str:
        return counted(company.number)


class NamedAdmin(ReadBySupervisors):
    """Rows whose words customers read, in their languages."""

    #: What can be said in other languages.
    kinds: ClassVar[tuple[str, ...]] = ("name",)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change=change, **({"form": form_with(self.kinds)} | kwargs))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Its own fields, then those of the other languages; who may only look reads them in one line."""
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if not may:
            return [(None, {"fields": self.in_words([*self.fields, "elsewhere"])})]  # type: ignore[misc]
        others = field_names(self.kinds)
        sets = [(None, {"fields": list(self.fields)})]  # type: ignore[arg-type]
        return [*sets, (OTHERS, {"fields": others})] if others else sets

    @admin.display(description=OTHERS)
    def elsewhere(self, row: Any) -> str:
        named = languages()
        return "; ".join(
            f"{named[code]}: {', '.join(said.values())}" for code, said in row.translations.items() if code in named
        )


class TeamAdmin(NamedAdmin):
    """Teams and who stands in them; a protocol names a team by its slug, so the slug stays."""

    one, many = "team", "teams"
    kinds = ("name", "hours")

    list_display = ("name", "led_by", "people", "hours", "phone")
    list_select_related = ("lead",)
    search_fields = ("name",)
    fields = ("name", "slug", "phone", "hours", "lead", "members")
    words = {
        "slug": ("Short name", "Small letters and dashes. Protocols name the team by it, so it cannot change later."),
        "phone": ("Phone", "Shown to customers."),
        "hours": ("Hours", "In words, shown to customers."),
        "lead": ("Led by", "Asked when somebody of another team needs this one."),
        "members": ("People", ""),
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(number=Count("members"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    @admin.display(description="Led by")
    def led_by(self, team: Team) -> str:
        return str(team.lead or "No one")

    @admin.display(description="People")
    def people(self, team: Any) -> str:
        return counted(team.number)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only staff can be in a team."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, ModelChoiceField) and field.queryset is not None and field.queryset.model is User:
            field.queryset = User.objects.filter(is_staff=True).order_by("name", "email")
        return field


class CategoryAdmin(NamedAdmin):
    """Topics customers choose from; a matrix names a topic by its slug, so the slug stays."""

    one, many = "topic", "topics"
    kinds = ("name", "example")

    list_display = ("name", "short_name", "example", "place", "offered")
    fields = ("name", "slug", "example", "urgent_line", "position", "is_active", "is_restricted")
    words = {
        "name": ("Name", "Customers choose by it."),
        "slug": ("Short name", "Small letters and dashes. Protocols name the topic by it, so it cannot change later."),
        "example": ("Example", "One line under the choice."),
        "urgent_line": (
            "Call first",
            "Only for danger or money that is leaving: who chooses the topic reads this, with your phone number, first.",
        ),
        "position": ("Place in the list", "The smallest number stands first."),
        "is_active": ("Customers can choose it", "Take this off to retire a topic; its cases stay."),
        "is_restricted": (
            "Restricted",
            "Its cases are seen by their owner, their team, and those who may see restricted ones. Each opening is noted.",
        ),
    }
    said = {"is_active": "offered", "is_restricted": "seen_by"}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    @admin.display(description="Short name")
    def short_name(self, topic: Any) -> str:
        return topic.slug

    @admin.display(description="Place in the list")
    def place(self, topic: Any) -> str:
        return f"Place {topic.position}"

    @admin.display(description="Choice")
    def offered(self, topic: Any) -> str:
        return "Customers can choose it" if topic.is_active else "Retired"

    @admin.display(description="Restricted")
    def seen_by(self, topic: Any) -> str:
        return "Restricted: each opening is noted" if topic.is_restricted else "No"


class ProductAdmin(NamedAdmin):
    """Products and services customers choose from; which protocol counts may depend on one."""

    one, many = "product", "products"

    list_display = ("name", "short_name", "place", "offered")
    fields = ("name", "slug", "position", "is_active")
    words = {
        "name": ("Name", "Customers choose by it."),
        "slug": ("Short name", "Small letters and dashes. It stands in the log, so it cannot change later."),
        "position": ("Place in the list", "The smallest number stands first."),
        "is_active": ("Customers can choose it", "Take this off to retire a product; its cases stay."),
    }
    said = {"is_active": "offered"}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    @admin.display(description="Short name")
    def short_name(self, product: Any) -> str:
        return product.slug

    @admin.display(description="Place in the list")
    def place(self, product: Any) -> str:
        return f"Place {product.position}"

    @admin.display(description="Choice")
    def offered(self, product: Any) -> str:
        return "Customers can choose it" if product.is_active else "Retired"


class RoleAdmin(QuietAdmin, GroupAdmin):
    """Roles as groups of permissions."""

    one, many = "role", "roles"

    list_display = ("role",)
    filter_horizontal = ()

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        """What our own pages ask for, and what some role has anyway; by the thing it is about."""
        ours = Q(content_type__app_label__in=OURS) | Q(group__isnull=False)
        chosen = Permission.objects.filter(ours).select_related("content_type").distinct()
        kwargs["queryset"] = chosen.order_by("content_type__model", "codename")
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        field.label_from_instance = lambda one: (
            f"{capfirst(one.content_type.name)}: {one.name[:1].lower()}{one.name[1:]}"
        )
        return field

    @admin.display(description="Role")
    def role(self, group: Any) -> str:
        return group.name
