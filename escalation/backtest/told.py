"""Who stood where, who would have been told, and who of them at night. Teams and weekly shifts are those of today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cases.models import User
from escalation.backtest.rerun import Word
from escalation.directory import Directory, Post
from escalation.protocol import Protocol
from escalation.rota import Roster

#: Local hours that count as night: from 22:00 up to 07:00.
NIGHT_FROM, NIGHT_TO = 22, 7


@dataclass
class Staff:
    """The teams as today's rows say they stood at any instant since the window began.

    Where there are rotas it is built anew for each minute that is asked for. No history is kept of who belonged to a team or of weekly shifts that were changed: swaps and leave are known.
    """

    first: Directory
    zones: dict[int, str]
    company_zone: str
    rotas: frozenset[str] = field(init=False)  # teams whose people change with the hour
    _minutes: dict[datetime | None, Directory] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rotas = frozenset(slug for slug, crew in self.roster.crews.items() if crew.has_rota)
        self._changes = bool(self.rotas or self.roster.absences)

    @classmethod
    def load(cls, since: datetime, company_zone: str) -> Staff:
        zones = dict(User.objects.filter(is_staff=True).values_list("pk", "time_zone"))
        return cls(Directory.load(since), zones, company_zone)

    @property
    def roster(self) -> Roster:
        return self.first.roster

    def at(self, instant: datetime) -> Directory:
        """Who stood where in the minute of `instant`: shifts change on whole minutes, so the order of asking is nothing."""
        minute = instant.replace(second=0, microsecond=0) if self._changes else None
        if minute not in self._minutes:
            posts = {slug: self._post(slug, post, minute or instant) for slug, post in self.first.posts.items()}
            self._minutes[minute] = Directory(posts, self.roster)
        return self._minutes[minute]

    def _post(self, slug: str, post: Post, instant: datetime) -> Post:
        duty, lead = self.roster.on_duty(slug, instant), self.roster.lead(slug, instant)
        return Post(post.id, post.name, lead if lead in duty else None, duty)


@dataclass
class Emptiness:
    """Which targets nobody stood behind: what the record says, and for what it cannot say, today's rows.

    `known` are the targets the recorded protocols name: of others the record is silent.
    """

    staff: Staff
    protocol: Protocol
    known: frozenset[str]

    def __post_init__(self) -> None:
        self.covered = self.known.issuperset(self.protocol.targets())
        # Whether today's rows are ever asked, and so the instant matters.
        self.asks_today = bool(self.staff.rotas) or not self.covered

    def as_recorded(self, found: tuple[str, ...], at: datetime) -> tuple[str, ...]:
        """The record was asked at that very moment: only targets it does not know are added."""
        if self.covered:
            return found
        return tuple(sorted({*found, *(self._today(at) - self.known)}))

    def as_far_as_known(self, found: tuple[str, ...], at: datetime) -> tuple[str, ...]:
        """The nearest earlier word of the record; teams with a rota change by the hour and are asked there."""
        rotas = self.staff.rotas
        if not rotas:
            return self.as_recorded(found, at)
        asked = {one for one in self._today(at) if _team(one) in rotas or one not in self.known}
        return tuple(sorted({one for one in found if _team(one) not in rotas} | asked))

    def _today(self, at: datetime) -> frozenset[str]:
        return frozenset(self.staff.at(at).empty_teams(self.protocol))


def _team(target: str) -> str:
    return target.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case stands, as far as finding a notice's recipients needs it."""

    customer_id: int
    owner_id: int | None
    team_id: int | None
    tier: int


@dataclass
class Listeners:
    """Finds the people behind an address, under one protocol."""

    staff: Staff
    protocol: Protocol
    _known: dict[tuple, tuple[int, ...]] = field(default_factory=dict)

    def night_and_day(self, words: Sequence[Word]) -> tuple[int, int]:
        """How many notices to staff these are, one a person: at night of the person's own time, and by day.

        A letter to a team nobody is on duty for lies there until somebody is, and wakes nobody.
        """
        night = day = 0
        for word in words:
            if word.tell.to == "customer":
                continue
            for person in self._people(word):
                if is_night(word.at, self.staff.zones.get(person) or self.staff.company_zone):
                    night += 1
                else:
                    day += 1
        return night, day

    def _people(self, word: Word) -> tuple[int, ...]:
        to, directory = word.tell.to, self.staff.at(word.at)
        key = (id(directory), to, word.tier, word.team, word.owner if to == "owner" else None)
        found = self._known.get(key)
        if found is None:
            post = directory.posts.get(word.team or "")
            place = Place(0, word.owner, post.id if post else None, word.tier)
            found = tuple(directory.recipients(to, place, self.protocol))  # type: ignore[arg-type]
            self._known[key] = found
        return found


def is_night(at: datetime, zone: str) -> bool:
    """Whether it is night at that instant where the person is."""
    hour = at.astimezone(_zone(zone)).hour
    return hour >= NIGHT_FROM or hour < NIGHT_TO


@cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
