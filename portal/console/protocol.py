"""The protocol in the console, read only: the ladder as a picture and a table, the matrix as a table and CSV."""

from __future__ import annotations

import csv
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe

from cases.models import Case, Category, Severity, Team
from escalation.models import ProtocolVersion
from escalation.protocol import ANY, Cell, Protocol, ProtocolError, parse
from portal.console.quiet import RULES, ReadOnlyAdmin
from portal.templatetags.times import worktime_words

COLUMNS = ("Severity", "Level", "SLA review", "Acknowledge", "Update every", "Refer up after", "Answer by", "Hours")
ALWAYS = "always"


class VersionAdmin(ReadOnlyAdmin):
    """Versions of a document; drafting and publishing have their own issue."""

    family = RULES

    list_display = ("label", "status", "published_at", "published_by")
    list_select_related = ("published_by",)
    ordering = ("key", "-number")


class ProtocolAdmin(VersionAdmin):
    """A version of the protocol as people read it."""

    def get_urls(self) -> list:
        matrix = self.admin_site.admin_view(self.matrix_csv)
        return [
            path("<int:pk>/matrix.csv", matrix, name="escalation_protocolversion_csv"),
            *super().get_urls(),
        ]

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        version, protocol = self.read(object_id)
        context = self.admin_site.each_context(request) | {
            "title": f"{protocol.name}, version {version.number}",
            "version": version,
            "ladder": ladder(protocol),
            "topics": topics(protocol),
            "columns": COLUMNS,
            "windows": windows(protocol),
        }
        seen = Case.objects.visible_to(context["viewer"])
        context["cases"] = seen.open().filter(protocol=version.label).count()
        return TemplateResponse(request, "console/protocol.html", context)

    def matrix_csv(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The whole matrix, durations in seconds of working time."""
        version, protocol = self.read(pk)
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{version.label}-matrix.csv"'
        sheet = csv.writer(response)
        sheet.writerow(
            [
                "category",
                "severity",
                "tier",
                "calendar",
                "review_s",
                "acknowledge_s",
                "update_s",
                "refer_up_s",
                "resolve_s",
            ]
        )
        for (category, severity, tier), cell in sorted(protocol.matrix.items()):
            times = (cell.review, cell.acknowledge, cell.update, cell.refer_up, cell.resolve)
            sheet.writerow([category, severity, tier, cell.calendar, *("" if t is None else t for t in times)])
        return response

    def read(self, pk: Any) -> tuple[ProtocolVersion, Protocol]:
        """The version and its parsed document, or 404; a draft that cannot be read yet is a 404 too."""
        text = str(pk)
        version = ProtocolVersion.objects.filter(pk=int(text)).first() if text.isdecimal() else None
        if version is None:
            raise Http404
        try:
            return version, parse(version.label, version.document)
        except ProtocolError as why:
            raise Http404(str(why)) from None


class CalendarAdmin(VersionAdmin):
    """A version of a calendar, as its document."""

    fields = ("label", "status", "made_at", "published_at", "published_by", "document")


def ladder(protocol: Protocol) -> list[dict[str, Any]]:
    """The levels from the top down, each with its team and what happens on arrival; y for the picture."""
    teams = {team.slug: team for team in Team.objects.select_related("lead")}
    words = {
        "reassign": "takes the case",
        "notify": "is told",
        "message_customer": "the customer is told",
        "raise_severity": "severity goes up",
        "call_task": "someone calls the customer",
    }
    return [
        {
            "number": tier.ordinal,
            "name": tier.name,
            "team": teams.get(tier.team),
            "actions": ", ".join(words[action] for action in tier.on_arrival),
            "refund": tier.refund_limit,
            "x": (tier.ordinal - 1) * 176 + 8,
            "y": (protocol.top - tier.ordinal) * 44 + 8,
        }
        for tier in reversed(protocol.tiers)
    ]


def topics(protocol: Protocol) -> list[dict[str, Any]]:
    """The matrix, one table for each topic that has rows of its own."""
    names = dict(Category.objects.values_list("slug", "name")) | {ANY: "Every topic"}
    found: dict[str, list[list[str]]] = {}
    for (category, severity, tier), cell in sorted(protocol.matrix.items()):
        found.setdefault(category, []).append(
            [str(Severity(severity).label), f"{tier} of {protocol.top}", *times(cell)]
        )
    return [{"name": names.get(category, category), "rows": rows} for category, rows in found.items()]


def times(cell: Cell) -> list[str]:
    """The targets of a cell in words."""
    kind = "Round the clock" if cell.calendar == ALWAYS else f"Calendar “{cell.calendar}”"
    targets = (cell.review, cell.acknowledge, cell.update, cell.refer_up, cell.resolve)
    return [*(lasting(t, cell.calendar) for t in targets), kind]


def lasting(seconds: int | None, calendar: str) -> str:
    """'8 working hours', or '8 hours' where every hour counts; '-' at the top, where nobody is above."""
    if seconds is None:
        return "-"
    if calendar != ALWAYS:
        return worktime_words(seconds, day_hours=8.5)
    return worktime_words(seconds, day_hours=24).replace("working ", "")


def windows(protocol: Protocol) -> list[tuple[str, str]]:
    """The times that do not depend on the matrix."""
    w = protocol.windows
    return [
        ("A question to the customer stays open for", lasting(w.lapse, w.calendar)),
        ("They are reminded before that", lasting(w.nudge, w.calendar)),
        ("An answer waits for yes or no for", lasting(w.confirm, w.calendar)),
        ("A settled case can be reopened for", lasting(w.reopen, ALWAYS)),
        ("The survey goes after a yes in", lasting(w.survey_after_yes, ALWAYS)),
        ("The survey goes after silence in", lasting(w.survey_after_silence, ALWAYS)),
    ]
