"""Fixed at first contact: of the cases we settled, those for which one message of ours was enough.

What it means, word for word, stands in docs/figures.md. It is read off the log, in one query for the period and the
one it is compared with, whatever the number of cases. Imported history is left out: it does not say how often anybody wrote.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from cases.lifecycle import State
from cases.models import Case, Event
from feedback.facts.stages import THEIRS
from feedback.figures import EVERYTHING, Scope, within
from feedback.intervals import Share
from feedback.periods import Period

#: How long after it was settled a case must have stayed so.
STAYS = timedelta(days=7)

#: An answer was accepted, or nobody answered it until it closed. What ended without an answer is not settled.
_SETTLES = Q(data__from=State.ANSWERED) & (Q(data__to=State.CONFIRMED) | Q(data__to=State.CLOSED))
#: A person of ours wrote to the customer: whatever they did, and however it was sent. Notices written by Milepost
#: itself (received, who has it, handed over), notes and assessments without a word have no message of theirs; what
#: they put on record of the customer's words (a call, a mail) is the customer's.
_TOUCH = Q(role=Event.Role.STAFF, data__message__isnull=False) & ~Q(kind__in=THEIRS)


@dataclass(frozen=True, slots=True)
class FirstContact:
    """Of the cases filed in the period and settled at least STAYS ago, those one message of ours was enough for."""

    now: Share
    before: Share
    young: int  # filed in the period, settled less than STAYS ago: neither counted as fixed nor as not
    by_topic: dict[str, Share]


def first_contact(period: Period, scope: Scope = EVERYTHING, *, at: datetime) -> FirstContact:
    """What `at` knows of the cases filed in the period. A case that is not settled yet does not count."""
    now, before, old = within("filed_at", period), within("filed_at", period.before()), _old(at)
    rows = (
        _settled(scope)
        .filter(now | before)
        .values(slug=F("category__slug"))
        .order_by()
        .annotate(
            n=Count("pk", filter=now & old),
            hits=Count("pk", filter=now & old & _fixed()),
            n_before=Count("pk", filter=before & old),
            hits_before=Count("pk", filter=before & old & _fixed()),
            young=Count("pk", filter=now & ~old),
        )
    )
    found = list(rows)
    by_topic = {row["slug"]: Share(row["hits"], row["n"]) for row in found if row["n"]}
    return FirstContact(
        now=sum(by_topic.values(), Share()),
        before=sum((Share(row["hits_before"], row["n_before"]) for row in found), Share()),
        young=sum(row["young"] for row in found),
        by_topic=by_topic,
    )


def _settled(scope: Scope) -> QuerySet[Case]:
    """Cases filed here that were settled at least once, with where in the log and when the first time was."""
    first = Event.objects.filter(_SETTLES, case=OuterRef("pk")).order_by("seq")
    return (
        Case.objects.filter(scope.on(), is_history=False)
        .alias(
            settled_seq=Subquery(first.values("seq")[:1]), first_settled_at=Subquery(first.values("occurred_at")[:1])
        )
        .filter(settled_seq__isnull=False)
    )


def _old(at: datetime) -> Q:
    return Q(first_settled_at__lte=at - STAYS)


def _fixed() -> Q:
    """One message of ours, at the first level, and it stayed settled."""
    until = OuterRef("first_settled_at") + STAYS
    touches = Event.objects.filter(_TOUCH, case=OuterRef("case"), seq__lt=OuterRef("seq"))
    second = Event.objects.filter(_TOUCH, Exists(touches), case=OuterRef("pk"), seq__lt=OuterRef("settled_seq"))
    again = Event.objects.filter(
        case=OuterRef("pk"), kind="reopened", seq__gt=OuterRef("settled_seq"), occurred_at__lte=until
    )
    # Where the time to open a case again is shorter than STAYS, coming back makes a linked case.
    linked = Case.objects.filter(follows=OuterRef("pk"), filed_at__lte=until)
    low = Q(escalated_at=None) | Q(escalated_at__gt=F("first_settled_at"))
    return low & Q(~Exists(second), ~Exists(again), ~Exists(linked))


# The cases behind a number ------------------------------------------------------------------------------------


def cases_behind(which: str, period: Period, scope: Scope = EVERYTHING, *, at: datetime) -> QuerySet[Case]:
    """The cases a number was counted from. LookupError for a name that does not exist."""
    return _settled(scope).filter(within("filed_at", period), BEHIND[which](at))


BEHIND: dict[str, Callable[[datetime], Q]] = {
    "settled_a_week": _old,
    "at_first": lambda at: _old(at) & _fixed(),
    "young": lambda at: ~_old(at),
}
