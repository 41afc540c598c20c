"""What a back-test says at the end: both protocols' figures, the cases that change, and what it cannot know."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from escalation.backtest.changed import Change
from escalation.backtest.figures import Totals
from escalation.backtest.fitting import ASSUMED

SHOWN = 50  # changed cases kept
DIFFERENT = 20  # differences of the self-check kept


@dataclass
class Outcome:
    """Sums over the cases looked at so far; parts from several processes are joined in the order of their cases."""

    tried: bool = True  # False: the published rules only, nothing new was tried
    differences: int = 0  # cases whose rerun is not their record
    different: list[str] = field(default_factory=list)
    old: Totals = field(default_factory=Totals)
    new: Totals = field(default_factory=Totals)
    changed_cases: int = 0
    changed: list[Change] = field(default_factory=list)
    protocols: Counter[str] = field(default_factory=Counter)
    history: int = 0
    unread: Counter[str] = field(default_factory=Counter)
    new_climbs: int = 0  # moves up under the tried rules beyond those recorded

    def note_difference(self, sentence: str) -> None:
        self.differences += 1
        if len(self.different) < DIFFERENT:
            self.different.append(sentence)

    def note_change(self, change: Change) -> None:
        self.changed_cases += 1
        self.changed.append(change)
        if len(self.changed) > 4 * SHOWN:
            self.trim()

    def trim(self) -> None:
        """Keeps the cases that change most."""
        self.changed = heapq.nsmallest(SHOWN, self.changed, key=lambda change: change.order)

    def join(self, other: Outcome) -> None:
        """Adds what was found of other cases."""
        self.differences += other.differences
        self.different = (self.different + other.different)[:DIFFERENT]
        self.old.join(other.old)
        self.new.join(other.new)
        self.changed_cases += other.changed_cases
        self.changed += other.changed
        self.trim()
        self.protocols.update(other.protocols)
        self.history += other.history
        self.unread.update(other.unread)
        self.new_climbs += other.new_climbs

    def as_json(self, weeks: float) -> dict[str, Any]:
        """The result as it is kept and printed; `weeks` is the length of the window."""
        self.trim()
        old = self.old.as_json(weeks)
        return {
            "cases": self.old.cases,
            "differences": self.differences,
            "different": self.different,
            "old": old,
            "new": self.new.as_json(weeks) if self.tried else old,
            "changed_cases": self.changed_cases,
            "changed": [change.as_json() for change in self.changed],
            "assumed": dict(sorted(self.new.assumed.items())),
            "did_not_fit": dict(sorted(self.new.unfit.items())),
            "protocols": dict(sorted(self.protocols.items())),
            "cannot_know": list(self.limits()),
        }

    def limits(self) -> Iterator[str]:
        """What the figures cannot say, each in a sentence with its count."""
        if self.tried:
            yield "What customers and colleagues would have done otherwise: every act stays at the moment it was recorded."
        if self.tried and self.new_climbs:
            yield (
                f"What the people of the next level would have done at once: {many(self.new_climbs, 'move')} up happened "
                "only under the tried rules, and nobody answers there before the next recorded act."
            )
        yield "Who belonged to which team, and weekly shifts that were changed since: teams and shifts are today's."
        if self.history:
            yield (
                f"What would have climbed in imported history: {many(self.history, 'case')} from another system "
                "are measured only; nobody was told and nothing climbed."
            )
        for name, count in sorted(self.new.assumed.items()):
            yield f"Assumed {times(count)}: {ASSUMED.get(name, GUESSED.get(name, name))}."
        for name, count in sorted(self.new.unfit.items()):
            yield f"Did not fit {times(count)} and was left out: “{name.replace('_', ' ')}” where the case could not take it."
        for why, count in sorted(self.new.stuck.items()):
            yield f"{many(count, 'case')} could not be followed to the end: {why}"
        for why, count in sorted(self.unread.items()):
            yield f"{many(count, 'case')} left out: {why}."


GUESSED = {"guess:empty": "that somebody stood behind every team, where the record says nothing of it"}


def many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
