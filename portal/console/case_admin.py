"""Cases in the console: the list, the page, and the acts. Nothing of a case is edited in a form field."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.views.decorators.http import require_safe

from cases.access import Viewer
from cases.lifecycle import State
from cases.models import Case, Severity
from feedback.bulk import ACTS
from portal import clock
from portal.console.acts import act_view
from portal.console.case_list import CaseList, whole
from portal.console.case_page import page_of, seen_case
from portal.console.paging import Capped
from portal.console.quiet import ReadOnlyAdmin
from portal.console.restricted import closed
from portal.console.search import matching
from portal.console.views_saved import FILTERS, NAMES, Shelf, sentence
from portal.console.words import mood_tag, promise_words, tag_of, who_has, zone_sentence
from portal.reports.files import response_of
from portal.reports.ours import reports


class CaseAdmin(ReadOnlyAdmin):
    """“All cases” and what hangs on it."""

    one, many = "case", "cases"

    list_display = ("next_promise", "case", "milestone", "level", "handled_by")
    list_display_links = None
    list_filter = FILTERS
    search_fields = ("reference",)
    search_help_text = (
        "A reference, an e-mail address, a phone number, or words: of the title, of what was said, or of the customer "
        "and their company."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return Case.objects.visible_to(Viewer(request.user))

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """With ticks for who can do something with them."""
        return ("pick", *self.list_display) if Viewer(request.user).works else self.list_display

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CaseList]:
        return CaseList

    def get_paginator(
        self, request: HttpRequest, queryset: QuerySet, per_page: int, *args: Any, **kwargs: Any
    ) -> Capped:
        return Capped(queryset, per_page, whole)

    def get_ordering(self, request: HttpRequest) -> Any:
        return (F("ours_at").asc(nulls_last=True), "severity", "pk")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """By reference, address, number or words, each through an index."""
        term = search_term.strip()
        return (queryset.filter(matching(term)) if term else queryset), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """As Django's, with saved views as tabs; a filter nobody knows is left out, and the page says so."""
        shelf = Shelf.of(request)
        request.GET = cast(Any, shelf.asked)
        extra: dict[str, Any] = {
            "title": "All cases",
            "lead": f"Sorted by the next promise. {zone_sentence()}",
            "views": shelf.tabs(),
        }
        extra["more_filters"] = f"{reverse('admin:more_filters')}?{shelf.asked.urlencode()}"
        if Viewer(request.user).works:
            asked = [(key, shelf.asked[key]) for key in (*NAMES, "q") if shelf.asked.get(key)]
            extra |= {"bulk_acts": [(name, act.label) for name, act in ACTS.items()], "asked": asked}
        page: Any = super().changelist_view(request, extra | (extra_context or {}))
        if "cl" in (getattr(page, "context_data", None) or {}):
            page.context_data["left_out"] = sentence(shelf.left_out + page.context_data["cl"].left_out())
        return page

    def get_urls(self) -> list:
        act = self.admin_site.admin_view(self.act)
        report = self.admin_site.admin_view(self.report)
        return [
            path("<int:case_id>/act/<slug:verb>/", act, name="cases_case_act"),
            path("<int:case_id>/report.<report_kind:kind>", report, name="cases_case_report"),
            *super().get_urls(),
        ]

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """The case page. It is read only; a POST here is refused like any address that takes none."""
        case = self.find(request, object_id)
        if away := closed(request, case):
            return away
        frame = self.admin_site.each_context(request)
        shown = request.GET.get("show", "all")
        page = page_of(case, frame["actor"], frame["viewer"], now=frame["now"], zone=frame["zone"], shown=shown)
        return TemplateResponse(request, "console/case.html", frame | page | {"title": case.title})

    def act(self, request: HttpRequest, case_id: int, verb: str) -> HttpResponse:
        """The page of one act on one case."""
        case = self.find(request, case_id)
        return closed(request, case) or act_view(request, case, verb, self.admin_site.each_context(request))

    @method_decorator(require_safe)
    def report(self, request: HttpRequest, case_id: int, kind: str) -> HttpResponse:
        """The progress report of a case as a file."""
        case = self.find(request, case_id)
        if away := closed(request, case):
            return away
        now, zone = clock.now(), timezone.get_current_timezone_name()
        title = f"Progress report {case.reference}"
        made = reports([case], zone=zone, at=now)
        name = f"{case.reference}-progress"
        return response_of(made, kind, name=name, title=title, zone=zone, at=now, by=str(request.user))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict | None = None) -> HttpResponse:
        """The log of a case stands on its page."""
        raise Http404

    def find(self, request: HttpRequest, object_id: Any) -> Case:
        """The case, or 404: missing and not for this person look the same."""
        text = str(object_id)
        case = seen_case(Viewer(request.user), int(text)) if text.isdecimal() and len(text) < 19 else None
        if case is None:
            raise Http404
        return case

    @admin.display(description="Tick")
    def pick(self, case: Case) -> str:
        return format_html(
            '<label class="pick"><input type="checkbox" name="pick" value="{}" form="bulk">'
            '<span>Tick<span class="visually-hidden"> {}</span></span></label>',
            case.pk, case.reference,
        )  # fmt: skip

    @admin.display(description="Next promise or end")
    def next_promise(self, case: Case) -> str:
        now = clock.now()
        tags = [tag for tag in (tag_of(case, now), mood_tag(case)) if tag]
        tag = format_html_join(" ", "{}", ((render_to_string("parts/tag.html", {"tag": one}),) for one in tags))
        times = promise_words(case, zone=timezone.get_current_timezone_name(), now=now)
        return format_html('{}<span class="under">{}</span>', tag, times)

    @admin.display(description="Case")
    def case(self, case: Case) -> str:
        return format_html(
            '<a class="name" href="{}/change/" dir="auto">{}</a><span class="under"><bdi class="ref">{}</bdi> · {} · {}</span>',
            case.pk, case.title, case.reference, case.category, Severity(case.severity).label,
        )  # fmt: skip

    @admin.display(description="Milestone")
    def milestone(self, case: Case) -> str:
        where = f"{case.milestone} of 5" if case.milestone else "Left the road"
        return format_html('{}<span class="under">{}</span>', where, State(case.state).label)

    @admin.display(description="Level")
    def level(self, case: Case) -> str:
        levels = case.levels  # type: ignore[attr-defined]
        return f"{case.tier} of {levels}" if levels else str(case.tier)

    @admin.display(description="Handled by")
    def handled_by(self, case: Case) -> str:
        return format_html('<bdi>{}</bdi><span class="under">{}</span>', who_has(case), case.team or "")
