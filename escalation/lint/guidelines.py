"""Guidelines: ones that can never hold, that contradict each other, or that speak of topics nobody has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from escalation.lint.finding import Found, Key, rule
from escalation.lint.ground import COMPLEXITIES, SEVERITIES, Ground
from escalation.protocol import Guideline

Situations = tuple[frozenset[Any], ...]


def _situations(g: Ground, guideline: Guideline) -> Situations:
    """What it holds for, value by value of each thing it may ask: all conditions hold at once, so each stands alone.

    Cases at the last level are left out: nobody is above to pass them to.
    """
    when, others = guideline.when, [one.when for one in g.protocol.guidelines]

    def at_least(name: str, values: tuple[int, ...]) -> frozenset[Any]:
        return frozenset(value for value in values if value >= when.get(name, min(values)))

    def at_most(name: str, values: tuple[int, ...]) -> frozenset[Any]:
        return frozenset(value for value in values if value <= when.get(name, max(values)))

    def counted(name: str) -> frozenset[Any]:
        """Where any guideline draws a line, and below."""
        return at_least(name, (0, *sorted({one[name] for one in others if one.get(name, 0) > 0})))

    below_top = tuple(range(1, max(g.protocol.top, 2)))
    topics = frozenset({*g.categories, *(one for other in others for one in other.get("categories", ()))})
    segments = frozenset({"", *(one for other in others for one in other.get("segments", ()))})
    asked = frozenset({when["supervisor_asked"]}) if "supervisor_asked" in when else frozenset({True, False})
    return (
        at_most("severity_at_most", SEVERITIES),
        at_least("complexity_at_least", COMPLEXITIES),
        at_most("tier_at_most", below_top),
        counted("rejections_at_least"),
        counted("broken_at_least"),
        counted("open_longer_than"),
        asked,
        frozenset(t for t in topics if "categories" not in when or {*g.protocol.lineage(t)} & {*when["categories"]}),
        segments & frozenset(when["segments"]) if "segments" in when else segments,
    )


@rule("guideline_never")
def guideline_never(g: Ground) -> Iterator[Found]:
    """A guideline can hold for no case at all."""
    for guideline in g.protocol.guidelines:
        if not all(_situations(g, guideline)):
            yield Found(
                Key("guideline", item=guideline.id),
                "No severity, complexity, level or topic fits its conditions: it can never hold.",
                "Widen its conditions, or take it out.",
            )


@rule("guideline_opposed")
def guideline_opposed(g: Ground) -> Iterator[Found]:
    """Two guidelines say different things about exactly the same cases."""
    seen: dict[Situations, Guideline] = {}
    for guideline in g.protocol.guidelines:
        situations = _situations(g, guideline)
        first = seen.setdefault(situations, guideline)
        if first.verdict != guideline.verdict and all(situations):
            yield Found(
                Key("guideline", item=guideline.id),
                f"It says “{guideline.verdict}” of exactly the cases of which “{first.id}” says “{first.verdict}”.",
                "Take one of the two out, or let them hold for different cases.",
            )


@rule("guideline_against_topic")
def guideline_against_topic(g: Ground) -> Iterator[Found]:
    """A guideline tells people to pass up cases of a topic that is never passed up by hand."""
    for guideline in g.protocol.guidelines:
        listed = guideline.when.get("categories", ())
        never = [one for one in listed if one in g.protocol.topics and g.protocol.policy(one) == "never"]
        if never:
            yield Found(
                Key("guideline", item=guideline.id),
                f"It says “{guideline.verdict}” pass up of “{'”, “'.join(map(g.topic, never))}”, whose cases are "
                "never passed up by hand.",
                "Take the topic out of the guideline, or allow passing it up.",
            )


@rule("guideline_unknown_topic")
def guideline_unknown_topic(g: Ground) -> Iterator[Found]:
    """A guideline speaks of a topic nobody has."""
    known = {*g.world.categories, *g.protocol.topics}
    for guideline in g.protocol.guidelines:
        unknown = [one for one in guideline.when.get("categories", ()) if one not in known]
        if unknown:
            yield Found(
                Key("guideline", item=guideline.id),
                f"It is about “{'”, “'.join(map(str, unknown))}”, which is no topic here.",
                "Correct the topic's name, or take it out.",
            )
