"""The account: details, signing in with a password, signing out."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from portal import clock, forms, ratelimit
from portal.pages.doors import done, door, posted, see_other, shown_key
from portal.viewer import GUEST

WRONG = "That address and password do not fit together. Check both; capitals matter in the password."


@door("GET", "POST")
def details(request: HttpRequest) -> HttpResponse:
    """Name, phone and time zone of whoever is signed in."""
    if not request.user.is_authenticated:
        return see_other(f"{settings.LOGIN_URL}?next=/account/")
    form = forms.Details(posted(request), instance=request.user, company_zone=settings.COMPANY_TIME_ZONE)
    if request.method == "POST":
        ratelimit.count(ratelimit.MESSAGE, f"account {request.user.pk}", at=clock.now())
        if form.is_valid():
            form.instance.save(update_fields=["name", "phone", "time_zone"])
            return done(request, "/account/", "Your details are saved.")
        request.user.refresh_from_db()  # the page must not greet a person by what was refused
    return render(request, "pages/account.html", {"form": form, "key": shown_key(request)})


@door("GET", "POST")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Address and password; which of the two was wrong is never said."""
    after = safe_next(request)
    if request.user.is_authenticated:
        return see_other(after)
    form = forms.SignIn(posted(request))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        # Counted before it is looked at, so that many at once cannot slip through; taken back when it was right.
        account, here = f"as {said['email']}", f"from {ratelimit.client(request)}"
        ratelimit.count(ratelimit.SIGN_IN, account, at=clock.now())
        ratelimit.count(ratelimit.CLIENT_SIGN_IN, here, at=clock.now())
        person = authenticate(request, username=said["email"], password=said["password"])
        if person is not None:
            ratelimit.forget(ratelimit.SIGN_IN, account)
            ratelimit.forget(ratelimit.CLIENT_SIGN_IN, here)
            request.session.pop(GUEST, None)
            login(request, person)
            return see_other(after)
        form.add_error(None, WRONG)
    context = {"form": form, "stage": "password", "next": after, "key": shown_key(request)}
    return render(request, "pages/sign_in.html", context)


def safe_next(request: HttpRequest) -> str:
    """Where to go after signing in: a page of ours, or the list of cases."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours and wanted.startswith("/") else "/cases/"


@door("POST")
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session, the case of a guest included."""
    logout(request)
    return done(request, "/", "You are signed out.")
