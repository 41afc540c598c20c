"""What is refused before any page looks at it, and the language every page speaks."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header

from cases.languages import house_language, reads, supported

Answer = Callable[[HttpRequest], HttpResponse]
#: Rooms of staff: their words are English.
ENGLISH_ROOMS = ("/console/", "/insights/")
#: Asked by machines, also while the database is away: nobody reads them.
PROBES = ("/healthz", "/readyz", "/metrics")


def refuse_nul(get_response: Answer) -> Answer:
    """Refuses an address of staff with a NUL in its query: PostgreSQL cannot compare it, and lists would try."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.path.startswith(ENGLISH_ROOMS) and "%00" in request.META.get("QUERY_STRING", ""):
            raise SuspiciousOperation("NUL in the query.")
        return get_response(request)

    return answer


def speak_language(get_response: Answer) -> Answer:
    """Switches on the language of the reader for the time of one request, and tells caches what it depended on."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.path in PROBES:
            return get_response(request)
        english = request.path.startswith(ENGLISH_ROOMS)
        language = house_language() if english else language_of(request)
        with translation.override(language):
            response = get_response(request)
        if not english:
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
        response.headers.setdefault("Content-Language", language)
        return response

    return answer


def language_of(request: HttpRequest) -> str:
    """The code of the language a page is written in.

    What was chosen in this browser, else what the signed-in person's account says, else what the browser asks for,
    else the house's.
    """
    chosen = supported(request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""))
    return chosen or _of_account(request) or _asked_for(request) or house_language()


def _of_account(request: HttpRequest) -> str:
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return ""
    try:
        return reads(request.user) if request.user.is_authenticated else ""
    except DatabaseError:
        # The page that says so must still come, in whatever language the browser asks for.
        return ""


def _asked_for(request: HttpRequest) -> str:
    """The first language of Accept-Language we have."""
    header = request.META.get("HTTP_ACCEPT_LANGUAGE", "")
    asked = (code for code, _ in parse_accept_lang_header(header) if code != "*")
    return next((found for code in asked if (found := supported(code))), "")
