"""The filters of “All cases”, each a short list of links in the address."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import F, QuerySet, Value
from django.http import HttpRequest

from cases.lifecycle import OPEN, SETTLED, State
from cases.models import Category, Severity, Team, User
from escalation.book import tops
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
    """As many levels as the longest protocol in force has."""

    title = "level"
    parameter_name = "tier"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> tuple[tuple[str, str], ...]:
        return tuple((str(n), f"Level {n}") for n in range(1, max(levels_in_force(request).values(), default=1) + 1))


def levels_in_force(request: HttpRequest) -> dict[str, int]:
    """The highest level of each version in force, by label; asked for once a request."""
    if not hasattr(request, "levels_in_force"):
        request.levels_in_force = tops()  # type: ignore[attr-defined]
    return request.levels_in_force  # type: ignore[attr-defined]


def named(request: HttpRequest) -> dict[str, tuple[tuple[str, str], ...]]:
    """Teams and topics by number and name, each in its order; one question a request for both."""
    if not hasattr(request, "named"):
        columns = ("kind", "place", "name", "pk")
        teams = Team.objects.order_by().annotate(kind=Value("team"), place=Value(0))
        topics = Category.objects.order_by().annotate(kind=Value("topic"), place=F("position"))
        rows = sorted(teams.values_list(*columns).union(topics.values_list(*columns), all=True))
        request.named = {  # type: ignore[attr-defined]
            kind: tuple((str(pk), name) for of, _, name, pk in rows if of == kind) for kind in ("team", "topic")
        }
    return request.named  # type: ignore[attr-defined]


class ByTeam(Links):
    title = "team"
    parameter_name = "team"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> tuple[tuple[str, str], ...]:
        return named(request)["team"]


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


class OnePerson(Links):
    """One person's cases, where a link leads to them; nobody chooses from a list of everybody."""

    is_staff = True

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> tuple[tuple[str, str], ...]:
        asked = request.GET.get(str(self.parameter_name), "")
        known = asked.isascii() and asked.isdecimal() and len(asked) < 19
        person = User.objects.filter(pk=int(asked), is_staff=self.is_staff).first() if known else None
        self.names_somebody = person is not None
        return ((asked, str(person or "nobody we know")),) if asked else ()

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Nobody's cases where the address names nobody: all of them would pass for that person's."""
        if self.value() and not self.names_somebody:
            return queryset.none()
        return super().queryset(request, queryset)

    def has_output(self) -> bool:
        return bool(self.lookup_choices)


class ByOwner(OnePerson):
    title = "who has it"
    parameter_name = "owner"


class ByCustomer(OnePerson):
    """By number: an address is copied and kept by browsers, and a customer's e-mail has no place in it."""

    title = "customer"
    parameter_name = "customer"
    is_staff = False


class ByTopic(Links):
    title = "topic"
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> tuple[tuple[str, str], ...]:
        return named(request)["topic"]
