"""Known problems in the console: who works on cases reads them, who may run them opens, updates and ends them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.models import Case, User
from escalation.verbs import Refused
from feedback import problem_acts, problems
from feedback.models import KnownProblem, ProblemCase
from feedback.problem_acts import RUN
from portal.console.needs import door, need
from portal.console.problems_form import Open, PartOf, Say
from portal.console.protocol_editing import see_other
from portal.presenters import problems as say

HIGHEST = 2**63 - 1  # more is no number of a database


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of known problems, and of a case's link to one."""

    return [
        path("problems/", door(site, listing), name="problems"),
        path("problems/new/", door(site, new, RUN), name="problem_new"),
        path("problems/<int:pk>/", door(site, page), name="problem"),
        path("cases/case/<int:pk>/problem/", door(site, part_of), name="case_problem"),
    ]


@require_safe
def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Those there are now, and those that are over, twenty of them."""
    frame = site.each_context(request)
    now = frame["now"]
    over = KnownProblem.objects.filter(state=KnownProblem.State.OVER).order_by("-over_at", "-pk")[:20]
    context = {
        "title": "Known problems",
        "groups": [
            ("Now", [shown_row(one, now) for one in problems.current()]),
            ("Over", [shown_row(one, now) for one in over]),
        ],
        "may_run": request.user.has_perm(RUN),
    }
    return TemplateResponse(request, "console/problems.html", frame | context)


def shown_row(problem: KnownProblem, now: datetime) -> dict[str, Any]:
    """A problem as the console's list shows it."""
    return say.row(problem, now) | {"page": reverse("admin:problem", args=[problem.pk])}


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Opening one."""
    frame = site.each_context(request)
    form = Open(request.POST if request.method == "POST" else None, at=frame["now"])
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = problem_acts.open_problem(
                given["title"], form.said(), topics=given["topics"], began_at=given["began_at"],
                by=frame["actor"].user, at=frame["now"],
            )  # fmt: skip
        except Refused as why:
            form.add_error(why.field or None, str(why))
        else:
            messages.success(request, "It is on the home page now.")
            return see_other(reverse("admin:problem", args=[made.pk]))
    context = {"title": "New known problem", "form": form}
    return TemplateResponse(request, "console/problem_new.html", frame | context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """One problem with all that was said, and the form for what is said next."""
    if request.method == "POST":
        need(request, RUN)
    frame = site.each_context(request)
    problem = found(pk)
    form = Say(request.POST) if request.method == "POST" else Say(initial=first(problem))
    if request.method == "POST" and form.is_valid() and (answer := spoken(request, frame, problem, form)):
        return answer
    return shown(request, frame, found(pk), form, status=422 if form.errors else 200)


def spoken(request: HttpRequest, frame: dict[str, Any], problem: KnownProblem, form: Say) -> HttpResponse | None:
    """Says it, and goes back to the page; what is refused stands at its field."""
    seen = form.cleaned_data.get("seen")
    try:
        problem_acts.say(problem, form.said(), seen=seen or 0, by=frame["actor"].user, at=frame["now"])
    except Refused as why:
        form.add_error(why.field or None, str(why))
        return None
    messages.success(request, "Said. Who follows it gets a letter.")
    return see_other(reverse("admin:problem", args=[problem.pk]))


def shown(
    request: HttpRequest, frame: dict[str, Any], problem: KnownProblem, form: Say, *, status: int = 200
) -> HttpResponse:
    """The page; a form shown again counts as having seen what is on it."""
    if form.is_bound:
        held: Any = form.data.copy()  # type: ignore[attr-defined]
        held["seen"] = str(problem.latest)
        form.data = held
    linked = Case.objects.visible_to(frame["viewer"]).filter(known_problem__problem=problem)
    context = {
        "title": problem.title,
        "problem": shown_row(problem, frame["now"]),
        "is_over": problem.is_over,
        "story": say.told(problems.timeline(problem)),
        "form": form,
        "followers": problems.followers(problem).count(),
        "cases": list(linked.order_by("-filed_at")[:20]),
        "may_run": request.user.has_perm(RUN),
    }
    return TemplateResponse(request, "console/problem.html", frame | context, status=status)


def first(problem: KnownProblem) -> dict[str, Any]:
    """What the form begins with: the state and the impact said last, and a time nobody has chosen yet."""
    last = problem.updates.order_by("-number").first()
    return {"seen": problem.latest, "state": problem.state, "impact": last.impact if last else ""}


def found(pk: int) -> KnownProblem:
    """The problem, or 404."""
    if pk > HIGHEST:
        raise Http404
    return get_object_or_404(KnownProblem, pk=pk)


# A case's link ------------------------------------------------------------------------------------------------


def choices(now: int | None, case: Case | None = None) -> Any:
    """Problems a case can be said to be part of: those there are, and the one (`now`) it is part of already."""
    part = Q(pk=now) if case is None else Q(cases__case=case)
    return KnownProblem.objects.filter(~Q(state=KnownProblem.State.OVER) | part).order_by("-opened_at", "-pk")


def link_of(link: ProblemCase | None, known: list[KnownProblem]) -> dict[str, Any]:
    """What the case page shows: the problem it is part of, and the form to choose one of `known` where there is any."""
    form = PartOf(problems=KnownProblem.objects.none(), now=link.problem_id if link else None, known=known)
    return {"problem_link": link, "problem_form": form if known else None}


@require_POST
def part_of(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """Says of which problem a case is part, or that it is of none."""
    frame = site.each_context(request)
    if pk > HIGHEST:
        raise Http404
    case = get_object_or_404(Case.objects.visible_to(frame["viewer"]), pk=pk)
    link = problems.explained_by(case)
    form = PartOf(request.POST, problems=choices(link.problem_id if link else None))
    if form.is_valid():
        try:
            said = chosen(case, form.cleaned_data["problem"], link.problem if link else None, frame)
        except Refused as why:
            form.add_error("problem", str(why))
        else:
            messages.success(request, said)
            return see_other(reverse("admin:cases_case_change", args=[pk]))
    context = {"title": "Known problem of a case", "case": case, "form": form}
    return TemplateResponse(request, "console/problem_part.html", frame | context, status=422)


def chosen(case: Case, wanted: KnownProblem | None, was: KnownProblem | None, frame: dict[str, Any]) -> str:
    """Links the case, or takes it back; the sentence that says so. Raises Refused."""
    by: User = frame["actor"].user
    if wanted is None:
        problem_acts.unlink_case(case, by=by, at=frame["now"])
        return "This case is part of no known problem."
    if wanted != was:
        problem_acts.link_case(case, wanted, by=by, at=frame["now"])
    return "Saved. Whoever has the case is told when the problem is over."
