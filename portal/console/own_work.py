"""What is mine to do on cases: tasks, questions I was asked, and questions of mine that wait for an answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

from django.contrib.admin import AdminSite
from django.db.models import Count, Min, Q, QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from cases.access import Viewer
from cases.lifecycle import OPEN
from cases.models import Case, Consult, Task, User
from feedback import follow_ups, low_scores
from portal.console.tasks_beside import act

MOST = 200  # of each kind; nobody has more before them
SOON = timedelta(days=1)


def urls(site: AdminSite) -> list[URLPattern]:
    """The address of the list; for all who work on cases."""
    return [path("work/", site.admin_view(partial(page, site=site)), name="own_work")]


def tasks_of(person: User) -> QuerySet[Task]:
    """Open tasks that are the person's: given to them, or to whoever has a case that is theirs."""
    mine = Q(person=person) | Q(person=None, case__owner=person)
    return Task.objects.filter(mine, state=Task.State.OPEN, case__state__in=OPEN)


def questions_to(person: User) -> QuerySet[Consult]:
    """Questions that wait for the person's answer."""
    return Consult.objects.filter(expert=person, answered_at=None, taken_back_at=None, case__state__in=OPEN)


def questions_of(person: User) -> QuerySet[Consult]:
    """Questions of the person that wait for somebody's answer."""
    return Consult.objects.filter(asked_by=person, answered_at=None, taken_back_at=None, case__state__in=OPEN)


WORK, LOW, FOLLOW = "own_work", "low_scores", "follow_ups"


def lines(viewer: Viewer, now: datetime) -> dict[str, dict[str, Any]]:
    """What the console's home says of one's own work, of follow-ups, and to a supervisor of low scores: one question for all.

    By the name of the line: how many wait, how many of them are late, and the first instant; nothing where none waits.
    """
    person = cast(User, viewer.user)
    parts: list[tuple[str, QuerySet[Any]]] = [(WORK, tasks_of(person)), (WORK, questions_to(person))]
    if person.has_perm(low_scores.SUPERVISE):
        parts.append((LOW, low_scores.to_answer(viewer)))
    owed = follow_ups.to_do(viewer)
    # A supervisor answers for what others owe, too.
    parts.append((FOLLOW, owed if person.has_perm(low_scores.SUPERVISE) else owed.filter(follow_ups.mine(person))))
    first, *others = (_counted(rows, name, now) for name, rows in parts)
    found: dict[str, dict[str, Any]] = {}
    for name, number, late, due in first.union(*others, all=True):
        if number:
            line = found.setdefault(name, {"all": 0, "late": 0, "next": due})
            found[name] = {"all": line["all"] + number, "late": line["late"] + late, "next": min(line["next"], due)}
    return found


def _counted(rows: QuerySet[Any], name: str, now: datetime) -> QuerySet[Any]:
    counted = rows.order_by().annotate(line=Value(name)).values("line")
    counted = counted.annotate(number=Count("pk"), late=Count("pk", filter=Q(due_at__lte=now)), first=Min("due_at"))
    return counted.values_list("line", "number", "late", "first")


@require_safe
def page(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """The list, by time."""
    frame = site.each_context(request)
    user, now = frame["actor"].user, frame["now"]
    seen = Case.objects.visible_to(Viewer(request.user))
    tasks = list(tasks_of(user).filter(case__in=seen).select_related("case").order_by("due_at", "pk")[:MOST])
    asked, mine = (
        list(
            rows.filter(case__in=seen)
            .select_related("case", "asked_by", "expert", "question")
            .order_by("due_at")[:MOST]
        )
        for rows in (questions_to(user), questions_of(user))
    )
    context = {
        "title": "My tasks and questions",
        "groups": [group for group in grouped(tasks, now) if group["rows"]],
        "none": not tasks,
        "asked": [question_row(one, now) for one in asked],
        "mine": [question_row(one, now) for one in mine],
    }
    return TemplateResponse(request, "console/own_work.html", frame | context)


def grouped(tasks: list[Task], now: datetime) -> list[dict[str, Any]]:
    """Overdue, within a day, later."""
    late = [one for one in tasks if one.due_at <= now]
    soon = [one for one in tasks if now < one.due_at <= now + SOON]
    later = [one for one in tasks if one.due_at > now + SOON]
    parts = (("Overdue", late), ("Within a day", soon), ("Later", later))
    return [{"title": title, "rows": rows, "late": rows is late} for title, rows in parts]


def question_row(one: Consult, now: datetime) -> dict[str, Any]:
    """One question with where it is answered."""
    return {"one": one, "late": one.due_at <= now, "answer": f"{act(one.case, 'answer_consult')}?consult={one.pk}"}
