"""Which letters a customer gets: the page for who is signed in, and the way out that needs no sign-in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from escalation import share_news, wishes
from feedback import figure_views
from portal import clock, ratelimit
from portal.forms_account import Wishes
from portal.pages.doors import done, door, posted, see_other, shown_key
from portal.viewer import zone_of

HERE = "/account/notifications/"
#: What a link that stops one kind of letter asks, what its button says, and what is so afterwards.
STOPS = {
    "progress": (
        _lazy("Get progress updates once a day?"),
        _lazy("Instead of a letter for each update you get one letter a day with all of them."),
        _lazy("Yes, once a day"),
        _lazy("From now on you get progress updates once a day."),
    ),
    "surveys": (
        _lazy("Stop surveys?"),
        _lazy("We no longer ask you how we did. You can still tell us on the page of your case."),
        _lazy("Yes, stop surveys"),
        _lazy("We send you no more surveys."),
    ),
    "news": (
        _lazy("Stop news about what we changed?"),
        _lazy("We no longer write to you when we change something because of what you told us."),
        _lazy("Yes, stop the news"),
        _lazy("We send you no more news about what we changed."),
    ),
    "problems": (
        _lazy("Stop letters about known problems?"),
        _lazy("We no longer write to you about problems you follow. Letters about your own cases go on."),
        _lazy("Yes, stop these letters"),
        _lazy("We send you no more letters about known problems."),
    ),
}
#: The same of the letters about one case of somebody else.
SHARED = (
    _lazy("Stop letters about this case?"),
    _lazy("You were added to this case. You can still see it; we only stop writing to you when there is news."),
    _lazy("Yes, stop these letters"),
    _lazy(
        "We send you no more letters about this case. On its page, under “Who can see this case”, you can turn them on."
    ),
)


@door("GET", "POST")
def notifications(request: HttpRequest) -> HttpResponse:
    """The wishes of whoever is signed in."""
    if not request.user.is_authenticated:
        return see_other(f"{settings.LOGIN_URL}?next={HERE}")
    form = Wishes(posted(request), person=request.user, zone=zone_of(request, settings.COMPANY_TIME_ZONE))
    if request.method == "POST":
        at = clock.now()
        ratelimit.count(ratelimit.MESSAGE, f"account {request.user.pk}", at=at)
        if form.is_valid():
            wishes.decide(request.user, at=at, **form.cleaned_data)
            return done(request, HERE, _("Your choice is saved."))
    return render(request, "pages/notifications.html", {"form": form, "key": shown_key(request)})


#: The same of a page of figures that is mailed to a colleague, who reads English.
VIEW = (
    "Stop this letter?",
    "We no longer send you this view of the figures. The view itself stays.",
    "Yes, stop it",
    "We send you this view no more. Under “My views” on the pages of figures you can turn it on again.",
)


@door("GET", "POST")
def _stop(request: HttpRequest, token: str) -> HttpResponse:
    """One kind of letter: looking asks, the button stops it. Who holds the letter may; the letter's reader can undo it."""
    if (participant := share_news.read_token(token)) is not None:
        if request.method == "POST":
            share_news.decide(participant, False)
        words: Sequence[Any] = SHARED
    elif (view := figure_views.read_token(token)) is not None:
        if request.method == "POST":
            figure_views.stop(view)
        words = VIEW
    else:
        words = STOPS[_wish(request, token).name]
    heading, means, button, stopped = words
    context = {"heading": heading, "means": means, "button": button, "stopped": stopped}
    more = {"done": request.method == "POST", "of_figures": words is VIEW}
    return render(request, "pages/unsubscribe.html", context | more)


def _wish(request: HttpRequest, token: str) -> wishes.Wish:
    try:
        return wishes.turn_off(token, at=clock.now()) if request.method == "POST" else wishes.read_token(token)[1]
    except wishes.NotOurs:
        raise Http404 from None


_stop_from_the_page = csrf_protect(_stop)


@csrf_exempt
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """As `_stop`. A mail program posts the one body RFC 8058 names and holds no cookie of ours; our own page does."""
    one_click = request.method == "POST" and request.POST.get("List-Unsubscribe") == "One-Click"
    return (_stop if one_click else _stop_from_the_page)(request, token)
