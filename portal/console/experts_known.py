"""Who can be asked: trained people with their skills, whether they are there, and how much they have before them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from cases.access import workers
from cases.lifecycle import OPEN
from cases.models import Case, PersonSkill, User
from cases.models.skill import day_of
from escalation.book import rules_of
from escalation.directory import Directory
from portal.console.words import short

HERE, LATER, AWAY = "on duty now", "not on duty now", "away"


@dataclass(frozen=True, slots=True)
class Expert:
    """A trained person. `fits`: has the skill the topic of the case asks for. `back`: when they are next on duty."""

    person: User
    skills: tuple[str, ...]
    teams: tuple[str, ...]
    presence: str
    back: datetime | None
    cases: int
    fits: bool = False

    def line(self, zone: str, now: datetime) -> str:
        """'Priya Shah: Law, Customs (on duty now)' for a list to choose from."""
        return f"{self.person}: {', '.join(self.skills)} ({self.where(zone, now)})"

    def where(self, zone: str, now: datetime) -> str:
        """'on duty now', 'not on duty now, next tomorrow, 09:00', 'away'."""
        return f"{self.presence}, next {short(self.back, zone, now)}" if self.back else self.presence


def experts(now: datetime, case: Case | None = None, *, skill: str = "") -> list[Expert]:
    """Everybody who is trained in something (in `skill`, a slug), those who fit `case` and are there first."""
    wanted = _wanted(case)
    known: dict[int, list[PersonSkill]] = {}
    rows = PersonSkill.objects.trained(day_of(now)).filter(person__in=workers()).select_related("skill")
    for row in rows.order_by("skill__name", "pk"):
        known.setdefault(row.person_id, []).append(row)
    if skill:
        known = {pk: rows for pk, rows in known.items() if any(row.skill.slug == skill for row in rows)}
    people = User.objects.filter(pk__in=known).prefetch_related("teams", "leads")
    load = Counter(Case.objects.filter(owner__in=known, state__in=OPEN).values_list("owner", flat=True))
    directory = Directory.load(now)
    found = [_expert(one, known[one.pk], directory, now, load[one.pk], wanted) for one in people]
    order = (HERE, LATER, AWAY)
    return sorted(found, key=lambda one: (not one.fits, order.index(one.presence), one.cases, str(one.person)))


def _wanted(case: Case | None) -> str | None:
    """The skill the topic of a case asks for, by its protocol."""
    if case is None:
        return None
    protocol = rules_of(case.protocol).protocol
    named = (protocol.topics.get(topic) for topic in protocol.lineage(case.category.slug))
    return next((topic.skill for topic in named if topic and topic.skill), None)


def _expert(
    person: User, rows: list[PersonSkill], directory: Directory, now: datetime, cases: int, wanted: str | None
) -> Expert:
    teams = {team.slug: team.name for team in (*person.teams.all(), *person.leads.all())}
    presence, back = _presence(person.pk, list(teams), directory, now)
    return Expert(
        person, tuple(row.skill.name for row in rows), tuple(sorted(teams.values())), presence, back, cases,
        any(row.skill.slug == wanted for row in rows),
    )  # fmt: skip


def _presence(person: int, teams: list[str], directory: Directory, now: datetime) -> tuple[str, datetime | None]:
    """Where the rota says they are. Who belongs to no team has no shifts: they are there unless away."""
    if directory.roster.is_away(person, now):
        return AWAY, None
    if not teams or any(person in directory.duty(slug) for slug in directory.posts):
        return HERE, None
    following = [one for slug in teams if (one := directory.roster.next_on_duty(slug, now)) and person in one.people]
    return LATER, min((one.start for one in following), default=None)
