"""The lines around the cases about learning: retros one owes, lessons that are overdue, reviews to score or to read."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.urls import reverse

from escalation.permits import Actor
from escalation.reviews import day_of
from feedback import lessons, quality, retros, second_looks, training
from portal.console.reviews_desk import AMBER, PLAIN, Line

#: How long a review of one's work is pointed out; answering it is not asked of anybody.
NEW = timedelta(days=14)


def lines(actor: Actor, now: datetime) -> list[Line]:
    """What this person has to do, the most pressing first: {tone, text, url, label}. A retro is never an alarm."""
    found = []
    if actor.supervises and (late := lessons.overdue(now).count()):
        have = "1 lesson has" if late == 1 else f"{late} lessons have"
        text = f"{have} waited too long for an answer."
        found.append(_line(AMBER, text, reverse("admin:learning") + "?show=open", "Answer"))
    if owed := list(retros.owed(actor.user, at=now)[:2]):
        one = len(owed) == 1
        url = reverse("admin:retro", args=[owed[0].pk]) if one else reverse("admin:retros")
        said = f"How did {owed[0].case.reference} go?" if one else "How did your cases go?"
        found.append(_line(PLAIN, said, url, "Two-minute retro" if one else "Two-minute retros"))
    for task in training.to_do(actor.user)[:2]:
        tone = AMBER if task.due_on < day_of(now) else PLAIN
        text = f"To practise by {task.due_on:%-d %b}: {task.get_module_display().lower()} on “{task.topic}”."
        found.append(_line(tone, text, reverse("admin:training", args=[task.pk]), "Open"))
    if number := second_looks.waiting(actor.user).count():
        said = "1 comment waits" if number == 1 else f"{number} comments wait"
        found.append(_line(PLAIN, f"{said} for you as a second reader.", reverse("admin:second_look"), "Read"))
    if waiting := quality.to_score(actor.user).count():
        cases = "1 case is" if waiting == 1 else f"{waiting} cases are"
        found.append(_line(PLAIN, f"{cases} drawn for quality review.", reverse("admin:quality"), "Review"))
    if mine := quality.to_answer(actor.user).filter(reviewed_at__gt=now - NEW).count():
        said = "A review of your work has" if mine == 1 else f"{mine} reviews of your work have"
        found.append(_line(PLAIN, f"{said} no word of yours yet.", reverse("admin:quality"), "Read"))
    return found


def _line(tone: str, text: str, url: str, label: str) -> Line:
    return {"tone": tone, "text": text, "url": url, "label": label}
