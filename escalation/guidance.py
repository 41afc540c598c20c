"""What the protocol's guidelines say of one case: whether people must, should or may pass it up, and why. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from escalation.protocol import VERDICTS, Protocol

#: The id that stands in the log for the policy of a topic; guidelines have ids of their own.
TOPIC = "topic"
NEVER = "never"


@dataclass(frozen=True, slots=True)
class Situation:
    """What guidelines look at. `open_for` is in seconds since filing, round the clock."""

    category: str
    severity: int
    complexity: int
    tier: int
    rejections: int = 0
    broken: int = 0
    open_for: int = 0
    supervisor_asked: bool = False
    segment: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """The strongest word that applies: must, should, may or never; which rule says it, and why."""

    verdict: str
    rule: str
    because: str

    def record(self) -> dict[str, str]:
        """How an event keeps it."""
        return {"verdict": self.verdict, "rule": self.rule}


HOLDS: dict[str, Callable[[Situation, Any, Protocol], bool]] = {
    "severity_at_most": lambda s, value, p: s.severity <= value,
    "complexity_at_least": lambda s, value, p: s.complexity >= value,
    "tier_at_most": lambda s, value, p: s.tier <= value,
    "rejections_at_least": lambda s, value, p: s.rejections >= value,
    "broken_at_least": lambda s, value, p: s.broken >= value,
    "open_longer_than": lambda s, value, p: s.open_for > value,
    "supervisor_asked": lambda s, value, p: s.supervisor_asked is value,
    "categories": lambda s, value, p: any(category in value for category in p.lineage(s.category)),
    "segments": lambda s, value, p: s.segment in value,
}


def all_advice(protocol: Protocol, situation: Situation) -> tuple[Advice, ...]:
    """Every guideline that applies, the strongest first; a topic's own policy stands before guidelines of its strength."""
    if situation.tier >= protocol.top:
        return ()  # nobody is above
    found = [
        Advice(rule.verdict, rule.id, rule.because)
        for rule in protocol.guidelines
        if all(HOLDS[name](situation, value, protocol) for name, value in rule.when.items())
    ]
    policy = protocol.policy(situation.category)
    if policy == "required" and situation.tier == 1:
        found.insert(0, Advice("must", TOPIC, "Cases of this topic are always passed to the next level."))
    if policy == NEVER:
        found.insert(0, Advice(NEVER, TOPIC, "Cases of this topic stay with the level that has them."))
    order = (NEVER, *VERDICTS)
    return tuple(sorted(found, key=lambda advice: order.index(advice.verdict)))


def advise(protocol: Protocol, situation: Situation) -> Advice | None:
    """The one that counts; None when nothing applies."""
    return next(iter(all_advice(protocol, situation)), None)
