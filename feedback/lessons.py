"""Lessons: writing one, and the answer that each of them gets (R070).

A supervisor accepts a lesson (what is done, who does it, by when), declines it (why), or joins it to another that is still open.
An answer stays. Who wrote it, and who wrote those that were joined to it, is told by letter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from cases.access import WORK, Viewer, workers
from cases.models import Case, User
from escalation.reviews import day_of
from escalation.verbs import Refused
from feedback.lesson_letters import told_notices
from feedback.models import Lesson, LessonTag

SUPERVISE = "cases.supervise"
TEXT_MOST, ANSWER_MOST, TAGS_MOST, TAG_MOST = 1000, 1000, 5, 30
FURTHEST = timedelta(days=366)
Change, Outcome = Lesson.Change, Lesson.Outcome
NEEDS_WORDS = {
    Outcome.ACCEPTED: "Say what is done about it.",
    Outcome.DECLINED: "Say why not. Who wrote it reads this.",
    Outcome.JOINED: "Say in what they are the same.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of a lesson: `owner` and `due_on` go with accepted, `joined_to` with joined."""

    outcome: str
    words: str
    owner: User | None = None
    due_on: date | None = None
    joined_to: Lesson | None = None


# Writing ------------------------------------------------------------------------------------------------------


def tags_of(text: str) -> list[str]:
    """'Bank holidays, card' as tags: small letters, each once, in the order typed. Raises Refused."""
    words = list(dict.fromkeys(word for part in text.split(",") if (word := " ".join(part.lower().split()))))
    if len(words) > TAGS_MOST:
        raise Refused(f"{len(words)} tags: at most {TAGS_MOST}.", field="tags")
    if long := next((word for word in words if len(word) > TAG_MOST), ""):
        raise Refused(f"The tag “{long}” is too long: at most {TAG_MOST} characters.", field="tags")
    return words


def write(
    text: str, change: str, *, case: Case | None = None, tags: Iterable[str] = (), by: User, at: datetime
) -> Lesson:
    """Somebody's lesson, to be answered within `LESSON_ANSWER_DAYS`. Raises Refused naming the field."""
    text = text.strip()
    if not by.has_perm(WORK):
        raise Refused("Only people who work on cases can write lessons.")
    if not text:
        raise Refused("Write what you learned, in a sentence or two.", field="text")
    if len(text) > TEXT_MOST:
        raise Refused(f"Too long: {len(text)} characters, at most {TEXT_MOST}.", field="text")
    if change not in Change.values:
        raise Refused("Choose what should change.", field="change")
    if case and not Case.objects.visible_to(Viewer(by)).filter(pk=case.pk).exists():
        raise Refused("There is no such case for you.", field="case")
    words = tags_of(",".join(tags))
    with transaction.atomic():
        lesson = Lesson.objects.create(
            text=text, change=change, case=case, by=by, at=at,
            answer_by=at + timedelta(days=settings.LESSON_ANSWER_DAYS),
        )  # fmt: skip
        LessonTag.objects.bulk_create([LessonTag(lesson=lesson, word=word) for word in words])
    return lesson


def readable(user: User) -> QuerySet[Lesson]:
    """The lessons a colleague may read: those about no case, about cases they see, their own, and those they do."""
    seen = Case.objects.visible_to(Viewer(user)).values("pk")
    found = Lesson.objects.filter(Q(case=None) | Q(case__in=seen) | Q(by=user) | Q(owner=user))
    return found.select_related("case", "by", "owner", "answered_by", "joined_to")


def overdue(at: datetime) -> QuerySet[Lesson]:
    """Lessons whose answer is late."""
    return Lesson.objects.filter(outcome=Outcome.OPEN, answer_by__lte=at)


# Answering ----------------------------------------------------------------------------------------------------


def answer(lesson: Lesson, said: Answer, *, by: User, at: datetime) -> Lesson:
    """The one answer to a lesson; its writers are owed a letter. Raises Refused naming the field."""
    if not by.has_perm(SUPERVISE):
        raise Refused("Only supervisors answer lessons.")
    _check(lesson, said, at)
    with transaction.atomic():
        wanted = {lesson.pk} | ({said.joined_to.pk} if said.joined_to else set())
        # Always in one order: two people who join two lessons to each other would wait for each other for ever.
        rows = Lesson.objects.select_for_update().filter(pk__in=wanted).order_by("pk")
        held = {one.pk: one for one in rows}
        _check_open(held[lesson.pk], held[said.joined_to.pk] if said.joined_to else None)
        one = held[lesson.pk]
        one.outcome, one.answer = said.outcome, said.words.strip()
        one.answered_by, one.answered_at = by, at
        one.owner, one.due_on, one.joined_to = said.owner, said.due_on, said.joined_to
        one.save(update_fields=["outcome", "answer", "answered_by", "answered_at", "owner", "due_on", "joined_to"])
        if said.joined_to:
            # What was joined to this one is answered with the other now.
            Lesson.objects.filter(joined_to=one).update(joined_to=said.joined_to)
        told_notices(one, by=by, at=at)
    return one


def finish(lesson: Lesson, *, by: User, at: datetime) -> Lesson:
    """What was promised about an accepted lesson is done; its writers are owed a letter. Raises Refused."""
    with transaction.atomic():
        held = Lesson.objects.select_for_update().get(pk=lesson.pk)
        if not (by.has_perm(SUPERVISE) or by.pk == held.owner_id):
            raise Refused("Only who does it and supervisors can say that it is done.")
        if held.outcome != Outcome.ACCEPTED:
            raise Refused("Only what was accepted can be done.")
        if held.done_at is None:
            held.done_at = at
            held.save(update_fields=["done_at"])
            told_notices(held, by=by, at=at)
    return held


def _check(lesson: Lesson, said: Answer, at: datetime) -> None:
    """What can be wrong with an answer by itself."""
    if said.outcome not in NEEDS_WORDS:
        raise Refused("Choose what becomes of it.", field="outcome")
    if not said.words.strip():
        raise Refused(NEEDS_WORDS[Outcome(said.outcome)], field="words")
    if len(said.words.strip()) > ANSWER_MOST:
        raise Refused(f"Too long: at most {ANSWER_MOST} characters.", field="words")
    if said.outcome == Outcome.ACCEPTED:
        if said.owner is None or not workers().filter(pk=said.owner.pk).exists():
            raise Refused("Choose the colleague who does it.", field="owner")
        if said.due_on is None or not day_of(at) <= said.due_on <= day_of(at + FURTHEST):
            raise Refused("Choose the day by which it is done: from today on, at most a year ahead.", field="due_on")
    elif said.owner or said.due_on:
        raise Refused("Who and by when go with an accepted lesson only. Leave them empty.", field="owner")
    if said.outcome == Outcome.JOINED:
        if said.joined_to is None:
            raise Refused("Choose the lesson it is the same as.", field="joined_to")
        if said.joined_to.pk == lesson.pk:
            raise Refused("A lesson cannot be joined to itself.", field="joined_to")
    elif said.joined_to:
        raise Refused("Another lesson goes with “Joined” only. Leave it empty.", field="joined_to")


def _check_open(lesson: Lesson, other: Lesson | None) -> None:
    """What can have happened meanwhile."""
    if not lesson.is_open:
        raise Refused(f"{lesson.answered_by} has answered this while you were writing: “{lesson.answer}”")
    if other is not None and not other.is_open:
        raise Refused("That lesson has its answer already. Join only to one that still waits.", field="joined_to")
