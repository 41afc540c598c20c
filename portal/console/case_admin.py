"""Cases in the console: the list, the page, and the acts. Nothing of a case is edited in a form field."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from cases.access import Viewer
from cases.lifecycle import State
from cases.models import Case, Resolution, Severity
from escalation.lateness import with_ledger
from portal import clock
from portal.console.acts import act_view
from portal.console.case_page import page_of, seen_case
from portal.console.filters import ByLevel, ByOwner, BySeverity, ByState, ByTeam, ByTopic
from portal.console.quiet import ReadOnlyAdmin
from portal.console.search import matching
from portal.console.words import promise_words, tag_of, who_has, zone_sentence

LEVELS = 5


class CaseAdmin(ReadOnlyAdmin):
    """“All cases” and what hangs on it."""

    one, many = "case", "cases"

    list_display = ("next_promise", "case", "milestone", "level", "handled_by")
    list_display_links = None
    list_filter = (ByState, BySeverity, ByLevel, ByTeam, ByTopic, ByOwner)
    list_select_related = ("category", "owner", "team")
    search_fields = ("reference",)
    search_help_text = "A reference, a customer’s whole e-mail address, or words of the title."

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        given = Resolution.objects.filter(case=OuterRef("pk")).order_by("-at").values("at")[:1]
        return with_ledger(Case.objects.visible_to(Viewer(request.user))).annotate(answered_at=Subquery(given))

    def get_ordering(self, request: HttpRequest) -> Any:
        return (F("promise_at").asc(nulls_last=True), "severity", "pk")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """By reference or whole address through an index; by words among what the filters left."""
        term = search_term.strip()
        return (queryset.filter(matching(term)) if term else queryset), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        extra = {"title": "All cases", "lead": f"Sorted by the next promise. {zone_sentence()}"}
        return super().changelist_view(request, extra | (extra_context or {}))

    def get_urls(self) -> list:
        act = self.admin_site.admin_view(self.act)
        return [path("<int:case_id>/act/<slug:verb>/", act, name="cases_case_act"), *super().get_urls()]

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """The case page. It is read only; a POST here is refused like any address that takes none."""
        case = self.find(request, object_id)
        frame = self.admin_site.each_context(request)
        shown = request.GET.get("show", "all")
        page = page_of(case, frame["actor"], frame["viewer"], now=frame["now"], shown=shown)
        return TemplateResponse(request, "console/case.html", frame | page | {"title": case.title})

    def act(self, request: HttpRequest, case_id: int, verb: str) -> HttpResponse:
        """The page of one act on one case."""
        return act_view(request, self.find(request, case_id), verb, self.admin_site.each_context(request))

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

    @admin.display(description="Next promise or end")
    def next_promise(self, case: Case) -> str:
        now = clock.now()
        tag = render_to_string("parts/tag.html", {"tag": tag_of(case, now)})
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
        return f"{case.tier} of {LEVELS}"

    @admin.display(description="Handled by")
    def handled_by(self, case: Case) -> str:
        return format_html('<bdi>{}</bdi><span class="under">{}</span>', who_has(case), case.team or "")
