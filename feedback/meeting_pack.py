"""What a team looks at together: a week's escalations, ratings, lessons, low scores, missed promises, open decisions (R120).

Read in one meeting and printed, so it holds nothing that not everybody in the room may see: a case on a restricted topic
stands in no list, whoever opens the page; how many were left out is said. docs/meetings.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT

from cases.access import Viewer
from cases.models import Case, Event, Resolution, Team, User
from escalation.models import Promise
from feedback import climbs, improvements, lessons, low_scores, meetings, post_mortems, verbatims
from feedback.climbs import Rise
from feedback.figures import BROKEN, EVERYTHING, OURS, SATISFIED, Scope, within
from feedback.intervals import Share
from feedback.models import Improvement, Lesson, LowScore, MeetingAction, PostMortem, Survey
from feedback.periods import DAY, WEEK, Period
from feedback.verbatims import Verbatim

T = TypeVar("T")
#: Rows of a list: a pack is read in one meeting.
MOST = 12


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """One list of the pack: its first rows, how many the reader could see, and how many there are at all."""

    rows: Sequence[T] = ()
    seen: int = 0
    n: int = 0

    @property
    def more(self) -> int:
        return self.seen - len(self.rows)

    @property
    def hidden(self) -> int:
        """Restricted, or not for this reader."""
        return self.n - self.seen


@dataclass(frozen=True, slots=True)
class Rose:
    """One case that went up: all its rises of the week, and who made the last one (empty: the clock)."""

    case: Case
    rises: Sequence[Rise]
    who: str
    last_at: datetime
    outcome: str | None  # how it was settled, by the keys of Resolution.Outcome


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything on the page but the minutes."""

    team: Team | None
    week: Period
    rose: Part[Rose]
    filed: int
    satisfied: Share
    scores: dict[int, int]
    comments: Part[Verbatim]
    unnamed: int  # comments given without a name: they stand in no list of a team or a week
    written: Part[Lesson]
    answered: Part[Lesson]
    actions: Part[MeetingAction]
    low: Part[LowScore]
    missed: Part[Promise]
    look_backs: Part[PostMortem]
    to_decide: Part[Improvement]
    late: dict[str, int] = field(default_factory=dict)  # how many of each list are overdue


def week_of(monday: date) -> Period:
    return Period(monday, monday + WEEK - DAY, settings.COMPANY_TIME_ZONE)


def pack(user: User, team: Team | None, monday: date, *, at: datetime) -> Pack:
    """The pack of a team (None: all) for the week that begins on `monday`, as one reader may see it."""
    week, scope = week_of(monday), Scope(team=team.slug) if team else EVERYTHING
    look = _Look(user, team, week, scope, at)
    said, scores = look.ratings()
    named, unnamed = look.comments()
    decide, open_ones = list(improvements.to_decide()), look.actions()
    look_backs, low = look.look_backs(), look.low()
    return Pack(
        team=team, week=week, rose=look.rose(),
        filed=Case.objects.filter(within("filed_at", week), scope.on(), is_history=False).count(),
        satisfied=said, scores=scores, comments=named, unnamed=unnamed,
        written=look.lessons("at"), answered=look.lessons("answered_at"),
        actions=open_ones, low=low, missed=look.missed(), look_backs=look_backs,
        to_decide=Part(decide[:MOST], len(decide), len(decide)),
        late={
            "actions": meetings.open_actions(user, team).filter(due_on__lt=meetings.day_of(at)).count(),
            "to_decide": sum(one.decide_by <= at for one in decide),
            "look_backs": sum(post_mortems.is_overdue(one, at) for one in look_backs.rows),
            "low": sum(one.is_late(at) for one in low.rows),
        },
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Look:
    """One reader's look at one team's week."""

    user: User
    team: Team | None
    week: Period
    scope: Scope
    at: datetime

    @property
    def viewer(self) -> Viewer:
        # No restricted case, not even one that is open to the reader: others look at the same sheet.
        return Viewer(self.user, opened=())

    def cases(self) -> QuerySet[Case]:
        """What the reader sees of all cases; who works on none sees none here, their own as a customer neither."""
        return Case.objects.visible_to(self.viewer) if self.viewer.is_staff else Case.objects.none()

    def part(self, rows: QuerySet[Any], path: str = "case", dress: Callable[[Any], Any] | None = None) -> Part[Any]:
        """The rows of cases the reader sees, with how many there are at all; `path` leads to the case."""
        seen = rows.filter(**{f"{path}__in": self.cases().order_by().values("pk")})
        first = list(seen[:MOST])
        return Part(dress(first) if dress else first, seen.count(), rows.count())

    def rose(self) -> Part[Rose]:
        """The cases that went up in the week from or to the team, as the log has it, the highest first."""
        found = climbs.rising(Q(case__is_history=False) & within("occurred_at", self.week))
        fields = ("case", "was", "level", "kind", "again", "occurred_at", "actor__name", "role", "had", "has")
        events: dict[int, list[tuple[Any, ...]]] = {}
        for row in found.order_by("occurred_at", "case", "seq").values_list(*fields):
            if self.team is None or self.team.slug in row[-2:]:
                events.setdefault(row[0], []).append(row)
        seen = self.cases().filter(pk__in=events).select_related("category", "team", "owner")
        outcome = Resolution.objects.filter(case=OuterRef("pk"), at__lte=self.at).order_by("-at", "-pk")
        cases = list(seen.annotate(outcome_of=Subquery(outcome.values("outcome")[:1])))
        cases.sort(key=lambda one: (-max(row[2] for row in events[one.pk]), one.severity, one.pk))
        return Part([_rose(case, events[case.pk]) for case in cases[:MOST]], len(cases), len(events))

    def ratings(self) -> tuple[Share, dict[int, int]]:
        """Satisfied of the answers given in the week, and how many gave each score."""
        rows = Survey.objects.filter(
            within("answered_at", self.week), self.scope.on("case__"), case__customer__is_staff=False
        )
        counted = dict(rows.order_by().values_list("satisfaction").annotate(n=Count("pk")))
        scores = {score: counted.get(score, 0) for score in (5, 4, 3, 2, 1)}
        return Share(sum(n for score, n in scores.items() if score >= SATISFIED), sum(scores.values())), scores

    def comments(self) -> tuple[Part[Verbatim], int]:
        """What was written beside scores, masked, the lowest score first; and how many wrote without a name."""
        rows = verbatims.of_period(self.week, self.scope)
        named = verbatims.named(rows)
        seen = verbatims.with_cases(verbatims.readable(self.viewer, named))
        first = verbatims.heard(seen.order_by("satisfaction", "-answered_at", "-pk")[:MOST])
        return Part(first, seen.count(), named.count()), rows.filter(is_anonymous=True).count()

    def lessons(self, name: str) -> Part[Lesson]:
        """Lessons whose instant `name` lies in the week: on the team's cases, or by its people.

        What was written and answered in the same week stands with the answered ones only.
        """
        found = Lesson.objects.filter(within(name, self.week))
        if name == "at":
            found = found.filter(~within("answered_at", self.week) | Q(answered_at=None))
        if self.team is not None:
            found = found.filter(self.scope.on("case__") | Q(by__in=self.team.members.order_by().values("pk")))
        seen = lessons.readable(self.user).filter(pk__in=found.order_by().values("pk"))
        seen = seen.exclude(case__category__is_restricted=True).order_by(name, "pk")
        return Part(list(seen[:MOST]), seen.count(), found.count())

    def actions(self) -> Part[MeetingAction]:
        """What earlier meetings decided and nobody has ticked off."""
        rows = meetings.open_actions(self.user, self.team)
        n = rows.count()
        return Part(list(rows[:MOST]), n, n)

    def low(self) -> Part[LowScore]:
        """Low scores given in the week, and those still owed an answer."""
        rows = LowScore.objects.filter(self.scope.on("case__"), withdrawn_at=None)
        rows = rows.filter(within("since", self.week) | low_scores.OPEN)
        beside = ("case", "case__survey", "case__category", "case__team", "by")
        return self.part(rows.select_related(*beside).order_by(F("done_at").asc(nulls_first=True), "due_at", "pk"))

    def missed(self) -> Part[Promise]:
        """Promises to customers that were to be kept in the week and were broken, by the team the case was with then."""
        began = Event.objects.filter(case=OuterRef("case"), seq=OuterRef("clock__started_seq"))
        rows: Any = Promise.objects.filter(
            within("due_at", self.week),
            status=BROKEN,
            due_at__lte=self.at,
            clock__kind__in=OURS,
            case__is_history=False,
        )
        if self.team is not None:
            rows = rows.annotate(had=Subquery(began.annotate(slug=KT("data__team")).values("slug")[:1]))
            rows = rows.filter(had=self.team.slug)
        return self.part(rows.select_related("case", "case__category", "case__team", "clock").order_by("due_at", "pk"))

    def look_backs(self) -> Part[PostMortem]:
        """Post-mortems that are not closed: whoever runs them has still to decide what is different."""
        rows = PostMortem.objects.filter(self.scope.on("case__"), closed_at=None)
        return self.part(rows.select_related("case", "case__category", "owner").order_by("due_on", "pk"))


def _rose(case: Case, rows: Iterable[tuple[Any, ...]]) -> Rose:
    rows = list(rows)
    last = rows[-1]
    rises = [Rise(case.pk, was, level, climbs.why_of(kind, again)) for _, was, level, kind, again, *_ in rows]
    who = last[6] if last[7] == Event.Role.STAFF else ""
    return Rose(case, rises, who or "", last[5], case.outcome_of if case.resolved_at else None)  # type: ignore[attr-defined]
