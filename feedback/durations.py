"""The registry of figures that are a time: median and ninth tenth, with what has not ended counted as longer.

Beside the registry of shares (`feedback.measures`): a page, its file and a letter ask `times` for the same keys. All are
of cases filed in the period and come from the facts of cases in one query, for the period and the one it is compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case as Choose
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, When

from cases.models import Case
from escalation.book import office_hours
from escalation.facts import Clock
from escalation.models import StageClock
from feedback.facts.stages import Hours, worked_by
from feedback.figures import EVERYTHING, Scope, within
from feedback.intervals import Curve, kaplan_meier
from feedback.measures import HERE, UP
from feedback.models import CaseFact
from feedback.periods import Period

Row = Mapping[str, Any]
#: Seconds it took, or has taken so far, and whether it ended.
Time = tuple[float, bool]
ACKNOWLEDGE, ANSWER, RESOLVE, HANDLING, SILENCE = "time_acknowledge", "time_answer", "time_resolve", "time_handling", "time_silence"  # fmt: skip
COLUMNS = (
    "filed_at", "escalated_at", "acknowledged_at", "replied_at", "resolved_at", "closed_at", "longest_silence", "silent_since",
    "stage", "handed_at", "case__is_history", "case__protocol",
)  # fmt: skip


SILENT_COLUMNS = ("filed_at", "longest_silence", "silent_since", "stage", "case__is_history", "case__protocol")


@dataclass(frozen=True, slots=True)
class Duration:
    """One figure: `of` are the facts looked at, `took` the time of one of them at an instant, None where it has none."""

    key: str
    name: str
    formula: str
    of: Q
    took: Callable[[Row, datetime], Time | None]
    in_office_hours: bool = False
    beware: str = ""


def _handed() -> QuerySet[StageClock]:
    """The clocks that asked somebody to confirm a case by name, the first one first."""
    return StageClock.objects.filter(case=OuterRef("pk"), kind=Clock.ACKNOWLEDGE).order_by("started_seq")


def _between(start: str, end: str) -> Callable[[Row, datetime], Time | None]:
    """From one instant of a case to another; else, as not ended, until it was left another way, else until now."""

    def took(row: Row, at: datetime) -> Time | None:
        since, done = row[start], row[end]
        if since is None:
            return None
        return max(0.0, ((done or row["closed_at"] or at) - since).total_seconds()), done is not None

    return took


def _named(row: Row, at: datetime) -> Time | None:
    # Imported history names nobody.
    if row["case__is_history"]:
        return None
    # Who answers at once need not confirm first: the answer ends the wait for a name, as it ends its clock.
    named = min((one for one in (row["acknowledged_at"], row["replied_at"]) if one), default=None)
    return _between("handed_at", "named_at")({**row, "named_at": named}, at)


def _silence(row: Row, at: datetime) -> Time | None:
    # While a case is open a longer silence may still come, and the one that goes on may be the longest already.
    return None if row["case__is_history"] else (max(float(row["longest_silence"]), row["silent"]), not row["stage"])


def silent(row: Row, office: Hours, at: datetime) -> float:
    """Office seconds the customer has heard nothing by now, by the hours its facts are counted by; 0 where nothing goes on."""
    since = row["silent_since"]
    if since is None or since >= at:
        return 0.0
    return worked_by(office, row["case__protocol"])(since, at)


ANSWERED_LINE = "What is open, or ended without an answer, counts as longer."
DURATIONS: Mapping[str, Duration] = {
    one.key: one
    for one in (
        Duration(
            ACKNOWLEDGE, "Time to a name", "from the first hand-over to the first confirmation by name, or to an answer before it",
            HERE & Q(Exists(_handed())), _named, beware="Of cases filed here. Where nobody has confirmed it, it counts as longer.",
        ),
        Duration(
            ANSWER, "Time to an answer", "from filing to the accepted or closed answer", Q(), _between("filed_at", "resolved_at"),
            beware=f"Of all cases, escalated or not. {ANSWERED_LINE}",
        ),
        Duration(
            RESOLVE, "Time to an answer when escalated", "from filing to the accepted or closed answer", UP,
            lambda row, at: _between("filed_at", "resolved_at")(row, at) if row["escalated_at"] else None, beware=ANSWERED_LINE,
        ),
        Duration(
            HANDLING, "Handling time when escalated", "from the first escalation to the accepted or closed answer", UP,
            _between("escalated_at", "resolved_at"), beware=ANSWERED_LINE,
        ),
        Duration(
            SILENCE, "Longest silence", "the longest a case’s customer heard nothing from us while it was our turn, in office hours", HERE,
            _silence, in_office_hours=True, beware="Of each case filed here. While it is open it counts as longer.",
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Timed:
    """A time of a period and of the one it is compared with."""

    now: Curve = field(default_factory=Curve)
    before: Curve = field(default_factory=Curve)


def times(
    keys: Iterable[str], period: Period, scope: Scope = EVERYTHING, *, at: datetime, office: Hours | None = None
) -> dict[str, Timed]:
    """The curves of `keys`, of the period and the one it is compared with, in one query. LookupError for a key that is none."""
    groups = {"now": within("filed_at", period), "before": within("filed_at", period.before())}
    found = curves(keys, {name: days & scope.on("case__") for name, days in groups.items()}, at=at, office=office)
    return {key: Timed(**both) for key, both in found.items()}


def curves(
    keys: Iterable[str], groups: Mapping[str, Q], *, at: datetime, office: Hours | None = None
) -> dict[str, dict[str, Curve]]:
    """The curve of each of `keys` for each group of facts, in one query, and one for the office hours where silence is asked. LookupError for a key that is none."""
    wanted = {key: DURATIONS[key] for key in keys}
    flags = {f"is_{name}": Choose(When(group, then=True), default=False) for name, group in groups.items()}
    facts: Any = CaseFact.objects.filter(reduce(or_, groups.values())).order_by().annotate(**flags)
    found: dict[str, dict[str, list[Time]]] = {key: {name: [] for name in groups} for key in wanted}
    for row in rows(facts, *flags, at=at, office=office):
        for key, one in wanted.items():
            if (time := one.took(row, at)) is not None:
                for name in groups:
                    if row[f"is_{name}"]:
                        found[key][name].append(time)
    return {key: {name: kaplan_meier(rows) for name, rows in parts.items()} for key, parts in found.items()}


def rows(facts: Any, *more: str, at: datetime, office: Hours | None = None) -> Iterator[dict[str, Any]]:
    """What times are read from, of each of the facts, and what is annotated beside; the office hours only where a silence goes on.

    `office`: the hours where the reader has them at hand; else they cost a question.
    """
    named = facts.annotate(handed_at=Subquery(_handed().values("started_at")[:1]))
    return _with_silence(named.values(*COLUMNS, *more), at, office)


def silences(facts: Any, *more: str, at: datetime, office: Hours | None = None) -> Iterator[dict[str, Any]]:
    """As `rows`, of what SILENCE takes."""
    return _with_silence(facts.values(*SILENT_COLUMNS, *more), at, office)


def _with_silence(found: Any, at: datetime, office: Hours | None) -> Iterator[dict[str, Any]]:
    for row in found.iterator(chunk_size=5000):
        if row["silent_since"] is not None:
            office = office or office_hours()
        row["silent"] = silent(row, office, at) if office else 0.0
        yield row


def cases_behind(key: str, period: Period, scope: Scope = EVERYTHING, *, only: Q | None = None) -> QuerySet[Case]:
    """The cases a time was counted from. LookupError for a key that does not exist."""
    facts = CaseFact.objects.filter(within("filed_at", period), DURATIONS[key].of, scope.on("case__"), only or Q())
    return Case.objects.filter(pk__in=facts.values("case"))
