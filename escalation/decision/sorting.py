"""What sorting a queue does to a case: another topic, a reminder to who has it."""

from __future__ import annotations

from escalation import facts as f
from escalation.altered import altered
from escalation.facts import Decision, Facts, Tell
from escalation.protocol import Rules
from escalation.timing import cheaper


def topic_changed(facts: Facts, h: f.TopicChanged, rules: Rules) -> Decision:
    """As with another assessment: a promise may come earlier by the topic's times, never later; nobody is told."""
    ends, starts, changed = cheaper(facts, altered(facts, category=h.category), rules, h.at)
    return Decision(changes={"category": h.category}, ends=ends, starts=starts, changed=changed)


def reminded(facts: Facts, h: f.Reminded, rules: Rules) -> Decision:
    """Who has the case is told, else whoever is on duty at its team."""
    return Decision(tells=(Tell("reminder", "owner" if facts.owner else f"team:{facts.team}"),))
