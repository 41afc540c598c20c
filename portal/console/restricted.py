"""Cases of restricted topics: a page with a button before they open, and the line in the audit that the press writes."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods

from cases.models import Case
from portal import clock
from portal.console import noting
from portal.console.words import short
from portal.viewer import OPENED, still_closed

LASTS = timedelta(hours=8)


def urls(site: AdminSite) -> list[URLPattern]:
    """The one address."""
    return [path("restricted/<int:case_id>/", site.admin_view(partial(page, site=site)), name="restricted")]


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, case_id: int, *, site: AdminSite) -> HttpResponse:
    """Says what opening does; the press writes the line and opens the case to this session for LASTS."""
    frame = site.each_context(request)
    case = Case.objects.visible_to(frame["viewer"]).filter(pk=min(case_id, 2**62), category__is_restricted=True).first()
    if case is None:
        raise Http404
    if request.method == "POST":
        noting.note(request, "opened_restricted", case)
        until = clock.now() + LASTS
        request.session[OPENED] = {**request.session.get(OPENED, {}), str(case.pk): until.isoformat()}
        there = reverse("admin:cases_case_change", args=[case.pk])
        return HttpResponse(status=303, headers={"Location": there})
    context = {
        "title": "This case is restricted",
        "case": case,
        "until": short(clock.now() + LASTS, frame["zone"], frame["now"]),
    }
    return TemplateResponse(request, "console/restricted.html", frame | context)


def closed(request: HttpRequest, case: Case | None) -> HttpResponse | None:
    """The way to the button, for a restricted case this session has not opened; None: it is open."""
    if case is None or not still_closed(request, case):
        return None
    return HttpResponse(status=303, headers={"Location": reverse("admin:restricted", args=[case.pk])})
