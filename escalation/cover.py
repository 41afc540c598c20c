"""Whether somebody is there in the days ahead: gaps and single points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from escalation.book import NoProtocol, rules_in_force
from escalation.directory import Directory
from escalation.protocol import MissingCell, Rules
from escalation.rota import FORTNIGHT, Gap, Stretch
from escalation.spans import Span, parts


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


def first_gap_words(at: datetime, zone: str, directory: Directory | None = None) -> str:
    """'Customer support managers: nobody on Sat 28 Nov 09:00-13:00. 2 more gaps follow.'; empty when there is none."""
    cover = read_cover(at, directory=directory)
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
