"""What the pages of an account do alike: only for who is signed in, some only just after a proof, and the way on."""

from __future__ import annotations

from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from cases.models import User
from portal.accounts.standing import is_fresh
from portal.pages.doors import Elsewhere, View, door, see_other

CONFIRM = "/account/confirm/"


def own(*methods: str, fresh: bool = False) -> Any:
    """A door for who is signed in; `fresh` also asks for a proof that it is them, where the last one is old."""

    def wrap(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                raise Elsewhere(with_next(settings.LOGIN_URL, request.path))
            if fresh and not is_fresh(request):
                raise Elsewhere(with_next(CONFIRM, request.get_full_path()))
            return view(request, *args, **kwargs)

        return door(*methods)(inner)

    return wrap


def me(request: HttpRequest) -> User:
    """Who is signed in, on a page of `own`."""
    if not request.user.is_authenticated:
        raise TypeError("Only behind a door that asks who it is.")
    return request.user


def with_next(url: str, after: str) -> str:
    """`url` with the page that comes after it."""
    return f"{url}?{urlencode({'next': after}, safe='/')}"


def safe_next(request: HttpRequest, usual: str = "/cases/") -> str:
    """Where to go afterwards: a page of ours, or the usual one."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours and wanted.startswith("/") else usual


def onward(response: HttpResponse) -> HttpResponse:
    """What allauth answered, as a way on: whatever was posted, what comes next is fetched."""
    return see_other(response["Location"]) if response.has_header("Location") else response
