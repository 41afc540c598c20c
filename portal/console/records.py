"""Messages, the audit log and the queue's one schedule in the console: read only, but for “send again”."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from cases.access import Viewer
from cases.models import Case
from escalation.models import Notice
from escalation.outbox import send_again
from escalation.permits import Actor
from escalation.reaching import UNHEARD
from portal import clock
from portal.console.case_letters import waits_words
from portal.console.filters import Links
from portal.console.quiet import ReadOnlyAdmin
from portal.console.reaching import ways, why_words
from portal.console.restricted import closed
from portal.console.words import zone_sentence
from portal.templatetags.times import when_words

N = Notice.State
TABS = {
    "waiting": ("Waiting", (N.WAITING, N.SENDING)),
    "failing": ("Failed, tried again", (N.WAITING,)),
    "held": ("For the day’s letter", (N.HELD, N.BUNDLED)),
    "sent": ("Sent", (N.SENT,)),
    "dead": ("Not delivered", (N.DEAD, N.UNCERTAIN)),
    "seen": ("Told or given up", (N.TOLD, N.GIVEN_UP)),
    "cancelled": ("Not needed", (N.CANCELLED,)),
}


class ByPlace(Links):
    """The tabs of the messages page."""

    title = "tab"
    parameter_name = "tab"
    template = "console/parts/tabs_filter.html"
    options = tuple((key, words) for key, (words, _) in TABS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        states = TABS.get(self.value() or "", ("", None))[1]
        if states is None:
            return queryset
        found = queryset.filter(state__in=states)
        return found.filter(tries__gt=0).exclude(error="") if self.value() == "failing" else found


class NoticeAdmin(ReadOnlyAdmin):
    """Messages: what waits, what went, what did not arrive."""

    one, many = "message", "messages"

    list_display = ("owed", "kind_words", "to", "about", "state_words", "tried", "error_words")
    list_display_links = ("kind_words",)
    list_filter = (ByPlace,)
    list_select_related = ("case", "recipient")
    ordering = ("-owed_at", "-pk")
    change_form_template = "console/notice.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Those of cases the person may see, and the few letters to staff that are about no case."""
        seen = Case.objects.visible_to(Viewer(request.user))
        return super().get_queryset(request).filter(Q(case__in=seen) | Q(case=None))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may read messages; a letter to the customer of a case also who works on cases and sees this one."""
        own = isinstance(obj, Notice) and obj.to_customer and obj.case is not None and Viewer(request.user).works
        return super().has_view_permission(request, obj) and (own or request.user.has_perm("escalation.view_notice"))

    def needed_to(self, act: str) -> tuple[str, ...]:
        return ("escalation.view_notice",)

    def get_urls(self) -> list:
        again = self.admin_site.admin_view(self.again)
        return [path("<int:pk>/again/", again, name="escalation_notice_again"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Messages", "lead": zone_sentence()} | (extra_context or {}))

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """One message with its text, its state and, when it did not arrive, a button."""
        notice = self.find(request, object_id)
        if away := closed(request, notice.case):
            return away
        frame = self.admin_site.each_context(request)
        context = frame | {
            "title": self.kind_words(notice),
            "notice": notice,
            "waits": waits_words(notice),
            "wrong": self.error_words(notice),
            "lists": self.has_view_permission(request),
            "ways": self.ways(notice, frame["actor"]),
            "can_send": notice.state in (N.DEAD, N.UNCERTAIN) and request.user.has_perm("escalation.change_notice"),
        }
        return TemplateResponse(request, "console/notice.html", context)

    def ways(self, notice: Notice, actor: Actor) -> list[dict[str, str]]:
        """What else helps with a letter about a case that did not reach its customer."""
        if notice.case is None or not notice.to_customer or notice.state not in UNHEARD:
            return []
        return ways(notice.case, actor, notice, give_up=True)

    @method_decorator(require_POST)
    def again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Puts a message that did not arrive back in line; POST only."""
        notice = self.find(request, pk)
        if not request.user.has_perm("escalation.change_notice"):
            raise Http404
        if send_again(notice.pk, clock.now()):
            messages.success(request, "The message is back in line and goes within a minute.")
        else:
            messages.warning(request, "Nothing was changed: this message is not waiting for a second try.")
        page = reverse("admin:escalation_notice_change", args=[notice.pk])
        return HttpResponse(status=303, headers={"Location": page})

    def find(self, request: HttpRequest, pk: Any) -> Notice:
        text = str(pk)
        rows = self.get_queryset(request).select_related("case", "recipient")
        found = rows.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 19 else None
        if found is None or not self.has_view_permission(request, found):
            raise Http404
        return found

    @admin.display(description="Owed since")
    def owed(self, notice: Notice) -> str:
        return short(notice.owed_at)

    @admin.display(description="What")
    def kind_words(self, notice: Notice) -> str:
        return notice.kind.replace("_", " ").capitalize()

    @admin.display(description="To")
    def to(self, notice: Notice) -> str:
        return f"{notice.reader} ({'customer' if notice.to_customer else 'staff'})"

    @admin.display(description="State")
    def state_words(self, notice: Notice) -> str:
        why = waits_words(notice)
        return f"{notice.get_state_display()}: {why}" if why else notice.get_state_display()

    @admin.display(description="Tries")
    def tried(self, notice: Notice) -> str:
        return f"{notice.tries} {'try' if notice.tries == 1 else 'tries'}" if notice.tries else ""

    @admin.display(description="What went wrong")
    def error_words(self, notice: Notice) -> str:
        return why_words(notice) if notice.error or notice.state == N.UNCERTAIN else ""

    @admin.display(description="Case")
    def about(self, notice: Notice) -> str:
        return case_link(notice.case) if notice.case else ""


class ScheduleAdmin(ReadOnlyAdmin):
    """The queue's schedules: one row, put there by code. Read only, since one bad row would stop them all."""

    one, many = "schedule", "schedules"

    list_display = ("name", "func", "schedule_type", "next_run")
    fields = ("name", "func", "schedule_type", "minutes", "repeats", "next_run", "cluster")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) and request.user.has_perm("cases.supervise")

    def needed_to(self, act: str) -> tuple[str, ...]:
        return ("cases.supervise",)


def short(instant: datetime) -> str:
    """'Today, 16:00' in the zone of the page."""
    return when_words(instant, zone=timezone.get_current_timezone_name(), now=clock.now(), style="short")


def case_link(case: Case) -> str:
    """The reference, leading to the case."""
    url = reverse("admin:cases_case_change", args=[case.pk])
    return format_html('<a href="{}"><bdi class="ref">{}</bdi></a>', url, case.reference)
