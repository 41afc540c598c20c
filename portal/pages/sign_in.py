"""Getting in: a mailed code by default, a password or a passkey for who has one; and out again.

allauth keeps the way between the first proof and the last (`account_login` in the session). What is asked, counted and
said is ours: nothing here tells whether an address is known.
"""

from __future__ import annotations

import secrets
from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.models import Login
from allauth.account.stages import LoginByCodeStage, LoginStageController
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.webauthn.internal.flows import perform_passwordless_login
from django.conf import settings
from django.contrib.auth import authenticate, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from cases.models import User
from escalation.follow import prove
from portal import account_forms, clock, ratelimit
from portal.accounts.codes import count_try
from portal.forms import Code
from portal.pages.doors import done, door, posted, see_other, shown_key
from portal.pages.follow import masked
from portal.pages.personal import onward, own, safe_next, with_next
from portal.viewer import guest_case

ASK, CODE = "/account/sign-in/", "/account/sign-in/code/"
WRONG = _lazy("That address and password do not fit together. Check both; capitals matter in the password.")
WRONG_CODE = _lazy("That code does not open anything here. Check it; after 5 tries or 15 minutes, ask for a new one.")
LEFT = _lazy("This account is closed. Contact us if you think that is a mistake.")


@door("GET", "POST")
def ask(request: HttpRequest) -> HttpResponse:
    """The address; a code is mailed to it, and by it a new person gets an account."""
    after = safe_next(request)
    if request.user.is_authenticated:
        return see_other(after)
    form = account_forms.Address(posted(request))
    if request.method == "POST" and form.is_valid():
        email, at = form.cleaned_data["email"], clock.now()
        ratelimit.count(ratelimit.CODE_ASKED, f"to sign in {email}", at=at)
        ratelimit.count(ratelimit.CLIENT_CODE_ASKED, f"to sign in from {ratelimit.client(request)}", at=at)
        person = User.objects.at_any_address(email)
        process = LoginCodeVerificationProcess.initiate(request=request, user=person, email=person.email)
        process.state |= {"id": secrets.token_hex(16), "next": after, "sent_to": masked(email)}
        process.persist()
        return see_other(CODE)
    return _page(request, "ask", form, after)


@door("GET", "POST")
def code(request: HttpRequest) -> HttpResponse:
    """The code, typed in the browser that asked; wrong, used and ended read alike."""
    process = None if request.user.is_authenticated else _waiting(request)
    if process is None:
        return see_other(safe_next(request) if request.user.is_authenticated else ASK)
    state = process.state
    form = Code(posted(request))
    if request.method == "POST" and form.is_valid():
        ratelimit.count(ratelimit.CODE_TYPED, f"to sign in from {ratelimit.client(request)}", at=clock.now())
        typed = form.cleaned_data["code"]
        # A code that went to an address the account has left since opens it no more.
        here = process.user and process.user.email == state["email"]  # type: ignore[attr-defined]
        live = here and process.is_valid() and count_try(state)
        if live and compare_user_code(actual=typed, expected=process.code):
            prove(process.user, filed_here=guest_case(request))  # type: ignore[arg-type]
            return _in(request, process.finish(state["next"]))
        form.add_error("code", WRONG_CODE)
    return _page(request, "code", form, state["next"], sent_to=state["sent_to"])


def _waiting(request: HttpRequest) -> LoginCodeVerificationProcess | None:
    """The code this browser has asked for, also one that has ended: whoever types it is told the same as for a wrong one."""
    stage = LoginStageController.enter(request, LoginByCodeStage.key)
    return LoginCodeVerificationProcess(stage) if stage and "next" in stage.state else None


@door("GET", "POST")
def password(request: HttpRequest) -> HttpResponse:
    """Address and password; which of the two was wrong is never said."""
    after = safe_next(request)
    if request.user.is_authenticated:
        return see_other(after)
    form = account_forms.SignIn(posted(request))
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
            login = Login(user=person, email=person.email, redirect_url=after)  # type: ignore[attr-defined]
            return _in(request, perform_password_login(request, {"email": login.email}, login))
        form.add_error(None, WRONG)
    return _page(request, "password", form, after)


@door("POST")
def passkey(request: HttpRequest) -> HttpResponse:
    """What a passkey answered; it says by itself whose it is."""
    after = safe_next(request)
    if request.user.is_authenticated:
        return see_other(after)
    ratelimit.count(ratelimit.CLIENT_SIGN_IN, f"by passkey from {ratelimit.client(request)}", at=clock.now())
    form = account_forms.PasskeySignIn(data=request.POST)
    if form.is_valid():
        authenticator = form.cleaned_data["credential"]
        login = Login(user=authenticator.user, email=authenticator.user.email, redirect_url=after)
        return _in(request, perform_passwordless_login(request, authenticator, login))
    return _page(request, "ask", account_forms.Address(), after, passkey_wrong=form.errors["credential"][0])


def _in(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """On to the page somebody came for, to their second step, or the word that the account is closed."""
    if response.status_code == 410:
        return done(request, ASK, str(LEFT))
    return onward(response)


def _page(request: HttpRequest, stage: str, form: Any, after: str, **more: Any) -> HttpResponse:
    context = {"form": form, "stage": stage, "next": after, "key": shown_key(request), **more}
    context["password_url"] = with_next(f"{ASK}password/", after)
    context["ask_url"] = with_next(ASK, after)
    return render(request, "pages/sign_in.html", context)


@own("POST")
def stay(request: HttpRequest) -> HttpResponse:
    """A sign of life: being asked is enough, `portal.accounts.gates` notes it."""
    return HttpResponse(status=204)


@door("POST")
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session, the case of a guest included; what a guest began or sent here is let go of as well."""
    logout(request)
    response = done(request, "/", _("You are signed out."))
    response.delete_cookie(settings.DRAFT_COOKIE_NAME, samesite="Lax")
    return response
