"""Endless loops: what hands a case back and forth, raises it again and again, or repeats without end."""

from __future__ import annotations

from collections.abc import Iterator

from escalation.lint.finding import WARNING, Found, Key, rule
from escalation.lint.ground import Ground
from escalation.lint.targets import steps_of, team_named
from escalation.protocol import MOST_ROUNDS


@rule("reassign_loop")
def reassign_loop(g: Ground) -> Iterator[Found]:
    """A step hands the case to a team that has had it before: back and forth, within a level or down the ladder."""
    below: set[str] = set()
    for tier in g.protocol.tiers:
        own = set(g.teams_of(tier.ordinal))
        had = below | own
        for number, step in enumerate(tier.steps, start=1):
            team = team_named(step.target)
            if "reassign" not in step.actions or team is None:
                continue
            if team in had or step.repeat > 1:
                yield Found(
                    Key("step", tier=tier.ordinal, item=str(number)),
                    f"It hands the case to {g.world.team(team)}, which has had it before: it would go to and fro "
                    "without anybody acknowledging it.",
                    "Notify that team instead, or hand the case to one that has not had it.",
                )
            had.add(team)
        below |= own


@rule("raise_again")
def raise_again(g: Ground) -> Iterator[Found]:
    """A case nobody touches has its severity raised more than once, until everything is critical."""
    raised: str | None = None
    for tier in g.protocol.tiers:
        arrives = tier.ordinal > 1 and "raise_severity" in tier.on_arrival
        places = [(Key("level", tier=tier.ordinal), 1, "arrival")] if arrives else []
        places += [
            (Key("step", tier=tier.ordinal, item=str(number)), step.repeat, f"step {number}")
            for number, step in enumerate(tier.steps, start=1)
            if "raise_severity" in step.actions
        ]
        for key, times, words in places:
            if raised or times > 1:
                yield Found(
                    key,
                    f"The severity is raised here after {raised or 'the first time it runs'} has raised it already: "
                    "waiting alone would make every case critical.",
                    "Raise the severity once on the way up, at the level where it matters most.",
                )
            raised = raised or f"{words} at level {tier.ordinal}"


@rule("raise_at_first", WARNING)
def raise_at_first(g: Ground) -> Iterator[Found]:
    """The first level raises the severity of what arrives: nothing ever comes up to it."""
    if "raise_severity" in g.protocol.tier(1).on_arrival:
        yield Found(
            Key("level", tier=1),
            "It raises the severity of cases that come up to it, and none does: cases start here.",
            "Take it out, or let a step of this level raise the severity.",
        )


@rule("repeat_endless")
def repeat_endless(g: Ground) -> Iterator[Found]:
    """A step repeats more often than anybody reads."""
    for key, _tier, step in steps_of(g):
        if step.repeat > MOST_ROUNDS:
            yield Found(
                key,
                f"It repeats {step.repeat} times; more than {MOST_ROUNDS} is noise nobody hears any more.",
                "Repeat it a few times, then aim at somebody else.",
            )


@rule("topic_loop")
def topic_loop(g: Ground) -> Iterator[Found]:
    """Topics stand under each other in a ring."""
    for slug in sorted(g.protocol.topics):
        seen, above = {slug}, g.protocol.topics[slug].under
        while above is not None and above in g.protocol.topics and above not in seen:
            seen.add(above)
            above = g.protocol.topics[above].under
        if above == slug:
            yield Found(
                Key("topic", slug),
                f"It stands under itself, by way of {', '.join(f'“{g.topic(one)}”' for one in sorted(seen))}.",
                "Let one of them stand under nothing.",
            )
