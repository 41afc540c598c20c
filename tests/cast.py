"""The people every story needs: customers, one person behind each tier, a supervisor, a manager."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.contrib.auth.models import Group

from cases.models import Case, Category, Team, User
from cases.roles import install_roles
from escalation import verbs
from escalation.packs import install, read_pack

#: A Monday at work, London in winter time: local 10:00.
MONDAY = datetime(2026, 1, 12, 10, 0, tzinfo=UTC)
PASSWORD = "a long enough sentence"


@dataclass
class Cast:
    """Real rows for the roles of a story; `tiers[n]` is the person behind tier n."""

    customer: User
    other: User
    tiers: dict[int, User]
    mate: User
    supervisor: User
    manager: User
    teams: dict[int, Team] = field(default_factory=dict)

    def file(
        self, *, at: datetime = MONDAY, impact: str = "loss", title: str = "Charged twice", **more: object
    ) -> Case:
        """A case as the page files it."""
        told = verbs.Told(
            title=title,
            description="I see two payments for one order.",
            category=Category.objects.get(slug="orders"),
            impact=impact,
            expectation="My money back.",
        )
        return verbs.file_case(told, by=more.pop("by", self.customer), at=at, **more)  # type: ignore[arg-type]


def person(email: str, name: str, **more: object) -> User:
    """A person who can sign in with PASSWORD."""
    return User.objects.create_user(email, PASSWORD, name=name, is_verified=True, **more)


def gather() -> Cast:
    """Puts the default protocol, the roles and the people in place."""
    install_roles()
    install(read_pack("five_tier"), at=datetime(2025, 1, 1, tzinfo=UTC))
    agents, supervisors, managers = (Group.objects.get(name=n) for n in ("Agents", "Supervisors", "Managers"))
    slugs = [tier["team"] for tier in read_pack("five_tier")["protocol"]["tiers"]]
    names = ("Tom Reed", "Mara Lindt", "Priya Shah", "Ivo Novak", "Edith Cole")
    tiers, teams = {}, {}
    for ordinal, (slug, name) in enumerate(zip(slugs, names, strict=True), start=1):
        tiers[ordinal] = person(f"{name.split()[0].lower()}@example.com", name, is_staff=True)
        tiers[ordinal].groups.add(agents)
        teams[ordinal] = Team.objects.get(slug=slug)
        teams[ordinal].members.add(tiers[ordinal])
        teams[ordinal].lead = tiers[ordinal]
        teams[ordinal].save(update_fields=["lead"])
    mate = person("mate@example.com", "Ana Mate", is_staff=True)
    mate.groups.add(agents)
    teams[1].members.add(mate)
    supervisor = person("dana@example.com", "Dana Voss", is_staff=True)
    supervisor.groups.add(supervisors)
    manager = person("max@example.com", "Max Manager", is_staff=True)
    manager.groups.add(managers)
    return Cast(
        customer=person("sam@example.com", "Sam Okafor"),
        other=person("olga@example.com", "Olga Other"),
        tiers=tiers,
        mate=mate,
        supervisor=supervisor,
        manager=manager,
        teams=teams,
    )
