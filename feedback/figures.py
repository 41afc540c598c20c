"""The managers' figures: satisfaction, escalations, promises kept, and the cases behind each.

What each figure means, with its formula, stands in docs/figures.md. Every figure is one query for the period and
the one it is compared with, whatever the number of cases. Drills are never counted: the managers leave them out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case as Choose
from django.db.models import Count, F, IntegerField, Q, QuerySet, Value, When

from cases.languages import reading
from cases.models import Case
from escalation.facts import Clock
from escalation.models import Promise
from feedback.intervals import Share
from feedback.models import Survey
from feedback.periods import Period

SATISFIED = 4  # and 5
EASY = Survey.Effort.AGREE  # and strongly
#: Who works here files now and then as a customer does; what they say of their own house is no customer's word.
FROM_CUSTOMERS = Q(customer__is_staff=False)
#: One group of counted rows, as a query gives it: what they have in common, and `n`.
Row = Mapping[str, Any]
LONGEST = 9  # digits of a number of seconds: thirty years
BEFORE = -1  # where the rows of the period it is compared with are put
LIVE, IMPORTED = "live", "imported"
#: The groups promises are shown in; the customer's own time to say yes or no is no promise of ours.
MILESTONES: dict[str, tuple[str, ...]] = {
    "1": (Clock.REVIEW,),
    "2": (Clock.ACKNOWLEDGE,),
    "3": (Clock.UPDATE, Clock.REPLY),
    "4": (Clock.RESOLVE,),
    "supervisor": (Clock.SUPERVISOR,),
}
OURS = tuple(kind for kinds in MILESTONES.values() for kind in kinds)
KEPT, BROKEN = Promise.Status.KEPT, Promise.Status.BROKEN


@dataclass(frozen=True, slots=True)
class Scope:
    """Which cases count; an empty field leaves all in. They are taken as they stand now."""

    team: str = ""
    level: int | None = None
    topic: str = ""
    severity: int | None = None
    source: str = ""
    handler: int | None = None  # who has the case
    language: str = ""  # its customer's, as LANGUAGES has it
    #: The teams of which alone the reader may know, whatever is asked; None: of all.
    only: tuple[str, ...] | None = None

    def on(self, path: str = "") -> Q:
        """The condition on Case, or on a table from which `path` leads to it."""
        wanted = {
            "team__slug": self.team,
            "tier": self.level,
            "category__slug": self.topic,
            "severity": self.severity,
            "is_history": {LIVE: False, IMPORTED: True}.get(self.source, ""),
            "owner": self.handler,
        }
        found = Q(**{f"{path}{name}": value for name, value in wanted.items() if value not in (None, "")})
        return found & reading(self.language, f"{path}customer__language") & self.on_team(f"{path}team__slug")

    def on_team(self, name: str) -> Q:
        """The condition on a team's short name that it is one the reader may know of."""
        # No team is called "": an empty list would be a condition that databases are not even asked.
        return Q() if self.only is None else Q(**{f"{name}__in": self.only or ("",)})

    def may_name(self, team: str | None) -> bool:
        """Whether the reader may know of a team (its short name), where a number is that of one team."""
        return self.only is None or team in self.only


EVERYTHING = Scope()


def within(name: str, period: Period) -> Q:
    """`name` lies in the period."""
    return Q(**{f"{name}__gte": period.start, f"{name}__lt": period.end})


def both(name: str, period: Period) -> Q:
    """`name` lies in the period or in the one it is compared with."""
    return within_any(name, period.with_before())


def within_any(name: str, stretches: Iterable[Period]) -> Q:
    """`name` lies in one of the stretches; nothing lies in none."""
    return reduce(or_, (within(name, one) for one in stretches), Q(pk__in=()))


def _week(name: str, period: Period) -> Choose:
    """The number of the week in which `name` lies, BEFORE for the period it is compared with, NULL outside both."""
    marks = [(week.start, number) for number, week in enumerate(period.weeks())]
    known = [When(**{f"{name}__gte": period.end}, then=Value(None))]
    known += [When(**{f"{name}__gte": start}, then=Value(number)) for start, number in reversed(marks)]
    before = period.before()
    known.append(When(**{f"{name}__gte": before.end}, then=Value(None)))  # between the two
    known.append(When(**{f"{name}__gte": before.start}, then=Value(BEFORE)))
    return Choose(*known, default=Value(None), output_field=IntegerField())


def _share(rows: Iterable[Row], hit: Callable[[Row], bool]) -> Share:
    """How many of the counted rows (each says `n`) are a hit."""
    hits, n = 0, 0
    for row in rows:
        n += row["n"]
        hits += row["n"] if hit(row) else 0
    return Share(hits, n)


def _by(rows: Sequence[Row], name: str, hit: Callable[[Row], bool]) -> dict[Any, Share]:
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[name], []).append(row)
    return {key: _share(group, hit) for key, group in groups.items()}


# Satisfaction -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """CSAT: answers of 4 and 5 among the answers given in the period; `response`: answered among those asked in it."""

    now: Share
    before: Share
    response: Share
    invited: int  # of the answers given in the period, those that came after an invitation
    weeks: list[Share]
    scores: dict[int, int]
    addressed: Share  # "is your problem fixed?": yes among yes, partly and no
    partly: Share  # partly among the same
    csat_by_topic: dict[str, Share]  # satisfied by topic, team and level, as the cases stand now
    csat_by_team: dict[str, Share]
    csat_by_level: dict[int, Share]
    by_topic: dict[str, Share]  # addressed by topic, team and level, as the cases stand now
    by_team: dict[str, Share]
    by_level: dict[int, Share]
    heard: Share  # "did you feel heard?": yes among yes, partly and no, of cases that were passed up
    heard_by_level: dict[int, Share]
    easy: Share  # "made it easy to handle my issue": agree (4 and 5) among all who said how far they agree
    easy_before: Share


def satisfaction(period: Period, scope: Scope = EVERYTHING) -> Satisfaction:
    """What customers said of settled cases. An answer counts in the week it was given."""
    rows = list(
        Survey.objects.filter(
            both("answered_at", period) | within("invited_at", period),
            scope.on("case__"),
            case__customer__is_staff=False,
        )
        .annotate(week=_week("answered_at", period), asked=_week("invited_at", period))
        .values(
            "week",
            "asked",
            "satisfaction",
            "fixed",
            "heard",
            "effort",
            topic=F("case__category__slug"),
            team=F("case__team__slug"),
            level=F("case__tier"),
        )
        .annotate(n=Count("pk"), answered=Count("answered_at"), invited=Count("invited_at"))
    )
    given = [row for row in rows if row["week"] is not None and row["week"] != BEFORE]
    asked = [row for row in rows if row["asked"] is not None and row["asked"] != BEFORE]
    weeks = _by(given, "week", _is_satisfied)
    before = [row for row in rows if row["week"] == BEFORE]
    judged = [row for row in given if row["fixed"]]
    spoken = [row for row in given if row["heard"]]
    scores: Counter[int | None] = Counter()
    for row in given:
        scores[row["satisfaction"]] += row["n"]
    return Satisfaction(
        now=_share(given, _is_satisfied),
        before=_share(before, _is_satisfied),
        response=Share(sum(row["answered"] for row in asked), sum(row["n"] for row in asked)),
        invited=sum(row["invited"] for row in given),
        weeks=[weeks.get(number, Share()) for number in range(len(period.weeks()))],
        scores={score: scores[score] for score in (5, 4, 3, 2, 1)},
        addressed=_share(judged, _is_fixed),
        partly=_share(judged, lambda row: row["fixed"] == Survey.Verdict.PARTLY),
        csat_by_topic=_by(given, "topic", _is_satisfied),
        csat_by_team=_by([row for row in given if row["team"]], "team", _is_satisfied),
        csat_by_level=_by(given, "level", _is_satisfied),
        by_topic=_by(judged, "topic", _is_fixed),
        by_team=_by([row for row in judged if row["team"]], "team", _is_fixed),
        by_level=_by(judged, "level", _is_fixed),
        heard=_share(spoken, _is_heard),
        heard_by_level=_by(spoken, "level", _is_heard),
        easy=_share((row for row in given if row["effort"]), _is_easy),
        easy_before=_share((row for row in before if row["effort"]), _is_easy),
    )


def _is_fixed(row: Row) -> bool:
    return row["fixed"] == Survey.Verdict.YES


def _is_heard(row: Row) -> bool:
    return row["heard"] == Survey.Verdict.YES


def _is_easy(row: Row) -> bool:
    return row["effort"] >= EASY


def _is_satisfied(row: Row) -> bool:
    return row["satisfaction"] is not None and row["satisfaction"] >= SATISFIED


# Escalations --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Escalations:
    """Cases filed in the period that were escalated, at any time since, among all filed in it: a cohort, not events."""

    now: Share
    before: Share
    weeks: list[Share]
    by_topic: dict[str, Share]


def escalations(period: Period, scope: Scope = EVERYTHING) -> Escalations:
    """How many of the cases filed went up at least one level. A case counts in the week it was filed."""
    rows = list(
        Case.objects.filter(both("filed_at", period), scope.on())
        .annotate(week=_week("filed_at", period))
        .values("week", topic=F("category__slug"))
        .annotate(n=Count("pk"), up=Count("escalated_at"))
    )
    current = [row for row in rows if row["week"] != BEFORE]
    weeks, topics = _cohorts(current, "week"), _cohorts(current, "topic")
    return Escalations(
        now=sum(weeks.values(), Share()),
        before=sum(_cohorts([row for row in rows if row["week"] == BEFORE], "week").values(), Share()),
        weeks=[weeks.get(number, Share()) for number in range(len(period.weeks()))],
        by_topic=topics,
    )


def _cohorts(rows: Iterable[Row], name: str) -> dict[Any, Share]:
    shares: dict[Any, Share] = {}
    for row in rows:
        shares[row[name]] = shares.get(row[name], Share()) + Share(row["up"], row["n"])
    return shares


# Promises -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """Promises to customers that were kept, among those kept or broken, whose time came in the period."""

    now: Share
    before: Share
    by_milestone: dict[str, Share]


def promises(period: Period, scope: Scope = EVERYTHING, *, at: datetime) -> Kept:
    """Promises whose time had come by `at`. Moved, stopped and dropped ones are neither kept nor broken."""
    rows = list(
        _due(both("due_at", period), at)
        .filter(scope.on("case__"))
        .annotate(week=_week("due_at", period))
        .values("week", "status", kind=F("clock__kind"))
        .annotate(n=Count("pk"))
    )
    current = [row for row in rows if row["week"] != BEFORE]
    kinds = _by(current, "kind", _is_kept)
    return Kept(
        now=_share(current, _is_kept),
        before=_share([row for row in rows if row["week"] == BEFORE], _is_kept),
        by_milestone={
            key: sum((kinds.get(kind, Share()) for kind in named), Share()) for key, named in MILESTONES.items()
        },
    )


def _is_kept(row: Row) -> bool:
    return row["status"] == KEPT


def _due(when: Q, at: datetime) -> QuerySet[Promise]:
    # A promise kept early counts when its time comes, as a broken one does: else the good ones would be counted first.
    return Promise.objects.filter(when, due_at__lte=at, status__in=(KEPT, BROKEN), clock__kind__in=OURS)


# The cases behind a number ------------------------------------------------------------------------------------


def cases_behind(which: str, period: Period, scope: Scope = EVERYTHING, *, at: datetime, part: str = "") -> QuerySet:
    """The cases a number was counted from.

    `part` narrows it: a milestone of promises, a score, or "from-to" seconds of an answer's time (an open end is
    left empty). LookupError or ValueError for a name or a part that does not exist.
    """
    if which in PROMISED:
        kinds = MILESTONES[part] if part else OURS
        of = _due(within("due_at", period), at).filter(status__in=PROMISED[which], clock__kind__in=kinds)
        return Case.objects.filter(scope.on(), pk__in=of.values("case"))
    found = Case.objects.filter(scope.on(), BEHIND[which](period, part))
    if which in OF_ANSWERS:
        found = found.filter(FROM_CUSTOMERS)
    return found.exclude(survey__is_anonymous=True) if which in SAYS_THE_ANSWER else found


def _scored(period: Period, part: str) -> Q:
    return within("survey__answered_at", period) & Q(survey__satisfaction=Survey.Satisfaction(int(part)))


def _took(period: Period, part: str) -> Q:
    low, high = part.split("-")
    took = Q(resolved_at__gte=F("filed_at") + _seconds(low))
    if high:
        took &= Q(resolved_at__lt=F("filed_at") + _seconds(high))
    return within("filed_at", period) & Q(**FILED_UP) & took


def _seconds(text: str) -> timedelta:
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST):
        raise ValueError(f"“{text}” is no number of seconds.")
    return timedelta(seconds=int(text))


PROMISED: dict[str, tuple[str, ...]] = {"promises": (KEPT, BROKEN), "kept": (KEPT,), "broken": (BROKEN,)}
FILED_UP = {"escalated_at__isnull": False}
BEHIND: dict[str, Callable[[Period, str], Q]] = {
    "filed": lambda period, _: within("filed_at", period),
    "escalated": lambda period, _: within("filed_at", period) & Q(**FILED_UP),
    "resolved": lambda period, _: within("filed_at", period) & Q(**FILED_UP, resolved_at__isnull=False),
    "open": lambda period, _: within("filed_at", period) & Q(**FILED_UP, resolved_at=None, closed_at=None),
    "left": lambda period, _: within("filed_at", period) & Q(**FILED_UP, resolved_at=None, closed_at__isnull=False),
    "lasted": _took,
    "asked": lambda period, _: within("survey__invited_at", period),
    "answered": lambda period, _: within("survey__answered_at", period),
    "satisfied": lambda period, _: within("survey__answered_at", period) & Q(survey__satisfaction__gte=SATISFIED),
    "score": _scored,
    "judged": lambda period, _: within("survey__answered_at", period) & ~Q(survey__fixed=""),
    "addressed": lambda period, _: within("survey__answered_at", period) & Q(survey__fixed=Survey.Verdict.YES),
    "partly": lambda period, _: within("survey__answered_at", period) & Q(survey__fixed=Survey.Verdict.PARTLY),
    "spoken": lambda period, _: within("survey__answered_at", period) & ~Q(survey__heard=""),
    "heard": lambda period, _: within("survey__answered_at", period) & Q(survey__heard=Survey.Verdict.YES),
    "easy": lambda period, _: within("survey__answered_at", period) & Q(survey__effort__gte=EASY),
}
#: Numbers that speak of customers' answers: few of them would say what a single person answered.
OF_ANSWERS = (
    "asked", "answered", "satisfied", "score", "judged", "addressed", "partly", "spoken", "heard",
    "easy", "again", "again_low",
)  # fmt: skip
#: Of these the list leaves out who answered under the promise of not being shown beside their case.
SAYS_THE_ANSWER = tuple(name for name in OF_ANSWERS if name not in ("asked", "again", "again_low"))
