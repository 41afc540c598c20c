"""Cases nobody has touched for so many working hours: a list for supervisors, and its line around the cases."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_safe

from cases.access import Viewer
from cases.models import Case
from escalation.lateness import with_ledger
from escalation.permits import Actor
from escalation.untouched import Untouched, candidates, hours_due, untouched
from portal.console import queries
from portal.console.home_rows import acts_for, levels
from portal.console.needs import Needs
from portal.console.words import milestone_words, tag_of, who_has

SUPERVISE = "cases.supervise"
MOST = 100  # rows on the page; the count above them is of all


def urls(site: AdminSite) -> list[URLPattern]:
    """The one address; for supervisors."""
    return [path("untouched/", site.admin_view(partial(page, site=site)), name="untouched")]


def found(viewer: Viewer, actor: Actor, now: Any, scope: str = "all") -> list[Untouched]:
    """What is on the list of this person, the longest untouched first."""
    hours = hours_due()
    return untouched(queries.in_scope(candidates(viewer, now, hours), actor, scope), now, hours)


@require_safe
def page(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """The list. `?who=mine|teams|all` narrows it."""
    if not request.user.has_perm(SUPERVISE):
        raise Needs(SUPERVISE)
    frame = site.each_context(request)
    actor, viewer, now = frame["actor"], frame["viewer"], frame["now"]
    scope = request.GET.get("who", "all")
    scope = scope if scope in queries.SCOPES else "all"
    all_of_them = found(viewer, actor, now, scope)
    shown = all_of_them[:MOST]
    cases = with_ledger(Case.objects.visible_to(viewer)).with_people().in_bulk([one.case for one in shown])
    clocks, top = queries.open_clocks(cases.values()), levels()
    rows = [
        {
            "case": case,
            "tag": tag_of(case, now),
            "url": reverse("admin:cases_case_change", args=[case.pk]),
            "milestone": milestone_words(case),
            "level": f"Level {case.tier} of {top(case.protocol)}",
            "who": who_has(case),
            "touched_at": one.touched_at,
            "hours": one.seconds // 3600,
            "acts": acts_for(case, clocks.get(case.pk, []), actor),
        }
        for one in shown
        if (case := cases.get(one.case))
    ]
    context = {
        "title": "Nobody has touched",
        "hours": hours_due(),
        "rows": rows,
        "count": len(all_of_them),
        "scopes": [{"key": k, "label": v, "here": k == scope} for k, v in queries.SCOPES.items()],
    }
    return TemplateResponse(request, "console/untouched.html", frame | context)
