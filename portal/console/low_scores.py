"""The feedback inbox: low scores a supervisor owes an answer, what was answered, and those without a name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from cases.languages import kept_code, reads
from cases.models import Category, Team
from escalation.verbs import Refused
from feedback import low_scores, verbatims
from feedback.low_scores import SUPERVISE, How
from feedback.models import LowScore
from feedback.verbatims import Verbatim
from portal.console.low_scores_form import ByScore, Deal
from portal.console.needs import door
from portal.console.other_languages import languages
from portal.console.protocol_editing import see_other
from portal.console.restricted import closed
from portal.console.words import SOON, Tag, make_tag, span
from portal.viewer import still_closed

PER_PAGE = 50
OPEN, DONE, UNNAMED = "open", "answered", "unnamed"
SHOWN = {OPEN: "To answer", DONE: "Answered", UNNAMED: "Without a name"}


def urls(site: AdminSite) -> list[URLPattern]:
    """The inbox and the page of one low score; for supervisors."""
    return [
        path("feedback/", door(site, listing, SUPERVISE), name="low_scores"),
        path("feedback/<int:case_id>/", door(site, one, SUPERVISE), name="low_score"),
    ]


@require_safe
def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """One of the three lists, `?show=`, narrowed by score, team and topic; what cannot be read narrows nothing."""
    frame = site.each_context(request)
    viewer, now = frame["viewer"], frame["now"]
    shown = request.GET.get("show", OPEN)
    shown = shown if shown in SHOWN else OPEN
    form = ByScore(request.GET, teams=Team.objects.order_by("name"), topics=Category.objects.all())
    form.full_clean()
    lists: dict[str, QuerySet[Any]] = {
        OPEN: form.narrow(low_scores.to_answer(viewer), "case__survey__", "case__"),
        DONE: form.narrow(low_scores.answered(viewer), "case__survey__", "case__"),
        UNNAMED: low_scores.without_a_name(viewer),
    }
    page = Paginator(lists[shown], PER_PAGE).get_page(request.GET.get("page"))
    one_by_one: Iterable[Any] = verbatims.heard(verbatims.with_cases(page.object_list)) if shown == UNNAMED else page
    late = lists[OPEN].order_by().aggregate(n=Count("pk", filter=Q(due_at__lte=now)))["n"]
    context = {
        "title": "Low scores",
        "lists": [{"key": k, "label": v, "here": k == shown, "count": lists[k].count()} for k, v in SHOWN.items()],
        "shown": shown,
        "rows": [
            unnamed(one) if shown == UNNAMED else row_of(one, now, is_open=not still_closed(request, one.case))
            for one in one_by_one
        ],
        "page": page,
        "late": late,
        "form": form,
    }
    return TemplateResponse(request, "console/low_scores.html", frame | context)


def row_of(row: LowScore, now: datetime, *, is_open: bool = True) -> dict[str, Any]:
    """A low score in the list; what was written stays out while its case is restricted and not `is_open` to the reader."""
    return {
        "row": row,
        "case": row.case,
        "said": row.case.survey,
        "is_open": is_open,
        "tag": tag_of(row, now),
        "took": span(row.done_at - row.since) if row.done_at else "",
        "url": reverse("admin:low_score", args=[row.case_id]),
    }


def unnamed(said: Verbatim) -> dict[str, Any]:
    """One given without a name: the score and the masked words, and nothing by which the case could be found."""
    return {"said": {"get_satisfaction_display": said.survey.get_satisfaction_display(), "comment": said.words}}


def tag_of(row: LowScore, now: datetime) -> Tag:
    """Late, due, or how it was dealt with."""
    if row.done_at is not None:
        word = How(row.how).label
        return make_tag("diamond", "late", f"{word}, late") if row.is_late(now) else make_tag("tick", "good", word)
    left = row.due_at - now
    if left.total_seconds() <= 0:
        return make_tag("diamond", "late", f"Late by {span(left)}")
    return make_tag(*(("triangle", "soon") if left <= SOON else ("half", "progress")), f"Due in {span(left)}")


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, site: AdminSite, case_id: int) -> HttpResponse:
    """What the customer said, and the form of the answer; answered already, who did it and how."""
    frame = site.each_context(request)
    row = get_object_or_404(low_scores.seen(frame["viewer"]), case=min(case_id, 2**62))
    case, survey = row.case, row.case.survey
    if away := closed(request, case):
        return away
    form = Deal(request.POST if request.method == "POST" else None, ways=low_scores.ways(survey.may_contact))
    if form.is_valid():
        given = form.cleaned_data
        try:
            low_scores.answer_low_score(
                case, how=given["how"], words=given["words"], by=frame["actor"].user, at=frame["now"]
            )
        except Refused as why:
            form.add_error(why.field or None, str(why))
            row = get_object_or_404(low_scores.seen(frame["viewer"]), pk=row.pk)
        else:
            messages.success(request, SENT[given["how"]])
            return see_other(reverse("admin:low_scores"))
    context = {
        "title": "Answer a low score",
        "row": row,
        "case": case,
        "said": survey,
        "tag": tag_of(row, frame["now"]),
        "form": form,
        "language": languages().get(kept_code(reads(case.customer)), ""),
    }
    return TemplateResponse(request, "console/low_score.html", frame | context, status=422 if form.errors else 200)


SENT = {
    How.LETTER: "Answered. The letter is on its way.",
    How.PHONE: "Kept: answered by phone.",
    How.CLOSED: "Closed.",
}
