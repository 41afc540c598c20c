"""Three questions on a protocol that only somebody who has read it answers rightly: made by rule, never by hand. Pure.

Each asks for one value of the document. The choices are the true value, the value before, and values near it, in
order of size, so that neither the order on the page nor an odd number gives the answer away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from cases.models import Severity
from escalation.changes import NAMES
from escalation.protocol import ANY, Protocol

MINUTE, HOUR, DAY = 60, 3600, 86400
ASKED, CHOICES = 3, 4
TIME, LEVEL, MONEY = "time", "level", "money"
#: What is asked of a cell, the most telling first.
OF_CELL = ("acknowledge", "review", "update", "resolve", "refer_up")
#: Spans people say without thinking, in minutes; whole days of a calendar follow them.
PLAIN = (1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 360, 480, 600, 720, 960)
DAYS = (2, 3, 4, 5, 6, 8, 10, 12, 14, 15, 18, 20, 21, 25, 28, 30, 35, 42, 60, 90)
ROUND = tuple(n * 10**power for power in range(7) for n in (1, 2, 5))
#: Seconds of one working day of a calendar, by its key.
Days = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, the values to choose from in order of size, and which is right.

    `id` names the place in the document. Values are seconds of working time of `calendar` (empty: round the clock),
    a level, or an amount of money, as `unit` says.
    """

    id: str
    ask: str
    choices: tuple[int, ...]
    right: int
    unit: str = TIME
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One value of a protocol that can be asked for. `kind` keeps three questions from being one in three dresses."""

    id: str
    kind: str
    ask: str
    value: int
    unit: str = TIME
    calendar: str = ""


def questions(
    protocol: Protocol, previous: Protocol | None, *, days: Days, topics: Mapping[str, str]
) -> tuple[Question, Question, Question]:
    """The same three for everybody: of what changed since `previous`, the most severe first; else of the matrix.

    `days` are the seconds of a working day by calendar, `topics` the categories' names by slug.
    """
    before = {fact.id: fact.value for fact in facts(previous, topics)} if previous else {}
    now = list(facts(protocol, topics))
    changed = [fact for fact in now if before.get(fact.id, fact.value) != fact.value or _is_new(fact, before)]
    first, second, third = _pick([*changed, *now], len(changed))
    made = (_question(fact, before.get(fact.id), protocol, days) for fact in (first, second, third))
    one, two, three = made
    return one, two, three


def _severity(number: int) -> str:
    return str(Severity(number).label) if number in Severity.values else f"severity {number}"


def _is_new(fact: Fact, before: Mapping[str, int]) -> bool:
    return bool(before) and fact.id not in before


def _pick(found: list[Fact], changed: int) -> list[Fact]:
    """Three different ones in order; of several kinds where there are, but what changed before what did not."""
    chosen: list[Fact] = []
    for pool in (found[:changed], found):
        for fresh in (True, False):
            for fact in pool:
                if len(chosen) == ASKED:
                    return chosen
                again = any(one.kind == fact.kind for one in chosen)
                if not (fresh and again) and all(one.id != fact.id for one in chosen):
                    chosen.append(fact)
    return chosen


def facts(protocol: Protocol, topics: Mapping[str, str]) -> Iterator[Fact]:
    """Everything that can be asked, what matters most first. There are always at least three: the windows."""
    for (category, severity, tier), cell in sorted(protocol.matrix.items(), key=lambda row: (row[0][1:], row[0][0])):
        about = "any topic" if category == ANY else f"the topic “{topics.get(category, category)}”"
        where = f"{_severity(severity)}, level {tier}, {about}"
        for name in OF_CELL:
            value = getattr(cell, name)
            if value is not None:
                yield Fact(f"{category}/{severity}/{tier}/{name}", name, ASKS[name](where), value, TIME, cell.calendar)
    windows = protocol.windows
    for name, calendar in (("lapse", windows.calendar), ("confirm", windows.calendar), ("reopen", "")):
        ask = f"How long is it here: “{NAMES[name]}”?"
        yield Fact(name, name, ask, getattr(windows, name), TIME, calendar)
    if protocol.fast_tier and protocol.top >= ASKED:
        yield Fact("fast", "fast", "Which level do emergencies go to at once?", protocol.fast_tier, LEVEL)
    for (severity, complexity), tier in sorted(protocol.entry.items()) if protocol.top >= ASKED else ():
        ask = f"At which level does a case start that is {_severity(severity)}, complexity {complexity}?"
        yield Fact(f"entry/{severity}/{complexity}", "entry", ask, tier, LEVEL)
    for rung in protocol.tiers:
        if rung.refund_limit > 0:
            ask = f"How much may level {rung.ordinal}, {rung.name}, give back?"
            yield Fact(f"refund/{rung.ordinal}", "refund", ask, rung.refund_limit, MONEY)


ASKS: dict[str, Callable[[str], str]] = {
    "review": lambda where: f"{where}: within what time is the SLA review done?",
    "acknowledge": lambda where: f"{where}: within what time does a named person acknowledge?",
    "update": lambda where: f"{where}: how often does the customer hear from us, at least?",
    "refer_up": lambda where: f"{where}: how long may the level keep the case?",
    "resolve": lambda where: f"{where}: within what time do we owe an answer?",
}


def _question(fact: Fact, before: int | None, protocol: Protocol, days: Days) -> Question:
    low, high = _near(fact, protocol, days)
    if before is not None and before < fact.value:
        low = [before, *(value for value in low if value != before)]
    elif before is not None and before > fact.value:
        high = [before, *(value for value in high if value != before)]
    choices = _around(fact, low, high, before)
    return Question(fact.id, fact.ask, choices, fact.value, fact.unit, fact.calendar)


def _around(fact: Fact, low: list[int], high: list[int], before: int | None) -> tuple[int, ...]:
    """The value between so many of `low` and of `high`, nearest first; how many stand below it looks like chance."""
    others = min(CHOICES - 1, len(low) + len(high))
    fits = [below for below in range(others + 1) if below <= len(low) and others - below <= len(high)]
    if before is not None and before != fact.value:
        # The old value must be among them: who knows only that one has not read the new version.
        fits = [n for n in fits if (n if before < fact.value else others - n) >= 1] or fits
    draw = int.from_bytes(hashlib.sha256(f"{fact.id}={fact.value}".encode()).digest()[:4], "big")
    below = fits[draw % len(fits)]
    return tuple(sorted((fact.value, *low[:below], *high[: others - below])))


def _near(fact: Fact, protocol: Protocol, days: Days) -> tuple[list[int], list[int]]:
    """Values below and above, nearest first."""
    if fact.unit == LEVEL:
        scale = list(range(1, protocol.top + 1))
    elif fact.unit == MONEY:
        scale = list(ROUND)
    else:
        scale = _spans(fact.value, days.get(fact.calendar, DAY))
    low, high = [n for n in scale if n < fact.value], [n for n in scale if n > fact.value]
    return low[::-1], high


def _spans(value: int, day: int) -> list[int]:
    """Spans that look like `value`: plain ones and whole days, or as crooked as it is."""
    plain = [n * MINUTE for n in PLAIN if n * MINUTE < 2 * day]
    scale = sorted({*plain, *(n * day for n in DAYS)})
    if value in scale:
        return scale
    step = next(
        step for step in (DAY, HOUR, 30 * MINUTE, 10 * MINUTE, MINUTE, 1) if value > CHOICES * step or step == 1
    )
    near = range(value - (CHOICES - 1) * step, value + CHOICES * step, step)
    return [seconds for seconds in near if seconds > 0]
