"""The feedback inbox: customers a supervisor owes an answer, what was answered, what is not fixed, comments without a theme."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

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
from feedback import low_scores, themes, verbatims
from feedback.low_scores import SUPERVISE, How
from feedback.models import LowScore, Survey, Theme
from feedback.verbatims import Verbatim
from portal.console.low_scores_form import ByScore, Deal
from portal.console.needs import door
from portal.console.other_languages import languages
from portal.console.protocol_editing import see_other
from portal.console.restricted import closed
from portal.console.words import SOON, Tag, make_tag, span
from portal.viewer import still_closed

PER_PAGE = 50
OPEN, DONE, NOT_FIXED, TO_TAG, UNNAMED = "open", "answered", "not-fixed", "to-tag", "unnamed"
SHOWN = {OPEN: "To answer", DONE: "Answered", NOT_FIXED: "Not fixed", TO_TAG: "To tag", UNNAMED: "Without a name"}
#: How far back what is not fixed and what has no theme are listed: an inbox is about what is still fresh.
LATELY = timedelta(days=90)
TITLE = "Feedback inbox"


def urls(site: AdminSite) -> list[URLPattern]:
    """The inbox and the page of one low score; for supervisors."""
    return [
        path("feedback/", door(site, listing, SUPERVISE), name="low_scores"),
        path("feedback/<int:case_id>/", door(site, one, SUPERVISE), name="low_score"),
    ]


@require_safe
def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """One of the lists, `?show=`, narrowed by score, team and topic; what cannot be read narrows nothing."""
    frame = site.each_context(request)
    viewer, now = frame["viewer"], frame["now"]
    shown = request.GET.get("show", OPEN)
    shown = shown if shown in SHOWN else OPEN
    form = ByScore(request.GET, teams=Team.objects.order_by("name"), topics=Category.objects.all())
    form.full_clean()
    lists: dict[str, QuerySet[Any]] = {
        OPEN: form.narrow(low_scores.to_answer(viewer), "case__survey__", "case__"),
        DONE: form.narrow(low_scores.answered(viewer), "case__survey__", "case__"),
        NOT_FIXED: form.narrow(low_scores.not_fixed(viewer, since=now - LATELY), "", "case__"),
        TO_TAG: form.narrow(verbatims.untagged(viewer, since=now - LATELY), "", "case__"),
        UNNAMED: low_scores.without_a_name(viewer),
    }
    page = Paginator(lists[shown], PER_PAGE).get_page(request.GET.get("page"))
    late = lists[OPEN].order_by().aggregate(n=Count("pk", filter=Q(due_at__lte=now)))["n"]
    context = {
        "title": TITLE,
        "lists": [{"key": k, "label": v, "here": k == shown, "count": lists[k].count()} for k, v in SHOWN.items()],
        "shown": shown,
        "rows": rows_of(shown, page.object_list, request, now),
        "page": page,
        "late": late,
        "days": LATELY.days,
        "form": form,
    }
    return TemplateResponse(request, "console/low_scores.html", frame | context)


def rows_of(shown: str, found: Any, request: HttpRequest, now: datetime) -> list[dict[str, Any]]:
    """A page of the list `shown`."""
    if shown == UNNAMED:
        return [unnamed(one) for one in verbatims.heard(verbatims.with_cases(found))]
    if shown == TO_TAG:
        offered = list(Theme.objects.filter(is_active=True).order_by("name"))
        here = urlencode({"next": request.get_full_path()})
        return [to_tag(one, offered, here) for one in verbatims.heard(verbatims.with_cases(found))]
    if shown == NOT_FIXED:
        return [came_back(one, now, is_open=not still_closed(request, one.case)) for one in found]
    return [row_of(one, now, is_open=not still_closed(request, one.case)) for one in found]


def row_of(row: LowScore, now: datetime, *, is_open: bool = True) -> dict[str, Any]:
    """A low score in the list; what was written stays out while its case is restricted and not `is_open` to the reader."""
    return {
        "row": row,
        "case": row.case,
        "said": row.case.survey,
        "words": row.case.survey.comment,
        "is_open": is_open,
        "tag": tag_of(row, now),
        "took": span(row.done_at - row.since) if row.done_at else "",
        "url": reverse("admin:low_score", args=[row.case_id]),
    }


def came_back(said: Survey, now: datetime, *, is_open: bool) -> dict[str, Any]:
    """An answer “not fixed”, or one after which they came back: what became of it, and who owes them a word."""
    found: dict[str, Any] = {"case": said.case, "said": said, "words": said.comment, "is_open": is_open}
    row = getattr(said.case, "low_score", None)
    if row is not None and row.withdrawn_at is None:
        found |= row_of(row, now, is_open=is_open)
    else:
        found |= {"url": reverse("admin:cases_case_change", args=[said.case_id])}
    if came := said.back_at or said.next_at:  # type: ignore[attr-defined]
        word = "Opened again" if said.back_at else "Filed a new case"  # type: ignore[attr-defined]
        found |= {"came": make_tag("half", "progress", word), "came_at": came}
    return found


def to_tag(said: Verbatim, offered: Iterable[Theme], here: str) -> dict[str, Any]:
    """A comment without a theme, masked as it is where its themes are put on; `here` is the way back."""
    key = themes.key_of(said.survey)
    return {
        "case": said.survey.case,
        "said": said.survey,
        "words": said.words,
        "is_open": True,
        "suggested": [one.name for one in themes.suggested(said.words, offered)],
        "key": key,
        "url": f"{reverse('admin:words_tags', args=[key])}?{here}",
    }


def unnamed(said: Verbatim) -> dict[str, Any]:
    """One given without a name: the score and the masked words, and nothing by which the case could be found."""
    return {"said": {"get_satisfaction_display": said.survey.get_satisfaction_display()}, "words": said.words}


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
        "title": "Answer an unhappy customer",
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
