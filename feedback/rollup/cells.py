"""Counts the facts of days, one statement for all kinds of fact: what is kept, what is read and the check come from here.

A cell is a day and a part of the cases; its counts are a list of numbers, two for each of KEYS: hits, then of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import F, IntegerField, Max, Min, Q, QuerySet, Value
from django.db.models.functions import Cast, TruncDate

from feedback.figures import EVERYTHING, Scope, within
from feedback.measures import CASE, FACTS, FROM_CUSTOMERS, HERE, MEASURES, SETTLED, Measure
from feedback.models.rollup import KEYS
from feedback.periods import DAY, Period

Counts = list[int]
#: A day and the dimensions asked for, in their order.
Place = tuple[Any, ...]
WIDTH = 2 * len(KEYS)
AT = {key: 2 * number for number, key in enumerate(KEYS)}

#: Where each dimension stands, as the case is now: its number for what is kept, its name for who reads.
IDS = {
    "is_history": "case__is_history",
    "topic": "case__category_id",
    "team": "case__team_id",
    "level": "case__tier",
    "severity": "case__severity",
}
NAMES = IDS | {"topic": "case__category__slug", "team": "case__team__slug"}


def _beside(key: str, dated: str, of: Q, hit: Q) -> Measure:
    return Measure(key, key, "", CASE, dated, of, hit)


_SAID = Q(said_at__isnull=False) & FROM_CUSTOMERS
#: What the dashboard shows beside the registry's figures; nothing of it is a figure by itself.
BESIDE = (
    *(_beside(f"score_{score}", "said_at", _SAID, Q(score=score)) for score in (1, 2, 3, 4, 5)),
    *(_beside(f"effort_{score}", "said_at", _SAID, Q(effort=score)) for score in (1, 2, 3, 4, 5)),
    _beside("came", "said_at", _SAID, Q(asked_at__isnull=False)),
    _beside("settled", "filed_at", SETTLED & HERE, Q()),
)
COUNTED: Mapping[str, Measure] = {one.key: one for one in (*MEASURES.values(), *BESIDE) if one.key in AT}


@dataclass(frozen=True, slots=True)
class Arm:
    """The counts of one kind of fact by one instant: what one part of the statement finds."""

    fact: str
    dated: str
    measures: tuple[Measure, ...]

    def rows(self, spans: Sequence[Period], at: datetime) -> QuerySet:
        """The facts of these days of which at least one count looks at."""
        when = Q(pk__in=())
        for span in spans:
            when |= within(self.dated, span)
        looked_at = [one.looked_at(at) for one in self.measures]
        if not all(looked_at):  # one that looks at everything: an empty condition, which `|` would lose
            return FACTS[self.fact]._default_manager.filter(when).order_by()
        any_of = Q(pk__in=())
        for one in looked_at:
            any_of |= one
        return FACTS[self.fact]._default_manager.filter(when, any_of).order_by()


def arms(keys: Iterable[str]) -> list[Arm]:
    """What has to be asked for these keys of KEYS."""
    found: dict[tuple[str, str], list[Measure]] = defaultdict(list)
    for key in keys:
        one = COUNTED[key]
        found[one.fact, one.dated].append(one)
    return [Arm(fact, dated, tuple(measures)) for (fact, dated), measures in found.items()]


def spans_of(days: Iterable[date], zone: str) -> list[Period]:
    """The days as stretches, so that a condition on them stays short."""
    spans: list[Period] = []
    for day in sorted(set(days)):
        if spans and spans[-1].last + DAY == day:
            spans[-1] = Period(spans[-1].first, day, zone)
        else:
            spans.append(Period(day, day, zone))
    return spans


def tally(
    days: Iterable[date],
    zone: str,
    *,
    at: datetime,
    by: Sequence[str],
    keys: Iterable[str] = KEYS,
    paths: Mapping[str, str] = NAMES,
    scope: Scope = EVERYTHING,
) -> dict[Place, Counts]:
    """The counts of the facts of `days`, as of `at`, by the day and the dimensions `by`: one statement, none without days."""
    spans, asked = spans_of(days, zone), arms(keys)
    found: dict[Place, Counts] = {}
    if not spans or not asked:
        return found
    most = 2 * max(len(arm.measures) for arm in asked)
    parts, params = [], []
    for number, arm in enumerate(asked):
        sql, values = _counting(number, arm, spans, zone, at, [paths[name] for name in by], scope, most)
        parts.append(sql)
        params += values
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        for number, day, *rest in cursor.fetchall():
            place = (_day(day), *rest[: len(by)])
            counts = found.setdefault(place, [0] * WIDTH)
            numbers = rest[len(by) :]
            for i, one in enumerate(asked[number].measures):
                counts[AT[one.key]] += numbers[2 * i]
                counts[AT[one.key] + 1] += numbers[2 * i + 1]
    return found


def _day(value: Any) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value  # SQLite has no dates


def _counting(
    number: int,
    arm: Arm,
    spans: Sequence[Period],
    zone: str,
    at: datetime,
    paths: Sequence[str],
    scope: Scope,
    most: int,
) -> tuple[str, Sequence[Any]]:
    """One part of the statement: its number, the day, where, and `most` numbers, of which only the first may be of use."""
    places = {f"at_{i}": F(path) for i, path in enumerate(paths)}
    rows = arm.rows(spans, at).filter(scope.on("case__"))
    rows = rows.annotate(on=TruncDate(arm.dated, tzinfo=ZoneInfo(zone)), **places).values("on", *places)
    counts: dict[str, Any] = {}
    for i, one in enumerate(arm.measures):
        counts[f"n{2 * i}"], counts[f"n{2 * i + 1}"] = one.tallies(one.looked_at(at))
    for i in range(2 * len(arm.measures), most):
        counts[f"n{i}"] = _number(0)
    rows = rows.annotate(arm=_number(number), **counts).values_list("arm", "on", *places, *counts)
    return rows.query.sql_with_params()


def _number(value: int) -> Any:
    return Cast(Value(value), IntegerField())


def windows(days: Iterable[date], zone: str, *, at: datetime) -> dict[date, tuple[datetime | None, datetime | None]]:
    """Since when and until when counts of these days, as of `at`, stay true if nothing happens; None: without an end.

    A fact that has to be so old is looked at from an instant on without being changed.
    """
    found: dict[date, tuple[datetime | None, datetime | None]] = {}
    spans = spans_of(days, zone)
    for one in {(m.fact, m.dated, m.old): m for m in COUNTED.values() if m.old}.values():
        for day, since, until in _turns(one, spans, zone, at) if spans else ():
            old_since, old_until = found.get(day, (None, None))
            found[day] = (
                max(filter(None, (since, old_since)), default=None),
                min(filter(None, (until, old_until)), default=None),
            )
    return found


def _turns(
    one: Measure, spans: Sequence[Period], zone: str, at: datetime
) -> Iterator[tuple[date, datetime | None, datetime | None]]:
    name, ago = one.old or ("", timedelta())
    when = Q(pk__in=())
    for span in spans:
        when |= within(one.dated, span)
    # All that has the instant, whatever else the figure asks of it: a window too small costs a count, one too large a lie.
    rows = FACTS[one.fact]._default_manager.filter(when, **{f"{name}__isnull": False}).order_by()
    rows = rows.annotate(on=TruncDate(one.dated, tzinfo=ZoneInfo(zone))).values("on")
    edge = at - ago
    last, following = Max(name, filter=Q(**{f"{name}__lte": edge})), Min(name, filter=Q(**{f"{name}__gt": edge}))
    for row in rows.annotate(last=last, following=following):
        yield row["on"], *(value + ago if value else None for value in (row["last"], row["following"]))
