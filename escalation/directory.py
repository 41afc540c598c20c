"""Who stands where at an instant: teams with their leads and people on duty, found once for a whole batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from django.db.models import IntegerField, Value

from cases.access import workers
from cases.models import Case, Category, Team, User
from escalation.calendars import Window
from escalation.models import Leave, Override, Shift
from escalation.protocol import Protocol
from escalation.rota import MOST_DAYS, Absence, Crew, Roster, Swap, Turn
from escalation.spans import parts


@dataclass(frozen=True)
class Post:
    """A team as the engine needs it: `members` are on duty, and `lead` is the lead if they are, or who stands for them."""

    id: int
    name: str
    lead: int | None
    members: tuple[int, ...]

    @property
    def people(self) -> tuple[int, ...]:
        """Everyone who may be told, the lead included."""
        return tuple(dict.fromkeys((*self.members, *((self.lead,) if self.lead else ()))))


@dataclass
class Directory:
    """Teams by slug as they stood at `at`, active people only."""

    posts: Mapping[str, Post]
    roster: Roster = field(default_factory=lambda: Roster({}))
    at: datetime | None = None
    desks: Any = None  # what people have before them; `escalation.routing` reads it once for a whole batch
    holds: bool = False  # whether a turn that is written gives cases out by it, so that caps must be held meanwhile
    _categories: dict[str, int] = field(default_factory=dict)
    _others: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _empty: dict[tuple[str, datetime | None], tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def load(cls, at: datetime, *, holds: bool = False) -> Directory:
        """Teams with their members, shifts, swaps and leave: three queries, whatever their number.

        `holds`: what is decided by it will be written, in the transaction it is loaded in. Its roster also answers for later instants; for earlier ones it lacks swaps and leave that were over.
        """
        teams, roster = _read(at)
        posts = {}
        for slug, (pk, name) in teams.items():
            duty, lead = roster.on_duty(slug, at), roster.lead(slug, at)
            posts[slug] = Post(pk, name, lead if lead in duty else None, duty)
        return cls(posts, roster, at, holds=holds)

    def duty(self, team: str, at: datetime | None = None) -> tuple[int, ...]:
        """The people behind a team at an instant, that of loading unless another is named; nobody for an unknown team."""
        if at is not None and at != self.at:
            return self.roster.on_duty(team, at)
        return self.posts[team].people if team in self.posts else ()

    def stands_in(self, team_id: int | None, user: int) -> bool:
        """Whether somebody is on duty for that team at `at`, as a substitute from elsewhere also is."""
        return any(post.id == team_id and user in post.people for post in self.posts.values())

    def empty_teams(self, protocol: Protocol, at: datetime | None = None) -> tuple[str, ...]:
        """Targets the protocol names behind which nobody stands: teams by their bare name, others as written.

        `at`: another instant than that of loading, such as when work begins again.
        """
        key = (protocol.label, at)
        if key not in self._empty:
            self._empty[key] = tuple(target for target in protocol.targets() if not self._stands_behind(target, at))
        return self._empty[key]

    def _stands_behind(self, target: str, at: datetime | None) -> bool:
        kind, colon, name = target.partition(":")
        if kind in ("person", "role"):
            return bool(self._named(target))
        # What listens to a webhook is no business of the rota; whether it exists is the linter's.
        return kind == "webhook" or bool(self.duty(name if colon else target, at))

    def person_at(self, target: str) -> int | None:
        """Who stands behind person:<address> while they are on duty; None when nobody does or they are not.

        On duty means in any team, as the rota says. Who belongs to no team has no shifts: they are there unless away.
        """
        for person in self._named(target):
            if self.is_there(person):
                return person
        return None

    def is_there(self, person: int) -> bool:
        """Whether somebody is on duty in any team; who belongs to no team has no shifts, and is there unless away."""
        if any(person in self.duty(slug) for slug in self.posts):
            return True
        teams = any(person in crew.people for crew in self.roster.crews.values())
        return not teams and self.at is not None and not self.roster.is_away(person, self.at)

    def _named(self, target: str) -> tuple[int, ...]:
        """Active staff behind person:<address> or role:<name>; looked up once."""
        if target not in self._others:
            kind, _, name = target.partition(":")
            staff = workers() if kind == "role" else workers().filter(pk__in=User.objects.at_address(name).values("pk"))
            found = staff.filter(groups__name=name) if kind == "role" else staff
            self._others[target] = tuple(found.order_by("pk").values_list("pk", flat=True).distinct())
        return self._others[target]

    def team_id(self, slug: str) -> int:
        """The team's row. Raises LookupError with a sentence when the protocol names one that is not there."""
        if slug not in self.posts:
            raise LookupError(f"The protocol names the team “{slug}”, which does not exist.")
        return self.posts[slug].id

    def slug_of(self, team_id: int | None) -> str | None:
        return next((slug for slug, post in self.posts.items() if post.id == team_id), None)

    def category_id(self, slug: str) -> int:
        if slug not in self._categories:
            self._categories.update(Category.objects.values_list("slug", "pk"))
        return self._categories[slug]

    def recipients(self, to: str, case: Case, protocol: Protocol) -> Iterable[int]:
        """The people behind an address of a Tell; falls back upwards so that nobody is told nothing."""
        kind, _, name = to.partition(":")
        if kind == "customer":
            return (case.customer_id,)
        if kind == "user":
            return (int(name),)
        if kind == "owner" and case.owner_id:
            return (case.owner_id,)
        if kind == "supervisor":
            return self._supervisors(case, protocol)
        if kind in ("person", "role"):
            return self._named(to)
        slug = name or self.slug_of(case.team_id) or ""
        post = self.posts.get(slug)
        if post is None:
            return ()
        return (post.lead,) if kind == "lead" and post.lead else self._people(slug, post)

    def _people(self, slug: str, post: Post) -> tuple[int, ...]:
        """Who is on duty; while nobody is, who comes next, so that the letter lies there when they do."""
        if post.people or self.at is None:
            return post.people
        following = self.roster.next_on_duty(slug, self.at)
        return following.people if following else ()

    def _supervisors(self, case: Case, protocol: Protocol) -> Iterable[int]:
        """The first tier above the case that has people; at the top, the case's own team."""
        own = protocol.tier(case.tier)
        for tier in (*protocol.tiers[case.tier :], own):
            post = self.posts.get(tier.team)
            if post and post.people:
                return (post.lead,) if post.lead else post.people
        return self._people(own.team, self.posts[own.team]) if own.team in self.posts else ()


class _Reader:
    """What one look at the tables finds; who was met and is active counts, everybody else is nobody."""

    def __init__(self) -> None:
        self.teams: dict[str, tuple[int, str]] = {}
        self.leads: dict[int, int | None] = {}
        self.people: dict[int, set[int]] = {}
        self.zones: dict[int, str] = {}
        self.most_days: dict[int, int] = {}
        self.turns: dict[int, list[Turn]] = {}
        self.swaps: dict[int, list[Swap]] = {}
        self.absences: list[Absence] = []
        self.active: set[int] = set()

    def meet(self, user: int | None, here: bool | None) -> None:
        if user is not None and here:
            self.active.add(user)

    def read_teams(self) -> None:
        rows = Team.objects.order_by("pk").values_list(
            "pk", "slug", "name", "lead_id", "lead__is_active", "members", "members__is_active"
        )
        for pk, slug, name, lead, lead_here, member, member_here in rows:
            self.teams[slug], self.leads[pk] = (pk, name), lead
            self.meet(lead, lead_here)
            self.meet(member, member_here)
            self.people.setdefault(pk, set()).update(one for one in (member, lead) if one is not None)

    def read_shifts(self) -> None:
        """Also those that are over: the team keeps its rota, and stands empty until somebody writes a new shift."""
        rows = Shift.objects.order_by("pk").values_list(
            "rota__team", "rota__zone", "rota__most_days", "user", "weekday", "opens", "closes", "starts_on", "ends_on"
        )
        for team, zone, most_days, user, weekday, opens, closes, starts_on, ends_on in rows:
            turn = Turn(user, Window(weekday, opens, closes), starts_on, ends_on)
            self.turns.setdefault(team, []).append(turn)
            self.zones[team], self.most_days[team] = zone, most_days

    def read_exceptions(self, at: datetime) -> None:
        """Swaps and leave in one query: team (none for leave), person, start, end, the other person."""
        swaps = Override.objects.order_by().filter(ends_at__gt=at)
        away = Leave.objects.order_by().filter(ends_at__gt=at).annotate(team=Value(None, output_field=IntegerField()))
        rows = swaps.values_list("rota__team", "user", "user__is_active", "starts_at", "ends_at", "instead_of", "pk").union(
            away.values_list("team", "user", "substitute__is_active", "starts_at", "ends_at", "substitute", "pk"), all=True
        )  # fmt: skip
        for team, user, here, start, end, other, _pk in cast(Iterable[Any], rows):
            low, high = parts(start)[0], parts(end)[0]
            if team is None:
                self.meet(other, here)
                self.absences.append(Absence(user, low, high, other))
            else:
                self.meet(user, here)
                self.swaps.setdefault(team, []).append(Swap(user, low, high, other))


def _read(at: datetime) -> tuple[dict[str, tuple[int, str]], Roster]:
    """The teams by slug (pk, name), and the roster of them from `at` on."""
    reader = _Reader()
    reader.read_teams()
    reader.read_shifts()
    reader.read_exceptions(at)
    crews = {
        slug: Crew(
            frozenset(reader.people[pk]),
            reader.leads[pk],
            reader.zones.get(pk, "UTC"),
            tuple(reader.turns.get(pk, ())),
            tuple(reader.swaps.get(pk, ())),
            reader.most_days.get(pk, MOST_DAYS),
        )
        for slug, (pk, _name) in reader.teams.items()
    }
    return reader.teams, Roster(crews, tuple(reader.absences), frozenset(reader.active))
