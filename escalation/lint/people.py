"""Who stands behind the levels: teams that are missing, empty, empty at some hour, or one person in disguise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from escalation.lint.finding import WARNING, Found, Key, rule
from escalation.lint.ground import DAYS, Ground, several
from escalation.lint.targets import addresses, is_live, steps_of, team_named


def _level_of_team(g: Ground) -> Iterator[tuple[Key, str]]:
    for tier in g.protocol.tiers:
        for team in tier.all_teams:
            yield Key("level", tier=tier.ordinal), team


@rule("team_unknown")
def team_unknown(g: Ground) -> Iterator[Found]:
    """A team is named that does not exist."""
    named = [*_level_of_team(g)]
    named += [(key, team) for key, address in addresses(g) if (team := team_named(address))]
    for key, team in named:
        if not g.world.has_team(team):
            yield Found(
                key,
                f"It names the team “{team}”, which does not exist.",
                "Make the team, or choose one that exists.",
            )


@rule("tier_empty")
def tier_empty(g: Ground) -> Iterator[Found]:
    """Nobody active is in a level's team: every case would go past it with an alarm."""
    yield from _empty(g, [tier for tier in g.tiers if tier < g.protocol.top], "cases would go past it with an alarm.")


@rule("last_tier_empty")
def last_tier_empty(g: Ground) -> Iterator[Found]:
    """Nobody active is in the last level's team: the plan ends in nothing."""
    yield from _empty(g, [g.protocol.top], "it is the last level, and what is passed up so far reaches nobody.")


def _empty(g: Ground, tiers: list[int], why: str) -> Iterator[Found]:
    for tier in tiers:
        for team in g.teams_of(tier):
            if g.world.has_team(team) and not g.world.people(team):
                yield Found(
                    Key("level", tier=tier),
                    f"Nobody active is in the team {g.world.team(team)}: {why}",
                    "Put people into the team.",
                )


@dataclass
class Demand:
    """Where somebody of a team must stand, and on which calendars that is counted."""

    key: Key
    calendars: set[str] = field(default_factory=set)


def _demands(g: Ground) -> dict[tuple[int, str], Demand]:
    """For each level and team the first place it is needed at, and every calendar it is needed on."""
    demands: dict[tuple[int, str], Demand] = {}

    def needed(tier: int, team: str, key: Key, calendars: set[str]) -> None:
        demands.setdefault((tier, team), Demand(key)).calendars.update(calendars)

    for (category, _severity, tier), spot in sorted(g.cells.items(), key=lambda item: item[0][1:]):
        if spot:
            needed(tier, g.protocol.team_at(tier, category), spot.key, {spot.cell.calendar})
    for spot in g.spots:
        for address in spot.cell.told:
            if team := team_named(address):
                needed(spot.tier, team, spot.key, {spot.cell.calendar})
    for key, tier, step in steps_of(g):
        if team := team_named(step.target):
            needed(tier, team, key, {spot.cell.calendar for spot in g.spots_of(tier)})
    return demands


@rule("hour_empty")
def hour_empty(g: Ground) -> Iterator[Found]:
    """At some hour of the next 28 days nobody stands behind a target while time counts."""
    for (_tier, team), demand in _demands(g).items():
        gaps = g.uncovered(team) if g.world.people(team) else frozenset()
        hours = [n for n in sorted(gaps) if any(g.open_hours(key)[n] for key in demand.calendars)]
        if hours:
            yield Found(
                demand.key,
                f"Nobody of {g.world.team(team)} is on duty in {several(len(hours), 'hour', 'hours')} of the next "
                f"{DAYS} days while its time counts, first {g.hour(hours[0])}.",
                "Fill the gaps in the team's rota, or count the time on a calendar that is closed then.",
            )


def _alone(g: Ground, tier: int, category: str) -> int | None:
    """The one person behind a level, for a topic; None when there are more, or nobody."""
    people = g.world.people(g.protocol.team_at(tier, category))
    return next(iter(people)) if len(people) == 1 else None


def _everywhere(g: Ground, category: str) -> int | None:
    """The one person behind all levels, for a topic, when there are two levels or more."""
    alone = {_alone(g, tier, category) for tier in g.tiers}
    return alone.pop() if len(alone) == 1 and g.protocol.top > 1 else None


@rule("one_person_everywhere")
def one_person_everywhere(g: Ground) -> Iterator[Found]:
    """One and the same person is all there is behind every level."""
    found = {person: category for category in reversed(g.categories) if (person := _everywhere(g, category))}
    for person in found:
        yield Found(
            Key("level", tier=1),
            f"{g.world.name_of(person)} alone stands behind every level: passing a case up would change nothing.",
            "Put other people into the teams of the higher levels.",
        )


@rule("one_person_neighbours", WARNING)
def one_person_neighbours(g: Ground) -> Iterator[Found]:
    """One and the same person is all there is behind two levels in a row."""
    found: dict[tuple[int, int], None] = {}
    for category in g.categories:
        for tier in g.tiers[1:]:
            person = _alone(g, tier, category)
            if person and person == _alone(g, tier - 1, category) and not _everywhere(g, category):
                found[tier, person] = None
    for tier, person in found:
        yield Found(
            Key("level", tier=tier),
            f"{g.world.name_of(person)} alone stands behind this level and the one below: passing a case up from "
            f"level {tier - 1} would change nothing.",
            "Put somebody else into one of the two teams.",
        )


@rule("same_team")
def same_team(g: Ground) -> Iterator[Found]:
    """Two levels in a row are the same team."""
    for tier in g.tiers[1:]:
        for team in g.teams_of(tier):
            if team in g.teams_of(tier - 1):
                yield Found(
                    Key("level", tier=tier),
                    f"Cases of this level and of level {tier - 1} go to the same team, {g.world.team(team)}: "
                    "passing a case up would change nothing.",
                    "Give the higher level a team of its own, or make the two one level.",
                )


@rule("told_nobody")
def told_nobody(g: Ground) -> Iterator[Found]:
    """Nobody stands behind an address that hears of missed times."""
    for spot in g.spots:
        dead = [address for address in spot.cell.told if ":" in address and not is_live(g, address)]
        if dead:
            yield Found(
                spot.key,
                f"Of a missed time “{'”, “'.join(dead)}” is told, and nobody stands behind that.",
                "Tell somebody who is there, such as the lead.",
            )


@rule("told_owner_only")
def told_owner_only(g: Ground) -> Iterator[Found]:
    """Of a time that is missed because nobody took the case, nobody would hear."""
    for spot in g.spots:
        if set(spot.cell.told) <= {"owner"}:
            yield Found(
                spot.key,
                "Of a missed time only whoever has the case is told; where it is missed because nobody has it, "
                "nobody hears of it.",
                "Tell the lead as well.",
            )


@rule("fast_lane_uncovered")
def fast_lane_uncovered(g: Ground) -> Iterator[Found]:
    """At some hour of the next 28 days nobody is on duty at the level emergencies go to."""
    tier = g.protocol.fast_tier
    for team in g.teams_of(tier) if tier in g.tiers and tier else ():
        gaps = sorted(g.uncovered(team))
        if gaps and g.world.people(team):
            yield Found(
                Key("fast_lane", tier=tier),
                f"Emergencies go to level {tier}, and nobody of {g.world.team(team)} is on duty in "
                f"{several(len(gaps), 'hour', 'hours')} of the next {DAYS} days, first {g.hour(gaps[0])}.",
                "Cover every hour of that team's rota, or send emergencies to a level that is always there.",
            )


@rule("fast_lane_closed")
def fast_lane_closed(g: Ground) -> Iterator[Found]:
    """The clock of an emergency stands still at some hours."""
    tier = g.protocol.fast_tier
    for spot in g.spots_of(tier) if tier else ():
        if spot.severity == 1 and spot.cell.calendar in g.calendars and not all(g.open_hours(spot.cell.calendar)):
            yield Found(
                Key("fast_lane", spot.row, spot.severity, tier),
                f"Emergencies go to level {tier}, whose most urgent times count on the calendar "
                f"“{spot.cell.calendar}”: at some hours they would stand still.",
                "Count them round the clock.",
            )


@rule("seats_empty", WARNING)
def seats_empty(g: Ground) -> Iterator[Found]:
    """A team with skills, named for a level, has nobody in it."""
    for tier in g.protocol.tiers:
        for team in tier.teams:
            road = g.teams_of(tier.ordinal)
            if team not in road and g.world.has_team(team) and not g.world.people(team):
                yield Found(
                    Key("level", tier=tier.ordinal),
                    f"The further team {g.world.team(team)} has nobody active in it.",
                    "Put people into the team, or take it out of the level.",
                )
