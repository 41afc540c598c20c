"""Proves a protocol by enumeration: every (category, severity, tier, hour). Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from escalation.lint import guidelines, holes, hours, letters, loops, people, targets, tasks, times, topics, upset
from escalation.lint.finding import ERROR, RULES, WARNING, Finding, Key, Rule
from escalation.lint.ground import Ground
from escalation.lint.world import World
from escalation.protocol import Protocol, ProtocolError
from escalation.reading import parse
from escalation.worktime import Calendar

__all__ = ("ERROR", "RULES", "WARNING", "Finding", "Key", "Rule", "World", "in_order", "lint", "lint_document")

#: The modules of rules, in the order their findings are listed.
PARTS = (holes, times, hours, people, targets, loops, topics, guidelines, upset, letters, tasks)
ORDER = {part.__name__: place for place, part in enumerate(PARTS)}


def in_order() -> list[Rule]:
    """Every rule, in the order its findings are listed."""
    return sorted(RULES.values(), key=lambda rule: ORDER[rule.check.__module__])


def lint(protocol: Protocol, calendars: Mapping[str, Calendar], world: World, at: datetime) -> tuple[Finding, ...]:
    """What is wrong with a protocol on these calendars in this world, looking 28 days ahead of `at`.

    Errors first; each rule's findings in the order of their place. An empty answer is the proof that no rule
    found anything at any (category, severity, tier, hour).
    """
    ground = Ground(protocol, calendars, world, at)
    found = [
        Finding(rule.severity, rule.code, ground.place(one.key), one.sentence, one.remedy, one.key)
        for rule in in_order()
        for one in rule.check(ground)
    ]
    return tuple(sorted(found, key=lambda finding: not finding.is_error))


def lint_document(
    label: str, document: Mapping[str, Any], calendars: Mapping[str, Calendar], world: World, at: datetime
) -> tuple[Finding, ...]:
    """As `lint`, from the document of a version: one that cannot be read is one finding, `unreadable`."""
    try:
        protocol = parse(label, document)
    except ProtocolError as why:
        place, colon, _ = str(why).partition(": ")
        key = Key("document", item=label)
        remedy = "Correct it there; nothing else can be checked before."
        return (Finding(ERROR, "unreadable", place if colon else "Document", str(why), remedy, key),)
    return lint(protocol, calendars, world, at)
