"""Before the pages where staff see cases and figures: a second factor, and not after a long idle time."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from portal.accounts.standing import last_proof, passed_second_factor
from portal.pages.doors import see_other
from portal.pages.personal import with_next

#: Where staff see what is other people's.
GUARDED = ("/console/", "/insights/", "/cases/", "/c/", "/help/")
SALT = "milepost.seen"
#: Seconds between two writings of the cookie that says when somebody was last there.
EVERY = 60
#: Asked for by a script each minute: who has left their desk is signed out all the same.
NO_SIGN = ("/console/counts/", "/console/presence/")
Answer = Callable[[HttpRequest], HttpResponse]


def staff_gate(get_response: Answer) -> Answer:
    """Signs idle staff out, and leads staff who have not shown a second factor to that page and back.

    Neither asks the database anything: proofs are noted in the session, the last sign of life in a signed cookie.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        # What is routed, not the whole path: a header that names a prefix must not lead past this gate.
        guarded = request.path_info.startswith(GUARDED)
        if not (guarded or settings.IDLE_COOKIE_NAME in request.COOKIES) or not _is_staff(request):
            return get_response(request)
        last = _last_seen(request)
        if settings.STAFF_IDLE_MINUTES and last and time.time() - last > settings.STAFF_IDLE_MINUTES * 60:
            logout(request)
            return _and_forget(get_response(request))
        if guarded and settings.STAFF_SECOND_FACTOR and not passed_second_factor(request):
            return see_other(with_next("/account/second-step/", request.get_full_path()))
        if request.path_info.startswith(NO_SIGN):
            return get_response(request)
        return _seen(request, get_response(request), last)

    return answer


def _is_staff(request: HttpRequest) -> bool:
    """Whether somebody is signed in who works here, by their mark or by what they may see."""
    user = request.user
    return user.is_authenticated and (user.is_staff or user.is_superuser)


def _bound(request: HttpRequest, instant: str) -> str:
    """The cookie's value for an instant (seconds since 1970): signed, and good for this person's proof only."""
    said = f"{request.user.pk}:{last_proof(request)}:{instant}"
    return f"{instant}.{salted_hmac(SALT, said, algorithm='sha256').hexdigest()}"


def _last_seen(request: HttpRequest) -> float | None:
    """When the person last did something here, or proved to be themselves; None where neither is known."""
    kept = request.COOKIES.get(settings.IDLE_COOKIE_NAME, "")
    instant = kept.partition(".")[0]
    fits = instant.isascii() and instant.isdigit() and kept == _bound(request, instant)
    known = [when for when in (float(instant) if fits else None, last_proof(request)) if when is not None]
    return max(known, default=None)


def _seen(request: HttpRequest, response: HttpResponse, last: float | None) -> HttpResponse:
    """Notes the sign of life in the browser, at most every EVERY seconds."""
    now = int(time.time())
    if request.user.is_authenticated and (last is None or now - last >= EVERY):
        value = _bound(request, str(now))
        response.set_cookie(
            settings.IDLE_COOKIE_NAME, value, secure=settings.IS_HTTPS, httponly=True, samesite="Lax", path="/"
        )
    return response


def _and_forget(response: HttpResponse) -> HttpResponse:
    response.delete_cookie(settings.IDLE_COOKIE_NAME, path="/", samesite="Lax")
    return response
