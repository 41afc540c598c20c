"""What changed between two versions of a protocol, one line each, in words people can check."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from cases.models import Severity
from escalation.protocol import ANY, Cell, LevelTask, Protocol, Step, Tier, Windows

#: Spells a duration: seconds, and the key of the calendar it is counted on.
Spell = Callable[[int, str], str]
NAMES = {
    "review": "SLA review", "acknowledge": "Acknowledge", "update": "Update every", "refer_up": "Refer up after",
    "resolve": "Answer by", "calendar": "Calendar", "told": "Told of a miss",
    "lapse": "A question stays open for", "nudge": "Reminder before that", "confirm": "An answer waits for",
    "survey_after_yes": "Survey after a yes", "survey_after_silence": "Survey after silence", "reopen": "Reopen within",
    "name": "Name", "team": "Team", "teams": "Further teams", "on_arrival": "On arrival",
    "refund_limit": "Refund limit", "may": "May decide", "contact": "Contact", "steps": "Steps", "tasks": "Tasks",
}  # fmt: skip
ROUND_THE_CLOCK = ("survey_after_yes", "survey_after_silence", "reopen")
SEVERITIES: dict[int, str] = {number: str(word) for number, word in Severity.choices}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: where, what, and its value before and after ("-" where there was or is nothing).

    `key` names a matrix cell (category, severity, tier); None for anything else. `later` says that a promise
    to customers gets slower.
    """

    where: str
    what: str
    before: str
    after: str
    key: tuple[str, int, int] | None = None
    later: bool = False


def changes(old: Protocol, new: Protocol, *, spell: Spell, topics: Mapping[str, str]) -> tuple[Change, ...]:
    """Every difference, in the order of the document. `topics` are the categories' names by slug."""
    return (
        *_tiers(old, new, spell),
        *_matrix(old, new, spell, topics),
        *_table("Entry level", _entry(old), _entry(new)),
        *_table("Severity of what customers say", _plain(old.impact, _severity), _plain(new.impact, _severity)),
        *_windows(old.windows, new.windows, spell),
        *_table("Topics", _topic_words(old, topics), _topic_words(new, topics)),
        *_table("Skills", _plain(old.skills, ", ".join), _plain(new.skills, ", ".join)),
        *_table("Guidelines", _guideline_words(old), _guideline_words(new)),
        *_table("Protocol", _own(old), _own(new)),
    )


def _table(where: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    for what in dict.fromkeys((*old, *new)):
        before, after = old.get(what, "-"), new.get(what, "-")
        if before != after:
            yield Change(where, what, before, after)


def _plain(table: Mapping[Any, Any], word: Callable[[Any], str]) -> dict[str, str]:
    return {str(key): word(value) for key, value in table.items()}


def _severity(number: int) -> str:
    return SEVERITIES.get(number, str(number))


def _own(protocol: Protocol) -> dict[str, str]:
    fast = f"level {protocol.fast_tier}" if protocol.fast_tier else "-"
    upset = protocol.upset
    words = "; ".join(f"{language}: {', '.join(found)}" for language, found in sorted(upset.words.items()))
    return {
        "Update interval of upset customers": f"{upset.update_percent}% of the usual",
        "Words of upset customers": words or "-",
        "Name": protocol.name,
        "Currency": protocol.currency or "-",
        "Emergencies go to": fast,
    }


def _entry(protocol: Protocol) -> dict[str, str]:
    return {f"{_severity(s)}, complexity {c}": f"level {tier}" for (s, c), tier in sorted(protocol.entry.items())}


def _topic_words(protocol: Protocol, topics: Mapping[str, str]) -> dict[str, str]:
    words = {}
    for slug, topic in protocol.topics.items():
        under = f", under {topics.get(topic.under, topic.under)}" if topic.under else ""
        skill = f", needs {topic.skill}" if topic.skill else ""
        words[topics.get(slug, slug)] = f"passing up {topic.escalation or 'as above'}{under}{skill}"
    return words


def _guideline_words(protocol: Protocol) -> dict[str, str]:
    return {
        rule.id: f"{rule.verdict} pass up when {', '.join(f'{k} {v}' for k, v in rule.when.items())}: {rule.because}"
        for rule in protocol.guidelines
    }


def _tiers(old: Protocol, new: Protocol, spell: Spell) -> Iterator[Change]:
    for ordinal in range(1, max(old.top, new.top) + 1):
        where = f"Level {ordinal}"
        before = old.tier(ordinal) if ordinal <= old.top else None
        after = new.tier(ordinal) if ordinal <= new.top else None
        if before is None or after is None:
            yield Change(where, "Level", before.name if before else "-", after.name if after else "-")
            continue
        yield from _table(where, _tier_words(before, spell), _tier_words(after, spell))


def _tier_words(tier: Tier, spell: Spell) -> dict[str, str]:
    return {
        "Name": tier.name,
        "Team": ", ".join(tier.all_teams),
        "On arrival": ", ".join(tier.on_arrival) or "-",
        "Refund limit": str(tier.refund_limit),
        "May decide": tier.may or "-",
        "Contact": tier.contact or "-",
        "Steps": "; ".join(step_words(step, spell) for step in tier.steps) or "-",
        "Tasks": "; ".join(task_words(task, spell) for task in tier.tasks) or "-",
    }


def task_words(task: LevelTask, spell: Spell) -> str:
    """'“Read what was tried” within 30 minutes, internal'."""
    return f"“{task.text}” within {spell(task.after, '')}{'' if task.shown else ', internal'}"


def step_words(step: Step, spell: Spell) -> str:
    """'after 20 minutes lead:billing: notify, 2 times'."""
    times = f", {step.repeat} times" if step.repeat > 1 else ""
    return f"after {spell(step.after, '')} {step.target}: {', '.join(step.actions)}{times}"


def _matrix(old: Protocol, new: Protocol, spell: Spell, topics: Mapping[str, str]) -> Iterator[Change]:
    for key in sorted(old.matrix.keys() | new.matrix.keys()):
        category, severity, tier = key
        topic = "Every topic" if category == ANY else topics.get(category, category)
        where = f"{topic}, {SEVERITIES.get(severity, severity)}, level {tier}"
        before, after = old.matrix.get(key), new.matrix.get(key)
        if before is None or after is None:
            yield Change(where, "Row", "there" if before else "-", "there" if after else "-", key)
            continue
        yield from _cell(where, key, before, after, spell)


def _cell(where: str, key: tuple[str, int, int], old: Cell, new: Cell, spell: Spell) -> Iterator[Change]:
    for name in ("calendar", "review", "acknowledge", "update", "refer_up", "resolve", "told"):
        before, after = getattr(old, name), getattr(new, name)
        if before == after:
            continue
        later = isinstance(before, int) and isinstance(after, int) and after > before and name != "refer_up"
        yield Change(
            where, NAMES[name], _value(before, old.calendar, spell), _value(after, new.calendar, spell), key, later
        )


def _value(value: Any, calendar: str, spell: Spell) -> str:
    if value is None:
        return "-"
    if isinstance(value, int):
        return spell(value, calendar)
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _windows(old: Windows, new: Windows, spell: Spell) -> Iterator[Change]:
    for field in fields(Windows):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before != after:
            on = ("", "") if field.name in ROUND_THE_CLOCK else (old.calendar, new.calendar)
            yield Change("Windows", NAMES[field.name], _value(before, on[0], spell), _value(after, on[1], spell))
