"""What can be asked of known problems: those there are now, the ones that fit a text, missed times, a page's timeline.

A problem promises when we speak next. A time that passed without a word is said on the page and in the console, and
stays in the timeline: it is told by the updates themselves, and nothing has to notice it. docs/problems.md.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from cases.lifecycle import OPEN
from cases.models import Case, Category, Message, User
from feedback.models import KnownProblem, ProblemCase, ProblemFollower, ProblemUpdate

LISTED_FOR = timedelta(days=30)  # how long one that is over stays on the list
SIMILAR_MOST = 3
#: A word counts from so many letters on; shorter ones stand in every text.
LONG_ENOUGH = 4
WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Told:
    """An update on a page: what was said, and the time promised before it that passed without a word (None: kept)."""

    update: ProblemUpdate
    missed: datetime | None


def current() -> QuerySet[KnownProblem]:
    """Problems that are not over, the newest first."""
    return KnownProblem.objects.exclude(state=KnownProblem.State.OVER).order_by("-opened_at", "-pk")


def listed(at: datetime) -> QuerySet[KnownProblem]:
    """Those there are now, and those that ended in the last thirty days."""
    over = Q(state=KnownProblem.State.OVER, over_at__gt=at - LISTED_FOR)
    return KnownProblem.objects.filter(~Q(state=KnownProblem.State.OVER) | over).order_by(
        "over_at", "-opened_at", "-pk"
    )


def newest_of(problems: Collection[KnownProblem]) -> dict[int, ProblemUpdate]:
    """The newest update of each problem, by the problem's id; one query."""
    found = ProblemUpdate.objects.filter(problem__in=[one.pk for one in problems])
    return {one.problem_id: one for one in found.order_by("number")}


def timeline(problem: KnownProblem) -> list[Told]:
    """Everything said of a problem, the newest first."""
    told, promised = [], None
    for update in problem.updates.order_by("number"):
        told.append(Told(update, promised if promised and update.at > promised else None))
        promised = update.next_at
    return told[::-1]


def missed_at(problem: KnownProblem, at: datetime) -> datetime | None:
    """The time we promised to speak by and did not; None while there is none."""
    due = problem.next_update_at
    return due if due is not None and due < at else None


def missed(at: datetime) -> QuerySet[KnownProblem]:
    """Problems whose promised time has passed without a word, the longest wait first."""
    return current().filter(next_update_at__lt=at).order_by("next_update_at", "pk")


# Finding ------------------------------------------------------------------------------------------------------


def matching(text: str, category: Category | None = None) -> list[KnownProblem]:
    """Problems there are now that may be what `text` is about, the likeliest first, at most three; two queries.

    One fits when its title or impact shares a word with the text and it is about the topic (or any topic), or shares
    two whatever the topic.
    """
    wanted = words_of([text])
    problems = list(current().prefetch_related("topics"))
    said = newest_of(problems) if problems else {}
    scored = []
    for problem in problems:
        shared = len(wanted & words_of([problem.title, said[problem.pk].impact if problem.pk in said else ""]))
        topics = {topic.pk for topic in problem.topics.all()}
        fits = not topics or (category is not None and category.pk in topics)
        if shared >= (1 if fits else 2):
            scored.append((shared + bool(topics and fits), problem.opened_at, problem))
    return [problem for _, _, problem in sorted(scored, key=lambda row: row[:2], reverse=True)[:SIMILAR_MOST]]


def words_of(texts: Iterable[str]) -> set[str]:
    """The words that say something, without case."""
    return {word for text in texts for word in WORD.findall(text.casefold()) if len(word) >= LONG_ENOUGH}


# People and cases ---------------------------------------------------------------------------------------------


def following(problem: KnownProblem, user: User) -> bool:
    """Whether the person is told of what is said of it."""
    return followers(problem).filter(user=user).exists()


def followers(problem: KnownProblem) -> QuerySet[ProblemFollower]:
    """Those who are told: they said so from their mailbox, have not left, are still here and want such letters."""
    wanted = Q(confirmed_at__isnull=False, left_at=None, user__is_active=True, user__wants_problems=True)
    return ProblemFollower.objects.filter(wanted, problem=problem)


def explained_by(case: Case) -> ProblemCase | None:
    """The problem staff say a case is part of."""
    return ProblemCase.objects.select_related("problem", "by").filter(case=case).first()


def to_be_told(owner: User) -> QuerySet[ProblemCase]:
    """Open cases of this person whose problem is over and whose customer has not been written to since."""
    word = Message.objects.filter(case=OuterRef("case"), from_customer=False, at__gt=OuterRef("problem__over_at"))
    mine = ProblemCase.objects.filter(
        case__owner=owner, case__state__in=OPEN, problem__state=KnownProblem.State.OVER, case__is_drill=False
    )
    return mine.filter(~Exists(word)).select_related("problem", "case").order_by("problem__over_at", "pk")
