"""The acts on known problems: open one, say more, follow it, leave it, say that a case is part of it.

Each act holds the problem's row, so two people who speak at once speak one after the other, and the second is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.text import slugify

from cases.access import Viewer
from cases.models import Case, Category, User
from escalation.verbs import Refused
from feedback.models import KnownProblem, ProblemCase, ProblemFollower, ProblemUpdate
from feedback.problem_letters import asked_notice, news_notices

RUN = "feedback.run_problems"
TITLE_MOST, IMPACT_MOST, DOING_MOST = 100, 500, 1000  # characters
FURTHEST = timedelta(days=7)
NOT_YOU = "Only people who run known problems can do this."
OVERTAKEN = "Somebody has said more about this problem while you were writing. Read it, then send yours again."
IS_OVER = "This problem is over. If it is back, open a new one: who follows it asked about this one."

State = KnownProblem.State


@dataclass(frozen=True, slots=True)
class Said:
    """An update as somebody writes it. `next_at` is when we speak next; None only when the problem is over."""

    state: str
    impact: str
    doing: str
    next_at: datetime | None = None


def open_problem(
    title: str, said: Said, *, topics: Iterable[Category] = (), began_at: datetime, by: User, at: datetime
) -> KnownProblem:
    """Tells of a problem for the first time. Raises Refused naming the field."""
    _may(by)
    title = " ".join(title.split())
    if not title or len(title) > TITLE_MOST:
        raise Refused(f"Say what is wrong in customers’ words, in at most {TITLE_MOST} characters.", field="title")
    if began_at > at:
        raise Refused("A problem that is known has begun. Choose a time that is not in the future.", field="began_at")
    if said.state == State.OVER:
        raise Refused("Open it while it is there. What is over already, nobody has to follow.", field="state")
    _check(said, at)
    with transaction.atomic():
        problem = KnownProblem.objects.create(
            slug=_free_slug(title), title=title, state=said.state, began_at=began_at,
            next_update_at=said.next_at, latest=1, opened_at=at, opened_by=by,
        )  # fmt: skip
        problem.topics.set(topics)
        _write(problem, said, by, at)
    return problem


def say(problem: KnownProblem, said: Said, *, seen: int, by: User, at: datetime) -> ProblemUpdate:
    """The next update; `seen` is the number of the last one on the page. Raises Refused."""
    _may(by)
    _check(said, at)
    with transaction.atomic():
        held = KnownProblem.objects.select_for_update().get(pk=problem.pk)
        if held.is_over:
            raise Refused(IS_OVER)
        if held.latest != seen:
            raise Refused(OVERTAKEN)
        held.state, held.next_update_at, held.latest = said.state, said.next_at, held.latest + 1
        held.over_at = at if said.state == State.OVER else None
        held.save(update_fields=["state", "next_update_at", "latest", "over_at"])
        return _write(held, said, by, at)


def _write(problem: KnownProblem, said: Said, by: User, at: datetime) -> ProblemUpdate:
    """The update's row, and a letter owed to each follower."""
    update = ProblemUpdate.objects.create(
        problem=problem, number=problem.latest, state=said.state, impact=said.impact.strip(),
        doing=said.doing.strip(), next_at=said.next_at, at=at, by=by,
    )  # fmt: skip
    news_notices(problem, at=at)
    return update


def _may(by: User) -> None:
    if not (Viewer(by).works and by.has_perm(RUN)):
        raise Refused(NOT_YOU)


def _check(said: Said, at: datetime) -> None:
    if said.state not in State.values:
        raise Refused("Choose how far we are.", field="state")
    if not said.impact.strip() or len(said.impact) > IMPACT_MOST:
        raise Refused(f"Say what customers notice, in at most {IMPACT_MOST} characters.", field="impact")
    if not said.doing.strip() or len(said.doing) > DOING_MOST:
        raise Refused(f"Say what we do about it, in at most {DOING_MOST} characters.", field="doing")
    if said.state == State.OVER:
        if said.next_at is not None:
            raise Refused("When it is over there is no next update. Leave the time empty.", field="next_at")
    elif said.next_at is None:
        raise Refused("Say when we speak next. Whoever follows it counts on that time.", field="next_at")
    elif not at < said.next_at <= at + FURTHEST:
        raise Refused("Choose a time in the future, at most seven days ahead.", field="next_at")


def _free_slug(title: str) -> str:
    """An address nobody else has: the title's words, numbered where that is taken."""
    plain = slugify(title)[:60].strip("-") or "problem"
    taken = set(KnownProblem.objects.filter(slug__startswith=plain).values_list("slug", flat=True))
    return next(slug for n in range(1, len(taken) + 2) if (slug := plain if n == 1 else f"{plain}-{n}") not in taken)


# Following ----------------------------------------------------------------------------------------------------


def follow(problem: KnownProblem, *, by: User, at: datetime) -> None:
    """A signed-in person is told from now on, and of what was said last; twice is once. Raises Refused when it is over."""
    with transaction.atomic():
        held = _held(problem)
        follower, _ = ProblemFollower.objects.get_or_create(problem=held, user=by, defaults={"asked_at": at})
        _join(held, follower, at)


def ask_to_follow(problem: KnownProblem, email: str, *, at: datetime) -> None:
    """Mails an address a link; nobody is told of anything before its button has been pressed. Raises Refused when over.

    An address that follows already gets the same letter, so that the page says nothing about who follows.
    """
    with transaction.atomic():
        held = _held(problem)
        person = User.objects.of_address(email)
        follower, _ = ProblemFollower.objects.get_or_create(problem=held, user=person, defaults={"asked_at": at})
        asked_notice(follower, at=at)


def confirm(follower: ProblemFollower, *, at: datetime) -> None:
    """The link came back and its button was pressed. Raises Refused when the problem is over."""
    with transaction.atomic():
        held = _held(follower.problem)
        _join(held, ProblemFollower.objects.select_for_update().get(pk=follower.pk), at)


def leave(follower: ProblemFollower, *, at: datetime) -> None:
    """No more letters about this problem; a second time changes nothing."""
    ProblemFollower.objects.filter(pk=follower.pk, left_at=None).update(left_at=at)


def _held(problem: KnownProblem) -> KnownProblem:
    held = KnownProblem.objects.select_for_update().get(pk=problem.pk)
    if held.is_over:
        raise Refused("This problem is over, so there is nothing more to tell.")
    return held


def _join(problem: KnownProblem, follower: ProblemFollower, at: datetime) -> None:
    if follower.confirmed_at and follower.left_at is None:
        return
    follower.confirmed_at, follower.left_at = at, None
    follower.save(update_fields=["confirmed_at", "left_at"])
    news_notices(problem, at=at, only=follower)


# Cases --------------------------------------------------------------------------------------------------------


def link_case(case: Case, problem: KnownProblem, *, by: User, at: datetime) -> None:
    """Says that a case is part of a problem; another problem takes the place of the one before. Raises Refused."""
    _may_see(case, by)
    with transaction.atomic():
        held = KnownProblem.objects.select_for_update().get(pk=problem.pk)
        if held.is_over:
            raise Refused("This problem is over. A case that comes now is one of its own.", field="problem")
        linked = {"problem": held, "at": at, "by": by}
        ProblemCase.objects.update_or_create(case=case, defaults=linked, create_defaults=linked)


def unlink_case(case: Case, *, by: User, at: datetime) -> None:
    """Takes back that a case is part of a problem."""
    _may_see(case, by)
    ProblemCase.objects.filter(case=case).delete()


def _may_see(case: Case, by: User) -> None:
    viewer = Viewer(by)
    if not (viewer.is_staff and Case.objects.visible_to(viewer).filter(pk=case.pk).exists()):
        raise Refused("Only people who work on this case can do this.")
