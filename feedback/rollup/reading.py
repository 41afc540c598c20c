"""Figures from what is kept of days that are over, and from the facts for today and whatever changed since.

The answer is the one the facts give at that instant, never an older one: a day that waits to be counted anew, and a day
of a case that waits for its facts, is counted from the facts. Where nothing kept fits the question all of it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Case as Choose
from django.db.models import CharField, F, Func, IntegerField, Q, Value, When
from django.db.models.functions import Cast

from feedback import measures
from feedback.figures import EVERYTHING, IMPORTED, Scope
from feedback.intervals import Share
from feedback.measures import ALL, Counted
from feedback.models import RollupCell
from feedback.models.rollup import KEYS
from feedback.periods import Period
from feedback.rollup.cells import AT, WIDTH, Counts, tally
from feedback.rollup.fresh import Fresh, days_in, days_of, fresh_days
from feedback.rollup.keep import KEPT, name_of

#: Dimensions of a question, and where a cell has them.
FILTERS = {"topic": "topic__slug", "team": "team__slug", "level": "level", "severity": "severity"}
NUMBERS = ("level", "severity")


@dataclass(slots=True)
class Found:
    """Counts by day, and for each split by its value: of the period itself and of the one it is compared with."""

    period: Period
    counted_to: datetime  # up to when the facts were complete
    is_read: bool = False  # days that are over were read; else all was counted
    days: dict[date, Counts] = field(default_factory=dict)
    now: dict[str, dict[Any, Counts]] = field(default_factory=dict)
    before: dict[str, dict[Any, Counts]] = field(default_factory=dict)

    def share(self, key: str, first: date, last: date) -> Share:
        """A figure of the days from `first` to `last`."""
        at = AT[key]
        mine = [counts for day, counts in self.days.items() if first <= day <= last]
        return Share(sum(counts[at] for counts in mine), sum(counts[at + 1] for counts in mine))

    def of(self, key: str) -> Counted:
        """A figure of the period and of the one it is compared with."""
        before = self.period.before()
        return Counted(self.share(key, self.period.first, self.period.last), self.share(key, before.first, before.last))

    def weeks(self, key: str) -> list[Share]:
        return [self.share(key, week.first, week.last) for week in self.period.weeks()]

    def by(self, split: str, key: str) -> dict[Any, Share]:
        """A figure of the period by a split; parts of which nothing is looked at are left out."""
        found = {value: share_of(counts, key) for value, counts in self.now[split].items()}
        return {value: share for value, share in found.items() if share.n}


def share_of(counts: Counts, key: str) -> Share:
    return Share(counts[AT[key]], counts[AT[key] + 1])


def fits(scope: Scope, splits: Iterable[str] = ()) -> bool:
    """Whether something kept has each of these splits of the cases of `scope`."""
    return all(_kept_by(scope, split) is not None for split in (ALL, *splits))


def _kept_by(scope: Scope, split: str) -> str | None:
    """The cells to read for a split (ALL: none): the smallest part that has all of it; None when none has."""
    if scope.handler is not None or scope.language:
        return None
    parts = {name for name in FILTERS if getattr(scope, name) not in (None, "")} | ({split} - {ALL})
    parts |= set() if scope.only is None else {"team"}
    return next((name_of(kept) for kept in KEPT if set(kept) == parts), None)


def read(
    period: Period,
    scope: Scope = EVERYTHING,
    *,
    at: datetime,
    keys: Sequence[str] = KEYS,
    splits: Sequence[str] = (),
    state: Fresh | None = None,
) -> Found:
    """The counts of the period and the one it is compared with as of `at`, in four queries at most.

    `state`: what `fresh_of` has just said of the same days, for who has asked it already. LookupError for a key or a split that is not kept.
    """
    if not {*keys} <= AT.keys() or not {*splits} <= FILTERS.keys():
        raise LookupError(f"{keys} by {splits} is not kept.")
    state = state or fresh_of(period, at=at)
    fresh = state.days if fits(scope, splits) else None
    found = Found(period, state.counted_to, now={split: {} for split in splits}, before={split: {} for split in splits})
    if fresh is not None:
        found.is_read = True
        _add_kept(found, scope, splits, keys, fresh)
    days = all_of(period.with_before()) if fresh is None else fresh
    for (day, *values), counts in tally(days, period.zone, at=at, by=splits, keys=keys, scope=scope).items():
        _add(found.days, day, counts)
        side = found.now if day >= period.first else found.before
        for split, value in zip(splits, values, strict=True):
            _add(side[split], value, counts)
    return found


def fresh_of(period: Period, *, at: datetime) -> Fresh:
    """Which days of the period and of the one it is compared with may not be read, as of `at`."""
    return fresh_days(period.with_before(), at=at)


def all_of(stretches: Iterable[Period]) -> list[date]:
    return [day for one in stretches for day in days_of(one.first, one.last)]


def _add(into: dict[Any, Counts], key: Any, counts: Sequence[int]) -> None:
    into[key] = [a + b for a, b in zip(into[key], counts, strict=True)] if key in into else list(counts)


# What is kept -------------------------------------------------------------------------------------------------


def _add_kept(found: Found, scope: Scope, splits: Sequence[str], keys: Sequence[str], fresh: set[date]) -> None:
    """One statement: the counts of each day, and those of each split."""
    columns = [f"{key}_{what}" for key in keys for what in ("hits", "n")]
    parts, params = [], []
    for number, split in enumerate((ALL, *splits)):
        sql, values = _kept(number, split, found.period, scope, columns, fresh)
        parts.append(sql)
        params += values
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        rows = cursor.fetchall()
    for number, place, is_now, *numbers in rows:
        counts = [0] * WIDTH
        for key, hits, n in zip(keys, numbers[::2], numbers[1::2], strict=True):
            counts[AT[key] : AT[key] + 2] = int(hits), int(n)
        if number == 0:
            _add(found.days, date.fromisoformat(place), counts)
            continue
        split = splits[number - 1]
        value = int(place) if split in NUMBERS else place
        _add((found.now if is_now else found.before)[split], value, counts)


def _kept(
    number: int, split: str, period: Period, scope: Scope, columns: Sequence[str], fresh: set[date]
) -> tuple[str, Sequence[Any]]:
    rows = RollupCell.objects.filter(days_in(period.with_before()), _on(scope), by=_kept_by(scope, split)).order_by()
    # Days to come are in `fresh` and never kept; naming them would only make the statement long.
    rows = rows.exclude(day__in=sorted(fresh)) if fresh else rows
    now = Choose(When(day__gte=period.first, then=Value(1)), default=Value(0), output_field=IntegerField())
    place: Any = Cast(F(FILTERS[split]) if split else F("day"), CharField(max_length=80))
    grouped = rows.annotate(place=place, is_now=now).values("place", "is_now")
    sums = grouped.annotate(arm=Cast(Value(number), IntegerField()), sums=Sums(columns))
    return sums.values_list("arm", "place", "is_now", "sums").query.sql_with_params()


class Sums(Func):
    """The sums of many columns of a cell in one go: as single expressions they would take longer to spell than to count."""

    contains_aggregate = True
    output_field = IntegerField()

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__()
        self.columns = tuple(columns)

    def as_sql(self, compiler: Any, connection: Any, **more: Any) -> Any:  # type: ignore[override]
        name = connection.ops.quote_name
        table = name(RollupCell._meta.db_table)
        return ", ".join(f"SUM({table}.{name(column)})" for column in self.columns), ()


def _on(scope: Scope) -> Q:
    """The condition on a cell; one that a filter leaves empty stays out."""
    wanted: dict[str, Any] = {path: getattr(scope, name) for name, path in FILTERS.items()}
    on = Q(**{path: value for path, value in wanted.items() if value not in (None, "")}) & scope.on_team("team__slug")
    return on & Q(is_history=scope.source == IMPORTED) if scope.source else on


# The registry's figures ---------------------------------------------------------------------------------------


def figures(
    keys: Sequence[str], period: Period, scope: Scope = EVERYTHING, *, at: datetime, state: Fresh | None = None
) -> tuple[dict[str, Counted], datetime]:
    """Figures of the registry by their key, and up to when they are counted. LookupError for a key that does not exist."""
    kept = [key for key in keys if key in AT]
    found = read(period, scope, at=at, keys=kept, state=state)
    counted = {key: found.of(key) for key in kept}
    if rest := [key for key in keys if key not in AT]:
        counted |= measures.count(rest, period, scope, at=at)[ALL]
    return {key: counted[key] for key in keys}, found.counted_to


def count(
    keys: Iterable[str], period: Period, scope: Scope = EVERYTHING, *, at: datetime, by: str = ALL
) -> dict[Any, dict[str, Counted]]:
    """As `measures.count`, which it asks for what is not kept: the same answer, read instead of counted."""
    wanted = list(keys)
    if not by:
        return {ALL: figures(wanted, period, scope, at=at)[0]}
    if not {*wanted} <= AT.keys() or by not in FILTERS:
        return measures.count(wanted, period, scope, at=at, by=by)
    found = read(period, scope, at=at, keys=wanted, splits=[by])
    now, before = found.now[by], found.before[by]
    groups = {value: _both(now.get(value), before.get(value), wanted) for value in {*now, *before}}
    return {value: group for value, group in groups.items() if any(one.now.n or one.before.n for one in group.values())}


def _both(now: Counts | None, before: Counts | None, keys: Iterable[str]) -> dict[str, Counted]:
    nothing = [0] * WIDTH
    return {key: Counted(share_of(now or nothing, key), share_of(before or nothing, key)) for key in keys}
