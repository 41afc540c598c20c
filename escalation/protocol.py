"""A protocol as the engine looks things up in it: tiers and their steps, matrix, topics, guidelines, windows.

`escalation.reading` makes one from the document of a version (docs/protocol.md); whether its rules are wise is
the linter's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from escalation.worktime import Calendar

ANY = "*"
TARGETS = ("review", "acknowledge", "update", "refer_up", "resolve")
ACTIONS = ("reassign", "assign", "notify", "message_customer", "raise_severity", "call_task", "webhook")
#: What a step may aim at: kind, and whether a name follows it after a colon.
TARGETS_OF_STEPS = {"team": True, "duty": True, "lead": True, "person": True, "role": True, "webhook": True}
#: Whether staff may, must or may not pass up a case of a topic by hand. Missed clocks climb all the same.
POLICIES = ("required", "allowed", "never")
VERDICTS = ("must", "should", "may")
MOST_ROUNDS = 10


class ProtocolError(ValueError):
    """The document cannot be read; the message names the place."""


class MissingCell(LookupError):
    """The matrix has no row for a case; the message names the cell and what to do."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happens at a tier when `after` more seconds of working time have gone and nobody acknowledged.

    `target` is team:, duty:, lead:, role: with a name, person: with an address, or webhook: with its name.
    """

    after: int
    target: str
    actions: tuple[str, ...]
    repeat: int = 1


@dataclass(frozen=True, slots=True)
class LevelTask:
    """A task every case gets that arrives at a level: due after `after` seconds of working time of its cell there.

    `shown`: it counts among the steps whose progress the customer reads; they never read its text.
    """

    text: str
    after: int
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Tier:
    """One rung: who works there, what happens when a case arrives, and the steps that follow, in order.

    `teams` are further teams of this tier; a topic that needs a skill goes to the first that has it.
    """

    ordinal: int
    name: str
    team: str
    on_arrival: tuple[str, ...]
    refund_limit: int = 0
    steps: tuple[Step, ...] = ()
    teams: tuple[str, ...] = ()
    may: str = ""
    contact: str = ""
    tasks: tuple[LevelTask, ...] = ()

    @property
    def rungs(self) -> tuple[Step, ...]:
        """The steps with each repeat as one of its own."""
        return tuple(step for step in self.steps for _ in range(step.repeat))

    @property
    def all_teams(self) -> tuple[str, ...]:
        return (self.team, *self.teams)


@dataclass(frozen=True, slots=True)
class Cell:
    """Targets of one (category, severity, tier), in seconds of working time of `calendar`.

    `refer_up` is None at the last tier: there is nobody above. `told` is who of ours hears of a missed clock:
    addresses as in a step, or `owner` for whoever has the case.
    """

    calendar: str
    review: int
    acknowledge: int
    update: int
    resolve: int
    refer_up: int | None = None
    told: tuple[str, ...] = ("owner", "lead")


@dataclass(frozen=True, slots=True)
class Windows:
    """Times that do not depend on the matrix, in seconds; working time of `calendar` unless said."""

    calendar: str
    lapse: int  # a question to the customer without an answer: the case closes
    nudge: int  # a reminder that long before the lapse
    confirm: int  # an answer without yes or no: the case closes
    survey_after_yes: int  # round-the-clock seconds
    survey_after_silence: int  # round-the-clock seconds
    reopen: int  # round-the-clock seconds in which a settled case can be reopened


@dataclass(frozen=True, slots=True)
class Topic:
    """What the protocol says of a category: its parent in the tree, passing up by hand, the skill it needs."""

    under: str | None = None
    escalation: str | None = None  # None: as the topic above has it
    skill: str | None = None


@dataclass(frozen=True, slots=True)
class Guideline:
    """A rule for people: when all of `when` holds, they must, should or may pass the case up."""

    id: str
    verdict: str
    because: str
    when: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Upset:
    """What changes while a customer is upset: the update interval in per cent, and the words by which one is known.

    Words are by language, in small letters, each a word or a phrase; a message is searched for those of all languages.
    """

    update_percent: int = 100
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)


def person_key(target: str) -> str:
    """What person:<address> is called among `Picks`: the log, which is for ever, keeps no address."""
    return f"person:{sha256(target.encode()).hexdigest()[:16]}"


@dataclass(frozen=True)
class Protocol:
    """One version of the rules. Published ones never change."""

    label: str
    name: str
    tiers: tuple[Tier, ...]
    matrix: Mapping[tuple[str, int, int], Cell]
    entry: Mapping[tuple[int, int], int]
    impact: Mapping[str, int]
    windows: Windows
    document: Mapping[str, Any] = field(repr=False, compare=False)
    topics: Mapping[str, Topic] = field(default_factory=dict)
    skills: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    guidelines: tuple[Guideline, ...] = ()
    fast_tier: int | None = None
    currency: str = ""
    upset: Upset = Upset()

    @property
    def top(self) -> int:
        """The highest tier's ordinal."""
        return len(self.tiers)

    def tier(self, ordinal: int) -> Tier:
        return self.tiers[ordinal - 1]

    def lineage(self, category: str) -> tuple[str, ...]:
        """The category and those above it in the tree, nearest first."""
        line = [category]
        while (topic := self.topics.get(line[-1])) and topic.under and topic.under not in line:
            line.append(topic.under)
        return tuple(line)

    def policy(self, category: str) -> str:
        """Whether cases of the category must, may or may not be passed up by hand: its own word, or the nearest above."""
        for wanted in self.lineage(category):
            if (topic := self.topics.get(wanted)) and topic.escalation:
                return topic.escalation
        return "allowed"

    def skill_for(self, category: str) -> str | None:
        """The skill a case of the category needs; None when any team will do."""
        for wanted in self.lineage(category):
            if (topic := self.topics.get(wanted)) and topic.skill:
                return topic.skill
        return None

    def team_at(self, tier: int, category: str) -> str:
        """The team of a tier a case of this category goes to: the first that has the skill, else the tier's own."""
        rung, skill = self.tier(tier), self.skill_for(category)
        if skill is None:
            return rung.team
        return next((team for team in rung.all_teams if skill in self.skills.get(team, ())), rung.team)

    @property
    def assigns(self) -> bool:
        """Whether any level or step gives cases out to people by itself."""
        return any("assign" in tier.on_arrival or any("assign" in s.actions for s in tier.steps) for tier in self.tiers)

    @property
    def named(self) -> dict[str, str]:
        """People a step gives a case to by name: the targets by their `person_key`."""
        steps = (step for tier in self.tiers for step in tier.steps if "assign" in step.actions)
        return {person_key(step.target): step.target for step in steps if step.target.startswith("person:")}

    def targets(self) -> tuple[str, ...]:
        """Everybody the protocol addresses: teams by their bare name, targets of steps as they are written."""
        named = {team for tier in self.tiers for team in tier.all_teams}
        named |= {step.target for tier in self.tiers for step in tier.steps}
        return tuple(sorted(named))

    def cell(self, category: str, severity: int, tier: int) -> Cell:
        """The most special row that fits: the category's own, one of a category above it, else that for all."""
        for wanted in (*self.lineage(category), ANY):
            found = self.matrix.get((wanted, severity, tier))
            if found is not None:
                return found
        raise MissingCell(
            f"Protocol {self.label} has no row for category “{category}”, severity {severity}, level {tier}. "
            "Ask a protocol author to add it and publish a new version."
        )

    def entry_tier(self, severity: int, complexity: int) -> int:
        """Where a case of this severity and complexity starts."""
        found = self.entry.get((severity, complexity))
        if found is None:
            raise MissingCell(
                f"Protocol {self.label} does not say at which level a case of severity {severity} and "
                f"complexity {complexity} starts. Ask a protocol author to add it."
            )
        return found

    def severity_for(self, impact: str) -> int:
        """The severity a customer's own words lead to."""
        found = self.impact.get(impact)
        if found is None:
            raise MissingCell(f"Protocol {self.label} gives no severity for the impact “{impact}”.")
        return found


@dataclass(frozen=True)
class Rules:
    """What a decision may look up: one protocol version and the calendars, each in its versions."""

    protocol: Protocol
    calendars: Mapping[str, tuple[tuple[datetime, Calendar], ...]]

    def calendar(self, key: str, at: datetime) -> Calendar:
        """The version of calendar `key` in force at `at`: editing a calendar changes only later clocks.

        Before its first version was published the first one counts, so that imported history can be measured.
        """
        versions = self.calendars.get(key)
        if not versions:
            raise MissingCell(f"Protocol {self.protocol.label} names the calendar “{key}”, which does not exist.")
        in_force = versions[0][1]
        for since, calendar in versions:
            if since <= at:
                in_force = calendar
        return in_force

    def by_label(self, label: str) -> Calendar:
        """The very calendar a running clock was started with."""
        for versions in self.calendars.values():
            for _since, calendar in versions:
                if calendar.label == label:
                    return calendar
        raise MissingCell(f"The calendar “{label}” does not exist.")
