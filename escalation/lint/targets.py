"""Whom steps and notices aim at: people, roles and webhooks that are not there, and steps that never run."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from escalation.lint.finding import WARNING, Found, Key, rule
from escalation.lint.ground import Ground, lasting
from escalation.protocol import Step

TEAMS = ("team", "duty", "lead")


def steps_of(g: Ground) -> Iterator[tuple[Key, int, Step]]:
    """Every step with its place and its level."""
    for tier in g.protocol.tiers:
        for number, step in enumerate(tier.steps, start=1):
            yield Key("step", tier=tier.ordinal, item=str(number)), tier.ordinal, step


def addresses(g: Ground) -> Iterator[tuple[Key, str]]:
    """Every target the protocol writes out, in steps and among who is told, with where it stands."""
    for key, _tier, step in steps_of(g):
        yield key, step.target
    for spot in g.spots:
        for address in spot.cell.told:
            if ":" in address:
                yield spot.key, address


def team_named(address: str) -> str | None:
    """The team of a target; None when it is no team's."""
    kind, _, name = address.partition(":")
    return name if kind in TEAMS else None


def is_live(g: Ground, address: str) -> bool:
    """Whether anybody, or anything, stands behind a target at all."""
    kind, _, name = address.partition(":")
    if kind in TEAMS:
        return bool(g.world.people(name))
    if kind == "person":
        return name.strip().lower() in g.world.staff
    return bool(g.world.roles.get(name)) if kind == "role" else name in g.world.webhooks


@rule("person_unknown")
def person_unknown(g: Ground) -> Iterator[Found]:
    """A target is a person who is not active staff."""
    for key, address in addresses(g):
        if address.startswith("person:") and not is_live(g, address):
            yield Found(
                key,
                f"It aims at “{address.removeprefix('person:')}”, who is not active staff here.",
                "Name somebody who works here, better a team or its duty rota.",
            )


@rule("role_empty")
def role_empty(g: Ground) -> Iterator[Found]:
    """A target is a role nobody has."""
    for key, address in addresses(g):
        if address.startswith("role:") and not is_live(g, address):
            yield Found(
                key,
                f"It aims at the role “{address.removeprefix('role:')}”, which nobody active has.",
                "Give somebody the role, or aim at a team.",
            )


@rule("webhook_unknown")
def webhook_unknown(g: Ground) -> Iterator[Found]:
    """A target is a webhook that is not set up."""
    for key, address in addresses(g):
        if address.startswith("webhook:") and not is_live(g, address):
            yield Found(
                key,
                f"It calls the webhook “{address.removeprefix('webhook:')}”, which is not set up here.",
                "Set the webhook up, or take the step out.",
            )


@rule("webhook_loop")
def webhook_loop(g: Ground) -> Iterator[Found]:
    """A webhook calls this very installation, which would answer with a step again, without end."""
    for key, address in addresses(g):
        url = g.world.webhooks.get(address.removeprefix("webhook:")) if address.startswith("webhook:") else None
        host = urlsplit(url).netloc.lower() if url else ""
        if host and host in g.world.own_hosts:
            yield Found(
                key,
                f"The webhook calls this installation itself ({host}): every call could bring the next one.",
                "Let it call the other system's address.",
            )


@rule("target_mismatch")
def target_mismatch(g: Ground) -> Iterator[Found]:
    """A step's actions cannot be done with its target: calling what is no webhook, handing a case to what is no team."""
    for key, _tier, step in steps_of(g):
        hook, wrong = step.target.startswith("webhook:"), []
        if "reassign" in step.actions and team_named(step.target) is None:
            wrong.append("is no team that could take a case over")
        if hook and set(step.actions) & {"notify", "call_task"}:
            wrong.append("reads no letters")
        if "webhook" in step.actions and not hook:
            wrong.append("is no webhook that could be called")
        if wrong:
            yield Found(
                key,
                f"Its target “{step.target}” {' and '.join(wrong)}.",
                "Choose a target that fits the actions, or make it two steps.",
            )


@rule("step_dead", WARNING)
def step_dead(g: Ground) -> Iterator[Found]:
    """Nobody active stands behind the team of a step; it would be passed over in red."""
    for key, tier, step in steps_of(g):
        team = team_named(step.target)
        last = key.item == str(len(g.protocol.tier(tier).steps))
        if team and not last and g.world.has_team(team) and not is_live(g, step.target):
            yield Found(
                key,
                f"It aims at {g.world.team(team)}, where nobody active is: it would be passed over with an alarm.",
                "Put people into the team, or aim at another.",
            )


@rule("last_step_dead")
def last_step_dead(g: Ground) -> Iterator[Found]:
    """The last step of a level has no live target: what should help in the end reaches nobody."""
    for tier in g.protocol.tiers:
        if tier.steps and not is_live(g, tier.steps[-1].target):
            yield Found(
                Key("step", tier=tier.ordinal, item=str(len(tier.steps))),
                f"It is the last step of its level, and nobody stands behind “{tier.steps[-1].target}”.",
                "Let the last step of each level aim at a team with people.",
            )


@rule("step_unreachable")
def step_unreachable(g: Ground) -> Iterator[Found]:
    """A step, or a repeat of one, comes after the level's own deadline at every severity: the case has gone up by then.

    At the first level the acknowledgment begins with the review. At the last one nothing goes up, and steps go on.
    """
    for tier in g.protocol.tiers[:-1]:
        cells = [spot.cell for spot in g.spots_of(tier.ordinal)]
        first = tier.ordinal == 1
        spans = [min(c.acknowledge, c.refer_up or c.acknowledge) + (c.review if first else 0) for c in cells]
        longest = max(spans, default=0)
        total = 0
        for number, step in enumerate(tier.steps, start=1):
            runs = sum(total + step.after * n < longest for n in range(1, step.repeat + 1))
            total += step.after * step.repeat
            if cells and runs < step.repeat:
                often = f"repeat {runs + 1} of {step.repeat}" if runs else "it"
                yield Found(
                    Key("step", tier=tier.ordinal, item=str(number)),
                    f"A case stays here unacknowledged for {lasting(longest)} at most, and {often} would run after "
                    f"{lasting(total - step.after * (step.repeat - runs - 1))}: the case has been passed up by then.",
                    "Let it come sooner, repeat it less often, or take it out.",
                )
                break
