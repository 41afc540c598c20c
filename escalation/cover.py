"""Whether somebody is there in the days ahead, and how the load lies on people: gaps, single points, fairness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings

from cases.access import workers
from cases.models import User
from escalation.book import NoProtocol, rules_in_force
from escalation.directory import Directory
from escalation.models import Notice
from escalation.protocol import MissingCell, Rules
from escalation.rota import FORTNIGHT, Gap, Stretch
from escalation.routing import Loads
from escalation.spans import Span, parts

LOOK_BACK = timedelta(days=28)
NIGHT_FROM, NIGHT_TO = 22, 7  # local hours
MANY_DAYS = 6  # days on duty in a row from which on it is too long


@dataclass(frozen=True)
class Cover:
    """The days from `start` on. `steps` are the levels each team stands behind by the protocol in force."""

    directory: Directory
    start: datetime
    days: int
    teams: tuple[str, ...]
    steps: dict[str, tuple[str, ...]]
    needed: dict[str, list[Span]]
    gaps: list[Gap]
    points: list[Gap]

    @property
    def end(self) -> datetime:
        return self.start + timedelta(days=self.days)

    def stretches(self, team: str) -> list[Stretch]:
        return self.directory.roster.changes(team, self.start, self.end)


def read_cover(at: datetime, days: int = FORTNIGHT, directory: Directory | None = None) -> Cover:
    """The next `days` from the whole minute of `at`, for the teams of the protocol in force and those with a rota.

    A gap counts only in hours in which the protocol promises something of the team: in the windows of any calendar
    its level's rows name.
    """
    start = at.replace(second=0, microsecond=0)
    directory = directory or Directory.load(at)
    steps, needed = _needs(start, days)
    with_rota = [slug for slug, crew in directory.roster.crews.items() if crew.has_rota]
    teams = tuple(dict.fromkeys((*steps, *with_rota)))
    known = [slug for slug in teams if slug in directory.posts]
    wanted = {slug: needed.get(slug, []) for slug in known}
    roster = directory.roster
    gaps = roster.gaps(known, start, days, wanted)
    points = roster.single_points(known, start, days, wanted)
    return Cover(directory, start, days, tuple(known), steps, wanted, gaps, points)


def first_gap_words(at: datetime, zone: str) -> str:
    """'Customer support managers: nobody on Sat 28 Nov 09:00-13:00. 2 more gaps follow.'; empty when there is none."""
    cover = read_cover(at)
    if not cover.gaps:
        return ""
    first = gathered(cover.gaps, zone)[0]
    others = len(cover.gaps) - len(first)
    follow = f" {others} more gap{'s follow' if others > 1 else ' follows'}." if others else ""
    return f"{cover.directory.posts[first[0].team].name}: nobody on {gathered_words(first, zone)}.{follow}"


def _needs(start: datetime, days: int) -> tuple[dict[str, tuple[str, ...]], dict[str, list[Span]]]:
    """For each team of the protocol in force its levels ('level 2'), and the spans in which the matrix promises something."""
    try:
        rules = rules_in_force()
    except NoProtocol:
        return {}, {}
    steps: dict[str, tuple[str, ...]] = {}
    calendars: dict[str, set[str]] = {}
    for tier in rules.protocol.tiers:
        steps[tier.team] = (*steps.get(tier.team, ()), f"level {tier.ordinal}")
        named = {cell.calendar for (_, _, ordinal), cell in rules.protocol.matrix.items() if ordinal == tier.ordinal}
        calendars.setdefault(tier.team, set()).update(named)
    end = start + timedelta(days=days)
    return steps, {team: _open(rules, names, start, end) for team, names in calendars.items()}


def _open(rules: Rules, names: Iterable[str], start: datetime, end: datetime) -> list[Span]:
    """When any of the calendars counts, joined and in order."""
    spans: list[Span] = []
    for name in names:
        try:
            calendar = rules.calendar(name, start)
        except MissingCell:
            continue
        pieces = calendar.explain(start, end)
        spans += [(parts(p.start)[0], parts(p.end)[0]) for p in pieces if p.kind == "counted"]
    joined: list[Span] = []
    for low, high in sorted(spans):
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return joined


def only_one(user: int, at: datetime, directory: Directory) -> list[Gap]:
    """Where nobody would be on duty in the next fortnight without that person, at whatever hour."""
    roster = directory.roster
    steps, _ = _needs(at, 1)
    teams = [slug for slug, crew in roster.crews.items() if crew.has_rota or slug in steps]
    start = at.replace(second=0, microsecond=0)
    return [gap for gap in roster.single_points(teams, start) if gap.without == user]


# Words --------------------------------------------------------------------------------------------------------


def span_words(start: datetime, end: datetime, zone: str) -> str:
    """'Sat 28 Nov 09:00-13:00', or 'Fri 27 Nov 17:30 to Mon 30 Nov 09:00'; midnight at the end is 24:00."""
    first, last = (at.astimezone(ZoneInfo(zone)) for at in (start, end))
    day = f"{first:%a} {first.day} {first:%b}"
    if first.date() == last.date() and last > first:
        return f"{day} {first:%H:%M}-{last:%H:%M}"
    if last.date() - first.date() == timedelta(days=1) and (last.hour, last.minute) == (0, 0):
        return f"{day} {first:%H:%M}-24:00"
    return f"{day} {first:%H:%M} to {last:%a} {last.day} {last:%b} {last:%H:%M}"


def gathered(gaps: Sequence[Gap], zone: str) -> list[list[Gap]]:
    """Gaps of one team (and person) that lie at the same hours of several days, together; in order of the first."""
    found: dict[tuple, list[Gap]] = {}
    for gap in gaps:
        first, last = (at.astimezone(ZoneInfo(zone)) for at in (gap.start, gap.end))
        key = (gap.team, gap.without, first.time(), last.time(), last.date() - first.date())
        found.setdefault(key, []).append(gap)
    return list(found.values())


def gathered_words(gaps: Sequence[Gap], zone: str) -> str:
    """'Sat 28 Nov 09:00-13:00', and for several days at the same hours '… and 3 more like it, the last Tue 1 Dec'."""
    words = span_words(gaps[0].start, gaps[0].end, zone)
    if len(gaps) == 1:
        return words
    last = gaps[-1].start.astimezone(ZoneInfo(zone))
    return f"{words} and {len(gaps) - 1} more like it, the last on {last:%a} {last.day} {last:%b}"


# Fairness -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Burden:
    """What one person carried in the last four weeks, and carries now."""

    person: User
    open: int
    cap: int | None
    nights: int
    longest: int
    running: int

    @property
    def full(self) -> bool:
        return self.cap is not None and self.open >= self.cap

    @property
    def too_long(self) -> bool:
        return self.longest >= MANY_DAYS


def burdens(at: datetime) -> list[Burden]:
    """For everybody who works on cases and stands in a team or got letters at night: the heaviest first.

    Nights are letters sent between 22:00 and 07:00 of the person's own zone. Days in a row count by the rota as it
    is written now; a team without a rota has no days on duty.
    """
    nights = night_letters(at)
    past = Directory.load(at - LOOK_BACK)
    days = duty_days(past, at - LOOK_BACK, at)
    crews = past.roster.crews.values()
    there = {user for crew in crews for user in (*crew.people, *(t.user for t in crew.turns))}
    loads = Loads.read(there | set(nights) | set(days))
    today = at.astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).toordinal()
    found = [
        Burden(
            person,
            loads.open[person.pk],
            loads.caps.get(person.pk),
            nights.get(person.pk, 0),
            *runs(days.get(person.pk, set()), today),
        )
        for person in workers().filter(pk__in=loads.open)
    ]
    return sorted(found, key=lambda one: (-one.nights, -one.longest, -one.open, str(one.person)))


def night_letters(at: datetime) -> dict[int, int]:
    """How many letters each colleague was sent at night in the four weeks up to `at`."""
    zones = available_timezones()
    sent = Notice.objects.filter(
        to_customer=False, state=Notice.State.SENT, sent_at__gt=at - LOOK_BACK, sent_at__lte=at, recipient__is_staff=True
    )  # fmt: skip
    counts: Counter[int] = Counter()
    rows: Any = sent.values_list("recipient", "recipient__time_zone", "sent_at")
    for person, zone, instant in rows.iterator():
        hour = instant.astimezone(ZoneInfo(zone if zone in zones else settings.COMPANY_TIME_ZONE)).hour
        if hour >= NIGHT_FROM or hour < NIGHT_TO:
            counts[person] += 1
    return dict(counts)


def duty_days(directory: Directory, start: datetime, end: datetime) -> dict[int, set[int]]:
    """The ordinals of local dates on which each person was on duty, in the zone of each rota."""
    days: dict[int, set[int]] = {}
    for slug, crew in directory.roster.crews.items():
        zone = ZoneInfo(crew.zone)
        for one in directory.roster.changes(slug, start, end) if crew.has_rota else ():
            first = one.start.astimezone(zone).toordinal()
            last = (one.end - timedelta(seconds=1)).astimezone(zone).toordinal()
            for person in one.people:
                days.setdefault(person, set()).update(range(first, last + 1))
    return days


def runs(days: set[int], today: int) -> tuple[int, int]:
    """The longest run of neighbouring days, and the one that reaches today or yesterday."""
    longest = running = length = 0
    for day in sorted(days):
        length = length + 1 if day - 1 in days else 1
        longest = max(longest, length)
        if day >= today - 1:
            running = length
    return longest, running
