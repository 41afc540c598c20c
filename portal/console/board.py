"""The board: how many open cases each team, level or milestone has, by how long until the next promise breaks."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_safe

from cases.access import AUDIT, WORK
from cases.models import Case, Team
from escalation import timeleft
from escalation.directory import Directory
from escalation.timeleft import BANDS, FOUR, HOUR, LATE, LATER, NONE, TODAY, TOMORROW
from portal.charts import HALF, WIDE, stacked
from portal.console.filters_more import ESCALATED, LEFT
from portal.console.needs import Needs

BY = {"team": "Teams", "level": "Levels", "milestone": "Milestones"}
#: What the filter of the list is called behind each.
FILTER = {"team": "team", "level": "tier", "milestone": "milestone"}
#: The parts of a bar: fewer than the columns of the table, so that each can be seen.
PARTS = {
    "Late": (LATE,), "Within 4 hours": (HOUR, FOUR), "Today or tomorrow": (TODAY, TOMORROW), "Later, or no time": (LATER, NONE),
}  # fmt: skip


def urls(site: AdminSite) -> list[URLPattern]:
    """The one address."""
    return [path("board/", site.admin_view(partial(page, site=site)), name="board")]


@require_safe
def page(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """The picture and the table beside it; `?by=team|level|milestone`, `?escalated=yes`: passed up alone."""
    if not any(request.user.has_perm(one) for one in (WORK, AUDIT)):
        raise Needs(WORK, AUDIT)
    frame = site.each_context(request)
    by = request.GET.get("by", "team")
    by = by if by in BY else "team"
    cases = Case.objects.visible_to(frame["viewer"]).open()
    up = {"escalated": "yes"} if request.GET.get("escalated") == "yes" else {}
    found = timeleft.board(cases.filter(ESCALATED) if up else cases, by, frame["now"], frame["zone"])
    rows = rows_of(by, found, up)
    if by == "team":
        on_duty(rows, frame["now"])
    total: Counter[str] = sum(found.values(), Counter())
    context = {
        "title": "Board",
        "tabs": [
            {"label": words, "url": f"?{urlencode({'by': key} | up)}", "here": key == by} for key, words in BY.items()
        ],
        "narrowed": [
            {"label": words, "url": f"?{urlencode({'by': by} | more)}", "here": more == up}
            for words, more in (("All", {}), ("Escalated", {"escalated": "yes"}))
        ],
        "escalated": bool(up),
        "what": BY[by],
        "columns": [LEFT[band] for band in BANDS],
        "rows": rows,
        "foot": cells("", None, total, up),
        "total": total.total(),
        "charts": [picture(rows, BY[by], width) for width in (WIDE, HALF)] if rows else [],
    }
    return TemplateResponse(request, "console/board.html", frame | context)


def rows_of(by: str, found: dict[int | None, Counter[str]], up: dict[str, str]) -> list[dict[str, Any]]:
    """A row for each that has an open case: teams by name, levels and milestones from the first on."""
    names: dict[int, str] = dict(Team.objects.values_list("pk", "name")) if by == "team" else {}
    word = {"level": "Level", "milestone": "Milestone"}.get(by, "")

    def name(key: int | None) -> str:
        if key is None:
            return "No team" if by == "team" else "None"
        return names.get(key, "") if by == "team" else f"{word} {key}"

    order = sorted(found, key=lambda key: (key is None, name(key) if by == "team" else key or 0))
    return [
        {
            "key": key,
            "name": name(key),
            "total": found[key].total(),
            "counts": found[key],
            "cells": cells(FILTER[by], key, found[key], up),
            "url": listed(FILTER[by], key, **up),
        }
        for key in order
    ]


def cells(filtered: str, key: int | None, counts: Counter[str], up: dict[str, str]) -> list[dict[str, Any]]:
    """A number for each column, with the way to its cases; `up`: the filter for those passed up, or none."""
    return [{"n": counts[band], "url": listed(filtered, key, due=band, **up), "late": band == LATE} for band in BANDS]


def on_duty(rows: list[dict[str, Any]], now: datetime) -> None:
    """Puts beside each team's open cases how many people are on duty there now: '4 on duty, 6 each'."""
    posts = {post.id: post for post in Directory.load(now).posts.values()}
    for row in rows:
        people = len(posts[row["key"]].people) if row["key"] in posts else 0
        load = f"{row['total'] / people:.1f}".removesuffix(".0") if people else ""
        each = f", {load} each" if load else ""
        row["duty"] = f"{people or 'nobody'} on duty{each}" if row["key"] in posts else ""


def listed(filtered: str, key: int | None, **more: str) -> str:
    """The list of the cases behind a number; empty where no filter names them."""
    if filtered and key is None:
        return ""
    asked = ({filtered: str(key)} if filtered else {}) | more
    return f"{reverse('admin:cases_case_changelist')}?{urlencode(asked)}"


def picture(rows: list[dict[str, Any]], what: str, width: int) -> Any:
    """One bar for each row, parted by how long is left."""
    drawn = [
        (row["name"], f"{row['total']:,} open", [sum(row["counts"][b] for b in bands) for bands in PARTS.values()])
        for row in rows
    ]
    return stacked(
        drawn, list(PARTS), longest=max(row["total"] for row in rows), key=f"board-{width}", width=width, title=f"{what} by time left",
        desc="One bar each, parted into late, within four hours, today or tomorrow, and later. The table has every number.",
    )  # fmt: skip
