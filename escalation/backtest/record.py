"""Reads what happened to cases, a chunk at a time, with no more columns than a decision needs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import FloatField, Func

from cases.models import Case, Event
from escalation.facts import KINDS, NAMES, Happening, revive
from escalation.replay import UNASKED

CHUNK = 500
BEFORE, BEHIND = ("case_id", "seq", "kind"), ("data", "once", "protocol")
instant = datetime.fromtimestamp  # exact to the microsecond
#: The engine's own events. A back-test drops them and finds them anew from the clocks.
OWN = frozenset(name for name, kind in KINDS.items() if issubclass(kind, UNASKED))


class Entry(NamedTuple):
    """One recorded event. `at` is when it was true, `now` when it was written down."""

    seq: int
    kind: str
    at: datetime
    now: datetime
    data: Mapping[str, Any]
    once: str | None
    protocol: str


@dataclass(slots=True)
class Record:
    """One case as it was recorded. `wake_at`: the engine has caught up with every clock before it."""

    case: int
    ref: str
    protocol: str
    customer: int
    filed_at: datetime
    wake_at: datetime | None
    history: bool
    entries: list[Entry] = field(default_factory=list)
    _looks: Looks | None = None
    _revived: dict[int, Happening] = field(default_factory=dict)

    def happening(self, entry: Entry) -> Happening:
        """What an entry of this case recorded; it is asked for by every rerun, and kept."""
        known = self._revived.get(entry.seq)
        if known is None:
            known = self._revived[entry.seq] = revive(entry.kind, entry.at, entry.now, entry.data["args"])
        return known

    @property
    def looks(self) -> Looks:
        """What it says of the engine's looks. Lived again under its own rules first, it says so more exactly."""
        if self._looks is None:
            self._looks = Looks.of(self)
        return self._looks


@dataclass(slots=True)
class Look:
    """One look of the engine at a case: it found at `until` what had fallen due since `since`, at the instants `dues`."""

    since: datetime
    until: datetime
    dues: set[datetime]


@dataclass(slots=True)
class Looks:
    """What the record says of the engine's looks at one case, and of empty teams.

    `before[i]` are the looks recorded between the last act of a person and the event number i + 1.
    """

    record: Record
    before: dict[int, list[Look]] = field(default_factory=dict)
    same: dict[tuple[str, str, datetime], Entry] = field(default_factory=dict)
    seen_at: list[datetime] = field(default_factory=list)
    seen: list[Entry] = field(default_factory=list)

    @classmethod
    def of(cls, record: Record) -> Looks:
        """Read off the record. Of imported history there is no look: an import told of what was long past."""
        looks = cls(record)
        found: list[Look] = []
        for entry in record.entries:
            looks._hear(entry)
            if entry.kind not in OWN:
                looks.before[entry.seq], found = found, []
            elif not record.history:
                if found and found[-1].until == entry.now:
                    found[-1].since = min(found[-1].since, entry.at)
                    found[-1].dues.add(entry.at)
                else:
                    found.append(Look(entry.at, entry.now, {entry.at}))
        looks.before[0] = found
        return looks

    def _hear(self, entry: Entry) -> None:
        arguments = entry.data["args"]
        if "empty" in arguments:
            self.seen_at.append(entry.at)
            self.seen.append(entry)
        if entry.kind in OWN:
            self.same[entry.kind, arguments["kind"], entry.at] = entry

    def said(self, happening: Any) -> Happening | None:
        """The very same end of a clock as it was recorded, with whom it found; None when the record has none."""
        entry = self.same.get((NAMES[type(happening)], happening.kind, happening.at))
        return self.record.happening(entry) if entry else None

    def nearest(self, at: datetime) -> Any:
        """What the record last said, before `at`, of empty teams and of who is next; None when it said nothing."""
        index = bisect_right(self.seen_at, at)
        if not index:
            return None
        return self.record.happening(self.seen[index - 1])


def noticed(due: datetime, looks: Sequence[Look]) -> datetime:
    """When the engine looked at what fell due at `due`.

    The sweep looks every second, so that is the instant itself, except where the record shows that the engine
    noticed something only later (it was down): what fell due meanwhile is noticed at that same look.
    """
    return next((look.until for look in looks if look.since <= due <= look.until), due)


def learned(due: datetime, looks: Sequence[Look]) -> datetime:
    """As `noticed`, under the very rules of the record; what is learned of the engine's looks is kept in `looks`.

    A due instant without an event shows that the engine was not looking then: a warning is left out when its clock
    is found missed at the same look.
    """
    for look in looks:
        if due in look.dues:
            return look.until
    for look in looks:
        if look.until >= due:
            look.since = min(look.since, due)
            return look.until
    return due


def read(ids: Sequence[int]) -> Iterator[Record]:
    """The records of these cases in the order of their ids, drills left out."""
    columns = ("pk", "reference", "protocol", "customer_id", "filed_at", "wake_at", "is_history")
    cases = Case.objects.filter(pk__in=ids).order_by("pk").values_list(*columns)
    records = {row[0]: Record(*row) for row in cases}
    for case, *rest in _events(records):
        records[case].entries.append(Entry(*rest))
    return iter(records.values())


def _events(ids: Iterable[int]) -> Iterator[tuple]:
    events = Event.objects.filter(case__in=list(ids)).order_by("case_id", "seq")
    if connection.vendor != "postgresql":
        return iter(events.values_list(*BEFORE, "occurred_at", "recorded_at", *BEHIND))
    # An instant comes through Python's own reading, a number does not: that is half of what reading costs.
    rows = events.values_list(*BEFORE, SinceEpoch("occurred_at"), SinceEpoch("recorded_at"), *BEHIND)
    return ((*row[:3], instant(row[3], UTC), instant(row[4], UTC), *row[5:]) for row in rows)


class SinceEpoch(Func):
    """Seconds since 1970 as a float, which tells every microsecond apart until the year 2242."""

    template = "date_part('epoch', %(expressions)s)"
    output_field = FloatField()
