"""The sheet of the day: for each team yesterday's ratings and words, what is promised today, and what is at risk."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_safe

from cases.models import Case
from feedback.models import Survey
from feedback.today import MOST, Sheet, sheets
from portal.console.needs import Needs
from portal.console.places import CASES

SCOPES = {"teams": "My teams", "all": "Everyone"}


def urls(site: AdminSite) -> list[URLPattern]:
    """The one address; for all who see cases."""
    return [path("today/", site.admin_view(partial(page, site=site)), name="today")]


@require_safe
def page(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """The sheets of one's own teams, or of all with `?who=all`; who stands in no team starts with all."""
    if not any(request.user.has_perm(one) for one in CASES):
        raise Needs(*CASES)
    frame = site.each_context(request)
    actor, now, zone = frame["actor"], frame["now"], frame["zone"]
    usual = "teams" if actor.teams else "all"
    scope = request.GET.get("who", usual)
    scope = scope if scope in SCOPES else usual
    found = sheets(frame["viewer"], None if scope == "all" else actor.teams, now, zone)
    context = {
        "title": "Today",
        "sheets": [shown(sheet) for sheet in found],
        "scopes": [{"key": k, "label": v, "here": k == scope} for k, v in SCOPES.items()],
    }
    return TemplateResponse(request, "console/today.html", frame | context)


def shown(sheet: Sheet) -> dict[str, Any]:
    """One team's sheet: so many rows of each kind as fit on a screen, and the numbers of all."""
    parts = (("Late", sheet.late), ("Promised today", sheet.due), ("At risk: a task is overdue", sheet.risky))
    rest = f"{reverse('admin:cases_case_changelist')}?{urlencode({'team': sheet.team.pk})}"
    return {
        "team": sheet.team,
        "rest": rest,
        "asking": {
            "count": len(sheet.asking),
            "rows": [{"one": one, "url": reverse("admin:follow_up", args=[one.pk])} for one in sheet.asking[:MOST]],
        },
        "rated": len(sheet.scores),
        "average": sheet.average,
        "low": sheet.low,
        "unnamed": sheet.unnamed,
        "said": [word(one) for one in sheet.said[:MOST]],
        "parts": [
            {"title": title, "count": len(cases), "rows": [row(case) for case in cases[:MOST]]}
            for title, cases in parts
        ],
    }


def word(survey: Survey) -> dict[str, Any]:
    """What a customer said, beside its case."""
    return {"label": survey.get_satisfaction_display(), "text": survey.comment, "case": row(survey.case)}


def row(case: Case) -> dict[str, Any]:
    """A case in a line; `since` is the time a promise was broken at about which nothing was said since."""
    since = getattr(case, "unmended", None)
    return {"case": case, "since": since, "url": reverse("admin:cases_case_change", args=[case.pk])}
