"""The console's home: who needs something now, sorted by deadline, each row saying why and what to do."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from cases.access import Viewer
from cases.models import Case
from cases.together import together
from escalation import saved_views
from escalation.permits import Actor
from feedback import problems
from portal import clock
from portal.console import case_offer, home_alarms, home_rows, own_work, queries, views_saved

#: From which local hour on the greeting changes.
GREETINGS = ((5, "Good morning"), (12, "Good afternoon"), (18, "Good evening"))


def home_view(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """The page. `?who=mine|teams|all` narrows it; a supervisor starts with everyone.

    At most fifteen questions to the database: what is not about cases is on a page of its own (`portal.console.around`).
    """
    viewer, actor, now = Viewer(request.user), Actor.of(request.user), clock.now()  # type: ignore[arg-type]
    usual, scope = queries.usual_scope(actor), request.GET.get("who")
    scope = scope if scope in queries.SCOPES else usual
    needy = queries.in_scope(queries.attention(viewer, now=now), actor, scope)
    offered = case_offer.offers(actor, viewer)
    groups, clocks = grouped(needy, actor, now, offered, zone=timezone.get_current_timezone_name())
    total = sum(group["count"] for group in groups)
    # The number in the bar is of the usual scope: here it is known already.
    known = {"index": total} if scope == usual else {}
    context = site.context_of(request, viewer, actor, now, known)  # type: ignore[attr-defined]
    context |= {
        "title": "Needs me now",
        "greeting": greeting(actor.user, now),
        "groups": groups,
        "total": total,
        "in_bar": int(context["places"][0]["count"].rstrip("+") or 0),
        "scopes": [{"key": k, "label": v, "here": k == scope} for k, v in queries.SCOPES.items()],
        "alerts": home_alarms.rows(viewer, actor),
        "upcoming": None if total else upcoming(viewer, actor, scope, now),
        "offered": case_offer.rows(offered, clocks),
        "scope": scope,
        "waiting": own_work.lines(viewer, now),
    }
    # Two short lists in one question.
    beside = together({"views": saved_views.seen_by(actor.user), "problems": problems.missed(now)})
    context["views"] = views_saved.links(beside["views"])
    context["silent_problems"] = sorted(beside["problems"], key=lambda one: (one.next_update_at, one.pk))
    return TemplateResponse(request, "console/home.html", context)


def greeting(person: Any, now: datetime) -> str:
    """'Good morning, Dana': by the hour of the zone the page is read in, with the first name where there is one."""
    hour = now.astimezone(ZoneInfo(timezone.get_current_timezone_name())).hour
    words = next((said for since, said in reversed(GREETINGS) if hour >= since), GREETINGS[-1][1])
    return f"{words}, {person.first_name}" if person.name else words


def upcoming(viewer: Viewer, actor: Actor, scope: str, now: datetime) -> Case | None:
    """The case of those looked at with the next deadline of ours, for the day on which nothing needs anybody."""
    later = Case.objects.visible_to(viewer).open().filter(ours_at__gt=now)
    found: Any = queries.in_scope(later, actor, scope)
    return found.by_urgency().first()


def grouped(
    needy: Any, actor: Actor, now: datetime, offered: list[Case], *, zone: str
) -> tuple[list[dict[str, Any]], dict[int, list]]:
    """The groups in order of urgency, each with its first rows and the count of all there are; and the clocks read.

    `offered` are further cases whose clocks are asked for in the same question.
    """
    cases = list(queries.listed(needy.with_people(), now=now))
    clocks = queries.open_clocks([*cases, *offered])
    letters = queries.letters(cases) if cases else {}
    told = home_rows.Look(actor, now, zone, home_rows.levels())
    rows: dict[int, list[dict[str, Any]]] = {}
    numbers: dict[int, int] = {}
    for case in cases:
        group: int = case.group  # type: ignore[attr-defined]
        numbers[group] = case.of_group  # type: ignore[attr-defined]
        row = home_rows.row_of(case, clocks.get(case.pk, []), letters.get(case.pk, []), told)
        rows.setdefault(group, []).append(row)
    groups = [
        {"key": key, "title": title, "count": numbers.get(group, 0), "rows": rows.get(group, [])}
        for key, (group, title) in queries.NEEDS.items()
    ]
    return groups, clocks
