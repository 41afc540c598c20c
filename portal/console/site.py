"""The console's site: who may enter, what stands on every page, and the addresses that are ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from cases.access import Viewer
from escalation.models import Heartbeat
from escalation.permits import Actor
from portal import beat, clock
from portal.console import (
    adopting,
    around,
    articles,
    attest,
    backtest,
    board,
    brand,
    bulk,
    counts,
    cover,
    denied,
    experts,
    follow_ups,
    home,
    improvements,
    keys,
    learning,
    letter_texts,
    likely,
    low_scores,
    mail_in,
    mail_state,
    meetings,
    more_filters,
    noting,
    own_work,
    places,
    playbooks,
    post_mortems,
    practice,
    presence,
    problems,
    pulse,
    quality,
    remedies,
    replies,
    restricted,
    retros,
    reviews,
    scenarios,
    second_looks,
    start,
    themes,
    today,
    training,
    untouched,
    views_saved,
)
from portal.context import look
from portal.inbound.trouble import trouble
from portal.pages.personal import safe_next, with_next


class ConsoleSite(AdminSite):
    """Django's admin for staff who work on cases; a manager without that permission goes to the figures."""

    site_title = "Console"
    site_header = "Console"
    index_title = "Needs me now"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        if Viewer(user).is_staff or (user.is_staff and user.has_perm("cases.view_user")):
            return True
        # A leader without cases comes in for what they decide on and for meetings, and for nothing else.
        theirs = (improvements.PLACE, meetings.PLACE)
        return user.is_staff and user.has_perm(improvements.DECIDE) and request.path.startswith(theirs)

    def admin_view(self, view: Callable, cacheable: bool = False) -> Any:
        """As Django's, but nobody signed in is sent round in circles: managers to their page, others to 404."""
        guarded = super().admin_view(view, cacheable)

        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                return turn_away(request)
            came = clock.now()
            # Stock pages print times in the current zone, and print them when they are rendered.
            with timezone.override(ZoneInfo(zone_of(request))):
                try:
                    response = guarded(request, *args, **kwargs)
                except PermissionDenied as why:
                    response = denied.page(request, self, why)
                except Http404:
                    response = denied.missing(request, self)
                noting.note_sent(request, response, since=came)
                return response.render() if isinstance(response, TemplateResponse) else response

        return inner

    def get_urls(self) -> list[Any]:
        ours = (
            backtest, cover, attest, reviews, adopting, replies, pulse, brand, problems, articles, mail_in, counts,
            restricted, keys, low_scores, experts, own_work, playbooks, remedies, practice, presence, around, untouched,
            today, start, views_saved, bulk, board, more_filters, learning, retros, quality, scenarios, post_mortems,
            themes, second_looks, training, improvements, meetings, follow_ups, letter_texts, likely,
        )  # fmt: skip
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
            viewer, actor = Viewer(request.user), Actor.of(request.user)  # type: ignore[arg-type]
            context |= bar(request, viewer, actor, context["now"])
        return context

    def context_of(
        self, request: HttpRequest, viewer: Viewer, actor: Actor, now: Any, known: dict[str, int]
    ) -> dict[str, Any]:
        """As `each_context`, for a page that has looked at its reader and some of the bar's numbers (`known`) already."""
        context = super().each_context(request) | frame(request) | {"now": now}
        return context | bar(request, viewer, actor, now, known)


def turn_away(request: HttpRequest) -> HttpResponse:
    """Where a signed-in person without a place in the console goes."""
    if request.user.is_staff and request.user.has_perm(places.SEE_INSIGHTS):
        return HttpResponseRedirect(places.INSIGHTS)
    raise Http404


def zone_of(request: HttpRequest) -> str:
    """The IANA name of the zone a person reads times in."""
    wanted = getattr(request.user, "time_zone", "")
    return wanted if wanted in available_timezones() else settings.COMPANY_TIME_ZONE


def frame(request: HttpRequest) -> dict[str, Any]:
    """What the shell and the time tags read on every page."""
    return {**look(), "zone": zone_of(request), "now": clock.now()}


def bar(
    request: HttpRequest, viewer: Viewer, actor: Actor, now: Any, known: dict[str, int] | None = None
) -> dict[str, Any]:
    """The navigation with its counts, and what is wrong with the engine, the mailbox and the mail."""
    shown = places.bar(request, places.numbers(viewer, actor, now, known))
    sees_mail = bool(settings.INBOUND) and request.user.has_perm(mail_in.SEE)
    hearts = Heartbeat.objects.in_bulk()
    found = {"silent": beat.silent(now, hearts), "mailbox": trouble(now, hearts), "sees_mail": sees_mail}
    found["unmailed"] = not mail_state.is_set_up()
    return shown | {"actor": actor, "viewer": viewer} | found
