"""Calendars in the console: the list, a version with its deadlines, drawing up the next one, publishing it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST, require_safe

from escalation import calendar_versions as versions
from escalation import publishing
from escalation.models import CalendarVersion
from escalation.publishing import NotPublishable, Overtaken
from escalation.worktime import Calendar, CalendarError
from portal import clock
from portal.console import calendars_draft as draft
from portal.console.calendars_form import sentence
from portal.console.calendars_preview import deadlines, fortnight, week_words
from portal.console.protocol import sees_drafts
from portal.console.quiet import ReadOnlyAdmin
from portal.forms import Instant, Plain

Status = CalendarVersion.Status


class Start(Plain):
    """From when the ten deadlines are counted; read on the calendar's clocks."""

    start = Instant(
        label="Counted from", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": "Choose a date and a time.", "invalid": "Enter a date and a time, for example 21/11/2026 16:00."},
    )  # fmt: skip


class CalendarAdmin(ReadOnlyAdmin):
    """All who may enter read what is or was in force, as of protocols; authors draw it up, another publishes it."""

    def get_urls(self) -> list:
        places: dict[str, tuple[Callable[..., HttpResponse], str]] = {
            "new/": (self.new, "new"),
            "<int:pk>/edit/": (self.edit, "edit"),
            "<int:pk>/begin/": (self.begin, "begin"),
            "<int:pk>/review/": (self.review, "review"),
            "<int:pk>/publish/": (self.publish, "publish"),
            "<int:pk>/discard/": (self.discard, "discard"),
            "<int:pk>/calendar.json": (self.export, "json"),
        }
        ours = [
            path(where, self.admin_site.admin_view(view), name=f"escalation_calendarversion_{name}")
            for where, (view, name) in places.items()
        ]
        return [*ours, *super().get_urls()]

    # Reading

    @method_decorator(require_safe)
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        self.look(request)
        context = self.admin_site.each_context(request)
        context |= {
            "title": "Calendars",
            "rows": listed(context["now"], drafts=sees_drafts(request.user)),
            "may_write": request.user.has_perm(draft.AUTHOR),
        }
        return TemplateResponse(request, "console/calendars.html", context)

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        self.look(request)
        return self.page(request, read(request, object_id))

    def page(
        self, request: HttpRequest, version: CalendarVersion, *, why: Sequence[str] = (), status: int = 200
    ) -> HttpResponse:
        """One version; `why` are sentences about what was refused."""
        context = self.admin_site.each_context(request)
        context |= version_page(request, version, context["now"]) | {"why": why}
        return TemplateResponse(request, "console/calendar.html", context, status=status)

    @method_decorator(require_safe)
    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict | None = None) -> HttpResponse:
        """As Django's; of a draft for those only who may read it."""
        self.look(request)
        read(request, object_id)
        return super().history_view(request, object_id, extra_context)

    @method_decorator(require_safe)
    def export(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The version as a JSON file that can be taken in again."""
        self.look(request)
        version = read(request, pk)
        text = json.dumps(versions.calendar_of(version).to_document(), indent=2, ensure_ascii=False)
        response = HttpResponse(text + "\n", content_type="application/json")
        response["Content-Disposition"] = f'attachment; filename="calendar-{version.key}-{version.number}.json"'
        return response

    def look(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    # Writing

    def new(self, request: HttpRequest) -> HttpResponse:
        """A calendar that was not there before, from nothing or from a file."""
        return draft.new_view(request, self.admin_site.each_context(request))

    def edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The form of a draft."""
        draft.author(request)
        version = read(request, pk)
        if version.status not in versions.OPEN:
            return to_page(version)
        return draft.edit_view(request, version, self.admin_site.each_context(request))

    @method_decorator(require_POST)
    def begin(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Opens the draft of the next version, as a copy or from a file, and goes to its form."""
        by, version = draft.author(request), read(request, pk)
        try:
            document = draft.document_of(request.FILES.get("file")) if "from_file" in request.POST else None
            fresh = versions.begin(version.key, document=document, by=by, at=clock.now())
        except (NotPublishable, CalendarError) as why:
            return self.page(request, version, why=said(why), status=422)
        return draft.see_other(reverse("admin:escalation_calendarversion_edit", args=[fresh.pk]))

    @method_decorator(require_POST)
    def review(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A second author has read the draft."""
        seen = request.POST.get("seen", "")
        seen_revision = int(seen) if seen.isdecimal() and len(seen) < 9 else -1
        return self.step(
            request, pk, "Reviewed. It can be published now.",
            lambda version: publishing.review(version, seen=seen_revision, by=draft.author(request), at=clock.now()),
        )  # fmt: skip

    @method_decorator(require_POST)
    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.step(
            request, pk, "Published. Clocks that start from a minute from now on count on it.",
            lambda version: versions.publish(version, by=draft.author(request), at=clock.now()),
        )  # fmt: skip

    @method_decorator(require_POST)
    def discard(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.step(
            request, pk, "The draft is thrown away.",
            lambda version: publishing.discard(version, by=draft.author(request), at=clock.now()),
        )  # fmt: skip

    def step(self, request: HttpRequest, pk: int, done: str, verb: Callable[[CalendarVersion], Any]) -> HttpResponse:
        """One step of a version's road; what is refused is said on its page."""
        draft.author(request)
        version = read(request, pk)
        try:
            left = verb(version)
        except NotPublishable as why:
            return self.page(
                request, read(request, pk), why=why.sentences, status=409 if isinstance(why, Overtaken) else 422
            )
        messages.success(request, done)
        return to_page(left) if left else draft.see_other(reverse("admin:escalation_calendarversion_changelist"))


def said(why: NotPublishable | CalendarError) -> Sequence[str]:
    """The refusal as sentences for the page."""
    return why.sentences if isinstance(why, NotPublishable) else (sentence(why)[1],)


def read(request: HttpRequest, pk: Any) -> CalendarVersion:
    """The version, or 404: missing and not for this person look the same."""
    text = str(pk)
    people = CalendarVersion.objects.select_related("made_by", "reviewed_by", "published_by")
    version = people.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 19 else None
    if version is None or (version.status in versions.OPEN and not sees_drafts(request.user)):
        raise Http404
    return version


def to_page(version: CalendarVersion) -> HttpResponse:
    return draft.see_other(reverse("admin:escalation_calendarversion_change", args=[version.pk]))


# What the pages name ------------------------------------------------------------------------------------------


def seen(*, drafts: bool) -> QuerySet[CalendarVersion]:
    """The versions a page may name, the newest of each calendar first."""
    rows = CalendarVersion.objects.order_by("key", "-number")
    return rows if drafts else rows.exclude(status__in=versions.OPEN)


def listed(now: datetime, *, drafts: bool) -> list[dict[str, Any]]:
    """One row a calendar: the version in force, its draft, its week, who uses it, whether its list runs out."""
    clocks, namings = versions.open_clocks(), versions.named_by()
    by_key: dict[str, list[CalendarVersion]] = {}
    for version in seen(drafts=drafts):
        by_key.setdefault(version.key, []).append(version)
    rows = []
    for key, mine in by_key.items():
        force = next((v for v in mine if v.status == Status.PUBLISHED), None)
        shown = force or mine[0]
        calendar = versions.calendar_of(shown)
        rows.append(
            {
                "key": key,
                "shown": shown,
                "force": force,
                "draft": next((v for v in mine if v.status in versions.OPEN), None),
                "calendar": calendar,
                "week": week_words(calendar),
                "clocks": sum(clocks.get(v.label, 0) for v in mine),
                "namings": namings.get(key, []),
                "until": versions.known_until(calendar),
                "runs_out": versions.runs_out(calendar, now),
            }
        )
    return rows


def version_page(request: HttpRequest, version: CalendarVersion, now: datetime) -> dict[str, Any]:
    """Everything console/calendar.html names, but what was refused."""
    calendar, clocks = versions.calendar_of(version), versions.open_clocks()
    mine = list(seen(drafts=sees_drafts(request.user)).filter(key=version.key))
    force = next((v for v in mine if v.status == Status.PUBLISHED), None)
    is_draft = version.status in versions.OPEN
    old = versions.calendar_of(force) if is_draft and force else None
    start, form = start_of(request, calendar, now)
    return {
        "title": f"Calendar “{version.key}”, version {version.number}",
        "version": version,
        "calendar": calendar,
        "is_draft": is_draft,
        "force": force,
        "draft": next((v for v in mine if v.status in versions.OPEN), None),
        "others": [v for v in mine if v.pk != version.pk],
        "week": week_words(calendar),
        "years": years_of(calendar, now.year),
        "until": versions.known_until(calendar),
        "runs_out": versions.runs_out(calendar, now),
        "clocks": [(v, clocks[v.label]) for v in mine if v.label in clocks],
        "clocks_in_all": sum(clocks.get(v.label, 0) for v in mine),
        "namings": versions.named_by().get(version.key, []),
        "form": form,
        "start": start,
        "old": old,
        "targets": deadlines(start, calendar, old),
        "days": fortnight(calendar, now),
        "may_write": request.user.has_perm(draft.AUTHOR),
        "is_mine": request.user.pk in {version.made_by_id, *version.hands},
        "needed": versions.errors(version, now) if is_draft else (),
    }


def years_of(calendar: Calendar, this_year: int) -> list[tuple[str, list]]:
    """Days off by year, in order; years that are past stand together at the end."""
    past, years = [], {}
    for day, name in sorted(calendar.days_off):
        if day.year < this_year:
            past.append((day, name))
        else:
            years.setdefault(str(day.year), []).append((day, name))
    return [*years.items(), *([("Earlier", past)] if past else [])]


def start_of(request: HttpRequest, calendar: Calendar, now: datetime) -> tuple[datetime, Start]:
    """The instant asked for in the address, else now; a wrong one is said beside its field."""
    now = now.replace(second=0, microsecond=0)
    with timezone.override(ZoneInfo(calendar.zone)):
        form = Start(request.GET) if "start" in request.GET else Start(initial={"start": now})
        if form.is_bound and form.is_valid():
            return form.cleaned_data["start"], form
        str(form["start"])  # written while the calendar's zone stands
    return now, form
