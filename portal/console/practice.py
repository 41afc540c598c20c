"""What went well, in the console: the mark beside a case, the list of what is worth repeating, the best of each topic."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from cases.access import AUDIT, WORK, Viewer
from cases.models import Case, Category
from escalation.verbs import Refused
from feedback import practice
from feedback.articles import WRITE
from feedback.models import Scenario, Worthy
from portal.console.needs import door
from portal.console.on_record import OnRecord
from portal.console.protocol_editing import see_other
from portal.console.words import span
from portal.forms import OneLine, Plain

PER_PAGE = 50


class WorthForm(Plain):
    """Why a case is worth repeating."""

    why = OneLine(
        label="What is worth repeating?", max_length=practice.WHY_MOST,
        help_text="Internal. What was done that others should do, in a sentence. No names.",
        error_messages={"required": "Write what is worth repeating, in a sentence."},
    )  # fmt: skip


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of good practice: whoever works on cases reads and marks."""

    return [
        path("worth/", door(site, listing, WORK, AUDIT), name="worth"),
        path("worth/<int:case_id>/", door(site, marking, WORK), name="worth_mark"),
        path("best/", door(site, library, WORK, AUDIT), name="best"),
    ]


def panel(record: OnRecord, user: Any) -> dict[str, Any] | None:
    """The mark and the articles made from the case; None while there is nothing to mark."""
    if practice.not_markable(record.case):
        return None
    made = sorted(record["made"], key=lambda one: one.pk)
    return {"worthy": record.first("worthy"), "may_make": user.has_perm(WRITE), "made": made}


@require_safe
def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Everything marked, the newest first, each with the articles made from it."""
    frame = site.each_context(request)
    page = Paginator(practice.marked(Viewer(request.user)), PER_PAGE).get_page(request.GET.get("page"))
    made = practice.made_from(row.case_id for row in page)
    played = set(Scenario.objects.filter(case__in=[row.case_id for row in page]).values_list("case", flat=True))
    context = {
        "title": "Worth repeating",
        "rows": [
            {"worthy": row, "made": made.get(row.case_id, []), "has_scenario": row.case_id in played} for row in page
        ],
        "page": page,
        "may_make": request.user.has_perm(WRITE),
        "may_work": request.user.has_perm(WORK),
    }
    return TemplateResponse(request, "console/worth.html", frame | context)


@require_http_methods(["GET", "HEAD", "POST"])
def marking(request: HttpRequest, site: AdminSite, case_id: int) -> HttpResponse:
    """Marks a case, changes the words, or takes the mark away."""
    frame = site.each_context(request)
    case = get_object_or_404(Case.objects.visible_to(Viewer(request.user)), pk=min(case_id, 2**62))
    row = Worthy.objects.filter(case=case).first()
    form = WorthForm(request.POST if request.method == "POST" else None, initial={"why": row.why if row else ""})
    back = see_other(reverse("admin:cases_case_change", args=[case.pk]) + "#worth")
    if request.method == "POST" and request.POST.get("press") == "unmark":
        practice.unmark(case)
        messages.success(request, "The mark is taken away. Articles made from the case stay.")
        return back
    if form.is_valid():
        try:
            practice.mark(case, form.cleaned_data["why"], by=frame["actor"].user, at=frame["now"])
        except Refused as why:
            form.add_error(why.field or None, str(why))
        else:
            messages.success(request, "Marked as worth repeating.")
            return back
    context = {
        "title": "Worth repeating",
        "case": case,
        "form": form,
        "marked": row,
        "why_not": practice.not_markable(case),
    }
    return TemplateResponse(request, "console/worth_mark.html", frame | context, status=422 if form.errors else 200)


@require_safe
def library(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """The best cases of a topic, by a rule the page states; the day in the address makes the list again."""
    frame = site.each_context(request)
    topics = list(Category.objects.filter(is_active=True, is_restricted=False))
    topic = next((one for one in topics if one.slug == request.GET.get("topic")), topics[0] if topics else None)
    today = frame["now"].astimezone(UTC).date()
    day = min(_day(request.GET.get("on", "")) or today, today)
    at = min(frame["now"], datetime.combine(day + timedelta(days=1), time(), UTC))
    found = practice.best(topic, at=at) if topic else []
    context = {
        "title": "Best practice",
        "topics": topics,
        "topic": topic,
        "day": day,
        "rows": [{"example": one, "took": span(one.took)} for one in found],
        "rule": {"best": practice.BEST, "days": practice.OF_DAYS, "score": practice.LEAST_SCORE},
    }
    return TemplateResponse(request, "console/best.html", frame | context)


def _day(text: str) -> date | None:
    try:
        day = forms.DateField(input_formats=["%Y-%m-%d"], required=False).clean(text)
    except forms.ValidationError:
        return None
    return day if day and day.year > 1999 else None
