"""Who is on duty at any second, worked out from rows: weekly shifts, swaps, leave. No database, no clock.

Steps of an answer: (1) shifts of people who belong to the team; (2) swaps, each looking at the shifts only;
(3) whoever is away is replaced by their substitute, and that one by theirs; (4) nobody who is gone counts.
A team without a single shift has no rota: all its people stand behind it at every hour, by steps 3 and 4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from escalation.calendars import Window
from escalation.spans import Span, edge, instant, parts

FORTNIGHT = 14
MOST_DAYS = 7  # days on duty in a row, unless a rota says otherwise
LOOK_AHEAD = (timedelta(days=8), timedelta(days=36), timedelta(days=120))  # how far a next shift is looked for


@dataclass(frozen=True, slots=True)
class Turn:
    """A weekly shift: `window` in the rota's zone, on the local dates from `starts_on` to `ends_on` (both included)."""

    user: int
    window: Window
    starts_on: date = date.min
    ends_on: date | None = None

    def spans(self, zone: str, first: int, last: int) -> Iterator[Span]:
        """Seconds of each turn whose local date's ordinal lies in [first, last]; lost ones (spring gap) are left out."""
        low = max(first, self.starts_on.toordinal())
        high = last if self.ends_on is None else min(last, self.ends_on.toordinal())
        # Ordinal 1 was a Monday.
        for ordinal in range(low + (self.window.weekday + 1 - low) % 7, high + 1, 7):
            start, end = _span(zone, ordinal, self.window.opens, self.window.minutes)
            if start < end:
                yield start, end


@lru_cache(maxsize=20_000)
def _span(zone: str, ordinal: int, opens: int, minutes: int) -> Span:
    begin = datetime.combine(date.fromordinal(ordinal), time()) + timedelta(minutes=opens)
    info = ZoneInfo(zone)
    return edge(info, begin), edge(info, begin + timedelta(minutes=minutes))


@dataclass(frozen=True, slots=True)
class Swap:
    """One time only, in seconds: `user` in place of `instead_of`, or besides everybody when that is None."""

    user: int
    start: int
    end: int
    instead_of: int | None = None


@dataclass(frozen=True, slots=True)
class Absence:
    """`user` is away in [start, end), in seconds; `substitute` stands for them."""

    user: int
    start: int
    end: int
    substitute: int | None = None


@dataclass(frozen=True)
class Crew:
    """A team with its rota. `people` are its members and its lead; `zone` is the rota's, `most_days` its longest run."""

    people: frozenset[int]
    lead: int | None = None
    zone: str = "UTC"
    turns: tuple[Turn, ...] = ()
    swaps: tuple[Swap, ...] = ()
    most_days: int = MOST_DAYS

    @property
    def has_rota(self) -> bool:
        return bool(self.turns)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` to `end` the same people are on duty."""

    start: datetime
    end: datetime
    people: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody stands behind `team`. With `without` set: nobody, if that person is not there."""

    team: str
    start: datetime
    end: datetime
    without: int | None = None


@dataclass(frozen=True)
class Roster:
    """Teams by slug, who is away when, and who is here at all."""

    crews: Mapping[str, Crew]
    absences: tuple[Absence, ...] = ()
    active: frozenset[int] = frozenset()
    _away: dict[int, list[Absence]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for absence in sorted(self.absences, key=lambda a: (a.substitute is None, a.start)):
            self._away.setdefault(absence.user, []).append(absence)

    def without(self, person: int) -> Roster:
        """The same without somebody: who is ill tomorrow, who leaves."""
        return replace(self, active=self.active - {person})

    def on_duty(self, team: str, at: datetime) -> tuple[int, ...]:
        """Who stands behind the team at that instant, by number; empty for a team nobody knows."""
        crew, second = self.crews.get(team), parts(at)[0]
        if crew is None:
            return ()
        today = at.astimezone(ZoneInfo(crew.zone)).toordinal()
        # A turn lasts less than a day more than it starts late: two days back cover every one that still runs.
        spans = [(*span, turn.user) for turn in crew.turns for span in turn.spans(crew.zone, today - 2, today + 1)]
        return self._standing(crew, spans, second)

    def is_away(self, user: int, at: datetime) -> bool:
        """Whether the person is on leave at that instant."""
        second = parts(at)[0]
        return any(absence.start <= second < absence.end for absence in self._away.get(user, ()))

    def stand_in(self, user: int, at: datetime) -> int | None:
        """Who stands for the person at that instant, at the end of their substitutes: themselves while they are here."""
        found = self._stand_in(user, parts(at)[0])
        return found if found in self.active else None

    def lead(self, team: str, at: datetime) -> int | None:
        """The team's lead, or who stands for them while they are away; None when there is nobody."""
        crew = self.crews.get(team)
        if crew is None or crew.lead is None:
            return None
        found = self._stand_in(crew.lead, parts(at)[0])
        return found if found in self.active else None

    def changes(self, team: str, start: datetime, end: datetime) -> list[Stretch]:
        """[start, end) as stretches that touch, each with who is on duty; two neighbours always differ.

        Both instants are cut to the whole second. Raises ValueError when `end` lies before `start`.
        """
        low, high = parts(start)[0], parts(end)[0]
        if high < low:
            raise ValueError(f"The stretch from {start} to {end} ends before it starts.")
        crew = self.crews.get(team, Crew(frozenset()))
        spans = _spans(crew, low, high)
        edges = {low, *(second for span in spans for second in span[:2])}
        edges |= {second for swap in crew.swaps for second in (swap.start, swap.end)}
        edges |= {second for absence in self.absences for second in (absence.start, absence.end)}
        found: list[Stretch] = []
        for second in sorted(one for one in edges if low <= one < high):
            people = self._standing(crew, spans, second)
            if not found or found[-1].people != people:
                found.append(Stretch(instant(second), instant(second), people))
        ends = [one.start for one in found[1:]] + [instant(high)]
        return [replace(one, end=stop) for one, stop in zip(found, ends, strict=True)]

    def next_on_duty(self, team: str, after: datetime) -> Stretch | None:
        """The stretch in which somebody is on duty at or next after that instant; None within four months."""
        for ahead in LOOK_AHEAD:
            for one in self.changes(team, after, after + ahead):
                if one.people:
                    return one
        return None

    def gaps(
        self, teams: Iterable[str], start: datetime, days: int = FORTNIGHT, needed: Mapping[str, Sequence[Span]] | None = None
    ) -> list[Gap]:  # fmt: skip
        """Where nobody stands behind a team in the next `days` times 24 hours, in order.

        `needed` says for each team the spans, in seconds and in order, in which somebody must stand there; a team
        that is not in it is needed at every hour.
        """
        return self._alone(teams, start, days, needed, lambda people: None if people else (None,))

    def single_points(
        self, teams: Iterable[str], start: datetime, days: int = FORTNIGHT, needed: Mapping[str, Sequence[Span]] | None = None
    ) -> list[Gap]:  # fmt: skip
        """Take each person away in turn: the stretches in which a team then has nobody, besides the gaps themselves.

        That is where exactly one person is on duty: taking somebody away changes nothing else.
        """
        return self._alone(teams, start, days, needed, lambda people: people if len(people) == 1 else None)

    def _alone(
        self,
        teams: Iterable[str],
        start: datetime,
        days: int,
        needed: Mapping[str, Sequence[Span]] | None,
        who: Callable[[tuple[int, ...]], tuple[int | None, ...] | None],
    ) -> list[Gap]:
        """Stretches for whose people `who` gives the one to name, cut to what is needed."""
        end = start + timedelta(days=days)
        found: list[Gap] = []
        for team in teams:
            every = (parts(start)[0], parts(end)[0])
            wanted = needed.get(team, [every]) if needed is not None else [every]
            for one in self.changes(team, start, end):
                named = who(one.people)
                if named is None:
                    continue
                low, high = parts(one.start)[0], parts(one.end)[0]
                cut = ((max(low, a), min(high, b)) for a, b in wanted)
                found += [Gap(team, instant(a), instant(b), named[0]) for a, b in cut if a < b]
        return sorted(found, key=lambda gap: (gap.start, gap.team))

    def _standing(self, crew: Crew, spans: Iterable[tuple[int, int, int]], second: int) -> tuple[int, ...]:
        if not crew.has_rota:
            wanted = set(crew.people)
        else:
            by_shift = {user for start, end, user in spans if start <= second < end and user in crew.people}
            swaps = [swap for swap in crew.swaps if swap.start <= second < swap.end]
            off = {swap.instead_of for swap in swaps}
            on = {swap.user for swap in swaps if swap.instead_of is None or swap.instead_of in by_shift}
            wanted = (by_shift - off) | on
        standing = {self._stand_in(user, second) for user in wanted}
        return tuple(sorted(user for user in standing if user in self.active))

    def _stand_in(self, user: int, second: int) -> int | None:
        """The person, or at the end of their substitutes; None when nobody is, also when they stand for each other."""
        seen: set[int] = set()
        person: int | None = user
        while person is not None and person not in seen:
            seen.add(person)
            away = next((a for a in self._away.get(person, ()) if a.start <= second < a.end), None)
            if away is None:
                return person
            person = away.substitute
        return None


def _spans(crew: Crew, low: int, high: int) -> list[tuple[int, int, int]]:
    """Every turn of the crew that touches [low, high], with its person."""
    zone = ZoneInfo(crew.zone)
    first, last = (instant(second).astimezone(zone).toordinal() for second in (low, high))
    found = ((*span, turn.user) for turn in crew.turns for span in turn.spans(crew.zone, first - 2, last + 1))
    return [span for span in found if span[1] > low and span[0] < high]
