"""Somebody leaves: choose who, see their cases with a suggested taker each, hand over, close the account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.models import CHANGE
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from cases.access import workers
from cases.lifecycle import OPEN
from cases.models import Case, User
from escalation.verbs import Refused, leaving
from portal.console.cover_edit import noted
from portal.console.cover_forms import Takers
from portal.console.words import tag_of
from portal.templatetags.times import count


@require_safe
def choose(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Everybody on the staff, with how many open cases they have."""
    mine = Q(owned_cases__state__in=OPEN, owned_cases__is_history=False, owned_cases__is_drill=False)
    people = workers().annotate(number=Count("owned_cases", filter=mine, distinct=True)).order_by("name", "email")
    context = site.each_context(request) | {"title": "Somebody leaves or falls ill", "people": people}
    return TemplateResponse(request, "console/cover_leaving.html", context)


def hand_over(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """The cases of one person: who takes each; then, once nothing is left with them, the account."""
    leaver = get_object_or_404(User, pk=pk, is_staff=True)
    frame = site.each_context(request)
    if request.method == "POST" and "close" in request.POST:
        return closed(request, leaver, frame)
    form = form_of(leaver, frame, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.cases and form.is_valid():
        return handed_over(request, leaver, form, frame)
    return shown(request, leaver, form, frame, status=422 if form.errors else 200)


def form_of(leaver: User, frame: dict[str, Any], data: Any = None) -> Takers:
    """A choice for each open case, with whom routing would pick."""
    cases = leaving.cases_of(leaver)
    suggested = leaving.suggest(cases, leaver, at=frame["now"])
    return Takers(data, cases=cases, people=leaving.takers(leaver), suggested=suggested)


def shown(
    request: HttpRequest,
    leaver: User,
    form: Takers,
    frame: dict[str, Any],
    *,
    status: int = 200,
    why: str = "",
    stayed: Sequence[tuple[Case, str]] = (),
) -> HttpResponse:
    """The page; `why` says what keeps the account open, `stayed` which cases could not be given and why."""
    now = frame["now"]
    if not why and not form.cases and leaver.is_active:
        why = leaving.why_stay(leaver, at=now)
    context = frame | {
        "title": f"{leaver} leaves",
        "leaver": leaver,
        "form": form,
        "rows": [{"case": c, "tag": tag_of(c, now), "field": form[f"case-{c.pk}"]} for c in form.cases],
        "why": why,
        "stayed": stayed,
    }
    return TemplateResponse(request, "console/cover_leaver.html", context, status=status)


def handed_over(request: HttpRequest, leaver: User, form: Takers, frame: dict[str, Any]) -> HttpResponse:
    """Calls the verb and says what became of the cases."""
    report = leaving.hand_over_all(leaver, form.chosen(), by=request.user, at=frame["now"])  # type: ignore[arg-type]
    if report.done:
        messages.success(request, f"{count(len(report.done), 'case')} handed over, each with a note.")
    if report.stayed:
        return shown(request, leaver, form_of(leaver, frame), frame, status=409, stayed=report.stayed)
    return HttpResponse(status=303, headers={"Location": reverse("admin:cover_leaver", args=[leaver.pk])})


def closed(request: HttpRequest, leaver: User, frame: dict[str, Any]) -> HttpResponse:
    """Closes the account, or says why it cannot be closed yet."""
    try:
        leaving.deactivate(leaver, by=request.user, at=frame["now"])  # type: ignore[arg-type]
    except Refused as why:
        return shown(request, leaver, form_of(leaver, frame), frame, status=422, why=str(why))
    noted(request, [leaver], CHANGE, "Account closed.")
    messages.success(request, f"The account of {leaver} is closed.")
    return HttpResponse(status=303, headers={"Location": reverse("admin:cover")})
