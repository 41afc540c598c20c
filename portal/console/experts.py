"""The directory of experts: who is trained in what and whether they are there; from a case, whom to ask."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_safe

from cases.access import Viewer
from cases.models import Case, Skill
from escalation.permits import refusal
from escalation.store import peek
from portal.console.experts_known import experts
from portal.console.tasks_beside import act


def urls(site: AdminSite) -> list[URLPattern]:
    """The address of the directory; for all who work on cases."""
    return [path("experts/", site.admin_view(partial(page, site=site)), name="experts")]


@require_safe
def page(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """`?skill=` narrows it to one skill; `?case=` puts those first who fit its topic, each with “Ask”."""
    frame = site.each_context(request)
    now, case = frame["now"], asked_from(request)
    skills = list(Skill.objects.filter(is_active=True))
    skill = request.GET.get("skill", "")
    if skill and skill not in [one.slug for one in skills]:
        raise Http404
    found = experts(now, case, skill=skill)
    keep = f"case={case.pk}&" if case else ""
    why = refusal("consult", case, frame["actor"], peek(case, now)) if case else ""
    me = frame["actor"].user.pk
    rows = [
        {
            "one": one,
            "where": one.where(frame["zone"], now),
            "ask": f"{act(case, 'consult')}?expert={one.person.pk}" if case and not why and one.person.pk != me else "",
        }
        for one in found
    ]
    context: dict[str, Any] = {
        "title": "Experts",
        "rows": rows,
        "case": case,
        "why": why,
        "skills": [
            {"label": "Everybody", "url": f"?{keep}", "here": not skill},
            *({"label": s.name, "url": f"?{keep}skill={s.slug}", "here": s.slug == skill} for s in skills),
        ],
        "may_train": request.user.has_perm("cases.change_personskill"),
        "train_url": reverse("admin:cases_personskill_changelist"),
    }
    return TemplateResponse(request, "console/experts.html", frame | context)


def asked_from(request: HttpRequest) -> Case | None:
    """The case the page was opened from, if one is named; 404 for what this person cannot see."""
    text = request.GET.get("case", "")
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise Http404
    case = Case.objects.visible_to(Viewer(request.user)).select_related("category", "team").filter(pk=int(text)).first()
    if case is None:
        raise Http404
    return case
