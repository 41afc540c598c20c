"""Pages for what went wrong: the same for everybody, without data, and without the database where that may be down."""

from __future__ import annotations

import sys
from datetime import datetime

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers

from portal import clock
from portal.context import look
from portal.uploads import MEGABYTES, TooLarge

AWAY_SECONDS = 120  # when we do not know how long


def _page(name: str, status: int, **context: object) -> HttpResponse:
    """Rendered without the request: no session is read, no message is lost, no two readers get different pages."""
    body = render_to_string(f"errors/{name}.html", {**look(), "zone": settings.COMPANY_TIME_ZONE, **context})
    return HttpResponse(body, status=status, headers={"Cache-Control": "no-store, private"})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A wrong address, a missing case and somebody else's case, byte for byte alike, headers too."""
    response = _page("404", 404)
    # Where the session was read Django adds this by itself; where it was not, nobody shall see that.
    patch_vary_headers(response, ("Cookie",))
    return response


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Looks like 404: nobody learns what exists."""
    return not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The request made no sense: it says no more than 404 does, unless it was only too large."""
    if isinstance(exception, TooLarge):
        return too_large(request, exception.name)
    if isinstance(exception, RequestDataTooBig | TooManyFilesSent | TooManyFieldsSent):
        return too_large(request)
    return _page("404", 400)


def too_large(request: HttpRequest, name: str = "") -> HttpResponse:
    """More was sent at once than we take; `name` is the file at fault, where it is known."""
    return _page("413", 413, file_name=name, most=MEGABYTES)


def broken(request: HttpRequest) -> HttpResponse:
    """Our fault; where the database is away, it says that we are back soon."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return closed(request)
    return _page("500", 500)


def closed(request: HttpRequest, back_at: datetime | None = None) -> HttpResponse:
    """We are away for a while, until `back_at` where that is known."""
    now = clock.now()
    response = _page("503", 503, back_at=back_at, now=now)
    seconds = (back_at - now).total_seconds() if back_at else AWAY_SECONDS
    response["Retry-After"] = str(max(1, int(seconds)))
    return response


def too_many(request: HttpRequest, retry_at: datetime) -> HttpResponse:
    """Tried too often; says from when on it works again."""
    now = clock.now()
    response = _page("429", 429, retry_at=retry_at, now=now)
    response["Retry-After"] = str(max(1, int((retry_at - now).total_seconds()) + 1))
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that did not come from one of our pages, or from one that was open for too long.

    What was typed into a question of filing is held on the page, to be sent with a fresh secret; but only where the
    browser says that it came from a page of ours: nobody else shall put words on it.
    """
    ours = f"{request.scheme}://{request.get_host()}"
    if request.path.startswith("/cases/new/") and request.headers.get("Origin") == ours:
        held = [(name, text) for name, text in request.POST.items() if name != "csrfmiddlewaretoken"]
        response = render(request, "errors/kept.html", {"held": held}, status=403)
        response["Cache-Control"] = "no-store, private"
        return response
    return _page("csrf", 403)
