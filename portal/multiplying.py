"""Writes copies of ended cases as fast as the database takes them, on every core.

What is the same in all copies of a case in a week is spelled once, as the database reads it and as the hash of an event
does; of each copy only its numbers, its customer and its chain of hashes are made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import accumulate
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.db.models import Max

from cases.models import Case, Event, User
from cases.models.case import reference_prefix
from cases.models.event import canonical
from cases.reference import ALPHABET, check_for
from cases.spread import on_all_cores, one_writes
from escalation.models import Promise, StageClock
from feedback.models import Survey

#: Copies lie on these many weeks, the youngest first; each customer has so many cases, and a batch those of whole customers.
WEEKS, EACH, BATCH = 104, 40, 1000
HOST = "generated.invalid"
#: What is copied with a case, in the order of its writing.
Kind = type[models.Model]
WITH: tuple[Kind, ...] = (Event, StageClock, Promise, Survey)
KINDS: tuple[Kind, ...] = (Case, *WITH)
Row = dict[str, Any]
INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
#: The columns each copy has its own of; they are written first, then all others.
OWN: dict[Kind, tuple[str, ...]] = {
    Case: ("id", "reference", "customer_id", "event_head"),
    Event: ("id", "case_id", "actor_id", "prev", "hash"),
    StageClock: ("id", "case_id"),
    Promise: ("id", "case_id", "clock_id"),
    Survey: ("id", "case_id"),
}
#: Stand for a case's number and its customer's while a row is spelled.
CASE_HERE, CUSTOMER_HERE = 7_000_000_000_000_001, 7_000_000_000_000_002


@dataclass(slots=True)
class Model:
    """One ended case with its rows, as they lie in the tables."""

    case: Row
    rows: dict[Kind, list[Row]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """An event as all copies of a week have it: its own columns left out, and what its hash is made of around them."""

    rest: Any
    actor: Any  # as it is written; None where it is the customer
    before: str
    after: str | None  # what follows the customer's number; None where somebody else acted


@dataclass(frozen=True, slots=True)
class Pattern:
    """A case as all copies of a week have it."""

    case: Any
    events: list[Said]
    clocks: list[Any]
    promises: list[tuple[int, Any]]  # which of the clocks, and the rest
    surveys: list[Any]


def columns(kind: Kind) -> list[str]:
    return [one.attname for one in kind._meta.concrete_fields if not one.generated]


def rest_of(kind: Kind) -> list[models.Field]:
    """The columns that are the same in all copies of a week."""
    return [one for one in kind._meta.concrete_fields if not one.generated and one.attname not in OWN[kind]]


# Spelling -----------------------------------------------------------------------------------------------------


def pattern_of(model: Model, weeks: int) -> Pattern:
    """The model so many weeks earlier, ready to be written."""
    by, whose = timedelta(weeks=weeks), model.case["customer_id"]
    own = {"follows_id": None, "organisation_id": None, "origin_ref": ""}
    place = {row["id"]: number for number, row in enumerate(model.rows[StageClock])}
    return Pattern(
        case=_rest(Case, _earlier(model.case | own, by)),
        events=[_said(_earlier(row, by), whose) for row in model.rows[Event]],
        clocks=[_rest(StageClock, _earlier(row, by)) for row in model.rows[StageClock]],
        promises=[(place[row["clock_id"]], _rest(Promise, _earlier(row, by))) for row in model.rows[Promise]],
        surveys=[_rest(Survey, _earlier(row, by)) for row in model.rows[Survey]],
    )


def _said(row: Row, whose: int) -> Said:
    is_theirs = row["actor_id"] == whose
    actor = CUSTOMER_HERE if is_theirs else row["actor_id"]
    text = canonical(Event(**row | {"prev": "", "case_id": CASE_HERE, "actor_id": actor}))
    _, _, rest = text.partition(str(CASE_HERE))
    before, _, after = rest.partition(str(CUSTOMER_HERE)) if is_theirs else (rest, "", None)
    return Said(_rest(Event, row), None if is_theirs else _nothing() if actor is None else actor, before, after)


def _nothing() -> Any:
    return "\\N" if connection.vendor == "postgresql" else None


def _rest(kind: Kind, row: Row) -> Any:
    """The unchanging columns: for PostgreSQL the end of a line of COPY, else the values."""
    values = [_plain(one, row[one.attname]) for one in rest_of(kind)]
    return "\t".join(map(_spelled, values)) + "\n" if connection.vendor == "postgresql" else values


def _plain(one: models.Field, value: Any) -> Any:
    if isinstance(one, models.JSONField):
        return json.dumps(value, cls=DjangoJSONEncoder)
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


def _spelled(value: Any) -> str:
    """A value as a text COPY reads it."""
    if value is None:
        return "\\N"
    text = str(value).replace("\\", "\\\\")
    return text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _earlier(value: Any, by: timedelta) -> Any:
    """The same with every instant in it `by` earlier, also where it is written as text."""
    if isinstance(value, datetime):
        return value - by
    if isinstance(value, dict):
        return {key: _earlier(one, by) for key, one in value.items()}
    if isinstance(value, list):
        return [_earlier(one, by) for one in value]
    if isinstance(value, str) and INSTANT.match(value):
        try:
            return (datetime.fromisoformat(value) - by).isoformat(timespec="microseconds")
        except ValueError:
            return value
    return value


def reference_of(number: int) -> str:
    """A reference no verb makes: one letter longer than those, counted up."""
    body = ""
    while number or len(body) < 6:
        number, rest = divmod(number, len(ALPHABET))
        body = ALPHABET[rest] + body
    return f"{reference_prefix()}-{body}-{check_for(body)}"


# Writing ------------------------------------------------------------------------------------------------------


def multiply(found: Sequence[Model], count: int, progress: Callable[[float], None]) -> None:
    """Writes `count` copies of these in turn."""
    writer = Writer(found)
    pieces = [range(start, min(start + BATCH, count)) for start in range(0, count, BATCH)]
    with on_all_cores(writer.write, alone=one_writes()) as do:
        for piece, _ in zip(pieces, do(pieces), strict=True):
            progress((piece[-1] + 1) / count)
    writer.tidy(count)


class Writer:
    """Knows which number each row of each copy has, so that copies can be written in any order, by anybody."""

    def __init__(self, found: Sequence[Model]) -> None:
        self.found = found
        self.first = {kind: (kind._base_manager.aggregate(last=Max("pk"))["last"] or 0) + 1 for kind in KINDS}
        sizes: dict[Kind, list[int]] = {kind: [len(one.rows[kind]) for one in found] for kind in WITH}
        sizes[Case] = [1] * len(found)
        #: Rows of each kind before each model, and of all of them.
        self.before = {kind: [0, *accumulate(size)] for kind, size in sizes.items()}
        self.patterns: dict[tuple[int, int], Pattern] = {}

    def number(self, kind: Kind, copy: int) -> int:
        """The number of the first row of a copy."""
        turns, which = divmod(copy, len(self.found))
        return self.first[kind] + turns * self.before[kind][-1] + self.before[kind][which]

    def write(self, copies: Sequence[int]) -> None:
        """These copies, in one transaction."""
        lines: dict[Kind, list[tuple]] = {kind: [] for kind in KINDS}
        with transaction.atomic():
            customers = self._customers(copies)
            for copy in copies:
                self._copy(copy, customers[copy // EACH], lines)
            for kind, rows in lines.items():
                put(kind, rows)

    def _customers(self, copies: Sequence[int]) -> dict[int, int]:
        numbers = range(copies[0] // EACH, copies[-1] // EACH + 1)
        emails = {n: f"customer-{self.first[Case]}-{n}@{HOST}" for n in numbers}
        people = [User(email=emails[n], name=f"Customer {n}", password="!", is_verified=True) for n in numbers]
        User.objects.bulk_create(people)
        ids = dict(User.objects.filter(email__in=emails.values()).values_list("email", "pk"))
        return {n: ids[email] for n, email in emails.items()}

    def _pattern(self, copy: int) -> Pattern:
        turns, which = divmod(copy, len(self.found))
        key = (which, 1 + turns % WEEKS)
        if key not in self.patterns:
            self.patterns[key] = pattern_of(self.found[which], key[1])
        return self.patterns[key]

    def _copy(self, copy: int, customer: int, lines: dict[Kind, list[tuple]]) -> None:
        pattern, case, head = self._pattern(copy), self.number(Case, copy), ""
        events = lines[Event]
        for number, said in enumerate(pattern.events, self.number(Event, copy)):
            text = f'["{head}",{case}{said.before}'
            actor = said.actor
            if said.after is not None:
                text, actor = f"{text}{customer}{said.after}", customer
            digest = sha256(text.encode()).hexdigest()
            events.append((number, case, actor, head, digest, said.rest))
            head = digest
        first = self.number(StageClock, copy)
        lines[StageClock] += [(number, case, rest) for number, rest in enumerate(pattern.clocks, first)]
        promises = enumerate(pattern.promises, self.number(Promise, copy))
        lines[Promise] += [(number, case, first + clock, rest) for number, (clock, rest) in promises]
        surveys = enumerate(pattern.surveys, self.number(Survey, copy))
        lines[Survey] += [(number, case, rest) for number, rest in surveys]
        lines[Case].append((case, reference_of(case), customer, head, pattern.case))

    def tidy(self, count: int) -> None:
        """The database goes on numbering after the copies, and knows how many there are."""
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                for kind in KINDS:
                    table, last = kind._meta.db_table, self.number(kind, count)
                    cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last})")
            cursor.execute("ANALYZE")


def put(kind: Kind, rows: Sequence[tuple]) -> None:
    """Writes rows, each its own columns and then the rest of them, as fast as the database takes them."""
    spelled = {one.attname: f'"{one.column}"' for one in kind._meta.concrete_fields}
    names = [*OWN[kind], *(one.attname for one in rest_of(kind))]
    table, columns = kind._meta.db_table, ", ".join(spelled[name] for name in names)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                copy.write("".join(["\t".join(map(str, row)) for row in rows]))
        else:
            marks = ", ".join(["%s"] * len(names))
            values: Iterator[list] = ([*row[:-1], *row[-1]] for row in rows)
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(values))
