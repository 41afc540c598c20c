"""Multiplies the demo's ended cases over two years, for measuring: rows as the verbs wrote them, moved by whole weeks.

Each copy has its own customer's name, reference, numbers and chain of hashes; what belongs to it in log, clocks, ledger and
survey is copied with it. Words are not: a copy has the title of its model, and no messages, notes or letters.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.mail import get_connection
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.db.models import Exists, Max, OuterRef

from cases.models import Case, Event, User
from cases.models.case import reference_prefix
from cases.models.event import event_hash
from cases.reference import ALPHABET, check_for
from escalation.models import Promise, StageClock
from escalation.sweep import sweep_batch
from feedback.models import Survey
from portal.demo import rules
from portal.demo.fortnight import Fortnight
from portal.demo.people import cast
from portal.demo.story import DAYS, plan

#: Copies lie on these many weeks, the youngest first; each customer has so many cases.
WEEKS, EACH, BATCH = 104, 40, 1000
REST = timedelta(days=45)
HOST = "generated.invalid"
#: What is copied with a case, in the order of its writing.
Kind = type[models.Model]
WITH: tuple[Kind, ...] = (Event, StageClock, Promise, Survey)
KINDS: tuple[Kind, ...] = (Case, *WITH)
INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
Row = dict[str, Any]


@dataclass(slots=True)
class Model:
    """One ended case with its rows, as they lie in the tables."""

    case: Row
    rows: dict[Kind, list[Row]] = field(default_factory=dict)


def is_marked() -> bool:
    """Whether cases were generated here before: then it is nobody's real database."""
    return User.objects.filter(email__endswith=f"@{HOST}").exists()


def is_empty() -> bool:
    """Whether there is nobody: then there is no case either, for each has its customer."""
    return not User.objects.exists()


def tell(now: datetime, password: str | None) -> None:
    """Plays the demo's fortnight long enough ago that what was answered in it has closed by itself meanwhile."""
    began = now - REST
    people = cast(password)
    rules.set_up(people, began - timedelta(days=DAYS))
    stage = Fortnight(people, began, seed=7, backend=get_connection("django.core.mail.backends.dummy.EmailBackend"))
    plan(stage)
    stage.play()
    while began < now:
        began += timedelta(hours=12)
        while sweep_batch(min(began, now)):
            pass


def models_of() -> list[Model]:
    """The live cases whose every clock has ended, none of them a copy, with what belongs to them."""
    running = StageClock.objects.filter(case=OuterRef("pk"), outcome=None)
    ended = Case.objects.filter(~Exists(running), wake_at=None, closed_at__isnull=False, is_history=False)
    cases = {row["id"]: Model(row) for row in _rows(ended.exclude(customer__email__endswith=f"@{HOST}"), Case)}
    for kind in WITH:
        grouped: dict[int, list[Row]] = defaultdict(list)
        for row in _rows(kind._default_manager.filter(case__in=cases).order_by("pk"), kind):
            grouped[row["case_id"]].append(row)
        for pk, model in cases.items():
            model.rows[kind] = grouped[pk]
    return list(cases.values())


def _rows(rows: models.QuerySet, kind: Kind) -> Iterator[Row]:
    yield from rows.values(*_columns(kind))  # type: ignore[misc]


def _columns(kind: Kind) -> list[str]:
    return [one.attname for one in kind._meta.concrete_fields]


def make(count: int, *, progress: Callable[[float], None] = lambda share: None) -> int:
    """Writes `count` copies; how many cases they were copied from. ValueError when there is nothing to copy."""
    found = models_of()
    if not found:
        raise ValueError("There is no case that has ended, so there is nothing to multiply.")
    writer = _Writer(found)
    for start in range(0, count, BATCH):
        with transaction.atomic():
            writer.write(range(start, min(start + BATCH, count)))
        progress(min(start + BATCH, count) / count)
    writer.tidy()
    return len(found)


class _Writer:
    """Hands out numbers and customers, and writes a batch of copies at a time."""

    def __init__(self, found: list[Model]) -> None:
        self.found = found
        self.next: dict[Kind, int] = {}
        for kind in KINDS:
            self.next[kind] = (kind._base_manager.aggregate(last=Max("pk"))["last"] or 0) + 1
        self.taken = self.next[Case]
        self.customers: list[int] = []
        self.moved: dict[tuple[int, int], Model] = {}

    def write(self, numbers: Sequence[int]) -> None:
        lines: dict[Kind, list[Row]] = {one: [] for one in KINDS}
        self._customers(numbers)
        for number in numbers:
            which = number % len(self.found)
            weeks = 1 + number // len(self.found) % WEEKS
            self._copy(self._moved(which, weeks), self.customers[number // EACH - numbers[0] // EACH], lines)
        for kind, rows in lines.items():
            put(kind, rows)

    def _customers(self, numbers: Sequence[int]) -> None:
        first, last = numbers[0] // EACH, numbers[-1] // EACH
        people = [
            User(email=f"customer-{self.taken}-{n}@{HOST}", name=f"Customer {n}", password="!", is_verified=True)
            for n in range(first, last + 1)
        ]
        User.objects.bulk_create(people, ignore_conflicts=True)
        ids = dict(User.objects.filter(email__in=[one.email for one in people]).values_list("email", "pk"))
        self.customers = [ids[one.email] for one in people]

    def _moved(self, which: int, weeks: int) -> Model:
        """The model so many weeks earlier: made once for all copies of that week."""
        key = (which, weeks)
        if key not in self.moved:
            model, by = self.found[which], timedelta(weeks=weeks)
            rows = {kind: [_earlier(row, by) for row in found] for kind, found in model.rows.items()}
            self.moved[key] = Model(_earlier(model.case, by), rows)
        return self.moved[key]

    def _copy(self, model: Model, customer: int, lines: dict[Kind, list[Row]]) -> None:
        case, whose = self._number(Case), model.case["customer_id"]
        head, clocks = "", {}
        for kind in WITH:
            for row in model.rows[kind]:
                row = row | {"id": self._number(kind), "case_id": case}
                if kind is Event:
                    row["actor_id"] = customer if row["actor_id"] == whose else row["actor_id"]
                    row["prev"] = head
                    head = row["hash"] = event_hash(Event(**row))
                elif kind is Promise:
                    row["clock_id"] = clocks[row["clock_id"]]
                lines[kind].append(row)
            if kind is StageClock:
                copies = lines[kind][len(lines[kind]) - len(model.rows[kind]) :]
                clocks = {old["id"]: new["id"] for old, new in zip(model.rows[kind], copies, strict=True)}
        own = {
            "id": case,
            "reference": _reference(case),
            "customer_id": customer,
            "event_head": head,
            "follows_id": None,
        }
        lines[Case].append(model.case | own | {"organisation_id": None, "origin_ref": ""})

    def _number(self, kind: Kind) -> int:
        self.next[kind] += 1
        return self.next[kind] - 1

    def tidy(self) -> None:
        """The database goes on numbering after the copies, and knows how many there are."""
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                for kind, number in self.next.items():
                    table = kind._meta.db_table
                    cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {number})")
            cursor.execute("ANALYZE")


def _reference(number: int) -> str:
    """A reference no verb makes: one letter longer than those, counted up."""
    body = ""
    while number or len(body) < 6:
        number, rest = divmod(number, len(ALPHABET))
        body = ALPHABET[rest] + body
    return f"{reference_prefix()}-{body}-{check_for(body)}"


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


def put(kind: Kind, rows: Iterable[Row]) -> None:
    """Writes rows as fast as the database takes them."""
    fields = kind._meta.concrete_fields
    columns = ", ".join(f'"{one.column}"' for one in fields)
    values = ([_plain(one, row[one.attname]) for one in fields] for row in rows)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {kind._meta.db_table} ({columns}) FROM STDIN") as copy:
                for line in values:
                    copy.write_row(line)
        else:
            marks = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {kind._meta.db_table} ({columns}) VALUES ({marks})", list(values))


def _plain(one: models.Field, value: Any) -> Any:
    if isinstance(one, models.JSONField):
        return json.dumps(value, cls=DjangoJSONEncoder)
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value
