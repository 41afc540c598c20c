"""Moving the open cases of a protocol to the version in force: first a page that shows what moves, then one press."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods

from cases.models import Case
from escalation import adopting
from escalation.adopting import Moved, Preview
from escalation.models import ProtocolVersion
from portal.console.needs import need
from portal.console.protocol_acts import AUTHOR
from portal.console.words import clock_name
from portal.forms import Plain
from portal.templatetags.times import count

MOST = 200  # rows on the page; the numbers above count all


class Move(Plain):
    """`expected`: how many cases the page said would be moved."""

    expected = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


def urls(site: AdminSite) -> list[URLPattern]:
    """The page of a version in force; for supervisors who may write protocols."""
    return [path("protocol/<int:pk>/adopt/", site.admin_view(partial(page, site=site)), name="protocol_adopt")]


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, pk: int, *, site: AdminSite) -> HttpResponse:
    """Shows what moving would do, or moves. Another number of cases than was shown is shown first."""
    need(request, AUTHOR, "cases.supervise", every=True)
    version = get_object_or_404(ProtocolVersion, pk=pk, status=ProtocolVersion.Status.PUBLISHED)
    frame = site.each_context(request)
    seen = adopting.preview(version, by=request.user, at=frame["now"])  # type: ignore[arg-type]
    able = seen.cases - len(seen.refused)
    form = Move(request.POST) if request.method == "POST" else Move(initial={"expected": able})
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["expected"] == able:
            return moved(request, version, frame)
        form = Move({"expected": able})
        form.add_error(None, f"Meanwhile it would be {count(able, 'case')}. Look at the table, then press again.")
    context = frame | shown(seen) | {
        "title": f"Move open cases to version {version.number}",
        "version": version,
        "able": able,
        "form": form,
        "url": back(version),
    }  # fmt: skip
    return TemplateResponse(request, "console/adopt.html", context, status=409 if form.errors else 200)


def moved(request: HttpRequest, version: ProtocolVersion, frame: dict[str, Any]) -> HttpResponse:
    done, refused = adopting.adopt_all(version, by=request.user, at=frame["now"])  # type: ignore[arg-type]
    messages.success(request, f"{count(done, 'case')} moved to version {version.number}.")
    for case_id, why in refused[:5]:
        messages.warning(request, f"{Case.objects.get(pk=case_id).reference} stays as it was. {why}")
    if len(refused) > 5:
        messages.warning(request, f"{count(len(refused) - 5, 'more case')} could not be moved either.")
    return HttpResponse(status=303, headers={"Location": back(version)})


def back(version: ProtocolVersion) -> str:
    return reverse("admin:escalation_protocolversion_change", args=[version.pk])


def shown(seen: Preview) -> dict[str, Any]:
    """The clocks that would move and the cases that cannot, as rows, MOST of each."""
    return {
        "rows": [row(one) for one in seen.moved[:MOST]],
        "refused": [{"case": case, "url": case_url(case), "why": why} for case, why in seen.refused[:MOST]],
        "numbers": {
            "cases": seen.cases,
            "clocks": len(seen.moved),
            "touched": len({one.case.pk for one in seen.moved}),
            "refused": len(seen.refused),
        },
        "more": max(0, len(seen.moved) - MOST),
        "more_refused": max(0, len(seen.refused) - MOST),
    }


def row(one: Moved) -> dict[str, Any]:
    return {
        "case": one.case,
        "url": case_url(one.case),
        "clock": clock_name(one.kind),
        "before": one.before,
        "after": one.after,
    }


def case_url(case: Case) -> str:
    return reverse("admin:cases_case_change", args=[case.pk])
