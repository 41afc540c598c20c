"""The made-up people of the demo: a support company of twenty and its customers. None of them exists."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from django.contrib.auth.models import Group

from cases.models import Team, User

#: Known only where nobody but this machine can come in; elsewhere a random one is made and printed once.
LOOPBACK_PASSWORD = "milepost-demo"  # noqa: S105 # nosec B105

TEAMS: dict[str, tuple[str, ...]] = {
    "service-representatives": ("Tom Reed", "Ana Ruiz", "Noor Haddad", "Ben Oduya", "Lena Fischer"),
    "customer-support-managers": ("Mara Lindt", "Jonas Weber", "Chloe Martin"),
    "customer-support-lead": ("Priya Shah", "Marco Bellini"),
    "chief-customer-service-officer": ("Ivo Novak", "Grace Kim"),
    "executive-customer-service-manager": ("Edith Cole", "Samir Aziz"),
}
SUPERVISORS = ("Dana Voss",)
MANAGERS = ("Max Berger",)
CUSTOMERS = (
    "Sam Okafor", "Olga Petrova", "Hiro Tanaka", "Fatima Zahra", "Luc Moreau", "Ingrid Olsen", "Paul Carter",
    "Rosa Delgado", "Wei Chen", "Amara Nwosu", "Piotr Zielinski", "Emma Walsh", "Karim Said", "Julia Brandt",
    "Tariq Malik", "Sofia Rossi", "David Cohen", "Nina Horvat",
)  # fmt: skip
PHONES = {"service-representatives": "+44 20 7946 0100", "customer-support-managers": "+44 20 7946 0122"}


@dataclass
class Cast:
    """The demo's people; `sign_ins` holds the e-mail and password of one person for each role."""

    customers: list[User] = field(default_factory=list)
    members: dict[str, list[User]] = field(default_factory=dict)
    supervisors: list[User] = field(default_factory=list)
    sign_ins: list[tuple[str, str, str]] = field(default_factory=list)


def known_accounts() -> list[str]:
    """Demo accounts that still have the known password: they must never be reachable from elsewhere."""
    people = User.objects.filter(email__endswith="@demo.example", is_active=True, is_staff=True)[:3]
    return [user.email for user in people if user.check_password(LOOPBACK_PASSWORD)]


def address(name: str) -> str:
    """An address in a domain that can never exist."""
    return f"{name.lower().replace(' ', '.')}@demo.example"


def cast(password: str | None = None) -> Cast:
    """Makes the people. Without `password` a random one is made, the same for every demo account."""
    password = password or secrets.token_urlsafe(12)
    made = Cast()
    agents = Group.objects.get(name="Agents")
    for slug, names in TEAMS.items():
        team = Team.objects.get(slug=slug)
        made.members[slug] = [_staff(name, agents, password) for name in names]
        team.members.set(made.members[slug])
        team.lead = made.members[slug][0]
        team.phone = PHONES.get(slug, "")
        team.save(update_fields=["lead", "phone"])
    made.supervisors = [_staff(name, Group.objects.get(name="Supervisors"), password) for name in SUPERVISORS]
    managers = [_staff(name, Group.objects.get(name="Managers"), password) for name in MANAGERS]
    for name in CUSTOMERS:
        user = User.objects.create_user(address(name), password, name=name, is_verified=True)
        made.customers.append(user)
    made.sign_ins = [
        ("customer", made.customers[0].email, password),
        ("agent", made.members["service-representatives"][0].email, password),
        ("supervisor", made.supervisors[0].email, password),
        ("manager", managers[0].email, password),
        ("author", made.members["chief-customer-service-officer"][0].email, password),
    ]
    return made


def _staff(name: str, group: Group, password: str) -> User:
    user = User.objects.create_user(address(name), password, name=name, is_staff=True, is_verified=True)
    user.groups.add(group)
    return user
