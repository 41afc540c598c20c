"""The console's site: who may enter, what stands on every page, and the addresses that are ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from cases.access import Viewer
from escalation.permits import Actor
from portal import beat, clock
from portal.console import (
    adopting,
    articles,
    attest,
    backtest,
    brand,
    cover,
    home,
    mail_in,
    problems,
    pulse,
    queries,
    replies,
    reviews,
)
from portal.context import look
from portal.inbound.trouble import trouble
from portal.pages.personal import safe_next, with_next

INSIGHTS, SEE_INSIGHTS = "/insights/", "feedback.view_insights"


class ConsoleSite(AdminSite):
    """Django's admin for staff who work on cases; a manager without that permission goes to the figures."""

    site_title = "Console"
    site_header = "Console"
    index_title = "Needs me now"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return Viewer(request.user).is_staff

    def admin_view(self, view: Callable, cacheable: bool = False) -> Any:
        """As Django's, but nobody signed in is sent round in circles: managers to their page, others to 404."""
        guarded = super().admin_view(view, cacheable)

        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                return turn_away(request)
            # Stock pages print times in the current zone, and print them when they are rendered.
            with timezone.override(ZoneInfo(zone_of(request))):
                response = guarded(request, *args, **kwargs)
                return response.render() if isinstance(response, TemplateResponse) else response

        return inner

    def get_urls(self) -> list[Any]:
        ours = (backtest, cover, attest, reviews, adopting, replies, pulse, brand, problems, articles, mail_in)
        return [*(url for page in ours for url in page.urls(self)), *super().get_urls()]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return home.home_view(request, self)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """There is one way in, the portal's: no second one without its counts and its second step."""
        home = reverse("admin:index")
        if request.user.is_authenticated:
            return HttpResponseRedirect(home)
        return HttpResponseRedirect(with_next(settings.LOGIN_URL, safe_next(request, home)))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """One's own password is changed where everybody changes theirs."""
        return HttpResponseRedirect("/account/signing-in/password/")

    password_change_done = password_change

    def app_index(self, request: HttpRequest, app_label: str, extra_context: dict | None = None) -> Any:
        """There is no page of an app: people think in cases, not in apps."""
        return HttpResponseRedirect(reverse("admin:index"))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request) | frame(request)
        if self.has_permission(request):
            context |= bar(request, context["now"])
        return context


def turn_away(request: HttpRequest) -> HttpResponse:
    """Where a signed-in person without a place in the console goes."""
    if request.user.is_staff and request.user.has_perm(SEE_INSIGHTS):
        return HttpResponseRedirect(INSIGHTS)
    raise Http404


def zone_of(request: HttpRequest) -> str:
    """The IANA name of the zone a person reads times in."""
    wanted = getattr(request.user, "time_zone", "")
    return wanted if wanted in available_timezones() else settings.COMPANY_TIME_ZONE


def frame(request: HttpRequest) -> dict[str, Any]:
    """What the shell and the time tags read on every page."""
    return {**look(), "zone": zone_of(request), "now": clock.now()}


def bar(request: HttpRequest, now: Any) -> dict[str, Any]:
    """The navigation with its counts, the engine's health, and the red alarms."""
    viewer, actor, user = Viewer(request.user), Actor.of(request.user), request.user  # type: ignore[arg-type]
    needy = queries.in_scope(queries.attention(viewer, now=now), actor, queries.usual_scope(actor))
    undelivered = queries.undelivered().count()
    sees_mail = bool(settings.INBOUND) and user.has_perm(mail_in.SEE)
    mail = mail_in.to_look_at().count() if sees_mail else 0
    places = [
        ("Needs me now", "index", needy.count(), True),
        ("All cases", "cases_case_changelist", 0, True),
        ("Saved replies", "replies", 0, True),
        ("Articles", "articles", 0, True),
        ("Known problems", "problems", 0, True),
        ("People", "cases_user_changelist", 0, user.has_perm("cases.supervise") or user.has_perm("cases.view_user")),
        ("Cover", "cover", 0, user.has_perm("cases.supervise")),
        ("Protocol", "escalation_protocolversion_changelist", 0, True),
        ("Messages", "escalation_notice_changelist", undelivered, user.has_perm("escalation.view_notice")),
        ("E-mail in", "mail_in", mail, sees_mail),
        ("Audit", "cases_event_changelist", 0, True),
        ("Brand", "brand", 0, user.has_perm(brand.EDIT)),
    ]
    links = [
        {
            "label": label,
            "url": reverse(f"admin:{name}"),
            "count": number,
            "counted": "not delivered" if label == "Messages" else "need you",
            "here": is_here(request.path, name),
        }
        for label, name, number, allowed in places
        if allowed
    ]
    if user.has_perm(SEE_INSIGHTS):
        links.append({"label": "Insights", "url": INSIGHTS, "count": 0, "here": False})
    found = {"silence": beat.silence(now), "mailbox": trouble(now), "sees_mail": sees_mail}
    return {"places": links, "actor": actor, "viewer": viewer} | found


#: Pages that belong to a place but do not lie below it.
ALSO = {
    "escalation_protocolversion_changelist": (
        "/console/protocol/", "/console/backtest/", "/console/escalation/calendarversion/",
    ),
}  # fmt: skip


def is_here(path_: str, name: str) -> bool:
    """Whether the page shown is at the place, below it, or one of those that belong to it."""
    place = reverse(f"admin:{name}")
    return path_ == place if name == "index" else path_.startswith((place, *ALSO.get(name, ())))
