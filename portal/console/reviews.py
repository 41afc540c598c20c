"""Plan reviews in the console: what is ahead, the pack of figures for a window, and the signed decision."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods, require_safe

from escalation import publishing, reviews
from escalation.models import BackTest, PlanReview, ProtocolVersion
from feedback import expectations, lessons, review_pack
from feedback.intervals import FEWEST
from feedback.models import Lesson
from feedback.periods import DAY, midnight
from portal.console.needs import door
from portal.console.protocol_words import Names
from portal.console.reviews_form import Decide
from portal.console.reviews_words import told

SEE = "escalation.view_protocolversion"
LESSONS = 12


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of reviews: for supervisors and protocol authors."""

    return [
        path("protocol/reviews/", door(site, listing, SEE, "cases.supervise"), name="plan_reviews"),
        path("protocol/reviews/<int:pk>/", door(site, page, SEE, "cases.supervise"), name="plan_review"),
        path(
            "protocol/reviews/<int:pk>/pack.json", door(site, download, SEE, "cases.supervise"), name="plan_review_pack"
        ),
    ]


@dataclass(frozen=True, slots=True)
class Window:
    """The days looked at, both included, in the company's zone; `problem` says what could not be read of them."""

    first: date
    last: date
    problem: str = ""

    @property
    def since(self) -> datetime:
        return midnight(self.first, settings.COMPANY_TIME_ZONE)

    @property
    def until(self) -> datetime:
        return midnight(self.last + DAY, settings.COMPANY_TIME_ZONE)

    @property
    def query(self) -> str:
        return f"from={self.first.isoformat()}&to={self.last.isoformat()}"


def usual(review: PlanReview, at: datetime) -> Window:
    """From the end of the last review's window (else 90 days back) to the end of yesterday."""
    yesterday = reviews.day_of(at) - DAY
    held = PlanReview.objects.filter(key=review.key, decided_at__isnull=False).order_by("decided_at").last()
    since = reviews.day_of(held.until) if held and held.until else yesterday - reviews.EVERY + DAY
    return Window(min(since, yesterday), yesterday)


def asked(request: HttpRequest, review: PlanReview, at: datetime) -> Window:
    """The window of the address, or the usual one with a sentence where it cannot be used."""
    if review.since and review.until:
        return Window(reviews.day_of(review.since), reviews.day_of(review.until) - DAY)
    plain = usual(review, at)
    given = request.GET.get("from", ""), request.GET.get("to", "")
    if not any(given):
        return plain
    first, last = (_day(text) for text in given)
    if first is None or last is None:
        return Window(plain.first, plain.last, "Give both days, such as 2026-01-31. The usual time is shown instead.")
    if not date(2000, 1, 1) <= first <= last:
        return Window(plain.first, plain.last, "The last day lies before the first. The usual time is shown instead.")
    if last > plain.last:
        return Window(
            plain.first, plain.last, "The last day must be over: figures that can still change cannot be signed."
        )
    return Window(first, last)


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


@require_safe
def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """What is ahead, and what was decided."""
    frame = site.each_context(request)
    held = PlanReview.objects.filter(decided_at__isnull=False).select_related("decided_by").order_by("-decided_at")
    found = ProtocolVersion.objects.filter(status="published").values_list("key", "document__name")
    names = dict(found)
    ahead = [
        {"review": one, "name": names[one.key], "overdue": reviews.is_overdue(one, frame["now"])}
        for one in reviews.open_reviews()
    ]
    done = [{"review": one, "name": names.get(one.key, one.key)} for one in held[:50]]
    context = {"title": "Plan reviews", "ahead": ahead, "done": done, "every": reviews.EVERY.days}
    return TemplateResponse(request, "console/reviews.html", frame | context)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """The figures of a window and the decision on them."""
    review = get_object_or_404(PlanReview.objects.select_related("decided_by"), pk=pk)
    frame = site.each_context(request)
    window = asked(request, review, frame["now"])
    form = Decide(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            signed(request, review, window, form, frame["now"])
        except reviews.NotDecided as why:
            form.add_error(None, str(why))
        else:
            messages.success(request, "Signed. The next review is set.")
            return HttpResponse(status=303, headers={"Location": reverse("admin:plan_review", args=[review.pk])})
    context = frame | _told(review, window, form, frame)
    return TemplateResponse(request, "console/review.html", context, status=422 if form.errors else 200)


def signed(request: HttpRequest, review: PlanReview, window: Window, form: Decide, at: datetime) -> None:
    """Signs with the pack the person saw. Raises reviews.NotDecided, also when they saw another one."""
    if window.problem or form.cleaned_data["digest"] != review_pack.digest(_pack(review, window)):
        raise reviews.NotDecided("The figures are not those you were shown. Look at them again, then sign.")
    review_pack.sign(
        review,
        form.cleaned_data["decision"],
        reason=form.cleaned_data["reason"],
        since=window.since,
        until=window.until,
        by=request.user,  # type: ignore[arg-type]
        at=at,
    )


def _pack(review: PlanReview, window: Window) -> dict[str, Any]:
    return review_pack.pack(review.key, window.since, window.until)


def _told(review: PlanReview, window: Window, form: Decide, frame: dict[str, Any]) -> dict[str, Any]:
    made = _pack(review, window)
    seal = review_pack.digest(made)
    version = publishing.in_force(ProtocolVersion, review.key)
    name = version.document["name"] if version else review.key
    may = reviews.may_decide(frame["actor"].user)
    form.initial["digest"] = seal
    return {
        "title": f"Review of “{name}”",
        "review": review,
        "version": version,
        "window": window,
        "overdue": reviews.is_overdue(review, frame["now"]),
        "pack": told(made, Names.read(frame["now"])),
        "seal": seal,
        "same": review_pack.still_the_same(review, seal),
        "form": form if may and review.decided_at is None else None,
        "who": [str(one) for one in reviews.responsible()] if not may else [],
        "tests": tried(review.key),
        "themes": themed(window),
        "lessons": learned(window, frame["actor"].user),
        "every": reviews.EVERY.days,
    }


def themed(window: Window) -> list[dict[str, Any]]:
    """What comments are about by quarter, where there are enough to say so."""
    rows = expectations.themes(window.until)
    return [
        {"name": one["name"], "counts": [n if n >= FEWEST else None for n in one["counts"]]}
        for one in rows
        if max(one["counts"]) >= FEWEST
    ]


def learned(window: Window, user: Any) -> list[Lesson]:
    """Lessons of the days that say the protocol should change, those still open first."""
    rows = lessons.readable(user).filter(change=Lesson.Change.PROTOCOL, at__gte=window.since, at__lt=window.until)
    rows = rows.exclude(case__category__is_restricted=True).order_by("-at", "-pk")
    return sorted(rows[:LESSONS], key=lambda one: not one.is_open)


def tried(key: str) -> list[dict[str, Any]]:
    """The newest finished back-test of each draft of the protocol."""
    done = BackTest.objects.filter(version__key=key, version__status__in=("draft", "reviewed"), state="done")
    newest: dict[int, dict[str, Any]] = {}
    for test in done.select_related("version").order_by("-finished_at", "-pk"):
        newest.setdefault(
            test.version_id, {"test": test, "result": test.result, "until": test.until - timedelta(seconds=1)}
        )
    return list(newest.values())


@require_safe
def download(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """The pack as JSON, with its digest beside it."""
    review = get_object_or_404(PlanReview, pk=pk)
    window = asked(request, review, site.each_context(request)["now"])
    made = _pack(review, window)
    body = json.dumps({"digest": review_pack.digest(made), "pack": made}, ensure_ascii=False, indent=1)
    response = HttpResponse(body, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="review-{review.key}-{window.first}-{window.last}.json"'
    return response
