"""How the load lies on a team: sentences for who carries too much, a bar for each person, and the numbers beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cases.models import Team
from escalation.load import RULE, Carried, Picture, cases_words, days_words
from portal.charts import HALF, WIDE, joined, num, picture
from portal.templatetags.times import count

TITLE = "Open cases of each person, and what the others have on average"
TOP, EACH, BAR, WORDS = 6, 52, 18, 116  # units: above the first name, from name to name, a bar's height, room for words


def of_team(team: Team, now: datetime) -> dict[str, Any]:
    """What the team's page says of its load: `rows`, `lines` for findings, and the chart."""
    people = Picture(now).team(team.slug)
    return {
        "rows": people,
        "lines": [line for one in people for line in lines(one, team)],
        "chart": chart(people),
        "by_rota": any(one.longest for one in people),
        "compared": any(one.others is not None for one in people),
        "rule": RULE,
    }


def lines(one: Carried, team: Team) -> list[dict[str, str]]:
    """What is found of one person, a line each: {text, url, label}."""
    found = []
    if text := cases_words(one, team.name):
        found.append({"text": text, "url": cases_url(one), "label": "Hand cases over"})
    if text := days_words(one, team.name):
        found.append({"text": text, "url": f"{team_url(team)}#shifts", "label": "Change the shifts"})
    return found


def home_line(picture_: Picture) -> dict[str, str] | None:
    """The one line on a supervisor's home about people who carry too much; None when nobody does."""
    found = picture_.findings()
    if not found:
        return None
    team = Team.objects.get(slug=found[0][0])
    first = lines(found[0][1], team)[0]
    more = len(found) - 1
    also = f" {more} more {'people carry' if more > 1 else 'person carries'} too much." if more else ""
    return first | {"text": first["text"] + also, "team": team.name, "team_url": f"{team_url(team)}#load"}


def team_url(team: Team) -> str:
    return reverse("admin:cover_team", args=[team.pk])


def cases_url(one: Carried) -> str:
    """Their open cases, each of which can be handed over from its page."""
    return f"{reverse('admin:cases_case_changelist')}?owner={one.person.pk}"


def chart(people: Sequence[Carried]) -> SafeString:
    """Both sizes of the picture; empty while nobody of the team has a case."""
    if not any(one.open for one in people):
        return joined(())
    return joined(drawn(people, width, key) for width, key in ((WIDE, "load-wide"), (HALF, "load-half")))


def drawn(people: Sequence[Carried], width: int, key: str) -> SafeString:
    """A bar for each person; its dark part are escalated cases, the dashed line the average of the others."""
    most = max([1.0, *(one.open for one in people), *(float(one.others or 0) for one in people)])

    def x(value: float) -> float:
        return 2 + (width - WORDS) * value / most

    shapes = []
    for number, one in enumerate(people):
        top = TOP + EACH * number
        bar = top + 24
        shapes.append(format_html('<text x="2" y="{}">{}</text>', num(top + 14), one.person))
        if one.open:
            shapes.append(_bar("fill s1 alone", x(0), x(one.open), bar))
        if one.escalated:
            shapes.append(_bar("fill s1", x(0), x(one.escalated), bar))
        if one.others is not None:
            line = '<path class="target" d="M{} {}V{}"/>'
            shapes.append(format_html(line, num(x(float(one.others))), num(bar - 5), num(bar + BAR + 5)))
        strong = "strong" if one.too_many else "soft"
        words = f"{one.open}, +{one.over}%" if one.too_many and one.over is not None else str(one.open)
        after = max(x(one.open), x(float(one.others or 0)) if one.open <= (one.others or 0) else 0) + 8
        shapes.append(format_html('<text class="{}" x="{}" y="{}">{}</text>', strong, num(after), num(bar + 14), words))
    height = TOP + EACH * len(people)
    shapes.append(format_html('<path class="axis" d="M2 {}V{}"/>', TOP + 20, num(height)))
    return picture(width, height, key=key, title=TITLE, desc=said(people), parts=shapes)


def _bar(kind: str, start: float, end: float, top: float) -> SafeString:
    shape = '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>'
    return format_html(shape, kind, num(start), num(top), num(max(end - start, 1)), BAR)


def said(people: Sequence[Carried]) -> str:
    """The picture in words."""
    return "; ".join(f"{one.person}: {count(one.open, 'open case')}, {one.escalated} escalated" for one in people) + "."
