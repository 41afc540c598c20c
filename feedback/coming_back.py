"""Who is heard of again within 90 days of a case: after one that was escalated, and after another. An association, no effect.

The cohort: customers who had a case settled for the first time, by the day on which 90 days since were over. A customer
counts once, by the first of their cases in the period, so that neither who writes often nor how it ended picks the case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case as Choose
from django.db.models import Exists, F, OuterRef, Q, QuerySet, When

from cases.models import Case, Event
from feedback.facts.stages import THEIRS
from feedback.figures import EVERYTHING, IMPORTED, Scope
from feedback.intervals import Share
from feedback.measures import FROM_CUSTOMERS
from feedback.models import CaseFact
from feedback.periods import Period

DAYS = 90
AFTER = timedelta(days=DAYS)
UP, OTHER = "up", "other"
QUIET, QUIET_OF = "quiet", "quiet_of"


@dataclass
class Group:
    """Customers after a case of one kind, each with that case (its id): all, those who went quiet, those who closed their account."""

    all: set[int] = field(default_factory=set)
    quiet: set[int] = field(default_factory=set)
    closed: set[int] = field(default_factory=set)

    @property
    def share(self) -> Share:
        return Share(len(self.quiet), len(self.all))

    @property
    def left(self) -> Share:
        return Share(len(self.closed), len(self.all))


def coming_back(period: Period, scope: Scope = EVERYTHING, *, at: datetime) -> dict[str, Group]:
    """The group of UP and of OTHER, in three queries. Imported history only where `scope` names it as the source."""
    found = {UP: Group(), OTHER: Group()}
    seen: set[int] = set()
    unheard: dict[int, tuple[int, datetime, Group]] = {}
    for row in _settled(period, scope, at):
        if row["customer"] in seen:
            continue
        seen.add(row["customer"])
        settled, escalated = row["settled_at"], row["escalated_at"]
        group = found[UP if escalated is not None and escalated <= settled else OTHER]
        group.all.add(row["pk"])
        if row["erased"] is not None and row["erased"] <= settled + AFTER:
            group.closed.add(row["pk"])
            group.quiet.add(row["pk"])
        elif not row["was_heard"]:
            unheard[row["customer"]] = (row["pk"], settled, group)
    wrote = _wrote({customer: settled for customer, (_, settled, _) in unheard.items()})
    for customer, (case, _, group) in unheard.items():
        if customer not in wrote:
            group.quiet.add(case)
    return found


def _settled(period: Period, scope: Scope, at: datetime) -> Any:
    """Cases settled so that the 90 days since were over in the period and by `at`, the first ones first."""
    since = {"gt": OuterRef("settled_at"), "lte": OuterRef("settled_at") + AFTER}
    filed = Case.objects.filter(customer=OuterRef("case__customer"), **{f"filed_at__{k}": v for k, v in since.items()})
    over = Q(settled_at__gte=period.start - AFTER, settled_at__lt=period.end - AFTER, settled_at__lte=at - AFTER)
    rows = CaseFact.objects.filter(over, FROM_CUSTOMERS, scope.on("case__"), case__is_history=scope.source == IMPORTED)
    # Of sign-ins only the last one is known: one that came later than the 90 days says at least that they are not gone.
    heard = Choose(
        When(case__customer__last_login__gt=F("settled_at"), then=True), When(Exists(filed), then=True), default=False
    )
    rows = rows.annotate(was_heard=heard).order_by("settled_at", "pk")
    person = {"customer": F("case__customer"), "erased": F("case__customer__erased_at")}
    return rows.values("pk", "settled_at", "escalated_at", "was_heard", **person).iterator(chunk_size=5000)


def _wrote(since: Mapping[int, datetime]) -> set[int]:
    """Which of these customers wrote within 90 days since then, about any of their cases."""
    if not since:
        return set()
    found: set[int] = set()
    later: set[int] = set()  # cases in which they wrote after the 90 days, and perhaps before as well
    written: Any = CaseFact.objects.filter(wrote_at__gt=min(since.values()), case__customer__in=since)
    for case, customer, at in written.order_by("pk").values_list("pk", "case__customer", "wrote_at"):
        if since[customer] < at <= since[customer] + AFTER:
            found.add(customer)
        elif at > since[customer] + AFTER:
            later.add(case)
    words: Any = Event.objects.filter(
        Q(role=Event.Role.CUSTOMER, data__message__isnull=False) | Q(kind__in=THEIRS), case__in=later
    )
    for customer, at in words.order_by("pk").values_list("case__customer", "occurred_at"):
        if since[customer] < at <= since[customer] + AFTER:
            found.add(customer)
    return found


# The cases behind a number ------------------------------------------------------------------------------------

BEHIND: Mapping[str, Callable[[Group], set[int]]] = {
    QUIET: lambda group: group.quiet,
    QUIET_OF: lambda group: group.all,
}


def cases_behind(
    which: str, period: Period, scope: Scope = EVERYTHING, *, at: datetime, part: str = ""
) -> QuerySet[Case]:
    """The case each customer of a group was counted by. LookupError for a name or a part that does not exist."""
    return Case.objects.filter(pk__in=BEHIND[which](coming_back(period, scope, at=at)[part]))
