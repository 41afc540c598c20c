"""Meetings in the console: the week's pack with the minutes at its end, earlier meetings, and ticking actions off."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from cases.access import AUDIT, WORK
from cases.models import Team
from escalation.verbs import Refused
from feedback import meeting_pack, meetings
from feedback.improvements import DECIDE
from feedback.models import Meeting
from portal.console import meetings_show as show
from portal.console.meetings_form import ALL, Choose, MinutesForm, TickOff, monday_of
from portal.console.needs import door
from portal.console.protocol_editing import see_other

PLACE = "/console/learning/meetings/"
PER_PAGE, HIGHEST = 30, 2**62
POST = require_http_methods(["GET", "HEAD", "POST"])


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of meetings: one's own teams', and every team's for who supervises, leads or audits."""
    start = "learning/meetings/"
    return [
        path(start, door(site, listing, WORK, AUDIT, DECIDE), name="meetings"),
        path(f"{start}pack/", door(site, pack, WORK, AUDIT, DECIDE), name="meeting_pack"),
        path(f"{start}<int:pk>/", door(site, page, WORK, AUDIT, DECIDE), name="meeting"),
        path(f"{start}actions/<int:pk>/", door(site, action, WORK, AUDIT, DECIDE), name="meeting_action"),
    ]


@require_safe
def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """What one has to do, which pack to open, and the meetings there were."""
    frame = site.each_context(request)
    user, now = frame["actor"].user, frame["now"]
    rows = meetings.readable(user).annotate(
        open_n=Count("actions", filter=Q(actions__done_at=None)), n=Count("actions")
    )
    found = Paginator(rows.order_by("-week", "-at", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Meetings",
        "mine": [show.action_row(one, user, now) for one in meetings.mine(user)],
        "choose": chooser(request, user, now),
        "rows": found,
        "page": found,
    }
    return TemplateResponse(request, "console/meetings.html", frame | context)


def chooser(request: HttpRequest, user: Any, now: Any) -> Choose | None:
    """Which team and week; None for who reads no team's."""
    form = Choose(request.GET or {}, teams=meetings.teams_for(user), all_together=meetings.sees_all(user), at=now)
    return form if form.fields["team"].choices else None  # type: ignore[attr-defined]


@POST
def pack(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """A team's week on one sheet, with the minutes at its end: to be kept once, or as they were kept."""
    frame = site.each_context(request)
    user, now = frame["actor"].user, frame["now"]
    team, week = asked(request, user, now)
    kept, holds = meetings.of_week(team, week), meetings.may_hold(user, team)
    posted = request.POST if request.method == "POST" else None
    if posted is not None and not holds:
        raise Http404
    form = MinutesForm(posted, people=meetings.choices_for(team, user)) if posted or (holds and kept is None) else None
    wrong = ""
    if posted is not None and form is not None and form.is_valid():
        made, wrong = kept_now(form, team, week, frame)
        if made is not None:
            owned = made.actions.exclude(owner=user).exists()
            messages.success(request, "Kept. Who has something to do gets a letter." if owned else "Kept.")
            return see_other(reverse("admin:meeting", args=[made.pk]))
        kept = meetings.of_week(team, week)
    found = meeting_pack.pack(user, team, week, at=now)
    context = show.pack_of(found, user, now) | {
        "choose": chooser(request, user, now),
        "here": here(team, week),
        "kept": kept,
        "kept_actions": [show.action_row(one, user, now) for one in show.actions_of(kept)] if kept else [],
        "form": form,
        "wrong": wrong,
        "sees_cases": frame["viewer"].is_staff,
    }
    failed = bool(wrong or (form and form.errors))
    return TemplateResponse(request, "console/meeting_pack.html", frame | context, status=422 if failed else 200)


def asked(request: HttpRequest, user: Any, now: Any) -> tuple[Team | None, date]:
    """The team (None: all) and the Monday an address means; 404 for a team that is not the reader's and a week not over."""
    teams = {one.slug: one for one in meetings.teams_for(user)}
    usual = ALL if meetings.sees_all(user) else next(iter(teams), "")
    slug = request.GET.get("team") or usual
    week = monday_of(request.GET["week"]) if request.GET.get("week") else meetings.last_week(now)
    if (slug == ALL and not meetings.sees_all(user)) or (slug != ALL and slug not in teams):
        raise Http404
    if week is None or not meetings.is_over(week, now) or week < meetings.last_week(now) - timedelta(days=3660):
        raise Http404
    return teams.get(slug), week


def here(team: Team | None, week: date) -> str:
    said = urlencode({"team": team.slug if team else ALL, "week": week.isoformat()})
    return f"{reverse('admin:meeting_pack')}?{said}"


def kept_now(form: MinutesForm, team: Team | None, week: date, frame: dict[str, Any]) -> tuple[Meeting | None, str]:
    """Keeps the minutes: (the meeting, nothing), or (None, what is wrong with no field of its own)."""
    said, rows = form.said()
    try:
        return meetings.keep(team, week, said, by=frame["actor"].user, at=frame["now"]), ""
    except Refused as why:
        name, _, number = (why.field or "").rpartition("_")
        # The act counts the actions, the page its rows.
        field = f"{name}_{rows[int(number) - 1]}" if number.isdecimal() else why.field
        if field in form.fields:
            form.add_error(field, str(why))
            return None, ""
        return None, str(why)


@require_safe
def page(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """The minutes of one meeting."""
    frame = site.each_context(request)
    user, now = frame["actor"].user, frame["now"]
    one = get_object_or_404(meetings.readable(user), pk=min(pk, HIGHEST))
    context = {
        "title": show.name_of(one),
        "one": one,
        "people": list(one.people.order_by("name", "pk")),
        "actions": [show.action_row(row, user, now) for row in show.actions_of(one)],
        "pack": here(one.team, one.week),
        "until": one.week + timedelta(days=6),
    }
    return TemplateResponse(request, "console/meeting.html", frame | context)


@POST
def action(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """One action: what it is, and for whose it is the tick."""
    frame = site.each_context(request)
    user, now = frame["actor"].user, frame["now"]
    one = get_object_or_404(meetings.actions_for(user), pk=min(pk, HIGHEST))
    may = meetings.may_tick(one, user)
    form = TickOff(request.POST if request.method == "POST" else None) if may or request.method == "POST" else None
    wrong = ""
    if form is not None and form.is_valid():
        try:
            meetings.tick_off(one, form.cleaned_data["note"], by=user, at=now)
        except Refused as why:
            wrong = str(why)
            one = get_object_or_404(meetings.actions_for(user), pk=one.pk)
        else:
            messages.success(request, "Ticked off.")
            return see_other(reverse("admin:meetings"))
    context = {
        "title": "An action of a meeting",
        "row": show.action_row(one, user, now),
        "one": one,
        "of": meetings.readable(user).filter(pk=one.meeting_id).first(),
        "form": form if form is not None and (one.done_at is None or form.is_bound) else None,
        "wrong": wrong,
    }
    failed = bool(wrong or (form and form.errors))
    return TemplateResponse(request, "console/meeting_action.html", frame | context, status=422 if failed else 200)
