"""Passing up and help instead: of the cases colleagues passed up, how many came back to them with help, by team.

What it means stands in docs/figures.md. It is read off the log in one query, by the team that passed the case up,
never by person: asking for help is what we want people to do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from cases.models import Case, Event
from feedback.figures import EVERYTHING, Scope, within
from feedback.intervals import Share
from feedback.periods import Period


@dataclass(frozen=True, slots=True)
class Helped:
    """Of the cases a team passed up by hand in the period, those that came back to it with help; `now`: of all teams together."""

    now: Share
    by_team: dict[str, Share]


def _passings(period: Period, scope: Scope) -> Any:
    """Each passing up by a person, with `asked`: the team that had the case, and `back`: whether help came."""
    before = Event.objects.filter(case=OuterRef("case"), seq=OuterRef("seq") - 1).annotate(had=KT("data__team"))
    help_ = Event.objects.filter(case=OuterRef("case"), kind="helped_back")
    back = help_.annotate(of=Cast(KT("data__args__of"), IntegerField())).filter(of=OuterRef("seq"))
    ours = Event.objects.filter(
        within("occurred_at", period), scope.on("case__"), kind="escalated", case__is_drill=False
    )
    asked = ours.annotate(asked=Subquery(before.values("had")[:1]), back=Exists(back))
    return asked.filter(scope.on_team("asked"))


def helped(period: Period, scope: Scope = EVERYTHING) -> Helped:
    """Counted when it was passed up; help may have come at any time since."""
    rows: Any = (
        _passings(period, scope)
        .order_by()
        .values("asked")
        .annotate(n=Count("case", distinct=True), hits=Count("case", distinct=True, filter=Q(back=True)))
    )
    by_team = {row["asked"]: Share(row["hits"], row["n"]) for row in rows if row["asked"]}
    return Helped(sum(by_team.values(), Share()), by_team)


def cases_behind(which: str, period: Period, scope: Scope = EVERYTHING, *, part: str = "") -> QuerySet:
    """The cases a number was counted from; `part` is the slug of the team that passed them up. LookupError for a name."""
    if part and not scope.may_name(part):
        raise LookupError("Not theirs to see.")
    found = BEHIND[which](_passings(period, scope))
    return Case.objects.filter(pk__in=(found.filter(asked=part) if part else found).values("case"))


BEHIND: dict[str, Callable[[QuerySet], QuerySet]] = {
    "passed_up": lambda found: found,
    "helped_back": lambda found: found.filter(back=True),
}
