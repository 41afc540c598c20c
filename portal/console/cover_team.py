"""One team's rota: the week as people by days, its shifts and its swaps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from cases.models import Team, User
from escalation.calendars import WEEKDAYS, reading
from escalation.directory import Directory
from escalation.models import Override, Rota, Shift
from escalation.rota import MOST_DAYS, Roster, Stretch
from escalation.spans import edge, instant, parts
from portal.console.cover_load import of_team
from portal.templatetags.times import zone_words

WEEK = 7
MOST_WEEKS = 8  # how far one can leaf ahead


@require_safe
def page(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """The team's week from today, or `?week=1` and on for later ones."""
    team = get_object_or_404(Team, pk=pk)
    frame = site.each_context(request)
    week = request.GET.get("week", "0")
    ahead = min(int(week), MOST_WEEKS) if week.isascii() and week.isdecimal() and len(week) < 4 else 0
    directory = Directory.load(frame["now"])
    rota = Rota.objects.filter(team=team).first()
    zone = rota.zone if rota else settings.COMPANY_TIME_ZONE
    first = frame["now"].astimezone(ZoneInfo(zone)).date() + timedelta(days=WEEK * ahead)
    shifts = Shift.objects.filter(rota__team=team).select_related("user")
    context = frame | {
        "title": team.name,
        "team": team,
        "rota_zone": zone_words(zone),
        "days": [first + timedelta(days=n) for n in range(WEEK)],
        "rows": grid(directory.roster, team.slug, first, zone),
        "has_rota": directory.roster.crews[team.slug].has_rota,
        "shifts": together(shifts),
        "most_days": rota.most_days if rota else MOST_DAYS,
        "load": of_team(team, frame["now"]),
        "today": frame["now"].astimezone(ZoneInfo(zone)).date(),
        "swaps": Override.objects.filter(rota__team=team, ends_at__gt=frame["now"]).select_related(
            "user", "instead_of"
        ),
        "earlier": ahead - 1 if ahead else None,
        "later": ahead + 1 if ahead < MOST_WEEKS else None,
    }
    return TemplateResponse(request, "console/cover_team.html", context)


def together(shifts: Iterable[Shift]) -> list[dict[str, Any]]:
    """The same hours of one person on several weekdays as one row, each weekday a link of its own."""
    found: dict[tuple, dict[str, Any]] = {}
    for one in shifts:
        key = (one.user_id, one.opens, one.closes, one.starts_on, one.ends_on)
        row = found.setdefault(key, {"first": one, "hours": f"{reading(one.opens)}-{reading(one.closes)}", "days": []})
        row["days"].append({"pk": one.pk, "name": WEEKDAYS[one.weekday]})
    return sorted(found.values(), key=lambda row: (str(row["first"].user), row["first"].opens))


def grid(roster: Roster, slug: str, first: date, zone: str) -> list[dict[str, Any]]:
    """A row for each person of the team or standing in, with a few words for each day; last, where nobody is."""
    info, crew = ZoneInfo(zone), roster.crews[slug]
    edges = [instant(edge(info, datetime.combine(first + timedelta(days=n), time()))) for n in range(WEEK + 1)]
    weeks = [roster.changes(slug, low, high) for low, high in pairwise(edges)]
    on_duty = {user for day in weeks for one in day for user in one.people}
    people = User.objects.in_bulk(on_duty | set(crew.people) | {a.substitute for a in roster.absences if a.substitute})
    rows: list[dict[str, Any]] = [
        {"name": str(people[user]), "cells": [cell(roster, user, day, info, people) for day in weeks]}
        for user in sorted(on_duty | set(crew.people), key=lambda user: str(people[user]))
        if user in roster.active or user in on_duty
    ]
    holes = [spans([one for one in day if not one.people], info) for day in weeks]
    if any(holes):
        rows.append({"name": "Nobody", "hole": True, "cells": holes})
    return rows


def cell(roster: Roster, user: int, day: list[Stretch], info: ZoneInfo, people: dict[int, User]) -> str:
    """'09:00-17:30', 'all day', 'away', 'away, cover: Tom', or nothing."""
    mine = spans([one for one in day if user in one.people], info)
    low, high = parts(day[0].start)[0], parts(day[-1].end)[0]
    away = [a for a in roster.absences if a.user == user and a.start < high and a.end > low]
    covers = {str(people[a.substitute].first_name) for a in away if a.substitute in people}
    said = f"away, cover: {', '.join(sorted(covers))}" if covers else "away" if away else ""
    return "; ".join(part for part in (mine, said) if part)


def spans(stretches: list[Stretch], info: ZoneInfo) -> str:
    """The stretches of one day on the local clock, joined where they touch."""
    joined: list[list[datetime]] = []
    for one in stretches:
        if joined and joined[-1][1] == one.start:
            joined[-1][1] = one.end
        else:
            joined.append([one.start, one.end])
    words = []
    for start, end in joined:
        low, high = start.astimezone(info), end.astimezone(info)
        until = "24:00" if high.date() > low.date() else f"{high:%H:%M}"
        words.append("all day" if (f"{low:%H:%M}", until) == ("00:00", "24:00") else f"{low:%H:%M}-{until}")
    return ", ".join(words)
