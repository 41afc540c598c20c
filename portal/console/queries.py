"""What the console asks the database: who needs something now and why, and how the engine is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Value, When, Window
from django.db.models.functions import Coalesce, Least, RowNumber

from cases.access import Viewer
from cases.lifecycle import State
from cases.models import Case
from cases.models.case import CaseQuerySet
from escalation.beside import at_risk
from escalation.facts import Clock
from escalation.lateness import with_ledger
from escalation.models import Alert, Notice, Promise, StageClock
from escalation.permits import Actor
from escalation.reaching import UNHEARD
from portal.console.words import CALM, SOON

LATE, DUE, SUPERVISOR, UNCLAIMED, NOT_REACHED = range(1, 6)
#: The groups of “Needs me now” by their names in an address, in their order, each with its heading.
NEEDS = {
    "late": (LATE, "Late"),
    "soon": (DUE, "Due within two hours"),
    "supervisor": (SUPERVISOR, "Asked for a supervisor"),
    "unclaimed": (UNCLAIMED, "Not acknowledged"),
    "unreached": (NOT_REACHED, "Customer not reached"),
}
MOST = 50  # rows of one group on the home page; the counts beside the headings are of all
#: The letter that owns up to a missed time: while it does not arrive, nobody has said sorry.
OWNS_UP = "promise_broken"
TO_CLAIM = (State.NEW, State.ESCALATED, State.PASSED, State.REVIEWED)
#: The letter to supervisors that a customer asked for one; it carries the reason they chose.
WANTED = "supervisor_wanted"
SCOPES = {"mine": "Mine", "teams": "My teams", "all": "Everyone"}


def broken() -> QuerySet:
    """Promises customers were shown that were broken; whether a word came since is `lateness`'s business."""
    return Promise.objects.filter(status=Promise.Status.BROKEN)


def undelivered() -> QuerySet:
    """Words to a customer that did not arrive."""
    return Notice.objects.filter(to_customer=True, state__in=UNHEARD)


def attention(viewer: Viewer, *, now: datetime) -> CaseQuerySet:
    """Open cases somebody must look at now, each with `group`, its worst reason."""
    return in_groups(Case.objects.visible_to(viewer), now=now)


def in_groups(cases: CaseQuerySet, *, now: datetime) -> CaseQuerySet:
    """Those of `cases` somebody must look at now, each with `group`, its worst reason."""
    soon = now + SOON
    clocks = StageClock.objects.filter(case=OuterRef("pk"), outcome__isnull=True)
    pressing = clocks.filter(kind__in=Clock.CLIMBS, due_at__lte=soon)
    unsaid = Exists(undelivered().filter(case=OuterRef("pk"), kind=OWNS_UP))
    group = models.Case(
        When(unsaid, then=LATE),
        When(~Q(state__in=CALM) & (Q(unmended__isnull=False) | Q(ours_at__lte=now)), then=LATE),
        When(Q(wake_at__lte=soon) & Exists(pressing), then=DUE),
        When(Exists(clocks.filter(kind=Clock.SUPERVISOR)), then=SUPERVISOR),
        When(state__in=TO_CLAIM, then=UNCLAIMED),
        When(Exists(undelivered().filter(case=OuterRef("pk"))), then=NOT_REACHED),
        default=Value(0),
        output_field=models.IntegerField(),
    )
    # The first filter is what indexes and one pass over small tables answer; only what is left is looked at in detail.
    near = cases.open().filter(perhaps(now), is_history=False)
    return with_ledger(near).annotate(unsaid=unsaid, group=group).filter(group__gt=0)


def listed(needy: CaseQuerySet, *, now: datetime, most: int = MOST) -> CaseQuerySet:
    """The first `most` of each group in the order they are worked in, each with `of_group`: how many the group has.

    Whom a letter that owns up did not reach comes first; then who is late the longest, else the nearest time; then the
    gravest. `risk`: a task is overdue.
    """
    # As `lateness.late_since` has it: the older of the broken promise and the next time; one that is not late has only that.
    # SQLite's LEAST is empty where one side is.
    since = Coalesce(Least("unmended", "ours_at"), "unmended", "ours_at")
    pressing = models.Case(When(state__in=CALM, then=F("ours_at")), default=since)
    first = (F("unsaid").desc(), pressing.asc(nulls_last=True), F("severity"), F("pk"))
    ranked = needy.annotate(
        risk=models.Case(When(at_risk(now), then=True), default=False, output_field=models.BooleanField()),
        place=Window(RowNumber(), partition_by=F("group"), order_by=first),
        of_group=Window(Count("pk"), partition_by=F("group")),
    )
    return ranked.filter(place__lte=most).order_by("group", "place")


def perhaps(now: datetime) -> Q:
    """Every case that can be in a group, and few others."""
    asked = StageClock.objects.filter(kind=Clock.SUPERVISOR, outcome__isnull=True)
    return (
        Q(wake_at__lte=now + SOON)
        | Q(ours_at__lte=now)
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


def open_clocks(cases: Iterable[Case]) -> dict[int, list[StageClock]]:
    """The running clocks of several cases in one query, soonest first."""
    found: dict[int, list[StageClock]] = {}
    ids = [case.pk for case in cases]
    for clock in StageClock.objects.filter(case__in=ids, outcome__isnull=True).order_by("due_at"):
        found.setdefault(clock.case_id, []).append(clock)
    return found


def alerts(viewer: Viewer) -> QuerySet:
    """Red alarms nobody has put right yet, on cases this person may see."""
    seen = Alert.objects.filter(cleared_at__isnull=True, case__in=Case.objects.visible_to(viewer))
    return seen.select_related("case", "case__owner", "case__team", "case__team__lead", "case__category")


def letters(cases: Iterable[Case]) -> dict[int, list[Notice]]:
    """What home says of letters, by case and in one query: those that did not arrive, those that owned up to a missed
    time, and why a supervisor is wanted."""
    wanted = Q(to_customer=True, state__in=UNHEARD) | Q(kind=OWNS_UP, state=Notice.State.SENT) | Q(kind=WANTED)
    found: dict[int, list[Notice]] = {}
    ids = [case.pk for case in cases]
    for notice in Notice.objects.filter(wanted, case__in=ids).defer("body", "subject").order_by("pk"):
        found.setdefault(cast(int, notice.case_id), []).append(notice)
    return found
