"""People and cover: where nobody is there in the next two weeks, whom everything hangs on, and how the load lies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_safe

from cases.models import Team, User
from escalation.cover import Cover, gathered, gathered_words, read_cover
from escalation.load import Picture, burdens
from escalation.models import Leave, LoadCap
from escalation.rota import Gap, Stretch
from portal.console import cover_drawing, cover_edit, cover_leaving, cover_load, cover_team
from portal.console.needs import door
from portal.templatetags.times import when_words

HOUR = 3600


SUPERVISE = "cases.supervise"


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of cover, each for supervisors only."""

    edits = [
        path(f"cover/{kind}/<int:pk>/", door(site, cover_edit.change, SUPERVISE, kind=kind), name=f"cover_{kind}")
        for kind in ("shift", "swap", "leave", "cap")
    ]
    adds = [
        path("cover/team/<int:pk>/shift/", door(site, cover_edit.add, SUPERVISE, kind="shift"), name="cover_shift_add"),
        path("cover/team/<int:pk>/swap/", door(site, cover_edit.add, SUPERVISE, kind="swap"), name="cover_swap_add"),
        path("cover/team/<int:pk>/zone/", door(site, cover_edit.zone, SUPERVISE), name="cover_zone"),
        path("cover/leave/", door(site, cover_edit.add, SUPERVISE, kind="leave"), name="cover_leave_add"),
        path("cover/cap/", door(site, cover_edit.add, SUPERVISE, kind="cap"), name="cover_cap_add"),
    ]
    return [
        path("cover/", door(site, page, SUPERVISE), name="cover"),
        path("cover/team/<int:pk>/", door(site, cover_team.page, SUPERVISE), name="cover_team"),
        path("cover/leaving/", door(site, cover_leaving.choose, SUPERVISE), name="cover_leaving"),
        path("cover/leaving/<int:pk>/", door(site, cover_leaving.hand_over, SUPERVISE), name="cover_leaver"),
        *adds,
        *edits,
    ]


@require_safe
def page(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """The whole picture: gaps first, then whom everything hangs on, then the load."""
    frame = site.each_context(request)
    now, zone = frame["now"], frame["zone"]
    cover = read_cover(now)
    people = names(cover)
    gaps = [line(group, cover, people, zone) for group in gathered(cover.gaps, zone)]
    context = frame | {
        "title": "People and cover",
        "gaps": gaps,
        "points": points(cover, people, zone),
        "chart": chart(cover, zone, now),
        "teams": [team_row(cover, team, people, zone, now) for team in cover.teams],
        "leave": Leave.objects.filter(ends_at__gt=now).select_related("user", "substitute"),
        "load": load(now),
        "overloaded": overloaded(Picture(now)),
    }
    return TemplateResponse(request, "console/cover.html", context)


def names(cover: Cover) -> dict[int, User]:
    """Everybody a sentence may name, in one query."""
    crews = cover.directory.roster.crews.values()
    wanted = {user for crew in crews for user in (*crew.people, *(s.user for s in crew.swaps))}
    wanted |= {a.substitute for a in cover.directory.roster.absences if a.substitute}
    return User.objects.in_bulk(wanted)


def line(group: Sequence[Gap], cover: Cover, people: dict[int, User], zone: str) -> dict[str, Any]:
    """Gaps at the same hours as one line of words."""
    team = group[0].team
    post = cover.directory.posts[team]
    return {
        "team": post.name,
        "team_pk": post.id,
        "person": people.get(group[0].without or 0),
        "words": gathered_words(group, zone),
        "steps": "; ".join(cover.steps.get(team, ())),
    }


def points(cover: Cover, people: dict[int, User], zone: str) -> list[dict[str, Any]]:
    """One entry for each person without whom a team would have nobody, whom most hangs on first."""
    found: dict[int, list[Gap]] = defaultdict(list)
    for gap in cover.points:
        found[gap.without or 0].append(gap)
    entries = [
        {
            "person": people[user],
            "hours": sum((gap.end - gap.start).total_seconds() for gap in mine) / HOUR,
            "lines": [line(group, cover, people, zone) for group in gathered(mine, zone)],
        }
        for user, mine in found.items()
    ]
    return sorted(entries, key=lambda one: -one["hours"])


def chart(cover: Cover, zone: str, now: datetime) -> dict[str, Any]:
    """The picture with its numbers, for parts/chart.html."""
    rows = []
    for team in cover.teams:
        due = sum(high - low for low, high in cover.needed[team])
        nobody = sum((g.end - g.start).total_seconds() for g in cover.gaps if g.team == team)
        alone = sum((g.end - g.start).total_seconds() for g in cover.points if g.team == team)
        rows.append([cover.directory.posts[team].name, hours(due), share(nobody, due), share(alone, due)])
    return {
        "title": cover_drawing.TITLE,
        "desc": "Full bar: two people or more. Half bar: one person alone. Hatched red: nobody, in hours in which we promise something.",
        "svg": cover_drawing.drawn(cover, zone),
        "table": {
            "caption": f"From {when_words(cover.start, zone=zone, now=now, style='short')}, 14 days",
            "head": ["Team", "Hours promised", "With nobody", "With one person only"],
            "rows": rows,
        },
        "wide": True,
    }


def load(now: datetime) -> list[dict[str, Any]]:
    """What each person carries, with the page of their cap."""
    caps = dict(LoadCap.objects.values_list("user", "pk"))
    names = ("person", "open", "full", "cap", "nights", "longest", "running", "too_long")
    return [
        {name: getattr(one, name) for name in names}
        | {"cap_url": reverse("admin:cover_cap", args=[caps[one.person.pk]]) if one.person.pk in caps else ""}
        for one in burdens(now)
    ]


def overloaded(picture: Picture) -> list[dict[str, str]]:
    """A line for each thing found of people who carry too much, in whichever team."""
    teams = {team.slug: team for team in Team.objects.all()}
    return [line for slug, one in picture.findings() for line in cover_load.lines(one, teams[slug])]


def hours(seconds: float) -> str:
    """'8 h', '7.5 h'."""
    return f"{seconds / HOUR:.1f}".removesuffix(".0") + " h"


def share(part: float, whole: float) -> str:
    """'12 h (9%)'; 'none'."""
    return f"{hours(part)} ({100 * part / whole:.0f}%)" if part and whole else "none"


def team_row(cover: Cover, team: str, people: dict[int, User], zone: str, now: datetime) -> dict[str, Any]:
    """A team: who is on duty now and until when, or who comes next."""
    roster, post = cover.directory.roster, cover.directory.posts[team]
    current = next(iter(cover.stretches(team)), None)
    following = None if current and current.people else roster.next_on_duty(team, now)
    return {
        "pk": post.id,
        "name": post.name,
        "steps": "; ".join(cover.steps.get(team, ())),
        "has_rota": roster.crews[team].has_rota,
        "duty": spoken(current, people),
        "until": current.end if current and current.people and current.end < cover.end else None,
        "next": spoken(following, people),
        "next_at": following.start if following else None,
    }


def spoken(stretch: Stretch | None, people: dict[int, User]) -> str:
    """'Tom Reed, Ana Ruiz'; empty for nobody."""
    if stretch is None:
        return ""
    return ", ".join(str(people[user]) for user in stretch.people if user in people)
