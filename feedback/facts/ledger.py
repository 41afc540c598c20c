"""The promises and clocks of cases, read once for their facts and for the days they count on."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from escalation.models import Promise, StageClock

#: What a promise has become when it counts.
COUNTED = (Promise.Status.KEPT, Promise.Status.BROKEN)


class Clock(NamedTuple):
    """One clock of a case, as it stands."""

    pk: int
    case: int
    kind: str
    ended_at: datetime | None
    outcome: str | None
    severity: int
    protocol: str


class Settled(NamedTuple):
    """A promise whose time came."""

    case: int
    due_at: datetime
    clock: int
    status: str


class Ledger(NamedTuple):
    """Of some cases, in the order of their writing."""

    clocks: dict[int, Clock]  # by their number
    promises: list[Settled]


def ledger_of(ids: Collection[int]) -> Ledger:
    """What is on record of these cases: two queries whatever their number.

    Two reads instead of a join: a database that has not yet learned how full its tables are joins them row by row.
    """
    clocks = StageClock.objects.filter(case__in=ids).order_by("pk").values_list(*Clock._fields)
    promises = Promise.objects.filter(case__in=ids, status__in=COUNTED).order_by("pk").values_list(*Settled._fields)
    return Ledger({row[0]: Clock._make(row) for row in clocks}, [Settled._make(row) for row in promises])
