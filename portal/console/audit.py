"""The audit in the console: cases' events and acts of staff in one list, with filters in the address and a download."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from cases.access import Viewer
from cases.models import Case, Event, StaffAct, Team, User
from cases.models.case import reference_prefix
from cases.reference import BadReference, read_reference
from feedback import logbook
from portal import clock
from portal.console import audit_words, noting
from portal.console.quiet import ReadOnlyAdmin
from portal.console.timeline import actor_name, event_title
from portal.console.words import zone_sentence
from portal.forms import Plain
from portal.insights.casework import Echo, safe
from portal.templatetags.times import when_words

HEAD = ("at", "who", "role", "what", "case", "about", "changes", "from")
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
WRONG_DAY = {"invalid": "Choose a day, for example 21/11/2026."}


class Filters(Plain):
    """What somebody looks for; everything is optional, and all of it stands in the address."""

    person = forms.ModelChoiceField(User.objects.none(), required=False, label="Person", empty_label="Everybody")
    kind = forms.ChoiceField(required=False, label="What", choices=())
    role = forms.ChoiceField(required=False, label="Role", choices=(("", "All"), *Event.Role.choices))
    team = forms.ModelChoiceField(Team.objects.all(), required=False, label="Team", empty_label="All")
    case = forms.CharField(required=False, label="Case", max_length=20)
    since = forms.DateField(required=False, label="From", widget=DAY, error_messages=WRONG_DAY)
    until = forms.DateField(required=False, label="To, with that day", widget=DAY, error_messages=WRONG_DAY)

    def __init__(self, *args: Any, viewer: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: Any = self.fields["person"]
        people.queryset = logbook.people(viewer)
        kinds: Any = self.fields["kind"]
        kinds.choices = (("", "Everything"), *audit_words.choices())

    def clean_case(self) -> str:
        typed = self.cleaned_data["case"].strip()
        try:
            return read_reference(typed, reference_prefix()) if typed else ""
        except BadReference:
            example = f"{reference_prefix()}-7K4M-29"
            raise forms.ValidationError(f"“{typed}” is no case reference. One looks like {example}.") from None

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("since") and given.get("until") and given["until"] < given["since"]:
            self.add_error("until", "The last day lies before the first.")
        return given

    def asked(self, zone: ZoneInfo) -> logbook.Asked:
        """Days become instants in the zone of the reader; the last day counts in full."""
        given = self.cleaned_data
        since, until = given.get("since"), given.get("until")
        return logbook.Asked(
            person=given.get("person"),
            kind=given.get("kind", ""),
            role=given.get("role", ""),
            case=given.get("case", ""),
            team=given.get("team"),
            since=datetime.combine(since, time(), zone) if since else None,
            until=datetime.combine(until + timedelta(days=1), time(), zone) if until else None,
        )


class EventAdmin(ReadOnlyAdmin):
    """The audit: who, what, when, from where, on which case. Rows cannot be changed, in the database either."""

    one, many = "entry", "entries"
    fieldsets = (
        (None, {"fields": ("what", "of_case", "who", "why", "occurred", "recorded")}),
        ("As it is written in the log", {"fields": ("place", "kind", "data", "once", "prev", "hash")}),
    )
    readonly_fields = ("what", "of_case", "who", "why", "occurred", "recorded", "place")

    def get_queryset(self, request: HttpRequest) -> Any:
        seen = Case.objects.visible_to(Viewer(request.user))
        return super().get_queryset(request).filter(case__in=seen)

    @admin.display(description="What happened")
    def what(self, event: Event) -> str:
        return event_title(event)

    @admin.display(description="Case")
    def of_case(self, event: Event) -> str:
        page = reverse("admin:cases_case_change", args=[event.case_id])
        return format_html('<a href="{}"><bdi class="ref">{}</bdi></a>', page, event.case.reference)

    @admin.display(description="Who")
    def who(self, event: Event) -> str:
        return f"{actor_name(event)}, {str(event.get_role_display()).lower()}"

    @admin.display(description="Under which rules")
    def why(self, event: Event) -> str:
        return f"{event.protocol}, {event.cause}" if event.cause else event.protocol

    @admin.display(description="When it happened")
    def occurred(self, event: Event) -> str:
        return _when(event.occurred_at)

    @admin.display(description="When it was written down")
    def recorded(self, event: Event) -> str:
        return _when(event.recorded_at)

    @admin.display(description="Place in the case's log")
    def place(self, event: Event) -> int:
        return event.seq

    def get_urls(self) -> list:
        download = self.admin_site.admin_view(self.download)
        return [path("audit.csv", download, name="audit_csv"), *super().get_urls()]

    @method_decorator(require_safe)
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One page of the list; `after` in the address is where the page before ended."""
        self.refuse(request)
        context = self.admin_site.each_context(request)
        form = Filters(request.GET or {}, viewer=context["viewer"])
        asked = form.asked(ZoneInfo(context["zone"])) if form.is_valid() else None
        after = logbook.mark_of(request.GET.get("after", ""))
        rows, onward = logbook.page(asked, context["viewer"], after) if asked else ([], None)
        chosen = request.GET.copy()
        chosen.pop("after", None)
        context |= {
            "title": "Audit",
            "lead": zone_sentence(),
            "opts": self.opts,
            "form": form,
            "rows": audit_words.rows(rows),
            "filtered": bool(chosen),
            "first": request.path + (f"?{chosen.urlencode()}" if chosen else "") if after else "",
            "onward": following(request, onward) if onward else "",
            "csv_fields": [(name, chosen[name]) for name in form.fields if chosen.get(name)],
        }
        return TemplateResponse(request, "console/audit.html", context, status=200 if asked else 422)

    @method_decorator(require_POST)
    def download(self, request: HttpRequest) -> HttpResponseBase:
        """All that the filters leave, as a file that is written while it is read. That it was taken is a line itself."""
        self.refuse(request)
        context = self.admin_site.each_context(request)
        form = Filters(request.POST, viewer=context["viewer"])
        if not form.is_valid():
            return HttpResponse(status=303, headers={"Location": "../"})
        asked = form.asked(ZoneInfo(context["zone"]))
        kept = [{"field": str(form.fields[name].label)} for name in form.changed_data]
        noting.note(request, "audit_csv", changes=kept)
        lines = csv_lines(logbook.whole(asked, context["viewer"]))
        answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        name = f"audit-{timezone.localtime(clock.now()):%Y-%m-%d}.csv"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        answer["Cache-Control"] = "no-store, private"
        return answer

    def refuse(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def _when(instant: datetime) -> str:
    return when_words(instant, zone=timezone.get_current_timezone_name(), now=clock.now())


def following(request: HttpRequest, mark: logbook.Mark) -> str:
    """The address of the next page."""
    asked = request.GET.copy()
    asked["after"] = str(mark)
    return f"{request.path}?{asked.urlencode()}"


def csv_lines(rows: Iterator[Event | StaffAct]) -> Iterator[str]:
    """A head, then a line for each row; instants in UTC, as machines read them."""
    writer = csv.writer(Echo())
    yield writer.writerow(HEAD)
    for piece in audit_words.in_pieces(rows, logbook.PIECE):
        for row in audit_words.rows(piece):
            changes = "; ".join(row["changes"])
            cells = (row["who"], row["role"], row["what"], row["reference"], row["about"], changes, row["origin"])
            yield writer.writerow([row["at"].isoformat(), *(safe(cell) for cell in cells)])
