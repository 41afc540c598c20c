"""The language of the pages, chosen in the footer: kept in the browser, and in the account of who is signed in."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt

from cases.languages import kept_code, supported
from portal.pages import errors
from portal.pages.doors import door, see_other


# The form stands on every page, those without a session and those that browsers keep included: a token in each would
# make every public page one reader's own. Where the post comes from is checked below instead.
@csrf_exempt
@door("POST")
def choose(request: HttpRequest) -> HttpResponse:
    """Takes a language we have, and goes back to the page the choice was made on; another changes nothing."""
    if not from_here(request):
        return errors.csrf_failure(request)
    response = see_other(_back(request))
    language = supported(request.POST.get("language", ""))
    if not language:
        return response
    if request.user.is_authenticated and request.user.language != kept_code(language):
        request.user.language = kept_code(language)
        request.user.save(update_fields=["language"])
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
    return response


def from_here(request: HttpRequest) -> bool:
    """Whether the post comes from a page of ours, as far as the browser says; only a browser has somebody to trick."""
    site = request.headers.get("Sec-Fetch-Site", "")
    if site:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin", "")
    return not origin or urlsplit(origin).netloc == request.get_host()


def _back(request: HttpRequest) -> str:
    # A page that knows no request, as those of errors, cannot say where it stands; the browser does.
    wanted = request.POST.get("next") or request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    place = urlsplit(wanted)
    # A path of two strokes names another site once the name of ours is taken off it.
    plain = place.path.startswith("/") and not place.path.startswith(("//", "/\\"))
    return place._replace(scheme="", netloc="").geturl() if ours and plain else "/"
