"""What a protocol stands on: topics, teams and their rotas, staff, roles, webhooks, letters, as one frozen value.

`world_now` reads it from the database, `world_of` makes it from a pack; the rules see neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from cases.access import workers
from cases.languages import written
from cases.models import Category, Team, User
from cases.roles import ROLES
from escalation.book import DEFAULT
from escalation.directory import Directory
from escalation.models import ProtocolChoice, ProtocolVersion
from escalation.packs import calendars_of
from escalation.reading import parse
from escalation.rota import Crew, Roster

#: Every kind of letter a decision can owe a customer; a test reads them out of escalation/decision.
CUSTOMER_EVENTS = (
    "answer",
    "apology",
    "closed",
    "earlier",
    "merged",
    "named_person",
    "new_owner",
    "new_time",
    "passed_on",
    "priority_set",
    "progress",
    "promise_broken",
    "question",
    "received",
    "reopened",
    "still_looking",
    "still_waiting",
    "supervisor_answered",
    "supervisor_asked",
    "survey",
    "waiting_partner",
)
#: Mail settings under which no letter leaves.
SILENT = ("", "django.core.mail.backends.dummy.EmailBackend")


@dataclass(frozen=True)
class World:
    """What an installation has. People are numbers, as in the roster; texts are for the sentences."""

    categories: Mapping[str, str]  # active topics: slug to name
    roster: Roster  # its crews are the teams that exist
    team_names: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    staff: Mapping[str, int] = field(default_factory=dict)  # addresses, in small letters, of active staff
    roles: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # active staff by role
    webhooks: Mapping[str, str] = field(default_factory=dict)  # name to address
    own_hosts: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()  # ways a letter can leave
    letters: Mapping[str, frozenset[str]] = field(default_factory=dict)  # kind to languages it is written in
    languages: tuple[str, ...] = ("en",)  # languages customers read
    elsewhere: frozenset[str] = frozenset()  # calendars another protocol uses
    zone: str = "UTC"  # in which hours are named

    def has_team(self, slug: str) -> bool:
        return slug in self.roster.crews

    def people(self, team: str) -> frozenset[int]:
        """Active people of a team, the lead included; nobody for a team that does not exist."""
        crew = self.roster.crews.get(team)
        return crew.people & self.roster.active if crew else frozenset()

    def team(self, slug: str) -> str:
        """The team's name; its slug when it does not exist."""
        return self.team_names.get(slug, slug)

    def name_of(self, person: int) -> str:
        return self.names.get(person, f"person {person}")


def all_letters(languages: Iterable[str] = ("en",)) -> dict[str, frozenset[str]]:
    """Every letter customers can get, written in these languages."""
    return {kind: frozenset(languages) for kind in CUSTOMER_EVENTS}


def world_of(pack: Mapping[str, Any], people: int = 2) -> World:
    """The world a pack brings along: its topics, and its teams with some invented people each, there at every hour."""
    crews, names = {}, {}
    for row in pack["teams"]:
        numbers = range(len(names) + 1, len(names) + people + 1)
        names |= {number: f"{row['name']} {number}" for number in numbers}
        crews[row["slug"]] = Crew(frozenset(numbers), lead=numbers[0])
    return World(
        categories={row["slug"]: row["name"] for row in pack["categories"]},
        roster=Roster(crews, active=frozenset(names)),
        team_names={row["slug"]: row["name"] for row in pack["teams"]},
        names=names,
        staff={f"person{number}@example.com": number for number in names},
        roles={role: tuple(names)[:1] for role in ROLES},
        channels=frozenset({"email"}),
        letters=all_letters(),
    )


def world_now(at: datetime, *, key: str = DEFAULT, topics: Iterable[str] = ()) -> World:
    """What this installation has at `at` for the protocol `key`, whatever its version; `topics` are those it names."""
    roster = Directory.load(at).roster
    staff = workers()
    roles: dict[str, tuple[int, ...]] = {}
    for role, user in staff.filter(groups__isnull=False).order_by("pk").values_list("groups__name", "pk"):
        roles[role] = (*roles.get(role, ()), user)
    customers = User.objects.filter(is_active=True, is_staff=False)
    return World(
        categories=dict(_categories(key, topics).values_list("slug", "name")),
        roster=roster,
        team_names=dict(Team.objects.values_list("slug", "name")),
        names={pk: name or email for pk, name, email in staff.values_list("pk", "name", "email")},
        staff={email.lower(): pk for pk, email in staff.values_list("pk", "email")},
        roles=roles,
        webhooks=getattr(settings, "WEBHOOKS", {}),
        own_hosts=frozenset({urlsplit(settings.BASE_URL).netloc.lower()}),
        channels=frozenset(() if settings.EMAIL_BACKEND in SILENT else ("email",)),
        letters={kind: frozenset(written()) for kind in CUSTOMER_EVENTS if _has_letter(kind)},
        languages=tuple({_language(one) for one in customers.order_by().values_list("language", flat=True).distinct()}),
        elsewhere=_calendars_elsewhere(key),
        zone=settings.COMPANY_TIME_ZONE,
    )


def _categories(key: str, topics: Iterable[str]) -> models.QuerySet[Category]:
    """The topics whose cases can come under a protocol; its own while no line of the list chooses it."""
    active = Category.objects.filter(is_active=True)
    lines = list(ProtocolChoice.objects.filter(protocol=key).values_list("category", flat=True))
    if key == DEFAULT or None in lines:
        return active
    return active.filter(pk__in=lines) if lines else Category.objects.filter(slug__in=list(topics))


def _language(code: str) -> str:
    """`en` of `en-gb`."""
    return code.partition("-")[0].lower()


def _has_letter(kind: str) -> bool:
    try:
        get_template(f"mail/{kind}.txt")
    except TemplateDoesNotExist:
        return False
    return True


def _calendars_elsewhere(key: str) -> frozenset[str]:
    """The calendars the other protocols in force count on."""
    others = ProtocolVersion.objects.filter(status=ProtocolVersion.Status.PUBLISHED).exclude(key=key)
    named: set[str] = set()
    for label, document in others.values_list("label", "document"):
        named |= set(calendars_of(parse(label, document)))
    return frozenset(named)
