"""Keeps the facts right: makes those of touched cases anew, a batch at a time, one maker at once.

A fact is never changed by a part: it is made from the log and put in the place of the old one. So whatever was
missed, doubled or done in another order ends in the same row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime

from django.db import models, transaction
from django.db.models import Count, F, Min, Q, QuerySet

from cases.models import Case, Event, TouchedCase
from escalation.book import office_hours
from escalation.steps import Step
from feedback.facts.case_fact import fact_of
from feedback.facts.hold import hold
from feedback.facts.ledger import Ledger, ledger_of
from feedback.facts.stages import Happened, worked_by
from feedback.figures import OURS
from feedback.models import CaseFact, FollowUp, Interim, LowScore, PostMortem, Survey
from feedback.post_mortems import leave_lines
from feedback.rollup.marking import mark

BATCH = 500
#: What facts read of the case itself.
STANDS = ("filed_at", "escalated_at", "resolved_at", "closed_at", "protocol")
FIELDS = tuple(field.attname for field in CaseFact._meta.concrete_fields if not field.primary_key)


def facts_of(ids: Collection[int], ledger: Ledger, *, at: datetime) -> list[CaseFact]:
    """The facts of those of the cases that count, made from what is on record: nine queries whatever their number."""
    cases = list(Case.objects.filter(pk__in=ids).only(*STANDS))
    events: dict[int, list[Happened]] = defaultdict(list)
    log = Event.objects.filter(case__in=ids).order_by("case", "seq").values_list("case_id", *Happened._fields)
    for case_id, *event in log.iterator(chunk_size=5000):
        events[case_id].append(Happened._make(event))
    promises: dict[int, list[str]] = defaultdict(list)
    for case, _, clock, status in ledger.promises:
        if ledger.clocks[clock].kind in OURS:
            promises[case].append(status)
    surveys = {survey.case_id: survey for survey in Survey.objects.filter(case__in=ids)}
    lows = {low.case_id: low for low in LowScore.objects.filter(case__in=ids)}
    said = Interim.objects.filter(case__in=ids, answered_at__isnull=False).order_by("answered_at", "pk")
    interims = dict(said.values_list("case", "score"))
    # What was stopped before its time was owed to nobody.
    owed_in_time = Q(stopped_at=None) | Q(stopped_at__gt=F("due_at"))
    follows = {
        one.case_id: one for one in FollowUp.objects.filter(owed_in_time, case__in=ids).order_by("settled_at", "pk")
    }
    looked_back = dict(PostMortem.objects.filter(case__in=ids).order_by().values_list("case").annotate(n=Count("pk")))
    followed = dict(
        Case.objects.filter(follows__in=ids).values_list("follows").annotate(first=Min("filed_at")).order_by()
    )
    office = office_hours()
    return [
        fact_of(
            case,
            events[case.pk],
            promises[case.pk],
            surveys.get(case.pk),
            followed.get(case.pk),
            worked_by(office, case.protocol),
            lows.get(case.pk),
            interims.get(case.pk),
            follows.get(case.pk),
            looked_back.get(case.pk, 0),
        )
        for case in cases
        if events[case.pk]  # rows put there by hand have no log and are no cases of ours
    ]


def rebuild(ids: Collection[int], *, at: datetime) -> int:
    """Makes the facts of these cases anew, in one transaction; drills and cases that are gone have none. How many."""
    with transaction.atomic():
        hold()
        return _put(ids, at)


def rebuild_held(ids: Collection[int], *, at: datetime) -> int:
    """As `rebuild`, by one of several makers that work on different cases while somebody else holds FactHold for all of them."""
    with transaction.atomic():
        return _put(ids, at)


def _put(ids: Collection[int], at: datetime) -> int:
    ledger = ledger_of(ids)
    facts = facts_of(ids, ledger, at=at)
    CaseFact.objects.filter(pk__in=set(ids) - {fact.pk for fact in facts}).delete()
    CaseFact.objects.bulk_create(facts, update_conflicts=True, unique_fields=["case"], update_fields=FIELDS)
    mark(ids, facts, ledger, at=at)
    leave_lines(facts)
    return len(facts)


def touched(at: datetime) -> QuerySet[TouchedCase]:
    """Cases whose facts may be old."""
    return TouchedCase.objects.all()


def take_touched(at: datetime) -> int:
    """Makes a batch of touched cases' facts anew and takes their lines away, all or none; how many lines."""
    with transaction.atomic():
        hold()
        # The lines are read after the hold and before the cases: what happens from now on leaves a line of its own.
        lines = list(TouchedCase.objects.order_by("pk").values_list("pk", "case")[:BATCH])
        _put({case for _, case in lines}, at)
        TouchedCase.objects.filter(pk__in=[pk for pk, _ in lines]).delete()
    return len(lines)


def counted_to(at: datetime) -> datetime:
    """Up to when the facts are complete: the oldest line that is left, else `at`."""
    oldest = TouchedCase.objects.aggregate(first=Min("at"))["first"]
    return min(oldest, at) if oldest else at


def batches() -> Iterator[list[int]]:
    """The ids of all live cases, a batch at a time."""
    after = 0
    while ids := list(Case.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        yield ids
        after = ids[-1]


def differing(ids: Collection[int], *, at: datetime) -> list[int]:
    """Those of the cases whose kept fact is not the one made now, leaving out what waits to be made anew."""
    with transaction.atomic():
        hold()
        made = {fact.pk: _values(fact) for fact in facts_of(ids, ledger_of(ids), at=at)}
        kept = {fact.pk: _values(fact) for fact in CaseFact.objects.filter(pk__in=ids)}
        waiting = set(TouchedCase.objects.filter(case__in=ids).values_list("case", flat=True))
    return sorted(pk for pk in {*made, *kept} - waiting if made.get(pk) != kept.get(pk))


def of_no_case() -> QuerySet[CaseFact]:
    """Facts of practice cases, which must not be there."""
    return CaseFact.objects.filter(case__is_drill=True)


def _values(fact: models.Model) -> list[object]:
    return [getattr(fact, name) for name in FIELDS]


STEPS = (Step("facts", touched, take_touched),)
