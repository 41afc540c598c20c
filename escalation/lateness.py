"""When a case is late for its customer: one rule for every page, theirs and ours."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Case as When_
from django.db.models import DateTimeField, F, OuterRef, Q, Subquery, When

from cases.lifecycle import ACTIVE, State
from cases.models.case import CaseQuerySet
from escalation.models import Promise


def with_ledger(cases: CaseQuerySet) -> CaseQuerySet:
    """Adds when a promise to the customer was last broken (`broken_at`, `broken_due`) and last kept (`kept_at`).

    `unmended` is `broken_due` while no promise has been kept since, else None.
    """
    ledger = Promise.everything.filter(case=OuterRef("pk")).order_by("-settled_at", "-pk")
    broken, kept = ledger.filter(status=Promise.Status.BROKEN), ledger.filter(status=Promise.Status.KEPT)
    said_since = Q(kept_at__gt=F("broken_at"))
    return cases.annotate(
        broken_at=Subquery(broken.values("settled_at")[:1]),
        broken_due=Subquery(broken.values("due_at")[:1]),
        kept_at=Subquery(kept.values("settled_at")[:1]),
        unmended=When_(When(said_since, then=None), default=F("broken_due"), output_field=DateTimeField()),
    )


def late_since(case: Any, now: datetime) -> datetime | None:
    """Since when a promise to this customer has been broken and nothing was said; None when none is.

    `case` comes from `with_ledger`. Also when the time has just passed and the engine has not said so yet; never
    while it is the customer's turn.
    """
    if case.state not in ACTIVE or case.state == State.WAITING_CUSTOMER:
        return None
    overdue = case.promise_at if case.promise_at and case.promise_at <= now else None
    return min((at for at in (case.unmended, overdue) if at), default=None)


def is_late(case: Any, now: datetime) -> bool:
    """Whether a promise to this customer is broken and nothing was said since."""
    return late_since(case, now) is not None
