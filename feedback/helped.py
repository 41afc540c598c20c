"""Passing up and help instead: of the cases colleagues passed up, how many came back to them with help, by team.

What it means stands in docs/figures.md. It is read off the facts in one query, by the team that passed the case up,
never by person: asking for help is what we want people to do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from cases.models import Case
from feedback.figures import EVERYTHING, Scope
from feedback.intervals import Share
from feedback.models import CaseFact
from feedback.periods import Period


@dataclass(frozen=True, slots=True)
class Helped:
    """Of the cases a team passed up by hand in the period, those that came back to it with help; `now`: of all teams together."""

    now: Share
    by_team: dict[str, Share]


def _passings(period: Period, scope: Scope) -> Iterator[tuple[int, str, bool]]:
    """Each passing up by a person in the period: which case, the team that had it, and whether help came back."""
    start, end = period.start.timestamp(), period.end.timestamp()
    facts = CaseFact.objects.filter(scope.on("case__"), passed_at__gte=period.start, escalated_at__lt=period.end)
    for case, passings in facts.order_by().values_list("pk", "passings").iterator(chunk_size=5000):
        for at, team, back in passings:
            if start <= at < end and scope.may_name(team):
                yield case, team, back


def helped(period: Period, scope: Scope = EVERYTHING) -> Helped:
    """Counted when it was passed up; help may have come at any time since. A case counts once for a team."""
    asked: dict[str, dict[int, bool]] = defaultdict(dict)
    for case, team, back in _passings(period, scope):
        if team:
            asked[team][case] = asked[team].get(case, False) or back
    by_team = {team: Share(sum(cases.values()), len(cases)) for team, cases in asked.items()}
    return Helped(sum(by_team.values(), Share()), by_team)


def cases_behind(which: str, period: Period, scope: Scope = EVERYTHING, *, part: str = "") -> QuerySet:
    """The cases a number was counted from; `part` is the slug of the team that passed them up. LookupError for a name."""
    if part and not scope.may_name(part):
        raise LookupError("Not theirs to see.")
    means = BEHIND[which]
    found = {case for case, team, back in _passings(period, scope) if means(back) and part in ("", team)}
    return Case.objects.filter(pk__in=found)


BEHIND: dict[str, Callable[[bool], bool]] = {
    "passed_up": lambda back: True,
    "helped_back": lambda back: back,
}
