"""The practice case of a case worth repeating, in the console: prefilled without names, kept with one press."""

from __future__ import annotations

from dataclasses import asdict

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods

from cases.access import WORK, Viewer
from cases.models import Case
from escalation.verbs import Refused
from feedback import scenarios
from feedback.models import Scenario
from feedback.practice import not_markable
from feedback.scenarios import TEXT_MOST, TITLE_MOST
from portal.console.needs import door
from portal.console.protocol_editing import see_other
from portal.console.restricted import closed
from portal.forms import Plain, line, text


class ScenarioForm(Plain):
    """A practice case in words."""

    title = line("Title", TITLE_MOST)
    situation = text(
        "What the trainee is told", TEXT_MOST, rows=6, wrong="Write what the trainee is told.",
        help_text="Names, addresses and numbers are taken out already. Read it once more: nobody may be known by it.",
    )  # fmt: skip
    good = text(
        "What a good answer has in it", TEXT_MOST, rows=6, wrong="Write what a good answer has in it.",
        help_text="For the trainer: what to look for, on which level, by when.",
    )  # fmt: skip


def urls(site: AdminSite) -> list[URLPattern]:
    """The one address; whoever works on cases writes."""
    return [path("worth/<int:case_id>/scenario/", door(site, page, WORK), name="scenario")]


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, site: AdminSite, case_id: int) -> HttpResponse:
    """The practice case as it is kept, or as the case begins it; sent, it is kept."""
    frame = site.each_context(request)
    cases = Case.objects.visible_to(Viewer(request.user)).select_related("customer", "organisation")
    case = get_object_or_404(cases, pk=min(case_id, 2**62))
    if away := closed(request, case):
        return away
    kept = Scenario.objects.filter(case=case).select_related("by").first()
    draft = scenarios.Draft(kept.title, kept.situation, kept.good) if kept else scenarios.begun(case)
    form = ScenarioForm(request.POST if request.method == "POST" else None, initial=asdict(draft))
    wrong = ""
    if form.is_valid():
        try:
            scenarios.write(case, scenarios.Draft(**form.cleaned_data), by=frame["actor"].user, at=frame["now"])
        except Refused as why:
            if why.field in form.fields:
                form.add_error(why.field, str(why))
            else:
                wrong = str(why)
        else:
            messages.success(request, "Kept. Trainers find it beside the case and under “Worth repeating”.")
            return see_other(reverse("admin:worth"))
    context = {
        "title": "Practice case",
        "case": case,
        "form": form,
        "kept": kept,
        "wrong": wrong,
        "why_not": not_markable(case),
    }
    status = 422 if wrong or form.errors else 200
    return TemplateResponse(request, "console/scenario.html", frame | context, status=status)
