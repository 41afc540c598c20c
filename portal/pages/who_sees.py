"""Who can see a case: said to its customer in so many words."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.pages.case import head, opened
from portal.pages.doors import door
from portal.viewer import GUEST_LASTS, guest_case


@door("GET")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    """Everybody for whom `Viewer.sees` lets the case through, and nobody else."""
    case = opened(request, reference)
    context = {
        "case": head(case),
        "handler": case.owner.first_name if case.owner else "",
        "team": case.team.name if case.team else "",
        "guest": guest_case(request) == case.pk,
        "guest_days": GUEST_LASTS.days,
    }
    return render(request, "pages/who_sees.html", context)
