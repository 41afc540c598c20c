"""A protocol as the engine reads it: tiers, matrix and rules, parsed from the document of one version.

A document is plain JSON (see docs/protocol.md). Parsing checks its form and says what is wrong in a
sentence; whether its rules are wise is the linter's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from escalation.worktime import Calendar

ANY = "*"
TARGETS = ("review", "acknowledge", "update", "refer_up", "resolve")
ACTIONS = ("reassign", "notify", "message_customer", "raise_severity", "call_task")


class ProtocolError(ValueError):
    """The document cannot be read; the message names the place."""


class MissingCell(LookupError):
    """The matrix has no row for a case; the message names the cell and what to do."""


@dataclass(frozen=True, slots=True)
class Tier:
    """One rung: who works there and what happens when a case arrives, in order."""

    ordinal: int
    name: str
    team: str
    on_arrival: tuple[str, ...]
    refund_limit: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """Targets of one (category, severity, tier), in seconds of working time of `calendar`.

    `refer_up` is None at the last tier: there is nobody above.
    """

    calendar: str
    review: int
    acknowledge: int
    update: int
    resolve: int
    refer_up: int | None = None


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

    @property
    def top(self) -> int:
        """The highest tier's ordinal."""
        return len(self.tiers)

    def tier(self, ordinal: int) -> Tier:
        return self.tiers[ordinal - 1]

    def cell(self, category: str, severity: int, tier: int) -> Cell:
        """The most special row that fits: the category's own, else the one for every category."""
        for wanted in (category, ANY):
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


def _need(document: Mapping[str, Any], name: str, kind: type, where: str) -> Any:
    value = document.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ProtocolError(f"{where}: “{name}” is missing or not a {kind.__name__}.")
    return value


def _seconds(row: Mapping[str, Any], name: str, where: str) -> int:
    value = _need(row, name, int, where)
    if value <= 0:
        raise ProtocolError(f"{where}: “{name}” must be more than 0 seconds.")
    return value


def _tier(ordinal: int, row: Mapping[str, Any]) -> Tier:
    where = f"Level {ordinal}"
    if not isinstance(row, dict):
        raise ProtocolError(f"{where}: a level is an object with name and team.")
    actions = tuple(row.get("on_arrival", ("reassign", "notify", "message_customer")))
    for action in actions:
        if action not in ACTIONS:
            raise ProtocolError(f"{where}: “{action}” is not an action. Known: {', '.join(ACTIONS)}.")
    return Tier(
        ordinal,
        _need(row, "name", str, where),
        _need(row, "team", str, where),
        actions,
        _need({"refund_limit": 0} | dict(row), "refund_limit", int, where),
    )


def _cell(row: Mapping[str, Any], where: str) -> Cell:
    refer_up = _seconds(row, "refer_up", where) if row.get("refer_up") is not None else None
    times = {name: _seconds(row, name, where) for name in TARGETS if name != "refer_up"}
    return Cell(calendar=_need(row, "calendar", str, where), refer_up=refer_up, **times)


def _matrix(rows: list[Mapping[str, Any]]) -> dict[tuple[str, int, int], Cell]:
    matrix: dict[tuple[str, int, int], Cell] = {}
    for row in rows:
        if not isinstance(row, dict):
            raise ProtocolError("Matrix: every row is an object.")
        key = (str(row.get("category", ANY)), row.get("severity"), row.get("tier"))
        where = f"Matrix row {key}"
        if key in matrix:
            raise ProtocolError(f"{where} stands twice.")
        _need(row, "severity", int, where), _need(row, "tier", int, where)
        matrix[key] = _cell(row, where)  # type: ignore[index]
    return matrix


def _entry(rows: list[Any], top: int) -> dict[tuple[int, int], int]:
    entry: dict[tuple[int, int], int] = {}
    for row in rows:
        if not isinstance(row, dict):
            raise ProtocolError("Entry: every row names severity, complexity and tier.")
        severity, complexity, tier = (_need(row, name, int, "Entry") for name in ("severity", "complexity", "tier"))
        if not 1 <= tier <= top:
            raise ProtocolError(f"Entry for severity {severity}, complexity {complexity}: no level {tier}.")
        entry[severity, complexity] = tier
    return entry


def _impact(rows: Mapping[str, Any]) -> dict[str, int]:
    for words, severity in rows.items():
        if severity not in (1, 2, 3, 4) or isinstance(severity, bool):
            raise ProtocolError(f"Impact “{words}”: severity must be 1 to 4, not {severity!r}.")
    return dict(rows)


def parse(label: str, document: Mapping[str, Any]) -> Protocol:
    """The protocol a document describes. Raises ProtocolError with the place and the reason."""
    tiers = tuple(_tier(n, row) for n, row in enumerate(_need(document, "tiers", list, "Protocol"), start=1))
    if not tiers:
        raise ProtocolError("A protocol needs at least one level.")
    entry = _entry(_need(document, "entry", list, "Protocol"), len(tiers))
    windows = _need(document, "windows", dict, "Protocol")
    names = ("lapse", "nudge", "confirm", "survey_after_yes", "survey_after_silence", "reopen")
    return Protocol(
        label=label,
        name=_need(document, "name", str, "Protocol"),
        tiers=tiers,
        matrix=_matrix(_need(document, "matrix", list, "Protocol")),
        entry=entry,
        impact=_impact(_need(document, "impact", dict, "Protocol")),
        windows=Windows(
            calendar=_need(windows, "calendar", str, "Windows"),
            **{name: _seconds(windows, name, "Windows") for name in names},
        ),
        document=document,
    )
