"""Known problems for everybody: the list, one with its timeline, and being told of it by mail."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from escalation.verbs import Refused
from feedback import problem_acts, problems
from feedback.models import KnownProblem, ProblemFollower
from feedback.problem_letters import CONFIRM, LEAVE, follower_of
from portal import clock, ratelimit
from portal.forms import Plain, email
from portal.pages.doors import done, door, posted, shown_key
from portal.presenters import problems as say


class FollowByMail(Plain):
    """Where news of a problem shall go."""

    email = email()


@door("GET")
def listing(request: HttpRequest) -> HttpResponse:
    """Those there are now, and those of the last thirty days."""
    now = clock.now()
    found = list(problems.listed(now))
    rows = say.rows(found, problems.newest_of(found), now)
    context = {"open": [row for row in rows if not row["over"]], "over": [row for row in rows if row["over"]][::-1]}
    return render(request, "pages/problems.html", context | {"days": problems.LISTED_FOR.days})


@door("GET")
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """One problem: what is so now, and all that was said."""
    return page(request, get_object_or_404(KnownProblem, slug=slug), FollowByMail())


def page(
    request: HttpRequest, problem: KnownProblem, form: FollowByMail, *, why: str = "", status: int = 200
) -> HttpResponse:
    """`why` is what was refused a moment ago."""
    now, user = clock.now(), request.user
    context: dict[str, Any] = {
        "problem": say.row(problem, now),
        "story": say.told(problems.timeline(problem)),
        "form": form,
        "why": why,
        "key": shown_key(request),
        "follow_url": f"/problems/{problem.slug}/follow/",
        "follows": user.is_authenticated and problems.following(problem, user),
    }
    return render(request, "pages/problem.html", context, status=status)


@door("POST")
def follow(request: HttpRequest, slug: str) -> HttpResponse:
    """Signed in, one press; else an address, which first gets a letter with a link."""
    problem, at, user = get_object_or_404(KnownProblem, slug=slug), clock.now(), request.user
    back = f"/problems/{problem.slug}/"
    form = FollowByMail(posted(request))
    try:
        if user.is_authenticated:
            problem_acts.follow(problem, by=user, at=at)
            return done(request, back, _("We write to you whenever we say more about this problem."))
        if form.is_valid():
            address = form.cleaned_data["email"]
            ratelimit.count(ratelimit.PROBLEM_FOLLOWED, f"for {address}", at=at)
            ratelimit.count(ratelimit.CLIENT_PROBLEM_FOLLOWED, f"from {ratelimit.client(request)}", at=at)
            problem_acts.ask_to_follow(problem, address, at=at)
            return done(
                request, back, _("Look in your mailbox: press the button behind the link we sent, and we write to you.")
            )
    except Refused as why:
        return page(request, problem, FollowByMail(), why=str(why))
    return page(request, problem, form)


@door("POST")
def unfollow(request: HttpRequest, slug: str) -> HttpResponse:
    """A signed-in person wants no more letters about it."""
    problem = get_object_or_404(KnownProblem, slug=slug)
    back, user = f"/problems/{problem.slug}/", request.user
    if user.is_authenticated:
        for follower in ProblemFollower.objects.filter(problem=problem, user=user):
            problem_acts.leave(follower, at=clock.now())
    return done(request, back, _("We write to you no more about this problem."))


@door("GET", "POST")
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Where the mailed link lands: mail scanners look at it, only the button counts."""
    follower = follower_of(token, CONFIRM)
    if follower is None or follower.problem.is_over:
        return landing(request, "gone", follower)
    if request.method != "POST":
        return landing(request, CONFIRM, follower)
    try:
        problem_acts.confirm(follower, at=clock.now())
    except Refused:
        return landing(request, "gone", follower)
    sentence = _("We write to you whenever we say more about this problem.")
    return done(request, f"/problems/{follower.problem.slug}/", sentence)


@door("GET", "POST")
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """Where “stop these letters” lands, by a button as well."""
    follower = follower_of(token, LEAVE)
    if follower is None:
        return landing(request, "gone", None)
    if request.method != "POST":
        return landing(request, LEAVE, follower)
    problem_acts.leave(follower, at=clock.now())
    return done(request, f"/problems/{follower.problem.slug}/", _("We write to you no more about this problem."))


def landing(request: HttpRequest, what: str, follower: ProblemFollower | None) -> HttpResponse:
    """A page with one button, or what can be done when the link does not count (any more)."""
    context = {"what": what, "problem": follower.problem if follower else None, "key": shown_key(request)}
    return render(request, "pages/problem_link.html", context, status=404 if what == "gone" else 200)
