"""What stands around the cases: who is on duty, hours with nobody, people who carry too much, rules to read, a question.

An address of its own, so that the home page answers with the cases alone; a script puts it in its place there, and
without one a link leads here.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from cases.models import User
from escalation.cover import first_gap_words
from escalation.directory import Directory
from escalation.load import LOOK_BACK, Picture
from feedback import problems
from feedback.pulse import QUESTION, question_for
from portal.console import improvements_show, learning_desk, meetings_show, post_mortems_show, start, untouched
from portal.console.cover_load import home_line
from portal.console.reviews_desk import by_tone, desk

NAMED = 6  # people named in the line of who is on duty


def urls(site: AdminSite) -> list[URLPattern]:
    """The one address."""
    return [path("around/", site.admin_view(partial(page, site=site)), name="around")]


@require_safe
def page(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """The page; `?part` gives only what home puts in its place."""
    context = site.each_context(request)
    actor, now, zone = context["actor"], context["now"], context["zone"]
    context |= {
        "title": "Around the cases",
        "desk": by_tone(
            [
                *desk(actor, now, zone),
                *post_mortems_show.desk(actor, now),
                *learning_desk.lines(actor, now),
                *improvements_show.desk(actor, now),
                *meetings_show.desk(actor, now),
            ]
        ),
        "start": start.line(actor.user),
        "over_problems": list(problems.to_be_told(actor.user)),
        "pulse": question_for(actor.user, now) and QUESTION,
    }
    if actor.supervises:
        context |= cover(now, zone) | {"untouched": len(untouched.found(context["viewer"], actor, now))}
    whole = "console/parts/around.html" if "part" in request.GET else "console/around.html"
    answer = TemplateResponse(request, whole, context)
    answer["Cache-Control"] = "no-store, private"
    return answer


def cover(now: datetime, zone: str) -> dict[str, Any]:
    """A supervisor's lines: who is on duty, hours of the next two weeks with nobody, people who carry too much."""
    # One look at the rota serves all; from four weeks back it also knows what is ahead.
    directory = Directory.load(now - LOOK_BACK)
    picture = Picture(now, directory)
    return {
        "on_duty": on_duty(directory, picture.people, now),
        "uncovered": first_gap_words(now, zone, directory),
        "overloaded": home_line(picture),
    }


def on_duty(directory: Directory, people: dict[int, User], now: datetime) -> dict[str, Any]:
    """Who is on duty at `now` in any team, by name, `more` beyond those named."""
    there = {user for slug in directory.posts for user in directory.roster.on_duty(slug, now)}
    names = sorted(str(people[user]) for user in there if user in people)
    return {"names": names[:NAMED], "more": max(0, len(names) - NAMED)}
