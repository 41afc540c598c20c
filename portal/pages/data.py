"""What is kept of whoever is signed in: a copy to take away, and erasing it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cases.models import Case
from escalation import erasing
from escalation.verbs import Refused
from portal import clock, ratelimit
from portal.accounts.standing import is_fresh
from portal.forms_account import ToErase
from portal.keeping import copies
from portal.pages.doors import done, door, posted, see_other, shown_key
from portal.pages.personal import CONFIRM, with_next
from portal.viewer import viewer_of

HERE, ERASE = "/account/data/", "/account/data/erase/"


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
    context: dict[str, Any] = {"copy": row, "slow": row is not None and copies.trouble(row, at)}
    context |= {"is_staff": request.user.is_staff, "erase_at": request.user.erase_at}
    return render(request, "pages/data.html", context)


@door("GET")
def download(request: HttpRequest, pk: int) -> Any:
    """The file, for who asked for it and is signed in; to everybody else it does not exist."""
    if not request.user.is_authenticated:
        return see_other(f"{settings.LOGIN_URL}?next={HERE}")
    path = copies.open_file(request.user, pk, at=clock.now())
    if path is None:
        raise Http404
    response = FileResponse(path.open("rb"), as_attachment=True, filename="my-data.zip", content_type="application/zip")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    return response


@door("GET", "POST")
def erase(request: HttpRequest) -> HttpResponse:
    """What goes, what stays, and the button: after a proof of the last minutes and with the address typed out."""
    if not request.user.is_authenticated:
        return see_other(f"{settings.LOGIN_URL}?next={ERASE}")
    person, at = request.user, clock.now()
    if person.erase_at is not None:
        return see_other(HERE)
    form, recent = ToErase(posted(request), person=person), is_fresh(request)
    if request.method == "POST" and recent:
        ratelimit.count(ratelimit.ERASURE, str(person.pk), at=at)
        if form.is_valid():
            try:
                erasing.ask(person, at=at)
            except Refused as why:
                form.add_error(None, str(why))
            else:
                return done(request, HERE, _("Your account will be erased. Until then you can change your mind."))
    open_cases = Case.objects.visible_to(viewer_of(request)).filter(customer=person).open().order_by("filed_at")
    context = {"form": form, "key": shown_key(request), "recent": recent, "open_cases": open_cases}
    context |= {"confirm_url": with_next(CONFIRM, ERASE)}
    context |= {"days": erasing.CHANGE_OF_MIND.days, "keeps_days": settings.ERASURE_KEEPS_DAYS}
    return render(request, "pages/erase.html", context)


@door("POST")
def keep(request: HttpRequest) -> HttpResponse:
    """They have changed their mind."""
    if not request.user.is_authenticated:
        return see_other(f"{settings.LOGIN_URL}?next={HERE}")
    if erasing.keep(request.user, at=clock.now()):
        return done(request, HERE, _("Your account stays. Nothing has been erased."))
    return see_other(HERE)
