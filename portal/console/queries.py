"""What the console asks the database: who needs something now and why, and how the engine is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Value, When

from cases.access import Viewer
from cases.lifecycle import State
from cases.models import Case
from cases.models.case import CaseQuerySet
from escalation.facts import Clock
from escalation.lateness import with_ledger
from escalation.models import Alert, Notice, Promise, StageClock
from escalation.permits import Actor
from portal.console.words import CALM, SOON

LATE, DUE, SUPERVISOR, UNCLAIMED, NOT_REACHED = range(1, 6)
MOST = 200  # rows on the home page; the counts beside the headings are of all
TO_CLAIM = (State.NEW, State.ESCALATED, State.PASSED, State.REVIEWED)
SCOPES = {"mine": "Mine", "teams": "My teams", "all": "Everyone"}


def broken() -> QuerySet:
    """Promises customers were shown that were broken; whether a word came since is `lateness`'s business."""
    return Promise.objects.filter(status=Promise.Status.BROKEN)


def undelivered() -> QuerySet:
    """Words to a customer that did not arrive."""
    return Notice.objects.filter(to_customer=True, state__in=(Notice.State.DEAD, Notice.State.UNCERTAIN))


def attention(viewer: Viewer, *, now: datetime) -> CaseQuerySet:
    """Open cases somebody must look at now, each with `group`, its worst reason, most pressing first."""
    soon = now + SOON
    clocks = StageClock.objects.filter(case=OuterRef("pk"), outcome__isnull=True)
    pressing = clocks.filter(kind__in=Clock.CLIMBS, due_at__lte=soon)
    group = models.Case(
        When(~Q(state__in=CALM) & (Q(unmended__isnull=False) | Q(promise_at__lte=now)), then=LATE),
        When(Q(wake_at__lte=soon) & Exists(pressing), then=DUE),
        When(Exists(clocks.filter(kind=Clock.SUPERVISOR)), then=SUPERVISOR),
        When(state__in=TO_CLAIM, then=UNCLAIMED),
        When(Exists(undelivered().filter(case=OuterRef("pk"))), then=NOT_REACHED),
        default=Value(0),
        output_field=models.IntegerField(),
    )
    # The first filter is what indexes and one pass over small tables answer; only what is left is looked at in detail.
    near = Case.objects.visible_to(viewer).open().filter(perhaps(now), is_history=False)
    return with_ledger(near).annotate(group=group).filter(group__gt=0)


def perhaps(now: datetime) -> Q:
    """Every case that can be in a group, and few others."""
    asked = StageClock.objects.filter(kind=Clock.SUPERVISOR, outcome__isnull=True)
    return (
        Q(wake_at__lte=now + SOON)
        | Q(promise_at__lte=now)
        | Q(state__in=TO_CLAIM)
        | Q(pk__in=broken().values("case"))
        | Q(pk__in=asked.values("case"))
        | Q(pk__in=undelivered().values("case"))
    )


def in_scope(cases: QuerySet, actor: Actor, scope: str) -> QuerySet:
    """Only those of the person, or of their teams, or all."""
    mine = Q(owner=actor.user)
    if scope == "mine":
        return cases.filter(mine)
    if scope == "teams":
        return cases.filter(mine | Q(team__in=actor.teams))
    return cases


def usual_scope(actor: Actor) -> str:
    """A supervisor looks after everyone, an agent after their teams."""
    return "all" if actor.supervises else "teams"


def counts(cases: QuerySet) -> dict[int, int]:
    """How many cases are in each group."""
    return dict(cases.order_by().values("group").annotate(n=Count("pk")).values_list("group", "n"))


def open_clocks(cases: Iterable[Case]) -> dict[int, list[StageClock]]:
    """The running clocks of several cases in one query, soonest first."""
    found: dict[int, list[StageClock]] = {}
    ids = [case.pk for case in cases]
    for clock in StageClock.objects.filter(case__in=ids, outcome__isnull=True).order_by("due_at"):
        found.setdefault(clock.case_id, []).append(clock)
    return found


def alerts(viewer: Viewer) -> QuerySet:
    """Red alarms nobody has put right yet, on cases this person may see."""
    return Alert.objects.filter(cleared_at__isnull=True, case__in=Case.objects.visible_to(viewer)).select_related(
        "case"
    )
