"""Topics: which may be passed up by hand, how they stand under each other, and the skills they need."""

from __future__ import annotations

from collections.abc import Iterator

from escalation.lint.finding import WARNING, Found, Key, rule
from escalation.lint.ground import Ground
from escalation.protocol import ANY


@rule("category_without_policy")
def category_without_policy(g: Ground) -> Iterator[Found]:
    """An active topic, and no topic above it, says whether its cases must, may or must not be passed up by hand."""
    for category in g.world.categories:
        line = [g.protocol.topics.get(one) for one in g.protocol.lineage(category)]
        if not any(topic and topic.escalation for topic in line):
            yield Found(
                Key("topic", category),
                "The protocol does not say whether its cases must, may or must not be passed up by hand.",
                "Choose “required”, “allowed” or “never” for it, or for the topic it stands under.",
            )


@rule("topic_not_category", WARNING)
def topic_not_category(g: Ground) -> Iterator[Found]:
    """A topic of the protocol is none customers can choose, and none stands under it."""
    parents = {topic.under for topic in g.protocol.topics.values()}
    for slug in g.protocol.topics:
        if slug not in g.world.categories and slug not in parents:
            yield Found(
                Key("topic", slug),
                f"Customers cannot choose “{slug}”, and no topic stands under it: no case will ever meet it.",
                "Make it an active topic, correct its name, or take it out.",
            )


@rule("topic_under_unknown")
def topic_under_unknown(g: Ground) -> Iterator[Found]:
    """A topic stands under one the protocol does not have."""
    for slug, topic in g.protocol.topics.items():
        if topic.under is not None and topic.under not in g.protocol.topics:
            yield Found(
                Key("topic", slug),
                f"It stands under “{topic.under}”, which the protocol does not have.",
                "Add that topic, or let this one stand under another or under none.",
            )


@rule("skill_nobody")
def skill_nobody(g: Ground) -> Iterator[Found]:
    """A topic needs a skill no team of any level has."""
    for category, skill in _needed(g):
        if not any(_has(g, tier, skill) for tier in g.tiers):
            yield Found(
                Key("topic", category),
                f"It needs the skill “{skill}”, which no team of any level has.",
                "Give a team that skill, or take it out of the topic.",
            )


@rule("skill_gap", WARNING)
def skill_gap(g: Ground) -> Iterator[Found]:
    """A topic's skill is there at some levels and missing at others on its way up."""
    for category, skill in _needed(g):
        without = [tier for tier in g.tiers if not _has(g, tier, skill)]
        if without and len(without) < g.protocol.top:
            yield Found(
                Key("topic", category, tier=without[0]),
                f"It needs the skill “{skill}”, and no team of level {', '.join(map(str, without))} has it: "
                "there it would go to people who cannot help.",
                "Add a team with the skill to those levels.",
            )


def _needed(g: Ground) -> Iterator[tuple[str, str]]:
    for category in g.categories:
        skill = g.protocol.skill_for(category) if category != ANY else None
        if skill:
            yield category, skill


def _has(g: Ground, tier: int, skill: str) -> bool:
    return any(skill in g.protocol.skills.get(team, ()) for team in g.protocol.tier(tier).all_teams)
