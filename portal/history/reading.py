"""Reads another help desk's CSV into incidents in our words, and says of every line it cannot read why not."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from escalation.history import Past
from portal.history.mapping import MARKS, Legend

Row = Mapping[str, str]
GZIP_MAGIC = b"\x1f\x8b"
LONGEST_NUMBER = 60
SOME = 2000  # rows between two words about the progress


class UnreadableFile(ValueError):
    """The file as a whole cannot be read; the message says why."""


class BadRow(ValueError):
    """One row cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that cannot be read. Its incident is left out whole."""

    line: int
    number: str
    reason: str


@dataclass(frozen=True, slots=True)
class Said:
    """One state of an incident, people and topics still by the other system's names."""

    at: datetime
    state: str
    severity: int
    category: str
    group: str
    owner: str
    actor: str


@dataclass(slots=True)
class Incident:
    """One incident with everything the file says of it; `line` is where it begins."""

    number: str
    line: int
    opened: datetime
    customer: str
    title: str
    steps: list[Said] = field(default_factory=list)


@dataclass
class Harvest:
    """What a file held."""

    incidents: list[Incident]
    problems: list[Problem]
    rows: int


def harvest(path: Path, legend: Legend, *, progress: Callable[[float], None] = lambda share: None) -> Harvest:
    """Reads the whole file; `progress` hears the share read, 0 to 1. Raises UnreadableFile."""
    found: dict[str, Incident] = {}
    problems: list[Problem] = []
    bad: set[str] = set()
    rows = 0
    for line, row, share in _rows(path, legend):
        rows += 1
        if rows % SOME == 0:
            progress(share)
        number = _value(row, legend, "number")
        try:
            _take(found, number, line, row, legend)
        except BadRow as why:
            problems.append(Problem(line, number, str(why)))
            bad.add(number)
    progress(1.0)
    return Harvest([one for number, one in found.items() if number not in bad], problems, rows)


def _take(found: dict[str, Incident], number: str, line: int, row: Row, legend: Legend) -> None:
    """Adds one row to its incident. Raises BadRow."""
    if not number:
        raise BadRow("the number is missing")
    if len(number) > LONGEST_NUMBER:
        raise BadRow(f"the number is longer than {LONGEST_NUMBER} characters")
    if None in row or None in row.values():
        raise BadRow("the row has another number of fields than the header")
    if any("\0" in value for value in row.values()):
        raise BadRow("the row holds a zero byte")
    incident = found.get(number)
    if incident is None:
        incident = found[number] = Incident(
            number=number,
            line=line,
            opened=_instant(row, legend, "opened"),
            customer=_value(row, legend, "customer"),
            title=(_value(row, legend, "title") or legend.case_title.format(number=number))[:120],
        )
    elif legend.rows == "cases":
        raise BadRow("the number stands twice")
    incident.customer = incident.customer or _value(row, legend, "customer")
    for at, state in _marks(row, legend, incident):
        incident.steps.append(_said(row, legend, at, state))


def _marks(row: Row, legend: Legend, incident: Incident) -> Iterator[tuple[datetime, str]]:
    """The instants this row tells of, with the state of the case from then on."""
    before = incident.steps[-1].at if incident.steps else incident.opened
    if legend.rows == "changes":
        yield _instant(row, legend, "changed", after=before), _state(row, legend)
        return
    yield incident.opened, Past.NEW
    for name, state in MARKS.items():
        if name in legend.columns and _value(row, legend, name):
            before = _instant(row, legend, name, after=before)
            yield before, state


def _said(row: Row, legend: Legend, at: datetime, state: str) -> Said:
    return Said(
        at=at,
        state=state,
        severity=_severity(row, legend),
        category=_value(row, legend, "category"),
        group=_value(row, legend, "group"),
        owner=_value(row, legend, "owner"),
        actor=_value(row, legend, "actor"),
    )


def _value(row: Row, legend: Legend, name: str) -> str:
    """What stands in the column that means `name`, or an empty text."""
    text = (row.get(legend.columns.get(name, "")) or "").strip()
    return "" if text in legend.missing else text


def _state(row: Row, legend: Legend) -> str:
    word = _value(row, legend, "state")
    if word not in legend.states:
        raise BadRow(f"unknown state “{word}”" if word else "the state is missing")
    return legend.states[word]


def _severity(row: Row, legend: Legend) -> int:
    words = [(row.get(column) or "").strip() for column in legend.severity_columns]
    word = " / ".join(words)
    found = legend.severities.get(word, legend.severity_else)
    if found is None:
        raise BadRow(f"unknown {' / '.join(legend.severity_columns)} “{word}”")
    return found


def _instant(row: Row, legend: Legend, name: str, *, after: datetime | None = None) -> datetime:
    """The instant in UTC. Without a zone of its own it is read in the mapping's zone.

    In the hour a clock goes through twice the second pass is meant where the first would run backwards.
    """
    text, column = _value(row, legend, name), legend.columns[name]
    if not text:
        raise BadRow(f"{column} is missing")
    try:
        local = _reading(text, legend)
        at = local.astimezone(UTC)
        if after is not None and at < after:
            at = local.replace(fold=1).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRow(f"{column}: “{text}” is not a date as the mapping says") from None
    if after is not None and at < after:
        raise BadRow(f"times run backwards: {column} “{text}” lies before what came before it")
    return at


def _reading(text: str, legend: Legend) -> datetime:
    """What the text says, in its own zone or the mapping's. Raises ValueError."""
    if legend.dates == "iso":
        local = datetime.fromisoformat(text)
    else:
        local = datetime.strptime(text, legend.dates)  # noqa: DTZ007 -- the zone comes next
    return local if local.tzinfo else local.replace(tzinfo=legend.zone)


# The file -----------------------------------------------------------------------------------------------------


def _rows(path: Path, legend: Legend) -> Iterator[tuple[int, Row, float]]:
    """Line number, row and the share of the file that was read by then."""
    try:
        size = max(path.stat().st_size, 1)
        with path.open("rb") as raw, _unpacked(raw) as plain:
            reader = csv.DictReader(
                io.TextIOWrapper(plain, encoding="utf-8-sig", newline=""), delimiter=legend.delimiter, strict=True
            )
            if lacking := sorted(legend.headers - set(reader.fieldnames or ())):
                raise UnreadableFile(f"{path} has no column {', '.join(lacking)}, which the mapping names.")
            for row in reader:
                yield reader.line_num, row, min(raw.tell() / size, 1.0)
    except OSError as why:
        raise UnreadableFile(f"{path} cannot be read: {why.strerror or why}") from None
    except (UnicodeDecodeError, csv.Error, EOFError, zlib.error) as why:
        raise UnreadableFile(f"{path} is not a CSV file in UTF-8: {why}") from None


def _unpacked(raw: IO[bytes]) -> IO[bytes]:
    """The bytes of a plain or a gzip file, told apart by how it begins."""
    packed = raw.read(2) == GZIP_MAGIC
    raw.seek(0)
    return gzip.open(raw, "rb") if packed else raw  # type: ignore[return-value]
