"""What somebody wrote when their session had ended: shown again, kept while they sign in, and sent by their own button.

Only the fields of a few forms about a case are kept, of a bounded size, and they go back to that page of ours only.
"""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from portal import clock, ratelimit
from portal.pages import errors
from portal.pages.doors import done, door, see_other
from portal.pages.personal import with_next
from portal.pages.wanted import follow_url
from portal.viewer import reference_in

HERE, KEPT = "/account/kept/", "kept"
#: The pages whose text is kept, by name, and the fields: what was written, then what the form needs beside it.
PAGES = ("message", "supervisor", "fixed", "not_fixed", "reopen", "withdraw")
WRITTEN = ("text", "comment")
FIELDS = (*WRITTEN, "reason", "satisfaction", "seen", "idempotency_key")
MOST = 12_000  # characters, more than any of these forms takes
LASTS = 60 * 60  # seconds
LIMIT = ratelimit.Limit("texts kept of a client", 30, ratelimit.HOUR)


def fields_of(posted: QueryDict) -> dict[str, str]:
    """What is kept of a posted form; nothing where nothing was written, or far too much."""
    found = {name: str(posted[name]) for name in FIELDS if posted.get(name)}
    written = any(found.get(name, "").strip() for name in WRITTEN)
    return found if written and sum(map(len, found.values())) <= MOST else {}


def page_of(path: str) -> str:
    """The reference of the case whose page `path` is, if it is one whose text is kept; else empty."""
    try:
        found = resolve(path)
    except Resolver404:
        return ""
    return reference_in(found.kwargs["reference"]) if found.url_name in PAGES else ""


def kept_page(request: HttpRequest) -> HttpResponse | None:
    """The page that shows what was written and leads on; None where there is nothing to keep. It stores nothing."""
    fields = fields_of(request.POST) if request.method == "POST" and page_of(request.path) else {}
    if not fields:
        return None
    context = {"fields": fields, "path": request.path, "words": _words(fields)}
    return render(request, "pages/kept.html", context)


def _words(fields: dict[str, str]) -> str:
    return next(fields[name] for name in WRITTEN if fields.get(name, "").strip())


@door("GET", "POST")
def kept(request: HttpRequest) -> HttpResponse:
    """Keeps a text in the session while somebody signs in; then shows it with the button that sends it."""
    if request.method == "POST":
        return _drop(request) if "drop" in request.POST else _keep(request)
    found = request.session.get(KEPT)
    if not found or time.time() - found["at"] > LASTS:
        return see_other("/cases/")
    context = {"fields": found["fields"], "path": found["path"], "words": _words(found["fields"]), "ready": True}
    return render(request, "pages/kept.html", context)


def _keep(request: HttpRequest) -> HttpResponse:
    path, fields = request.POST.get("path", ""), fields_of(request.POST)
    reference = page_of(path) if len(path) < 200 else ""
    if not (reference and fields):
        return see_other("/cases/")
    ratelimit.count(LIMIT, f"from {ratelimit.client(request)}", at=clock.now())
    request.session[KEPT] = {"path": path, "fields": fields, "at": time.time()}
    if request.user.is_authenticated:
        return see_other(HERE)
    return see_other(follow_url(path, reference) if "follow" in request.POST else with_next(settings.LOGIN_URL, HERE))


def _drop(request: HttpRequest) -> HttpResponse:
    request.session.pop(KEPT, None)
    return done(request, "/cases/", _("Your text is thrown away. Nothing was sent."))


def kept_for(request: HttpRequest, reference: str) -> str:
    """Where a text for this case waits to be sent, or nothing."""
    found: Any = request.session.get(KEPT)
    return HERE if found and page_of(found["path"]) == reference and time.time() - found["at"] <= LASTS else ""


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose secret is old: its text is shown again where the browser itself says that it came from a page of ours."""
    ours = request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
    page = kept_page(request) if ours else None
    if page is None:
        return errors.csrf_failure(request, reason)
    page.status_code = 403
    add_never_cache_headers(page)
    return page
