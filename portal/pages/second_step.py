"""The second step: after the first proof when somebody has an app, and before the console for all staff."""

from __future__ import annotations

import json
from typing import Any

from allauth.account.stages import LoginStageController
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.internal import auth as webauthn
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cases.models import User
from portal import account_forms, clock, ratelimit
from portal.accounts.standing import is_fresh, passed_second_factor
from portal.pages.doors import door, posted, see_other, shown_key
from portal.pages.personal import onward, safe_next, with_next

HERE, SET_UP = "/account/second-step/", "/account/signing-in/second/"
Type = Authenticator.Type


def pending(request: HttpRequest) -> AuthenticateStage | None:
    """The sign-in of this browser that waits for its second step."""
    if request.user.is_authenticated:
        return None
    stage: Any = LoginStageController.enter(request, AuthenticateStage.key)
    return stage if stage and stage.login.user else None


def kinds_of(person: User) -> set[str]:
    """What a person has for a second step."""
    return set(Authenticator.objects.filter(user=person).values_list("type", flat=True))


@door("GET", "POST")
def second_step(request: HttpRequest) -> HttpResponse:
    """A code of the app, a recovery code or a passkey; staff who have none are led to setting one up."""
    stage, after = pending(request), safe_next(request)
    if stage is None and not request.user.is_authenticated:
        return see_other(with_next("/account/sign-in/", after))
    person: Any = stage.login.user if stage else request.user
    kinds = kinds_of(person)
    if stage is None and (passed_second_factor(request) or not kinds & {Type.TOTP, Type.WEBAUTHN}):
        return see_other(after if passed_second_factor(request) else with_next(SET_UP, after))
    answered = "credential" in request.POST
    form = account_forms.SecondStep(None if answered else posted(request), user=person)
    wrong = ""
    if request.method == "POST":
        ratelimit.count(ratelimit.SIGN_IN, f"second step of {person.pk}", at=clock.now())
        used = account_forms.PasskeyStep(user=person, data=request.POST) if answered else form
        if used.is_valid():
            authenticator = used.cleaned_data["credential"] if answered else form.authenticator
            ratelimit.forget(ratelimit.SIGN_IN, f"second step of {person.pk}")
            post_authentication(request, authenticator, reauthenticated=stage is None)
            return onward(stage.exit()) if stage else see_other(after)
        wrong = str(used.errors["credential"][0]) if answered else ""
    context = {"form": form, "next": after, "key": shown_key(request), "passkey_wrong": wrong}
    context |= {"by_code": bool(kinds & {Type.TOTP, Type.RECOVERY_CODES}), "by_passkey": Type.WEBAUTHN in kinds}
    return render(request, "pages/second_step.html", context)


@door("POST")
def passkey_options(request: HttpRequest) -> HttpResponse:
    """What the browser asks a passkey for: to sign in, for the second step, or (`for=add`) to make a new one.

    It is asked for by a post because the question is remembered in the session.
    """
    ratelimit.count(ratelimit.CLIENT_SIGN_IN, f"passkey asked from {ratelimit.client(request)}", at=clock.now())
    stage = pending(request)
    options: Any
    if request.user.is_authenticated and request.POST.get("for") == "add":
        if not is_fresh(request):
            return HttpResponse(status=403)
        options = webauthn.begin_registration(request.user, passwordless=True)
    elif request.user.is_authenticated:
        options = webauthn.begin_authentication(request.user)
    else:
        options = webauthn.begin_authentication(stage.login.user if stage else None)
    body = json.dumps(options, cls=Options)
    return HttpResponse(body, content_type="application/json")


class Options(DjangoJSONEncoder):
    """Writes what the WebAuthn library calls mappings as plain objects."""

    def default(self, o: Any) -> Any:
        return dict(o) if hasattr(o, "keys") else super().default(o)
