"""The letters about lessons: to who wrote one, what became of it; to supervisors, once, that some are overdue.

A letter says that there is an answer and where to read it. What was written stays in the console, where it can be erased.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from cases.access import supervisors
from cases.models import User
from escalation.letters import NotNeeded, to_staff
from escalation.models import Notice
from escalation.steps import Step
from feedback.models import Lesson

ANSWERED, OVERDUE = "lesson_answered", "lessons_overdue"
BATCH = 100


def told_notices(lesson: Lesson, *, by: User, at: datetime) -> None:
    """A letter owed to who wrote the lesson and to who wrote those joined to it; not to who answers."""
    stage = "done" if lesson.done_at else "answered"
    rows: Iterable[Lesson] = [lesson, *Lesson.objects.filter(joined_to=lesson).select_related("by")]
    owed = [
        to_staff(ANSWERED, f"{one.pk}:{lesson.pk}:{stage}", one.by, {"lesson": one.pk, "stage": stage}, at)
        for one in rows
        if one.by_id != by.pk
    ]
    Notice.objects.bulk_create(owed, ignore_conflicts=True)


def compose_answered(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the letter to who wrote a lesson says."""
    lesson = Lesson.objects.filter(pk=notice.data["lesson"]).select_related("joined_to").first()
    if lesson is None:
        raise NotNeeded("The lesson is not there any more.")
    # A joined one is answered with the other.
    said = lesson.joined_to if lesson.joined_to and not lesson.joined_to.is_open else lesson
    if notice.data["stage"] == "answered" and said.done_at:
        raise NotNeeded("It has been done meanwhile; that letter says it.")
    return {
        "lesson": lesson,
        "said": said,
        "is_done": said.done_at is not None,
        "page": f"{settings.BASE_URL}/console/learning/{lesson.pk}/",
    }


# Overdue ------------------------------------------------------------------------------------------------------


def to_tell(at: datetime) -> QuerySet[Lesson]:
    """Lessons whose answer is late and of which nobody has been told."""
    return Lesson.objects.filter(Q(overdue_told_at=None), outcome=Lesson.Outcome.OPEN, answer_by__lte=at)


def tell(at: datetime) -> int:
    """One letter to each supervisor about a batch of overdue lessons; each lesson is told of once. How many lessons."""
    with transaction.atomic():
        # Whoever comes second finds them told of.
        rows = list(to_tell(at).select_for_update().order_by("pk")[:BATCH])
        if rows:
            Lesson.objects.filter(pk__in=[one.pk for one in rows]).update(overdue_told_at=at)
            data = {"lessons": [one.pk for one in rows]}
            owed = [to_staff(OVERDUE, str(rows[0].pk), one, data, at) for one in supervisors()]
            Notice.objects.bulk_create(owed, ignore_conflicts=True)
    return len(rows)


def compose_overdue(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the letter to a supervisor says: how many still wait."""
    waiting = Lesson.objects.filter(pk__in=notice.data["lessons"], outcome=Lesson.Outcome.OPEN).count()
    if not waiting:
        raise NotNeeded("All of them have been answered meanwhile.")
    return {"waiting": waiting, "page": f"{settings.BASE_URL}/console/learning/"}


COMPOSERS = {ANSWERED: compose_answered, OVERDUE: compose_overdue}
STEPS = (Step("overdue lessons", to_tell, tell),)
