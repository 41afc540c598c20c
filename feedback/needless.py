"""Experts' time on cases that a lower level could have done, as somebody says who had the case in hand (R095).

`hours` finds what need not have gone up by the log alone: it came down again, or was answered at once without other work.
A retro whose answer is “A lower level could have done it” says the same of others; their time is counted beside.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from cases.models import Case
from feedback.figures import EVERYTHING, Scope, within
from feedback.hours import OURS
from feedback.models import CaseFact, Retro
from feedback.owed import FALSE
from feedback.periods import Period

NEEDLESS = "needless_hours"


def _said(case: str) -> Exists:
    """Somebody who carried the case says in a retro that a lower level could have done it."""
    return Exists(Retro.objects.filter(case=OuterRef(case), level=Retro.Level.LOWER))


def by_retro(period: Period, scope: Scope = EVERYTHING, *, at: datetime) -> int:
    """Seconds with us above level 1 of the escalated cases filed in the period of which only a retro says so; one query."""
    by_log = Q(went_down__gt=0) | Q(answered_at_once=True)
    facts = CaseFact.objects.filter(within("filed_at", period), scope.on("case__"), ~by_log, _said("pk"))
    facts = facts.filter(escalated_at__isnull=False, case__is_history=False).order_by()
    found = 0
    for spent, stage, since in facts.values_list("spent", "stage", "stage_since"):
        for place, (team, at_stage, above, seconds) in enumerate(spent, 1):
            # Where it was last the time goes on while it is open.
            goes_on = stage and place == len(spent)
            more = max(0, int((at - since).total_seconds())) if goes_on and since else 0
            if above and at_stage in OURS and scope.may_name(team):
                found += seconds + more
    return found


def cases_behind(period: Period, scope: Scope = EVERYTHING) -> QuerySet[Case]:
    """The escalated cases filed here in the period that need not have gone up, by the log or by a retro."""
    escalated = Case.objects.filter(
        within("filed_at", period), scope.on(), is_history=False, escalated_at__isnull=False
    )
    return escalated.filter(FALSE | Q(_said("pk")))
