"""The progress report of the cases behind a number: for a team, a topic, a period; only for who sees the cases."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from cases.models import Case
from portal.console import noting
from portal.insights.asking import Asked
from portal.insights.casework import Behind
from portal.insights.framing import for_managers, frame, sees_cases
from portal.insights.views import found_in
from portal.reports.files import CSV, PDF, response_of
from portal.reports.ours import reports
from portal.viewer import viewer_of

HERE = "/insights/cases/report/"
#: More cases make a book nobody reads, and a wait of more than some seconds; the table has no limit.
MOST_ON_PAPER = 100


def listed(request: HttpRequest, found: Behind) -> QuerySet[Case]:
    """The cases of the list the reader may open now, the newest first."""
    seen = Case.objects.visible_to(viewer_of(request)).filter(pk__in=found.listed().order_by().values("pk"))
    return seen.select_related("category", "team", "owner", "customer").order_by("-filed_at", "-pk")


def page(request: HttpRequest) -> HttpResponse:
    """What the report would hold, with a button for each file; sent as a form, the file, which the audit notes."""
    question, found = found_in(request)
    asked = question.asked
    if found is None or asked is None:
        return render(request, "insights/report.html", frame(request, heading="Progress report", filters=question.form))
    if not sees_cases(request):
        if request.method == "POST":
            raise Http404
        return render(request, "insights/report.html", frame(request, heading="Progress report"))
    cases = listed(request, found)
    number = cases.count()
    kind = request.POST.get("kind", "")
    if request.method == "POST" and kind in (PDF, CSV) and (kind == CSV or number <= MOST_ON_PAPER):
        return _file(request, asked, found, cases, kind)
    context: dict[str, Any] = {
        "heading": f"Progress report: {found.title}",
        "words": asked.words,
        "number": number,
        "left": found.cases.count() - number,
        "most": MOST_ON_PAPER,
        "too_many": number > MOST_ON_PAPER,
        "wrong": request.method == "POST",
        "back": asked.cases(found.which, more={"part": found.part} if found.part else None),
    }
    return render(request, "insights/report.html", frame(request, **context), status=422 if context["wrong"] else 200)


def _file(request: HttpRequest, asked: Asked, found: Behind, cases: QuerySet[Case], kind: str) -> HttpResponse:
    chosen = [{"field": name, "old": "", "new": value} for name, value in request.GET.items()]
    noting.note(request, "insights_report", changes=chosen)
    about = [("Cases", f"{found.title}: {cases.count():,}"), ("Filters", asked.words)]
    made = reports(cases.iterator(chunk_size=MOST_ON_PAPER), zone=settings.COMPANY_TIME_ZONE, at=asked.at)
    name = f"progress-{asked.period.first.isoformat()}-to-{asked.period.last.isoformat()}"
    title = f"Progress report: {found.title}"
    zone, by = settings.COMPANY_TIME_ZONE, str(request.user)
    return response_of(made, kind, name=name, title=title, zone=zone, at=asked.at, by=by, about=about)


show = for_managers(page, "GET", "POST")
