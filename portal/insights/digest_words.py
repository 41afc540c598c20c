"""What the digest quotes and what it asks of its reader: customers' words with their leave, and what is due this week.

Words are drawn when the letter is sent and are not kept with it: they lie with the case, where they can be erased.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.text import Truncator

from cases.access import Viewer
from cases.models import User
from escalation.reviews import day_of
from feedback import improvements
from feedback.improvements import DECIDE
from feedback.lessons import readable
from feedback.low_scores import to_answer
from feedback.models import Improvement, Lesson, Measure, Survey
from feedback.verbatims import heard, quotable
from portal.insights.asking import Asked
from portal.insights.words import count_words

GOOD, LOW = 1, 2  # quotes of each
LONGEST = 200  # characters
AHEAD = timedelta(days=7)
MOST = 8
CONSOLE = "/console"


def quotes(viewer: Viewer, asked: Asked) -> dict[str, Any]:
    """One good comment and two low ones of the week in masked words, how many thanked us, and what the outbox does not keep."""
    found = quotable(viewer, asked.period, asked.scope)
    low = [one for one in found if one.is_low][:LOW]
    thanks = [one for one in reversed(found) if (one.satisfaction or 0) >= Survey.Satisfaction.SATISFIED]
    said = {one.survey.pk: f"“{_short(one.words)}”" for one in heard([*low, *thanks[:GOOD]])}
    return {
        "thanks": [said[one.pk] for one in thanks[:GOOD]],
        "thanked": len(thanks),
        "unhappy": [said[one.pk] for one in low],
        "unkept": list(said.values()),
    }


def _short(words: str) -> str:
    return str(Truncator(" ".join(words.split())).chars(LONGEST))


def due(person: User, asked: Asked) -> list[dict[str, str]]:
    """The reader's own: what waits for their answer or decision, and what they are to have done within a week. {words, url}."""
    viewer, now, theirs = Viewer(person), asked.at, asked.scope.on("case__")
    lines = _improvements(person, now)
    if viewer.works:
        mine = Measure.objects.filter(owner=person, done_at=None, due_on__lte=day_of(now) + AHEAD)
        for row in mine.select_related("post_mortem__case").order_by("due_on", "pk"):
            words = f"A measure for {row.post_mortem.case.reference}, due {row.due_on:%-d %b}"
            lines.append(_line(words, f"/postmortems/{row.post_mortem_id}/"))
        lessons = Lesson.objects.filter(owner=person, outcome=Lesson.Outcome.ACCEPTED, done_at=None)
        for lesson in lessons.filter(due_on__lte=day_of(now) + AHEAD).order_by("due_on", "pk"):
            lines.append(_line(f"Lesson {lesson.pk}, due {lesson.due_on:%-d %b}", f"/learning/{lesson.pk}/"))
    if viewer.is_staff and (low := to_answer(viewer).filter(theirs).count()):
        lines.append(_line(f"Unhappy customers to answer: {low}", "/feedback/"))
    if viewer.is_staff and (waiting := readable(person).filter(theirs, outcome=Lesson.Outcome.OPEN).count()):
        lines.append(_line(f"Lessons to answer: {waiting}", "/learning/"))
    if len(lines) > MOST:
        rest = len(lines) - MOST + 1
        lines = [*lines[: MOST - 1], _line(f"And {rest} more", "/" if viewer.is_staff else "/feedback/improvements/")]
    return lines


def _improvements(person: User, now: datetime) -> list[dict[str, str]]:
    lines, listed = [], "/feedback/improvements/"
    leads = person.has_perm(DECIDE)
    if leads and (waiting := improvements.to_decide().count()):
        late = improvements.overdue(now).count()
        words = f"{count_words(waiting, 'improvement')} to decide{f', {late} of them late' if late else ''}"
        lines.append(_line(words, f"{listed}?show=idea"))
    own = Improvement.objects.filter(state=improvements.State.AGREED, owner=person, due_on__lte=day_of(now) + AHEAD)
    lines += [
        _line(f"“{one.title}”, due {one.due_on:%-d %b}", f"{listed}{one.pk}/") for one in own.order_by("due_on", "pk")
    ]
    if check := [one for one in improvements.to_check(now) if leads or one.owner_id == person.pk]:
        lines.append(
            _line(f"{count_words(len(check), 'improvement')} to look at again: did it help?", f"{listed}?show=done")
        )
    return lines


def _line(words: str, path: str) -> dict[str, str]:
    return {"words": words, "url": f"{settings.BASE_URL}{CONSOLE}{path}"}
