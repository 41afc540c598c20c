"""What the page of a protocol version shows: ladder, matrix, tables, and how they differ from what is in force."""

from __future__ import annotations

from typing import Any

from cases.models import Severity
from cases.models.case import Impact
from escalation.models import ProtocolVersion
from escalation.protocol import ANY, Cell, MissingCell, Protocol
from portal.console.forms import COMPLEXITY
from portal.console.protocol_findings import edit_url
from portal.console.protocol_levels import step_row
from portal.console.protocol_tasks import task_row
from portal.console.protocol_upset import upset_rows
from portal.console.protocol_words import POLICIES, TIMES, Names, action_words, severity

WIDTH, STEP, HEIGHT = 168, 176, 44  # of a rung in the picture of the ladder


def pages(version: ProtocolVersion, protocol: Protocol, old: Protocol | None, names: Names) -> dict[str, Any]:
    """Every section of the page. `old` is what is compared with; None when there is nothing."""
    return {
        "ladder": ladder(protocol, names),
        "picture": {"width": protocol.top * STEP + 8, "height": protocol.top * HEIGHT + 16},
        "topics": matrix(version, protocol, old, names),
        "columns": list(TIMES.values()),
        "entry": entry(protocol, old),
        "complexities": [words for _, words in COMPLEXITY],
        "impact": impact(protocol, old),
        "windows": windows(protocol, names),
        "tree": tree(protocol, names),
        "skills": [(names.team(team), ", ".join(have)) for team, have in protocol.skills.items()],
        "guidelines": [{"rule": rule, "when": names.conditions(rule.when)} for rule in protocol.guidelines],
        "upset": upset_rows(protocol),
        "fast": protocol.tier(protocol.fast_tier) if protocol.fast_tier else None,
    }


def ladder(protocol: Protocol, names: Names) -> list[dict[str, Any]]:
    """The levels from the top down, each with its teams, powers and steps; x and y for the picture."""
    return [
        {
            "number": tier.ordinal,
            "name": tier.name,
            "team": names.team(tier.team),
            "exists": tier.team in names.teams,
            "lead": names.leads.get(tier.team, ""),
            "others": [names.team(team) for team in tier.teams],
            "actions": action_words(tier.on_arrival),
            "steps": [step_row(step, names) for step in tier.steps],
            "tasks": [task_row(task, names) for task in tier.tasks],
            "refund": tier.refund_limit,
            "may": tier.may,
            "contact": tier.contact,
            "x": (tier.ordinal - 1) * STEP + 8,
            "y": (protocol.top - tier.ordinal) * HEIGHT + 8,
        }
        for tier in reversed(protocol.tiers)
    ]


def matrix(version: ProtocolVersion, protocol: Protocol, old: Protocol | None, names: Names) -> list[dict[str, Any]]:
    """One table for every topic, then one for each topic with times of its own."""
    rows = sorted({topic for topic, _, _ in protocol.matrix} | {ANY}, key=lambda topic: (topic != ANY, topic))
    return [
        {
            "slug": topic,
            "name": names.topic(topic),
            "own": topic != ANY,
            "drop_url": edit_url(version.pk, "drop-row", topic=topic),
            "levels": [
                {"tier": tier, "rows": [row for n in Severity.values if (row := _row(version, protocol, old, names, (topic, n, tier.ordinal)))]}
                for tier in protocol.tiers
            ],
        }
        for topic in rows
    ]  # fmt: skip


def _row(
    version: ProtocolVersion, protocol: Protocol, old: Protocol | None, names: Names, key: tuple[str, int, int]
) -> dict[str, Any] | None:
    """One severity at one level; None where a topic has nothing of its own and follows another row."""
    topic, number, level = key
    own = protocol.matrix.get(key)
    if own is None and topic != ANY:
        return None
    word, url = severity(number), edit_url(version.pk, "cell", topic=topic, severity=number, level=level)
    if own is None:
        return {"severity": word, "url": url, "missing": True}
    before = _cell(old, key)
    said, was = _words(own, names), _words(before, names) if before else {}
    cells = [
        {"name": name, "words": words, "was": was[name] if was and was[name] != words else ""}
        for name, words in said.items()
        if name in TIMES
    ]
    rest = {n: {"words": said[n], "was": was[n] if was and was[n] != said[n] else ""} for n in ("calendar", "told")}
    return {"severity": word, "url": url, "cells": cells, **rest}


def _cell(protocol: Protocol | None, key: tuple[str, int, int]) -> Cell | None:
    """What counted at a place; None where nothing did, or there was no such protocol."""
    if protocol is None:
        return None
    try:
        return protocol.cell(*key)
    except MissingCell:
        return None


def _words(cell: Cell, names: Names) -> dict[str, str]:
    times = {name: names.spell(getattr(cell, name), cell.calendar) for name in TIMES}
    return times | {"calendar": names.calendar(cell.calendar), "told": names.told(cell.told)}


def entry(protocol: Protocol, old: Protocol | None) -> list[dict[str, Any]]:
    """The level a case starts at: a row for each severity, a cell for each complexity."""
    rows = []
    for number, word in Severity.choices:
        cells = []
        for complexity, _ in COMPLEXITY:
            tier = protocol.entry.get((number, complexity))
            was = old.entry.get((number, complexity)) if old else tier
            cells.append({"words": f"Level {tier}" if tier else "Missing", "was": f"Level {was}" if was not in (tier, None) else ""})  # fmt: skip
        rows.append({"severity": word, "cells": cells})
    return rows


def impact(protocol: Protocol, old: Protocol | None) -> list[dict[str, str]]:
    """What customers say, and the severity it leads to."""
    rows = []
    for word in dict.fromkeys((*Impact.values, *protocol.impact)):
        now, was = protocol.impact.get(word), old.impact.get(word) if old else None
        rows.append(
            {
                "said": str(dict(Impact.choices).get(word, word)),
                "severity": severity(now) if now else "Missing",
                "was": severity(was) if was and was != now else "",
            }
        )
    return rows


def windows(protocol: Protocol, names: Names) -> list[tuple[str, str]]:
    """The times that do not depend on the matrix."""
    w = protocol.windows
    return [
        ("A question to the customer stays open for", names.spell(w.lapse, w.calendar)),
        ("They are reminded before that", names.spell(w.nudge, w.calendar)),
        ("An answer waits for yes or no for", names.spell(w.confirm, w.calendar)),
        ("A settled case can be reopened for", names.spell(w.reopen)),
        ("The survey goes after a yes in", names.spell(w.survey_after_yes)),
        ("The survey goes after silence in", names.spell(w.survey_after_silence)),
        ("The first three are counted on", names.calendar(w.calendar)),
    ]


def tree(protocol: Protocol, names: Names) -> list[dict[str, str]]:
    """Every topic that customers can choose or the protocol knows, with what counts for it."""
    return [
        {
            "name": names.topic(slug),
            "under": names.topic(above) if (above := _under(protocol, slug)) else "-",
            "policy": POLICIES[protocol.policy(slug)],
            "skill": protocol.skill_for(slug) or "-",
        }
        for slug in dict.fromkeys((*names.active, *protocol.topics))
    ]


def _under(protocol: Protocol, slug: str) -> str | None:
    topic = protocol.topics.get(slug)
    return topic.under if topic else None
