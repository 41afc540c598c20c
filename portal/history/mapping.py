"""A mapping: which column of another help desk's file means what, read from JSON and checked before a row is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.text import slugify

from escalation.history import Past

SHIPPED = Path(__file__).parent.parent / "mappings"
NEEDED = {"changes": ("number", "opened", "changed", "state"), "cases": ("number", "opened")}
#: A row of a whole case: its columns of instants and the state each one means, in the order they come.
MARKS = {"acknowledged": Past.WORKING, "resolved": Past.RESOLVED, "closed": Past.CLOSED}
COLUMNS = ("number", "opened", "changed", "state", *MARKS, "customer", "category", "group", "owner", "actor", "title")
DELIMITERS = (",", ";", "\t")
TOUCHES = ("update", "nothing")


class MappingError(ValueError):
    """The mapping cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Legend:
    """What the file's columns and words mean."""

    origin: str
    rows: str
    delimiter: str
    missing: frozenset[str]
    dates: str  # a strptime format, or "iso"
    zone: ZoneInfo
    columns: Mapping[str, str]
    case_title: str
    states: Mapping[str, str]
    partner: str
    severity_columns: tuple[str, ...]
    severities: Mapping[str, int]
    severity_else: int | None
    heard: bool

    @property
    def headers(self) -> set[str]:
        """Every column the file must have."""
        return {*self.columns.values(), *self.severity_columns}


def load(name_or_file: str) -> Legend:
    """The shipped mapping of that name, or the one in that file. Raises MappingError."""
    shipped = SHIPPED / f"{name_or_file}.json"
    path = shipped if slugify(name_or_file) == name_or_file and shipped.exists() else Path(name_or_file)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as why:
        names = ", ".join(sorted(p.stem for p in SHIPPED.glob("*.json")))
        raise MappingError(
            f"No mapping “{name_or_file}”: {why.strerror or why}. Shipped ones: {names}; or name a file."
        ) from None
    except ValueError as why:
        raise MappingError(f"{path} is not JSON: {why}") from None
    return parse(document)


def parse(document: Any) -> Legend:
    """The mapping a document describes. Raises MappingError with the place and the reason."""
    if not isinstance(document, dict) or document.get("format") != 1:
        raise MappingError("A mapping is a JSON object with “format”: 1.")
    rows = _one_of(document, "rows", tuple(NEEDED))
    severity = _table(document, "severity")
    return Legend(
        origin=_origin(document),
        rows=rows,
        delimiter=_one_of(document, "delimiter", DELIMITERS, ","),
        missing=frozenset(document.get("missing", [""])),
        dates=_text(document, "dates"),
        zone=_zone(document),
        columns=_columns(document, rows),
        case_title=_title(document),
        states=_states(document, rows),
        partner=document.get("partner", "another company"),
        severity_columns=tuple(severity.get("columns", ())),
        severities=_severities(severity),
        severity_else=severity.get("otherwise"),
        heard=_one_of(document, "touch", TOUCHES, "nothing") == "update",
    )


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value:
        raise MappingError(f"“{name}” is missing.")
    return value


def _table(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    if not isinstance(value, dict):
        raise MappingError(f"“{name}” must be an object.")
    return value


def _one_of(document: Mapping[str, Any], name: str, known: tuple[str, ...], default: str | None = None) -> str:
    value = document.get(name, default)
    if value not in known:
        raise MappingError(f"“{name}” is one of {', '.join(known)}, not “{value}”.")
    return str(value)


def _origin(document: Mapping[str, Any]) -> str:
    origin = _text(document, "origin")
    if slugify(origin) != origin or len(origin) > 20:
        raise MappingError("“origin” is up to 20 small letters, digits and dashes.")
    return origin


def _title(document: Mapping[str, Any]) -> str:
    title = str(document.get("case_title", "Case {number}"))
    try:
        title.format(number="1")
    except (LookupError, ValueError, AttributeError):
        raise MappingError("“case_title” may hold {number} and nothing else in braces.") from None
    return title


def _zone(document: Mapping[str, Any]) -> ZoneInfo:
    name = _text(document, "zone")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise MappingError(f"“zone”: no time zone is called “{name}”.") from None


def _columns(document: Mapping[str, Any], rows: str) -> dict[str, str]:
    columns = _table(document, "columns")
    if unknown := sorted(set(columns) - set(COLUMNS)):
        raise MappingError(f"“columns”: nothing is called {', '.join(unknown)}. Known: {', '.join(COLUMNS)}.")
    if lacking := [name for name in NEEDED[rows] if name not in columns]:
        raise MappingError(f"“columns”: name the column of {', '.join(lacking)}.")
    return {name: str(column) for name, column in columns.items()}


def _states(document: Mapping[str, Any], rows: str) -> dict[str, str]:
    states = _table(document, "states") if rows == "changes" else {}
    for word, meant in states.items():
        if meant not in Past.ALL:
            raise MappingError(f"“states”: “{word}” cannot mean “{meant}”. Known: {', '.join(Past.ALL)}.")
    return states


def _severities(severity: Mapping[str, Any]) -> dict[str, int]:
    values = severity.get("values", {})
    if not isinstance(values, dict) or not (values or severity.get("otherwise")):
        raise MappingError("“severity” needs “values” (word to 1..4), or “otherwise”.")
    for word, number in [*values.items(), ("otherwise", severity.get("otherwise", 4))]:
        if number not in (1, 2, 3, 4):
            raise MappingError(f"“severity”: “{word}” must be 1 (critical) to 4 (low).")
    return values
