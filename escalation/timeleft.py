"""How long until the next promise of ours breaks, in bands: one rule for the board and for the lists it leads to."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Case as When_
from django.db.models import Count, Q, QuerySet, TextField, Value, When

from cases.lifecycle import ACTIVE, MILESTONE, State
from cases.models import Case
from escalation.lateness import with_ledger
from escalation.models import Promise

LATE, HOUR, FOUR, TODAY, TOMORROW, LATER, NONE = "late", "hour", "four", "today", "tomorrow", "later", "none"
BANDS = (LATE, HOUR, FOUR, TODAY, TOMORROW, LATER, NONE)
#: By what a board is cut into rows, and the field each comes from.
BY = {"team": "team", "level": "tier", "milestone": "state"}
#: States in which the clock is ours: only there can we be late.
OURS = tuple(state for state in ACTIVE if state != State.WAITING_CUSTOMER)


def conditions(now: datetime, zone: str) -> dict[str, Q]:
    """What puts an open case in each band, on Case; a case belongs to the first that fits. Days are those of `zone`.

    A case that has our answer is in `none`: the time that runs is the customer's.
    """
    here = ZoneInfo(zone)
    midnight = datetime.combine(now.astimezone(here).date() + timedelta(days=1), time(), here)
    in_four = now + timedelta(hours=4)
    today = max(in_four, midnight)
    tomorrow = max(today, datetime.combine(midnight.date() + timedelta(days=1), time(), here))
    return {
        LATE: Q(state__in=OURS) & (Q(ours_at__lte=now) | Q(pk__in=unmended())),
        HOUR: Q(ours_at__lte=now + timedelta(hours=1)),
        FOUR: Q(ours_at__lte=in_four),
        TODAY: Q(ours_at__lt=today),
        TOMORROW: Q(ours_at__lt=tomorrow),
        LATER: Q(ours_at__isnull=False),
        NONE: Q(ours_at__isnull=True),
    }


def unmended() -> QuerySet:
    """Open cases with a broken promise after which no other was kept, by number."""
    broken = Promise.objects.filter(status=Promise.Status.BROKEN, case__state__in=OURS)
    near = Case.objects.filter(state__in=OURS, pk__in=broken.values("case"))
    return with_ledger(near).filter(unmended__isnull=False).values("pk")


def banded(cases: QuerySet, now: datetime, zone: str) -> QuerySet:
    """Each case with its `band`."""
    whens = [When(condition, then=Value(band)) for band, condition in conditions(now, zone).items()]
    return cases.annotate(band=When_(*whens, default=Value(NONE), output_field=TextField()))


def board(cases: QuerySet, by: str, now: datetime, zone: str) -> dict[int | None, Counter[str]]:
    """How many of `cases` are in each band, by team, level or milestone (None: without one); one question."""
    field = BY[by]
    found: dict[int | None, Counter[str]] = {}
    rows = banded(cases, now, zone).order_by().values_list(field, "band").annotate(n=Count("pk"))
    for key, band, number in rows:
        key = MILESTONE[key] if by == "milestone" else key
        found.setdefault(key, Counter())[band] += number
    return found
