"""The ground the rules stand on: every (category, severity, tier) and every hour of 28 days, worked out once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from cases.models.case import Severity
from escalation.lint.finding import Key
from escalation.lint.world import World
from escalation.protocol import ANY, Cell, MissingCell, Protocol
from escalation.worktime import Calendar, CalendarError

DAYS = 28
HOURS = DAYS * 24
SEVERITIES = tuple(Severity.values)
COMPLEXITIES = (1, 2, 3)
TIMES = ("review", "acknowledge", "update", "refer_up", "resolve")
TIME_NAMES = {
    "review": "review", "acknowledge": "acknowledgment", "update": "update interval",
    "refer_up": "time at one level", "resolve": "answer",
}  # fmt: skip
WINDOW_NAMES = {
    "lapse": "silence after a question", "nudge": "reminder", "confirm": "silence after an answer",
    "reopen": "time to reopen",
}  # fmt: skip
EVERY_TOPIC = "Every topic"


@dataclass(frozen=True, slots=True)
class Spot:
    """A row of the matrix as a case meets it: `row` is the topic it is written for, or `*`."""

    row: str
    severity: int
    tier: int
    cell: Cell

    @property
    def key(self) -> Key:
        return Key("cell", self.row, self.severity, self.tier)


@dataclass(frozen=True)
class Ground:
    """A protocol on its calendars in its world at an instant, with what several rules ask."""

    protocol: Protocol
    calendars: Mapping[str, Calendar]
    world: World
    at: datetime

    @cached_property
    def first_hour(self) -> datetime:
        """The full hour at or after `at`, in UTC."""
        whole = self.at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return whole if whole == self.at else whole + timedelta(hours=1)

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """The active topics; `*` alone while there are none."""
        return tuple(self.world.categories) or (ANY,)

    @cached_property
    def cells(self) -> dict[tuple[str, int, int], Spot | None]:
        """Each (category, severity, tier) with the row that governs it; None where there is none."""
        found: dict[tuple[str, int, int], Spot | None] = {}
        for category in self.categories:
            rows = (*self.protocol.lineage(category), ANY)
            for severity in SEVERITIES:
                for tier in self.tiers:
                    try:
                        cell = self.protocol.cell(category, severity, tier)
                    except MissingCell:
                        found[category, severity, tier] = None
                        continue
                    row = next(row for row in rows if (row, severity, tier) in self.protocol.matrix)
                    found[category, severity, tier] = Spot(row, severity, tier, cell)
        return found

    @cached_property
    def spots(self) -> tuple[Spot, ...]:
        """The rows some case can meet, each once, in the order of their place."""
        used = {(s.severity, s.tier, s.row): s for s in self.cells.values() if s}
        return tuple(used[place] for place in sorted(used))

    def spots_of(self, tier: int) -> tuple[Spot, ...]:
        return tuple(spot for spot in self.spots if spot.tier == tier)

    @property
    def tiers(self) -> range:
        return range(1, self.protocol.top + 1)

    @cached_property
    def named_calendars(self) -> frozenset[str]:
        """Calendars the protocol counts on; `always` runs the timers of every protocol."""
        return frozenset({s.cell.calendar for s in self.spots} | {self.protocol.windows.calendar, "always"})

    def teams_of(self, tier: int) -> tuple[str, ...]:
        """The teams cases of some topic go to at a tier, each once."""
        return tuple(dict.fromkeys(self.protocol.team_at(tier, category) for category in self.categories))

    # Hours -----------------------------------------------------------------------------------------------------

    def open_hours(self, key: str) -> tuple[bool, ...]:
        """For each of the hours ahead whether some of it counts on the calendar; all of them when there is none."""
        calendar = self.calendars.get(key)
        return open_hours(calendar, self.first_hour) if calendar else (True,) * HOURS

    def waits(self, key: str, seconds: int) -> tuple[int, ...] | None:
        """Round-the-clock seconds to the due instant for a start at each hour; None when it never falls due."""
        calendar = self.calendars.get(key)
        return waits(calendar, seconds, self.first_hour) if calendar else None

    @cached_property
    def _uncovered(self) -> dict[str, frozenset[int]]:
        return {}

    def uncovered(self, team: str) -> frozenset[int]:
        """The hours ahead in which the team has nobody for a moment or longer."""
        if team not in self._uncovered:
            end = self.first_hour + timedelta(days=DAYS)
            empty: set[int] = set()
            for one in self.world.roster.changes(team, self.first_hour, end):
                if not one.people:
                    low = int((one.start - self.first_hour).total_seconds()) // 3600
                    high = -(-int((one.end - self.first_hour).total_seconds()) // 3600)
                    empty.update(range(low, high))
            self._uncovered[team] = frozenset(empty)
        return self._uncovered[team]

    def hour(self, number: int) -> str:
        """An hour ahead in words: `Sat 28 Nov 2026, 03:00 (London time)`."""
        local = (self.first_hour + timedelta(hours=number)).astimezone(ZoneInfo(self.world.zone))
        place = self.world.zone.rsplit("/", 1)[-1].replace("_", " ")
        return f"{local:%a} {local.day} {local:%b %Y, %H:%M} ({place} time)"

    # Words -----------------------------------------------------------------------------------------------------

    def topic(self, category: str) -> str:
        return EVERY_TOPIC if category == ANY else self.world.categories.get(category, category)

    def level(self, tier: int) -> str:
        return f"Level {tier} ({self.protocol.tier(tier).name})" if tier in self.tiers else f"Level {tier}"

    def place(self, key: Key) -> str:
        """The place in words, as it stands in the editor."""
        return " ".join(self._words(key)).replace(" ,", ",")

    def _words(self, key: Key) -> Iterator[str]:
        severity = Severity(key.severity).label if key.severity in SEVERITIES else f"severity {key.severity}"
        if key.kind == "cell":
            known = key.category == ANY or key.category in self.world.categories
            topic = self.topic(key.category or ANY) if known else f"Topic “{key.category}”"
            yield f"{topic}, {severity}, level {key.tier}"
        elif key.kind == "entry":
            yield f"Start, {severity}, complexity {key.item}"
        elif key.kind in ("level", "step"):
            yield self.level(key.tier or 0)
            if key.kind == "step":
                yield f", step {key.item}"
        elif key.kind == "topic":
            yield f"Topic “{self.topic(key.category or ANY)}”"
        elif key.kind == "window":
            yield f"Times, {WINDOW_NAMES.get(key.item or '', key.item or '')}"
        elif key.kind == "fast_lane":
            yield "Fast lane"
        elif key.kind == "upset":
            yield "Upset customers"
        else:
            yield f"{key.kind.capitalize()} “{key.item}”"


@lru_cache(maxsize=512)
def open_hours(calendar: Calendar, first: datetime) -> tuple[bool, ...]:
    """For each of the hours from `first` on whether some of it counts."""
    if calendar.always and not calendar.days_off:
        return (True,) * HOURS
    edges = [first + timedelta(hours=n) for n in range(HOURS + 1)]
    return tuple(calendar.worked(low, high) > 0 for low, high in pairwise(edges))


@lru_cache(maxsize=4096)
def waits(calendar: Calendar, seconds: int, first: datetime) -> tuple[int, ...] | None:
    """Round-the-clock seconds from each hour on to `seconds` of working time later; None when that never comes."""
    if calendar.always and not calendar.days_off:
        return (seconds,) * HOURS
    starts = [first + timedelta(hours=n) for n in range(HOURS)]
    try:
        return tuple(int((calendar.due(start, seconds) - start).total_seconds()) for start in starts)
    except CalendarError:
        return None


def lasting(seconds: int) -> str:
    """`2 h 30 min`."""
    hours, rest = divmod(seconds, 3600)
    minutes, odd = divmod(rest, 60)
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else "", f"{odd} s" if odd else ""]
    return " ".join(part for part in parts if part) or "0 s"


def times_of(cell: Cell) -> Iterator[tuple[str, int]]:
    """The times of a row that are set, in seconds of its calendar."""
    for name in TIMES:
        seconds = getattr(cell, name)
        if seconds is not None:
            yield name, seconds


def several(count: int, one: str, many: str) -> str:
    return f"1 {one}" if count == 1 else f"{count} {many}"
