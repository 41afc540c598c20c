"""The registry of figures that are a share: every formula is one row, and whoever shows a number takes it from here.

A page, its file, a letter and the API ask `count` for the same keys, so they cannot say different numbers. Each row
says of which fact it is, in which period a fact counts, what is looked at and what of that is a hit. The cases
behind a number come from the same row. What each means in words stands beside it and in docs/figures.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Model, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from cases.models import Case
from escalation.facts import Clock, Outcome
from escalation.models import Promise, StageClock
from feedback.figures import EVERYTHING, MILESTONES, OURS, SATISFIED, Scope, both, within
from feedback.intervals import Share
from feedback.models import CaseFact, Retro, Survey
from feedback.periods import Period

WEEK, MONTH = timedelta(days=7), timedelta(days=30)
CASE, PROMISE, CLOCK, RETRO = "case", "promise", "clock", "retro"
#: What is counted, one row each, and how a case is reached from it.
FACTS: dict[str, type[Model]] = {CASE: CaseFact, PROMISE: Promise, CLOCK: StageClock, RETRO: Retro}
#: What a figure may be split by: the name of the split and where it stands, as the case is now.
SPLITS = {
    "topic": "case__category__slug",
    "team": "case__team__slug",
    "level": "case__tier",
    "severity": "case__severity",
}
ALL = ""
NOW, BEFORE = "now", "before"


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: `hit` among `of`, of the facts whose instant `dated` lies in the period.

    `old` leaves out facts for which too little time has gone by: (field, how long ago it must be at least).
    `formula` is for the reader; `answers` says that it is of what customers answered, where few are not listed.
    """

    key: str
    name: str
    formula: str
    fact: str
    dated: str
    of: Q
    hit: Q
    old: tuple[str, timedelta] | None = None
    answers: bool = False
    beware: str = ""
    #: Of each fact looked at not the fact is counted but these fields of it are added up: hits, then of.
    sums: tuple[str, str] | None = None
    #: So rare that it is said of a thousand.
    rare: bool = False

    def tallies(self, looked_at: Q) -> tuple[Any, Any]:
        """What counts hits and of, among the facts of a condition (which may be empty)."""
        hit = looked_at & self.hit
        if self.sums is not None:
            hits, of = (Coalesce(Sum(name, filter=hit if name == self.sums[0] else looked_at), 0) for name in self.sums)
            return hits, of
        # An empty condition is none: the database is not asked for it.
        return (Count("pk", filter=hit) if hit else Count("pk")), (
            Count("pk", filter=looked_at) if looked_at else Count("pk")
        )

    def looked_at(self, at: datetime) -> Q:
        """The condition on the fact that it is looked at, as of `at`, whatever the period."""
        if self.old is None:
            return self.of
        name, ago = self.old
        return self.of & Q(**{f"{name}__lte": at - ago})


def _case(key: str, name: str, formula: str, of: Q, hit: Q, **more: Any) -> Measure:
    return Measure(key, name, formula, CASE, more.pop("dated", "filed_at"), of, hit, **more)


def _answer(key: str, name: str, formula: str, of: Q, hit: Q, *, dated: str = "said_at", **more: Any) -> Measure:
    return _case(key, name, formula, of & FROM_CUSTOMERS, hit, dated=dated, answers=True, **more)


def _back_within(ago: timedelta) -> Q:
    return Q(back_at__lte=F("settled_at") + ago)


#: Who works here and files as a customer does is counted as work, never as a customer's word.
FROM_CUSTOMERS = Q(case__customer__is_staff=False)
HERE = Q(case__is_history=False)
UP = Q(escalated_at__isnull=False)
SETTLED = Q(settled_at__isnull=False)
YES, PARTLY = Survey.Verdict.YES, Survey.Verdict.PARTLY
LOW_LEVEL = Q(escalated_at=None) | Q(escalated_at__gt=F("settled_at"))
COUNTED = Q(status__in=(Promise.Status.KEPT, Promise.Status.BROKEN))
#: Of imported history the file tells when a case was filed, first judged and answered. When somebody confirmed it by name, and
#: what a customer heard in between, it does not: those clocks end met by the way the import infers them. Likewise a time to an
#: answer that began and ended with one row of the file.
KNOWN = Q(case__is_history=False) | Q(kind=Clock.REVIEW) | Q(kind=Clock.RESOLVE, ended_at__gt=F("started_at"))
ENDED = Q(outcome__in=(Outcome.MET, Outcome.MISSED)) & KNOWN

_ANSWERS = (
    _answer("satisfied", "Satisfied (CSAT)", "answers of 4 or 5 ÷ answers", Q(said_at__isnull=False), Q(score__gte=SATISFIED)),
    _answer("low", "Low scores", "answers of 1 or 2 ÷ answers", Q(said_at__isnull=False), Q(score__in=Survey.LOW)),
    _answer(
        "low_in_time", "Low scores answered in time", "dealt with by a supervisor by their time ÷ low scores and “not fixed” whose time has come",
        Q(low_due_at__isnull=False), Q(low_done_at__lte=F("low_due_at")), dated="low_due_at", old=("low_due_at", timedelta()),
        beware="Without a name nobody can be answered. A better score given before the time counts neither way.",
    ),
    _answer("response", "Invited and answered", "invited and answered since ÷ invited", Q(asked_at__isnull=False), Q(said_at__isnull=False), dated="asked_at"),
    _answer("addressed", "Is it fixed? Yes", "yes ÷ (yes + partly + no)", ~Q(fixed=""), Q(fixed=YES)),
    _answer("partly", "Is it fixed? Partly", "partly ÷ (yes + partly + no)", ~Q(fixed=""), Q(fixed=PARTLY)),
    _answer("heard", "Felt heard", "yes ÷ (yes + partly + no)", ~Q(heard=""), Q(heard=YES)),
    _answer(
        "recovered", "Better at the end than on the way", "final score above the interim one ÷ cases with both",
        Q(said_at__isnull=False, interim_score__isnull=False), Q(score__gt=F("interim_score")),
        beware="The questions differ: on the right track so far, and satisfied in the end.",
    ),
    _answer("easy", "It was easy", "agree (4 or 5) ÷ answers to it", Q(effort__isnull=False), Q(effort__gte=Survey.Effort.AGREE)),
)  # fmt: skip
_CASES = (
    _case("escalated", "Escalation rate", "filed and escalated since ÷ filed", Q(), UP),
    _case(
        "at_first", "Fixed at first contact", "one message of ours, never above level 1, not back within 7 days ÷ settled",
        SETTLED & HERE, Q(touches__lte=1) & LOW_LEVEL & ~_back_within(WEEK), old=("settled_at", WEEK),
        beware="Settled less than 7 days ago counts neither way.",
    ),
    _case(
        "back_7", "Came back within 7 days", "opened again, or gone on in a new case, within 7 days ÷ settled",
        SETTLED & HERE, _back_within(WEEK), old=("settled_at", WEEK),
        beware="Settled less than 7 days ago counts neither way.",
    ),
    _case(
        "back_30", "Came back within 30 days", "opened again, or gone on in a new case, within 30 days ÷ settled",
        SETTLED & HERE, _back_within(MONTH), old=("settled_at", MONTH),
        beware="Settled less than 30 days ago counts neither way.",
    ),
    _case(
        "followed_up", "Followed up in time", "written to or called by their time ÷ follow-ups whose time has come",
        Q(follow_due_at__isnull=False), Q(follow_done_at__lte=F("follow_due_at")), dated="follow_due_at",
        old=("follow_due_at", timedelta()),
        beware="Skipped counts as not followed up; opened again before the time counts neither way. The newest of a case counts.",
    ),
    _case("rejected", "Answer not accepted", "said “not fixed” to an answer at least once ÷ had an answer", Q(replies__gt=0), Q(rejections__gt=0)),
    _case("grown", "Became more urgent", "ever more urgent than when filed ÷ filed", HERE, Q(severity_worst__lt=F("severity_filed"))),
    _case(
        "astray", "Went to the wrong team", "given to another team, and not up, before anybody confirmed ÷ confirmed by name",
        HERE & Q(acknowledged_at__isnull=False), Q(went_astray=True),
    ),
    _case("down", "Came down again", "ever a level lower than before ÷ escalated", UP, Q(went_down__gt=0)),
    _case("supervisor", "Asked for a supervisor", "customer asked for a supervisor ÷ filed here", HERE, Q(asked_supervisor=True)),
    _case("exhausted", "Nobody was left to take it", "the plan ran out of people at least once ÷ filed here", HERE, Q(plan_failures__gt=0), rare=True),
    _case("post_mortem", "Looked back at in a post-mortem", "cases with a post-mortem ÷ filed here", HERE, Q(post_mortems__gt=0), rare=True),
    _case(
        "adherence", "Kept to the protocol", "steps done in order and in time ÷ steps required that have ended",
        HERE & Q(steps_required__gt=0), Q(steps_kept__gt=0), sums=("steps_kept", "steps_required"),
        beware="Counts steps, not cases: a case with many steps weighs more, and those of one case are alike. Cancelled steps are not required.",
    ),
    _case(
        "broken_twice", "More than one promise broken", "two or more promises broken ÷ had one kept or broken",
        Q(promises_kept__gt=0) | Q(promises_broken__gt=0), Q(promises_broken__gte=2),
    ),
)  # fmt: skip


def _promise(key: str, name: str, kinds: Iterable[str]) -> Measure:
    of = COUNTED & Q(clock__kind__in=tuple(kinds))
    return Measure(
        key,
        name,
        "kept ÷ (kept + broken)",
        PROMISE,
        "due_at",
        of,
        Q(status=Promise.Status.KEPT),
        ("due_at", timedelta()),
    )


def _clock(key: str, name: str, *kinds: str) -> Measure:
    of = ENDED & Q(kind__in=kinds)
    hit = Q(outcome=Outcome.MET)
    return Measure(key, name, "in time ÷ (in time + missed)", CLOCK, "ended_at", of, hit, beware=NOT_KNOWN.get(key, ""))


NOT_KNOWN = {
    "in_time_acknowledge": "Imported history is left out: it does not say when a case was confirmed.",
    "in_time_update": "Imported history is left out: it does not say what customers heard.",
    "in_time_resolve": "Imported cases that were judged and answered at one instant are left out.",
}
_PROMISES = (
    _promise("kept", "Promises kept", OURS),
    _promise("kept_1", "Promises kept: priority review", MILESTONES["1"]),
    _promise("kept_2", "Promises kept: confirmed by name", MILESTONES["2"]),
    _promise("kept_3", "Promises kept: progress updates", MILESTONES["3"]),
    _promise("kept_4", "Promises kept: answer", MILESTONES["4"]),
    _promise("kept_supervisor", "Promises kept: supervisor’s reply", MILESTONES["supervisor"]),
)
_CLOCKS = (
    _clock("in_time_review", "Reviewed in time", Clock.REVIEW),
    _clock("in_time_acknowledge", "Confirmed by name in time", Clock.ACKNOWLEDGE),
    _clock("in_time_update", "Updates in time", Clock.UPDATE, Clock.REPLY),
    _clock("in_time_resolve", "Answered in time", Clock.RESOLVE),
)
_RETROS = (
    Measure(
        "retro", "Retros answered", "answered since ÷ asked of colleagues", RETRO, "asked_at", Q(), Q(answered_at__isnull=False),
        beware="Each colleague who carried the case is asked once. Skipped counts as not answered; the youngest may still come.",
    ),
)  # fmt: skip
MEASURES: Mapping[str, Measure] = {one.key: one for one in (*_ANSWERS, *_CASES, *_PROMISES, *_CLOCKS, *_RETROS)}


@dataclass(frozen=True, slots=True)
class Counted:
    """A figure of a period and of the one it is compared with."""

    now: Share = field(default_factory=Share)
    before: Share = field(default_factory=Share)


def count(
    keys: Iterable[str], period: Period, scope: Scope = EVERYTHING, *, at: datetime, by: str = ALL
) -> dict[Any, dict[str, Counted]]:
    """The figures of `keys`, by what `by` of SPLITS says (ALL: one group under ALL): one query a kind of fact.

    Groups of which nothing is looked at in either period are left out. LookupError for a key or a split that does not exist.
    """
    wanted = [MEASURES[key] for key in keys]
    split = SPLITS[by] if by else None
    groups: dict[Any, dict[str, Counted]] = {} if by else {ALL: {}}
    for fact in dict.fromkeys(one.fact for one in wanted):
        mine = [one for one in wanted if one.fact == fact]
        for row in _rows(fact, mine, period, scope, at=at, split=split):
            found = groups.setdefault(row.get("group", ALL), {})
            for one in mine:
                found[one.key] = Counted(
                    *(Share(row[f"{one.key}_{t}_hits"], row[f"{one.key}_{t}_n"]) for t in (NOW, BEFORE))
                )
    for found in groups.values():
        for one in wanted:
            found.setdefault(one.key, Counted())
    return {
        group: found for group, found in groups.items() if not by or any(c.now.n or c.before.n for c in found.values())
    }


def _rows(
    fact: str, measures: list[Measure], period: Period, scope: Scope, *, at: datetime, split: str | None
) -> Iterable[Mapping[str, Any]]:
    counts, reached = {}, Q(pk__in=())
    for dated in dict.fromkeys(one.dated for one in measures):
        reached |= both(dated, period)
    for one in measures:
        for time, days in ((NOW, period), (BEFORE, period.before())):
            hits, of = one.tallies(within(one.dated, days) & one.looked_at(at))
            counts |= {f"{one.key}_{time}_n": of, f"{one.key}_{time}_hits": hits}
    rows: QuerySet = FACTS[fact]._default_manager.filter(reached, scope.on("case__"))
    if split is None:
        return [rows.aggregate(**counts)]
    return rows.values(group=F(split)).order_by().annotate(**counts)


def cases_behind(key: str, part: str, period: Period, scope: Scope = EVERYTHING, *, at: datetime) -> QuerySet[Case]:
    """The cases a figure was counted from: `part` "of" for all that were looked at, "hits" for those that are a hit.

    LookupError for a key or a part that does not exist.
    """
    one = MEASURES[key]
    condition = {"of": one.looked_at(at), "hits": one.looked_at(at) & one.hit}[part]
    facts = FACTS[one.fact]._default_manager.filter(within(one.dated, period), condition)
    return Case.objects.filter(scope.on(), pk__in=facts.values("case"))
