"""Follow-ups: some days after a case was settled somebody asks the customer whether it is still fixed (R063).

Owed by who solved the case, in working time from the day it comes due; done by message or by phone, or skipped with a reason.
It is no survey: it is under no cap, no answer to it is counted, and no survey stands for one. docs/follow_ups.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet

from cases.access import Viewer, workers
from cases.holding import not_held
from cases.models import Case, Event, Resolution, TouchedCase, User
from escalation.models import Heartbeat
from escalation.permits import Actor
from escalation.steps import Step
from feedback.models import FollowUp
from feedback.pulse import office
from feedback.surveys import ASKABLE

HOUR = 3600
OPEN = Q(done_at=None, stopped_at=None)
ROLE, BEAT = "follow_ups", "beat"
#: How often cases are looked for whose day has come; from how long before the last look, so that a late commit is not missed.
EVERY, AGAIN = timedelta(minutes=10), timedelta(days=1)
#: Further back nobody looks: after a longer silence of ours, or switched off for longer, asking would be late for everybody.
CATCH_UP = timedelta(days=7)
BATCH = 200
ESCALATED, URGENT, REMEDIED, ALL = "escalated", "urgent", "remedied", "all"
URGENT_TO = 2  # severities 1 and 2
#: Which cases are followed up, by the words of the setting.
GROUPS: dict[str, Q] = {
    ESCALATED: Q(escalated_at__isnull=False),
    URGENT: Q(severity__lte=URGENT_TO),
    REMEDIED: Q(Exists(Resolution.objects.filter(case=OuterRef("pk"), remedy_kind__isnull=False))),
    ALL: Q(pk__isnull=False),
}
#: The customer said at the end of the survey that nobody is to contact them about the case.
LEFT_ALONE = Q(survey__may_contact=False)
#: The case is open again, or was settled another time since.
MOVED_ON = ~Q(case__state__in=ASKABLE) | Q(case__resolved_at=None) | ~Q(case__resolved_at=F("settled_at"))
OVER = MOVED_ON | Q(case__survey__may_contact=False)


def wanted() -> Q:
    """The cases that are followed up, as a condition on Case."""
    found = Q(pk__in=())
    for name in settings.FOLLOW_UP["cases"]:
        found |= GROUPS[name]
    return found


def after() -> timedelta:
    """How long after a case was settled its follow-up comes due; nothing where there are none."""
    return timedelta(days=settings.FOLLOW_UP["days"])


def due_of(since: datetime) -> datetime:
    """By when a follow-up that comes due at `since` is done: so many working hours on, in the hours of the protocol in force."""
    return office(since).due(since, settings.FOLLOW_UP["hours"] * HOUR)


# Owing ----------------------------------------------------------------------------------------------------------


def to_look(at: datetime) -> QuerySet[Heartbeat]:
    """The beat's own row, while cases have not been looked for lately; none where follow-ups are switched off."""
    lately = Heartbeat.objects.filter(role=ROLE, last_loop__gt=at - EVERY)
    return Heartbeat.objects.filter(role=BEAT if after() else "").filter(~Exists(lately))


def owe(at: datetime) -> int:
    """Makes the follow-ups of cases whose day has come since the last look. Done with 0 left.

    Switched on for the first time it begins with the last day: what came due before is left alone.
    """
    last = Heartbeat.objects.filter(role=ROLE).first()
    since = max((last.last_loop if last and last.last_loop else at) - AGAIN, at - CATCH_UP)
    cases = Case.objects.filter(
        wanted(), ~LEFT_ALONE, resolved_at__gt=since - after(), resolved_at__lte=at - after(), state__in=ASKABLE,
        is_history=False, customer__is_staff=False, customer__is_active=True, customer__erased_at=None,
    )  # fmt: skip
    with transaction.atomic():
        make(cases.order_by("pk"), at)
        Heartbeat.objects.update_or_create(role=ROLE, defaults={"last_loop": at, "last_success": at})
    return 0


def make(cases: Iterable[Case], at: datetime) -> None:
    """A follow-up of each of the cases, which are settled; of one that has one for this settling no second."""
    cases = list(cases)
    solved = solvers(cases)
    rows = []
    for case in cases:
        assert case.resolved_at is not None
        since = case.resolved_at + after()
        row = FollowUp(case=case, settled_at=case.resolved_at, since=since, due_at=due_of(since))
        row.person_id = solved.get(case.pk, case.owner_id)
        rows.append(row)
    FollowUp.objects.bulk_create(rows, ignore_conflicts=True)
    TouchedCase.note([case.pk for case in cases], at)


def solvers(cases: Iterable[Case]) -> dict[int, int]:
    """Who gave the last answer, by case."""
    given = Resolution.objects.filter(case__in=[case.pk for case in cases], by__isnull=False)
    return dict(given.order_by("at", "pk").values_list("case", "by"))


# Stopping -------------------------------------------------------------------------------------------------------


def to_stop(at: datetime) -> QuerySet[FollowUp]:
    """Open ones that nobody is owed any more."""
    return FollowUp.objects.filter(OPEN & OVER)


def stop(at: datetime) -> int:
    """Stops a batch of them, each as of when its case moved on; returns how many."""
    with transaction.atomic():
        # The cases first: who does one holds its case while they do it.
        cases = Case.objects.filter(pk__in=to_stop(at).values("case")).order_by("pk")[:BATCH]
        cases = not_held(cases)
        held = [case.pk for case in cases]
        rows = list(to_stop(at).filter(case__in=held).order_by("pk"))
        for row in rows:
            row.stopped_at = _moved_on(row) or at
            row.save(update_fields=["stopped_at"])
        TouchedCase.note({row.case_id for row in rows}, at)  # type: ignore[attr-defined]
    return len(rows)


def _moved_on(row: FollowUp) -> datetime | None:
    again = Event.objects.filter(case=row.case_id, kind="reopened", occurred_at__gt=row.settled_at)  # type: ignore[attr-defined]
    return again.aggregate(first=Min("occurred_at"))["first"]


# Looking --------------------------------------------------------------------------------------------------------


def seen(viewer: Viewer) -> QuerySet[FollowUp]:
    """Those of cases the viewer sees, stopped ones left out."""
    rows = FollowUp.objects.filter(case__in=Case.objects.visible_to(viewer), stopped_at=None)
    return rows.select_related(
        "case", "case__team", "case__team__lead", "case__customer", "case__survey", "person", "by"
    )


def to_do(viewer: Viewer) -> QuerySet[FollowUp]:
    """What is owed, the next due first; what its case has left behind is not, before the beat has stopped it."""
    return (
        seen(viewer)
        .filter(OPEN)
        .exclude(pk__in=FollowUp.objects.filter(OPEN & OVER).values("pk"))
        .order_by("due_at", "pk")
    )


def done(viewer: Viewer) -> QuerySet[FollowUp]:
    """What was written or called, the newest first."""
    return seen(viewer).filter(done_at__isnull=False).exclude(how=FollowUp.How.SKIPPED).order_by("-done_at", "-pk")


def skipped(viewer: Viewer) -> QuerySet[FollowUp]:
    """What was skipped, the newest first."""
    return seen(viewer).filter(how=FollowUp.How.SKIPPED).order_by("-done_at", "-pk")


def mine(user: User) -> Q:
    """Those `user` owes: who solved the case, or the lead of its team for who has left."""
    gone = Q(person=None) | ~Q(person__in=workers())
    return Q(person=user) | (gone & Q(case__team__lead=user))


def owed_by(row: FollowUp, working: Iterable[int]) -> User | None:
    """Who owes it now, of those who are `working` here (ids); None: any supervisor."""
    working = set(working)
    lead = row.case.team.lead if row.case.team else None
    return next((one for one in (row.person, lead) if one is not None and one.pk in working), None)


def may_do(row: FollowUp, user: User) -> bool:
    """Whether `user` may do it: who owes it, the team of the case, and supervisors."""
    actor = Actor.of(user)
    if not Viewer(user).works:
        return False
    return actor.supervises or row.person_id == user.pk or row.case.team_id in actor.teams  # type: ignore[attr-defined]


STEPS = (Step("follow-ups", to_look, owe), Step("follow-ups to stop", to_stop, stop))
