"""What every customer page does alike: methods, headers, limits, one-time form ids, and the way back after an act."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.crypto import salted_hmac
from django.views.decorators.http import require_http_methods

from portal.pages import errors
from portal.ratelimit import TooMany
from portal.uploads import pressed

View = Callable[..., HttpResponse]


class Elsewhere(Exception):
    """What was asked for begins at another page: its address. Nothing has been done."""

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__(url)


class Instead(Exception):
    """Another page is shown in place of the one asked for. Nothing has been done."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response
        super().__init__(response.status_code)


def door(*methods: str) -> Callable[[View], View]:
    """A page about a person or a case: only `methods` (HEAD goes with GET), kept by nobody, telling nobody its address."""
    allowed = [*methods, "HEAD"] if "GET" in methods else list(methods)

    def wrap(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                response = view(request, *args, **kwargs)
            except TooMany as why:
                response = errors.too_many(request, why.retry_at)
            except Elsewhere as other:
                response = see_other(other.url)
            except Instead as other:
                response = other.response
            response["Cache-Control"] = "no-store, private"
            # The pages' own meta says same-origin: without any referrer browsers would post our forms with the
            # origin "null", which the CSRF check must refuse. Neither tells another site anything.
            response["Referrer-Policy"] = "no-referrer"
            return response

        return require_http_methods(allowed)(inner)

    return wrap


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: all that was posted, be it nothing, or None for a look."""
    return request.POST if request.method == "POST" else None


def new_key() -> str:
    """A one-time id for a form that is shown."""
    return secrets.token_urlsafe(16)


def shown_key(request: HttpRequest) -> str:
    """The id of the form on the page: the one that was posted when the form is shown again, else a fresh one."""
    return request.POST.get("idempotency_key", "")[:64] or new_key()


def form_key(request: HttpRequest) -> str:
    """What a verb remembers of a posted form: its id, this browser, this person, this address, what was typed and the files.

    The same press twice is one act; a page from the browser's history with other words on it is another one; and an
    id that leaked opens nothing elsewhere. Empty when the form had no id.
    """
    key = request.POST.get("idempotency_key", "")[:64]
    if not key:
        return ""
    said = [f"{name}={value}" for name in sorted(request.POST) for value in request.POST.getlist(name)]
    said.append(pressed(request))
    typed = hashlib.sha256("\n".join(s for s in said if not s.startswith("csrfmiddlewaretoken=")).encode()).hexdigest()
    bound = (request.META.get("CSRF_COOKIE", ""), str(request.user.pk), request.path, typed)
    return salted_hmac("milepost.form", "|".join(bound), algorithm="sha256").hexdigest()


class SeeOther(HttpResponseRedirect):
    """303: whatever was posted, what comes next is fetched."""

    status_code = 303


def see_other(url: str) -> HttpResponse:
    """Back to a page after an act: reloading it acts no second time."""
    return SeeOther(url)


def done(request: HttpRequest, url: str, sentence: str) -> HttpResponse:
    """As `see_other`, with one confirmation on the page that follows."""
    messages.success(request, sentence)
    return see_other(url)
