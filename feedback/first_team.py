"""The escalation rate by the team a case came to first (R087).

By the team a case has now the rate would mislead: what went up has left its first team for a higher one. So the team is
the first one the log names, which never changes; an escalated case counts with the team that had to pass it up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet

from cases.models import Case
from feedback.figures import EVERYTHING, Scope, within
from feedback.intervals import Share
from feedback.models import CaseFact
from feedback.periods import Period

FILED, UP = "filed_first", "escalated_first"


@dataclass(frozen=True, slots=True)
class Rates:
    """Filed and escalated since ÷ filed, by the first team's short name ("": none), of the period and of the one it is compared with."""

    now: Mapping[str, Share] = field(default_factory=dict)
    before: Mapping[str, Share] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return sum(share.n for share in (*self.now.values(), *self.before.values()))


def rates(period: Period, scope: Scope = EVERYTHING) -> Rates:
    """One query; of the teams the reader may know of."""
    groups = {"now": within("filed_at", period), "before": within("filed_at", period.before())}
    counts = {
        f"{name}_{what}": Count(of, filter=days)
        for name, days in groups.items()
        for what, of in (("n", "pk"), ("up", "escalated_at"))
    }
    rows: Any = _facts(groups["now"] | groups["before"], scope).order_by()
    found = list(rows.values("first_team").annotate(**counts))
    sides = (
        {row["first_team"]: Share(row[f"{name}_up"], row[f"{name}_n"]) for row in found if row[f"{name}_n"]}
        for name in groups
    )
    return Rates(*sides)


def cases_behind(which: str, period: Period, scope: Scope = EVERYTHING, *, part: str) -> QuerySet[Case]:
    """The cases filed, or those of them that were escalated, that came first to team `part`. LookupError for another number or team."""
    more = {FILED: Q(), UP: Q(escalated_at__isnull=False)}[which]
    if not scope.may_name(part):
        raise LookupError("Not theirs to see.")
    facts = _facts(within("filed_at", period) & more, scope).filter(first_team=part)
    return Case.objects.filter(pk__in=facts.values("case"))


def _facts(when: Q, scope: Scope) -> QuerySet[CaseFact]:
    return CaseFact.objects.filter(when, scope.on("case__"), scope.on_team("first_team"))
