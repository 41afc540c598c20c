"""What is kept of whoever is signed in: a copy to take away, and erasing it."""

from __future__ import annotations

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from portal import clock, ratelimit
from portal.keeping import copies
from portal.pages.doors import done, door, see_other

HERE = "/account/data/"


@door("GET", "POST")
def data(request: HttpRequest) -> HttpResponse:
    """How it stands with the copy, and the button that asks for one."""
    if not request.user.is_authenticated:
        return see_other(f"{settings.LOGIN_URL}?next={HERE}")
    at = clock.now()
    if request.method == "POST":
        ratelimit.count(ratelimit.COPY, str(request.user.pk), at=at)
        copies.ask(request.user, at=at)
        return done(request, HERE, _("We are making your copy. We write to you when it is ready."))
    row = copies.newest(request.user)
    # The queue may have died since: the page says so of a row the beat has not got to either.
    context = {"copy": row, "slow": row is not None and copies.trouble(row, at)}
    return render(request, "pages/data.html", context | {"is_staff": request.user.is_staff})


@door("GET")
def download(request: HttpRequest, pk: int) -> HttpResponse:
    """The file, for who asked for it and is signed in; to everybody else it does not exist."""
    if not request.user.is_authenticated:
        return see_other(f"{settings.LOGIN_URL}?next={HERE}")
    path = copies.open_file(request.user, pk, at=clock.now())
    if path is None:
        raise Http404
    response = FileResponse(path.open("rb"), as_attachment=True, filename="my-data.zip", content_type="application/zip")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
