"""Which promises are likely to be missed: by what became of steps like them, in words a person can check.

A step is a clock the customer was promised. At an instant some share of its time is over. Of the steps like it (the same
kind at the same level on the same topic, lately) that were still open at that share, some were missed: that share of
misses is the chance. Where too few are like it, the topic is left out, then the level; where still too few are, nothing is
said. A case that broke a promise before is put one band higher. Nothing else moves a band: what cannot be read off the
record for a past day (load, absence) is told beside it, so that the rule can be tried on the past as it is used today.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import F, QuerySet

from escalation.kinds import Clock, Outcome
from escalation.models import Promise, StageClock

LOOK_BACK = timedelta(weeks=12)
#: Fewer like it say nothing; fewer tries in the past are no record.
LEAST, TRIED = 10, 30
#: A try in the past is made when so much of a step's time is over.
TRIED_AT = 0.75
LOW, RAISED, HIGH = range(3)
#: From which chance on a band begins.
FROM = {RAISED: 0.2, HIGH: 0.5}
MOST = 20_000  # steps of the past that are read, the newest

#: What makes steps alike: kind, level, topic; 0 and None: whichever.
Group = tuple[str, int, int | None]


@dataclass(frozen=True, slots=True)
class Step:
    """A promised step that ended: `used` is the share of its time that was over then, above 1 where it was missed."""

    case: int
    group: Group
    started_at: datetime
    due_at: datetime
    ended_at: datetime
    missed: bool

    @property
    def used(self) -> float:
        return 2.0 if self.missed else share(self.started_at, self.due_at, self.ended_at)


@dataclass(frozen=True, slots=True)
class Chance:
    """`missed` of `like` steps like it that were still open as late as this; `group` says how like. `before`: this case broke one."""

    missed: int
    like: int
    group: Group
    before: bool = False

    @property
    def share(self) -> float:
        return self.missed / self.like

    @property
    def band(self) -> int:
        by_chance = sum(self.share >= least for least in FROM.values())
        return min(HIGH, by_chance + self.before)


@dataclass(slots=True)
class Past:
    """Steps that ended, by what they are like: the shares at which they ended, in order, and how many were missed."""

    shares: dict[Group, list[float]] = field(default_factory=lambda: defaultdict(list))
    missed: dict[Group, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, step: Step) -> None:
        for group in alike(step.group):
            insort(self.shares[group], step.used)
            self.missed[group] += step.missed

    def remove(self, step: Step) -> None:
        for group in alike(step.group):
            kept = self.shares[group]
            del kept[bisect_left(kept, step.used)]
            self.missed[group] -= step.missed

    def chance(self, group: Group, used: float, *, before: bool = False) -> Chance | None:
        """Of the narrowest group with LEAST steps still open at `used`; None where no group has so many."""
        for one in alike(group):
            kept = self.shares.get(one, [])
            open_then = len(kept) - bisect_right(kept, min(used, 1.0))
            if open_then >= LEAST:
                return Chance(self.missed[one], open_then, one, before)
        return None


@dataclass(frozen=True, slots=True)
class Record:
    """How the rule did on the past: of the steps it put in each band how many were missed, `{band: (missed, all)}`."""

    bands: Mapping[int, tuple[int, int]]

    @property
    def tried(self) -> int:
        return sum(number for _, number in self.bands.values())

    @property
    def known(self) -> bool:
        """Whether enough were tried to say anything."""
        return self.tried >= TRIED

    @property
    def helps(self) -> bool:
        """Whether those marked were missed more often than all that were looked at, which the clock alone picks; none was: yes."""
        missed, number = (sum(self.bands[band][part] for band in (RAISED, HIGH)) for part in (0, 1))
        return number == 0 or missed * self.tried > number * sum(one for one, _ in self.bands.values())


def share(start: datetime, due: datetime, at: datetime) -> float:
    """Which share of the time from `start` to `due` is over at `at`; 0 before, above 1 after it."""
    whole = (due - start).total_seconds()
    return max(0.0, (at - start).total_seconds() / whole) if whole > 0 else 1.0


def alike(group: Group) -> tuple[Group, ...]:
    """A group, then wider ones: without the topic, and without the level."""
    kind, level, _ = group
    return (group, (kind, level, None), (kind, 0, None))


def ended(now: datetime) -> list[Step]:
    """The promised steps that were kept or missed in twice LOOK_BACK, by their end; imported history is none of ours."""
    rows = StageClock.objects.filter(
        told=True, kind__in=Clock.CLIMBS, outcome__in=(Outcome.MET, Outcome.MISSED), ended_at__gt=now - 2 * LOOK_BACK, ended_at__lte=now,
        due_at__gt=F("started_at"), case__is_history=False,
    )  # fmt: skip
    names = ("case_id", "kind", "tier", "case__category_id", "started_at", "due_at", "ended_at", "outcome")
    newest = rows.order_by("-ended_at", "-pk").values_list(*names)[:MOST]
    found = [
        Step(case, (kind, level, topic), start, due, end, outcome == Outcome.MISSED)
        for case, kind, level, topic, start, due, end, outcome in newest
    ]
    return found[::-1]


def broken(now: datetime, cases: QuerySet | None = None) -> dict[int, list[datetime]]:
    """When each case broke a promise, in order; of `cases` alone where they are named."""
    rows = Promise.objects.filter(status=Promise.Status.BROKEN, settled_at__lte=now)
    rows = rows.filter(case__in=cases) if cases is not None else rows.filter(settled_at__gt=now - 2 * LOOK_BACK)
    found: dict[int, list[datetime]] = defaultdict(list)
    for case, at in rows.order_by("settled_at", "pk").values_list("case_id", "settled_at"):
        found[case].append(at)  # type: ignore[arg-type]
    return found


def lately(steps: Iterable[Step], now: datetime) -> Past:
    """Those that ended in LOOK_BACK before `now`."""
    past = Past()
    for step in steps:
        if step.ended_at > now - LOOK_BACK:
            past.add(step)
    return past


def tried_on(steps: Sequence[Step], breaks: Mapping[int, Sequence[datetime]], now: datetime) -> Record:
    """The rule as if it had been asked in each of the last LOOK_BACK's steps when TRIED_AT of its time was over.

    Each is judged only by what had ended before that moment, as on that day. `steps` in order of their end.
    """
    past, bands = Past(), {band: [0, 0] for band in (LOW, RAISED, HIGH)}
    for at, what, step in _timeline(steps, now):
        if what == "ended":
            past.add(step)
        elif what == "gone":
            past.remove(step)
        else:
            before = bool(breaks.get(step.case)) and breaks[step.case][0] < at
            chance = past.chance(step.group, TRIED_AT, before=before)
            if chance is not None:
                bands[chance.band][0] += step.missed
                bands[chance.band][1] += 1
    return Record({band: (missed, number) for band, (missed, number) in bands.items()})


def _timeline(steps: Sequence[Step], now: datetime) -> Iterator[tuple[datetime, str, Step]]:
    """What happened to steps, in order: looked at, ended, forgotten. Looks come first where instants are one."""
    found = []
    for number, step in enumerate(steps):
        found.append((step.ended_at, 1, number, "ended"))
        found.append((step.ended_at + LOOK_BACK, 2, number, "gone"))
        look = step.started_at + TRIED_AT * (step.due_at - step.started_at)
        if step.used > TRIED_AT and look > now - LOOK_BACK:
            found.append((look, 0, number, "looked"))
    for at, _, number, what in sorted(found):
        yield at, what, steps[number]
