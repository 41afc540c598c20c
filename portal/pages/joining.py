"""Where the link lands that was mailed to whom a customer added to a case: looking does nothing, the button joins."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from escalation import sharing
from portal import clock, ratelimit
from portal.pages.doors import done, door, see_other, shown_key
from portal.pages.wanted import case_url


@door("GET", "POST")
def landing(request: HttpRequest, token: str) -> HttpResponse:
    """One button; who is not signed in with the address of the letter does that next, by a code mailed there."""
    at = clock.now()
    if request.method == "POST":
        ratelimit.count(ratelimit.CODE_TYPED, f"from {ratelimit.client(request)}", at=at)
        row = sharing.join(token, at=at)
        if row is not None:
            after = case_url(row.case.reference)
            if request.user.pk == row.user_id:
                return done(request, after, _("You can see this case now, and write on it."))
            return see_other(f"{settings.LOGIN_URL}?next={after}")
    elif sharing.asked_by(token, at=at) is not None:
        return render(request, "pages/join.html", {"key": shown_key(request)})
    return render(request, "pages/join.html", {"gone": True}, status=404)
