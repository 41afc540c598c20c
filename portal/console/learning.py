"""Lessons in the console: the week's triage, one lesson with its answer, writing one, and the card beside a case."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from cases.access import AUDIT, WORK, Viewer
from cases.models import Case
from escalation.permits import Actor
from escalation.verbs import Refused
from feedback import lessons, retros
from feedback.models import Lesson
from portal.console import noting
from portal.console.learning_form import AnswerLesson, Write
from portal.console.needs import door
from portal.console.on_record import OnRecord
from portal.console.protocol_editing import see_other
from portal.console.restricted import closed
from portal.console.words import make_tag

PER_PAGE, HIGHEST = 50, 2**62
LOOKS = require_http_methods(["GET", "HEAD", "POST"])
OPEN, ACCEPTED, MINE, ALL = "open", "accepted", "mine", "all"
TABS = {OPEN: "To answer", ACCEPTED: "Being done", MINE: "Mine", ALL: "All"}
TAGS = {
    Lesson.Outcome.OPEN: ("ring", "neutral", "Waits for an answer"),
    Lesson.Outcome.ACCEPTED: ("half", "progress", "Accepted"),
    Lesson.Outcome.DECLINED: ("square", "neutral", "Declined"),
    Lesson.Outcome.JOINED: ("arrow", "neutral", "Joined to another"),
}


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of lessons: read by the whole team, written by who works on cases, answered by supervisors."""
    return [
        path("learning/", door(site, listing, WORK, AUDIT), name="learning"),
        path("learning/new/", door(site, new, WORK), name="lesson_new"),
        path("learning/<int:pk>/", door(site, page, WORK, AUDIT), name="lesson"),
    ]


def tag_of(lesson: Lesson, now: datetime) -> dict[str, str]:
    """Where a lesson stands, as a tag."""
    if lesson.is_open and lesson.answer_by <= now:
        return make_tag("diamond", "late", "Answer overdue")
    if lesson.done_at:
        return make_tag("tick", "good", "Done")
    return make_tag(*TAGS[Lesson.Outcome(lesson.outcome)])


def row(lesson: Lesson, now: datetime) -> dict[str, Any]:
    return {"one": lesson, "tag": tag_of(lesson, now), "late": lesson.is_open and lesson.answer_by <= now}


# The list -----------------------------------------------------------------------------------------------------


@require_safe
def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Supervisors start with what waits for an answer, the longest first; others with their own."""
    frame = site.each_context(request)
    user, now = frame["actor"].user, frame["now"]
    usual = OPEN if frame["actor"].supervises else MINE
    show = request.GET.get("show", usual)
    show = show if show in TABS else usual
    word = request.GET.get("tag", "")[: lessons.TAG_MOST].lower()
    found = shown(lessons.readable(user), show, user)
    found = found.filter(tags__word=word) if word else found
    rows = Paginator(found.prefetch_related("tags"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Lessons",
        "rows": [row(one, now) for one in rows],
        "page": rows,
        "tabs": [{"key": key, "label": label, "here": key == show} for key, label in TABS.items()],
        "show": show,
        "word": word,
        "supervises": frame["actor"].supervises,
        "may_write": user.has_perm(WORK),
        "owed": list(retros.owed(user, at=now)),
    }
    return TemplateResponse(request, "console/learning.html", frame | context)


def shown(found: QuerySet[Lesson], show: str, user: Any) -> QuerySet[Lesson]:
    """The lessons of a tab, in its order."""
    if show == OPEN:
        return found.filter(outcome=Lesson.Outcome.OPEN).order_by("answer_by", "pk")
    if show == ACCEPTED:
        return found.filter(outcome=Lesson.Outcome.ACCEPTED, done_at=None).order_by("due_on", "pk")
    return (found.filter(by=user) if show == MINE else found).order_by("-at", "-pk")


# One lesson ---------------------------------------------------------------------------------------------------


@LOOKS
def new(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Writing one; `?case=` a case's number links it."""
    frame = site.each_context(request)
    case = case_of(request)
    if away := closed(request, case):
        return away
    form = Write(request.POST if request.method == "POST" else None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            made = lessons.write(
                given["text"], given["change"], case=case, tags=[given["tags"]], by=frame["actor"].user, at=frame["now"]
            )
        except Refused as why:
            form.add_error(why.field if why.field in form.fields else None, str(why))
        else:
            noting.note(request, "lesson_new", case or made)
            messages.success(request, "Written. You get a letter when it is answered.")
            return see_other(reverse("admin:lesson", args=[made.pk]))
    context = {"title": "Write a lesson", "form": form, "case": case}
    return TemplateResponse(request, "console/lesson_new.html", frame | context, status=422 if form.errors else 200)


def case_of(request: HttpRequest) -> Case | None:
    """The case a lesson is about, from the address; 404 for one that is not there for this person."""
    number = request.GET.get("case", "")
    if not number:
        return None
    known = int(number) if number.isdecimal() and len(number) < 19 else 0
    return get_object_or_404(Case.objects.visible_to(Viewer(request.user)), pk=known)


@LOOKS
def page(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """One lesson: what it says, what became of it, and for supervisors the answer."""
    frame = site.each_context(request)
    user, now = frame["actor"].user, frame["now"]
    lesson = get_object_or_404(lessons.readable(user), pk=min(pk, HIGHEST))
    # Who wrote it or does it and does not see the case finds no button there: the lesson is theirs without it.
    if (away := closed(request, lesson.case)) and Case.objects.visible_to(frame["viewer"]).filter(
        pk=lesson.case_id
    ).exists():
        return away
    posted = request.POST if request.method == "POST" else None
    form = AnswerLesson(posted, others=others(lesson, user)) if may_answer(lesson, frame["actor"]) or posted else None
    wrong = ""
    if posted is not None:
        wrong, answer = sent(request, frame, lesson, form)
        if answer:
            return answer
        lesson = lessons.readable(user).get(pk=lesson.pk)
    context = {
        "title": f"Lesson {lesson.pk}",
        "lesson": lesson,
        "tag": tag_of(lesson, now),
        "tags": list(lesson.tags.all()),
        "leads_there": lesson.joined_to_id is not None
        and lessons.readable(user).filter(pk=lesson.joined_to_id).exists(),
        "joined": list(lessons.readable(user).filter(joined_to=lesson).order_by("pk")),
        "form": form,
        "wrong": wrong,
        "may_answer": may_answer(lesson, frame["actor"]),
        "may_finish": may_finish(lesson, frame["actor"]),
    }
    failed = bool(wrong or (form and form.errors))
    return TemplateResponse(request, "console/lesson.html", frame | context, status=422 if failed else 200)


def sent(
    request: HttpRequest, frame: dict[str, Any], lesson: Lesson, form: AnswerLesson | None
) -> tuple[str, HttpResponse | None]:
    """Answers, or says that it is done: (the sentence of what is wrong with no field, the way on)."""
    given: dict[str, Any] = {"by": frame["actor"].user, "at": frame["now"]}
    try:
        if request.POST.get("press") == "done":
            lessons.finish(lesson, **given)
            said = "Done. Who wrote it gets a letter."
        elif form is None or not form.is_valid():
            return "", None
        else:
            lessons.answer(lesson, form.said(), **given)
            said = "Answered. Who wrote it gets a letter."
    except Refused as why:
        if form is not None and why.field in form.fields:
            form.add_error(why.field, str(why))
            return "", None
        return str(why), None
    noting.note(request, "lesson", lesson.case or lesson)
    messages.success(request, said)
    return "", see_other(reverse("admin:lesson", args=[lesson.pk]))


def others(lesson: Lesson, user: Any) -> QuerySet[Lesson]:
    """The lessons this one may be joined to."""
    waiting = lessons.readable(user).filter(outcome=Lesson.Outcome.OPEN)
    return waiting.exclude(pk=lesson.pk).order_by("answer_by", "pk")


def may_answer(lesson: Lesson, actor: Actor) -> bool:
    return lesson.is_open and actor.supervises


def may_finish(lesson: Lesson, actor: Actor) -> bool:
    accepted = lesson.outcome == Lesson.Outcome.ACCEPTED and lesson.done_at is None
    return accepted and (actor.supervises or lesson.owner_id == actor.user.pk)


# Beside a case ------------------------------------------------------------------------------------------------


def panel(record: OnRecord, user: Any, now: datetime) -> dict[str, Any]:
    """The lessons of a case, the retro that its reader still owes, and the way to write a lesson."""
    mine = next((one for one in record["retros"] if one.person_id == user.pk and one.is_open), None)
    fresh = mine if mine and mine.asked_at > now - retros.OWED_FOR else None
    rows = [row(one, now) for one in sorted(record["lessons"], key=lambda one: one.pk)]
    return {"lessons": rows, "retro": fresh, "may_write": user.has_perm(WORK)}
