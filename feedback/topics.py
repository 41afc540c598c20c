"""What kinds of case come, how heavy they are and how they end: the figures of each topic, and the cases behind them.

What each figure means, with its formula, stands in docs/figures.md. A figure is one query, whatever the number of
cases and topics; everything is of cases filed in a period, at any time since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from cases.models import Case, Event, Severity
from cases.recurring import NO_INCIDENT, came_again
from feedback.figures import EVERYTHING, Scope, within
from feedback.intervals import Share, keep_back
from feedback.periods import Period

COMPLEXITIES = (1, 2, 3)
#: How customers open a case again: they refuse an answer, or come back when it is settled.
BACK = ("rejected", "reopened")


def had(kind: str, **more: Any) -> Q:
    """The case's log has an event of that kind."""
    return Q(Exists(Event.objects.filter(case=OuterRef("pk"), kind=kind, **more)))


def came_back(**more: Any) -> Q:
    """The customer opened it again after an answer. Who comes back without having had one is no unhappy customer."""
    answer = Event.objects.filter(case=OuterRef("case"), kind="answered", seq__lt=OuterRef("seq"))
    return Q(Exists(Event.objects.filter(Exists(answer), case=OuterRef("pk"), kind__in=BACK, **more)))


def had_upset_words() -> Q:
    """Something the customer wrote sounded upset when it came."""
    return Q(Exists(Event.objects.filter(case=OuterRef("pk"), data__args__upset=True)))


#: Somebody of ours looked at it: what was imported, and what nobody has assessed yet, is “simple” only by default.
JUDGED = Q(is_history=False) & had("assessed")
REPLIED = had("answered")
AGAIN = came_back()
HERE = Q(is_history=False)
#: By a person, or by the words of theirs that the protocol lists; whether they are calm again does not matter.
UPSET = had("marked_upset") | had_upset_words()
SETTLED = Q(resolved_at__isnull=False)
#: Never above the first level: whoever comes down again went up, and that is kept in `escalated_at`.
ROUTINE = SETTLED & Q(escalated_at=None, tier=1)
#: Joined to another is the same incident told twice; withdrawn is none.
INCIDENT = ~Q(state__in=NO_INCIDENT)


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic's cases filed in a period. A topic below another one counts by itself only."""

    severities: Mapping[int, int] = field(default_factory=dict)
    complexities: Mapping[int, int] = field(default_factory=dict)  # of those assessed here
    escalated: Share = field(default_factory=Share)  # of all filed
    again: Share = field(default_factory=Share)  # opened again, of those that had an answer
    routine: Share = field(default_factory=Share)  # never above level 1, of those with an accepted or closed answer
    imported: int = 0
    upset: Share = field(default_factory=Share)  # ever marked as upset, of those filed here
    returned: Share = field(default_factory=Share)  # came again within 30 days, of all but joined and withdrawn

    @property
    def filed(self) -> int:
        return self.escalated.n

    def __add__(self, other: Topic) -> Topic:
        return Topic(
            {key: self.severities[key] + other.severities[key] for key in Severity.values},
            {key: self.complexities[key] + other.complexities[key] for key in COMPLEXITIES},
            self.escalated + other.escalated,
            self.again + other.again,
            self.routine + other.routine,
            self.imported + other.imported,
            self.upset + other.upset,
            self.returned + other.returned,
        )


NO_CASES = Topic(dict.fromkeys(Severity.values, 0), dict.fromkeys(COMPLEXITIES, 0))


def topics(period: Period, scope: Scope = EVERYTHING) -> dict[str, Topic]:
    """Every topic with a case filed in the period, by its slug."""
    cohort = Case.objects.filter(within("filed_at", period), scope.on())
    again = shares(cohort.filter(REPLIED), AGAIN)
    came = returned(period, scope)
    counted = (
        cohort.values("severity", "complexity", slug=F("category__slug"))
        .order_by()
        .annotate(
            n=Count("pk"),
            up=Count("escalated_at"),
            judged=Count("pk", filter=JUDGED),
            settled=Count("resolved_at"),
            routine=Count("pk", filter=ROUTINE),
            imported=Count("pk", filter=Q(is_history=True)),
            here=Count("pk", filter=HERE),
            upset=Count("pk", filter=HERE & UPSET),
        )
    )
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in counted:
        rows.setdefault(row["slug"], []).append(row)
    return {slug: _topic(found, again.get(slug, Share()), came.get(slug, Share())) for slug, found in rows.items()}


def returned(period: Period, scope: Scope = EVERYTHING) -> dict[str, Share]:
    """Of each topic's incidents those that came again. It hangs on other cases of the customer, so no day keeps it."""
    return shares(Case.objects.filter(within("filed_at", period), scope.on(), INCIDENT), came_again())


def _topic(rows: list[dict[str, Any]], again: Share, returned: Share) -> Topic:
    def add(name: str, **where: int) -> int:
        return sum(row[name] for row in rows if all(row[key] == value for key, value in where.items()))

    return Topic(
        {value: add("n", severity=value) for value in Severity.values},
        {value: add("judged", complexity=value) for value in COMPLEXITIES},
        Share(add("up"), add("n")),
        again,
        Share(add("routine"), add("settled")),
        add("imported"),
        Share(add("upset"), add("here")),
        returned,
    )


#: What a topic says of itself beside how many cases it has: a share, or counts of parts.
SHARES = ("escalated", "again", "routine", "upset", "returned")
MIXES = ("severities", "complexities")


def guarded(found: Mapping[str, Topic]) -> dict[str, Topic]:
    """The topics as they may be shown beside their total: what would give away a smaller one is kept back."""
    shown = dict(found)
    for name in SHARES:
        for slug in keep_back({slug: getattr(one, name) for slug, one in found.items()}):
            more: dict[str, Any] = {name: replace(getattr(shown[slug], name), kept_back=True)}
            shown[slug] = replace(shown[slug], **more)
    for name in MIXES:
        for slug in keep_back({slug: Share(0, sum(getattr(one, name).values())) for slug, one in found.items()}):
            more = {name: dict.fromkeys(getattr(shown[slug], name), 0)}
            shown[slug] = replace(shown[slug], **more)
    return shown


def shares(cases: QuerySet, hit: Q) -> dict[str, Share]:
    """Of each topic's cases the share that is a hit, in one query."""
    rows = cases.values(slug=F("category__slug")).order_by().annotate(n=Count("pk"), hits=Count("pk", filter=hit))
    return {row["slug"]: Share(row["hits"], row["n"]) for row in rows}


def together(parts: Iterable[Topic]) -> Topic:
    return sum(parts, NO_CASES)


# The cases behind a number ------------------------------------------------------------------------------------


def cases_behind(which: str, period: Period, scope: Scope = EVERYTHING, *, part: str = "") -> QuerySet:
    """The cases a number was counted from. LookupError or ValueError for a name or a part that does not exist."""
    return Case.objects.filter(within("filed_at", period), scope.on(), BEHIND[which](part))


def _complex(part: str) -> Q:
    if part not in map(str, COMPLEXITIES):
        raise ValueError(f"“{part}” is no complexity.")
    return JUDGED & Q(complexity=int(part))


BEHIND: dict[str, Callable[[str], Q]] = {
    "complexity": _complex,
    "replied": lambda _: REPLIED,
    "again": lambda _: REPLIED & AGAIN,
    "upset": lambda _: HERE & UPSET,
    "filed_here": lambda _: HERE,
    "settled": lambda _: SETTLED,
    "routine": lambda _: ROUTINE,
    "incidents": lambda _: INCIDENT,
    "returned": lambda _: came_again(),
}
