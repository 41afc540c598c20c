"""Says which days have to be counted anew when the facts of cases are made: in the same transaction, under the same hold."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from cases.models import Case
from escalation.facts import Outcome
from feedback.facts.ledger import Ledger
from feedback.measures import CASE
from feedback.models import CaseFact, CountedCase, Retro, RollupDay
from feedback.rollup import cells

#: The instants of a fact that a figure may be dated by.
DATED = tuple(sorted({one.dated for one in cells.COUNTED.values() if one.fact == CASE}))
#: What no figure that is kept reads; it changes with every act and would have whole days counted anew for nothing.
UNREAD = frozenset(
    (
        "case_id", "seq", "stage", "stage_since", "in_review", "in_acknowledgment", "in_work", "in_waiting_customer",
        "in_waiting_partner", "in_confirmation", "longest_silence", "silent_since", "level_top", "reopenings", "replied_at", "resolved_at",
        "closed_at", "wrote_at", "passings", "passed_at", "went_unasked", "replied_low", "back_low", "updates", "updates_timed",
        "updates_chosen",
    )
)  # fmt: skip
READ = tuple(field.attname for field in CaseFact._meta.concrete_fields if field.attname not in UNREAD)
#: What parts read of cases that stand still: all of the fact; and of the case, beside what all figures read, `whose`.
OF_PARTS = tuple(field.attname for field in CaseFact._meta.concrete_fields if field.attname != "case_id")
ENDED = (Outcome.MET, Outcome.MISSED)
Days = dict[int, dict[str, str]]


def zone() -> str:
    """The zone whose days figures are counted in."""
    return settings.COMPANY_TIME_ZONE


def day_of(at: datetime, where: ZoneInfo) -> date:
    return at.astimezone(where).date()


def mark(ids: Collection[int], facts: Iterable[CaseFact], ledger: Ledger, *, at: datetime) -> set[date]:
    """Marks the days on which one of the cases counts otherwise than when it was looked at last; which ones.

    `facts` are those just made of them, `ledger` what they were made from; a case of `ids` without one counts nowhere any more. The caller holds FactHold.
    """
    new, old = digests(facts, ledger), dict(CountedCase.objects.filter(case__in=ids).values_list("case", "days"))
    days = {day for case in {*new, *old} for day in _differing(old.get(case, {}), new.get(case, {}))}
    changed = [CountedCase(case_id=case, days=said) for case, said in new.items() if old.get(case) != said]
    if changed:
        CountedCase.objects.bulk_create(changed, update_conflicts=True, unique_fields=["case"], update_fields=["days"])
    if gone := set(old) - set(new):
        CountedCase.objects.filter(case__in=gone).delete()
    dirty = {date.fromisoformat(day) for day in days}
    mark_days(dirty, at=at)
    return dirty


def mark_days(days: Collection[date], *, at: datetime) -> None:
    """These days have to be counted anew. The first mark of a day stays, so that a busy day has its turn too."""
    if not days:
        return
    RollupDay.objects.filter(day__in=days, dirty_at=None).update(dirty_at=at)
    rows = [RollupDay(day=day, zone=zone(), dirty_at=at) for day in sorted(days)]
    RollupDay.objects.bulk_create(rows, ignore_conflicts=True)


def _differing(old: dict[str, str], new: dict[str, str]) -> set[str]:
    return {day for day in {*old, *new} if old.get(day) != new.get(day)}


def digests(facts: Iterable[CaseFact], ledger: Ledger) -> Days:
    """For each case, by the day, a digest of what figures of that day read of it: two queries whatever their number."""
    where, parts = ZoneInfo(zone()), {}
    kept = {fact.pk: fact for fact in facts}
    rows = Case.objects.filter(pk__in=kept).values_list(
        "pk",
        "category",
        "team",
        "tier",
        "severity",
        "is_history",
        "customer__is_staff",
        "owner",
        "complexity",
        "protocol",
    )
    whose = {pk: (repr(rest[:6]), rest[6:]) for pk, *rest in rows}
    for fact in kept.values():
        said = repr([getattr(fact, name) for name in READ])
        found: dict[str, list[Any]] = defaultdict(list)
        for instant in filter(None, (getattr(fact, name) for name in DATED)):
            found[_named(instant, where)] = [said]
        parts[fact.pk] = found
        if stands_still(fact):
            found[_named(fact.filed_at, where)].append([[getattr(fact, name) for name in OF_PARTS], whose[fact.pk][1]])
    retros = Retro.objects.filter(case__in=kept).order_by("pk").values_list("case", "asked_at", "answered_at")
    for case, asked, answered in retros:
        parts[case][_named(asked, where)].append([asked, answered is not None])
    for case, due, clock, status in ledger.promises:
        if case in parts:
            of = ledger.clocks[clock]
            parts[case][_named(due, where)].append([due, of.kind, of.severity, status])
    for one in ledger.clocks.values():
        if one.ended_at and one.outcome in ENDED and one.case in parts:
            parts[one.case][_named(one.ended_at, where)].append([one.ended_at, one.kind, one.outcome, one.protocol])
    return {
        case: {day: _digest([whose[case][0], what]) for day, what in found.items()} for case, found in parts.items()
    }


def stands_still(fact: CaseFact) -> bool:
    """Not `GOES_ON`."""
    named, done = fact.acknowledged_at or fact.replied_at, fact.resolved_at
    return not fact.stage and (fact.closed_at is not None or bool(named and done))


def _named(instant: datetime, where: ZoneInfo) -> str:
    return day_of(instant, where).isoformat()


def _digest(what: Any) -> str:
    # Not against anybody: 48 bits tell two states of one case apart.
    return hashlib.sha256(repr(what).encode()).hexdigest()[:12]
