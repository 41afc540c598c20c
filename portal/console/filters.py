"""The five filters of “All cases”, each a short list of links in the address."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from cases.lifecycle import OPEN, SETTLED, State
from cases.models import Category, Severity, Team, User
from portal.console.search import exact

S = State
GROUPS = {
    "todo": ("To be acknowledged", (S.NEW, S.REVIEWED, S.ESCALATED, S.PASSED)),
    "work": ("In work", (S.ACKNOWLEDGED, S.WORKING, S.REOPENED, S.WAITING_PARTNER)),
    "customer": ("Waiting for customer", (S.WAITING_CUSTOMER,)),
    "answered": ("Answered", (S.ANSWERED,)),
    "settled": ("Settled", SETTLED),
    "any": ("Open and ended", tuple(State.values)),
}


class Links(SimpleListFilter):
    """A filter of fixed choices."""

    options: tuple[tuple[str, str], ...] = ()

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> tuple[tuple[str, str], ...]:
        return self.options

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        known = {key for key, _ in self.lookup_choices}
        return queryset.filter(**{str(self.parameter_name): value}) if value in known else queryset


class ByState(Links):
    """Open cases unless asked otherwise; a search by reference or address looks at all."""

    title = "state"
    parameter_name = "group"
    options = tuple((key, words) for key, (words, _) in GROUPS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        states: Any = GROUPS.get(self.value() or "", ("", None))[1]
        if states is None:
            everywhere = exact(request.GET.get("q", "")) is not None
            return queryset if everywhere else queryset.filter(state__in=OPEN)
        return queryset.filter(state__in=states)

    def choices(self, changelist: Any) -> Any:
        rows = list(super().choices(changelist))
        rows[0]["display"] = "Open"
        return rows


class BySeverity(Links):
    title = "severity"
    parameter_name = "severity"
    options = tuple((str(value), str(label)) for value, label in Severity.choices)


class ByLevel(Links):
    title = "level"
    parameter_name = "tier"
    options = tuple((str(n), f"Level {n}") for n in range(1, 6))


class ByTeam(Links):
    title = "team"
    parameter_name = "team"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> tuple[tuple[str, str], ...]:
        return tuple((str(pk), name) for pk, name in Team.objects.values_list("pk", "name"))


class ByKind(Links):
    """Of people: who works here and who does not."""

    title = "who"
    parameter_name = "is_staff"
    options = (("1", "Staff"), ("0", "Customers"))


class ByActive(Links):
    title = "account"
    parameter_name = "is_active"
    options = (("1", "May sign in"), ("0", "Has left"))


class ByTeamOf(ByTeam):
    """Of people: the team they stand in."""

    parameter_name = "teams"


class ByOwner(Links):
    """One person's cases, where a link leads to them; nobody chooses from a list of everybody."""

    title = "who has it"
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> tuple[tuple[str, str], ...]:
        asked = request.GET.get("owner", "")
        known = asked.isascii() and asked.isdecimal() and len(asked) < 19
        person = User.objects.filter(pk=int(asked), is_staff=True).first() if known else None
        self.names_somebody = person is not None
        return ((asked, str(person or "nobody we know")),) if asked else ()

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Nobody's cases where the address names nobody: all of them would pass for that person's."""
        if self.value() and not self.names_somebody:
            return queryset.none()
        return super().queryset(request, queryset)

    def has_output(self) -> bool:
        return bool(self.lookup_choices)


class ByTopic(Links):
    title = "topic"
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> tuple[tuple[str, str], ...]:
        return tuple((str(pk), name) for pk, name in Category.objects.values_list("pk", "name"))
