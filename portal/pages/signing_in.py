"""How somebody signs in: password, passkeys, authenticator app, recovery codes, and the devices they are signed in on.

What changes any of it asks for a proof of the last minutes first, and is told to the person's address.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from allauth.account.internal.flows.password_change import (
    change_password,
    finalize_password_change,
    finalize_password_set,
)
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.flows import generate_recovery_codes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.totp.internal.flows import activate_totp, deactivate_totp
from allauth.mfa.webauthn.internal.flows import add_authenticator, remove_authenticator
from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from escalation.account_letters import CHANGED, owe_word
from portal import account_forms, clock, ratelimit
from portal.accounts import devices
from portal.pages.doors import done, posted, see_other, shown_key
from portal.pages.personal import own, safe_next, with_next

HOME = "/account/signing-in/"
RECOVERY = f"{HOME}recovery/"
Type = Authenticator.Type


def _of(request: HttpRequest, kind: str) -> list[Authenticator]:
    return list(Authenticator.objects.filter(user=request.user, type=kind).order_by("created_at", "pk"))


@own("GET")
def show(request: HttpRequest) -> HttpResponse:
    """All of it on one page; each change has a page of its own."""
    found: dict[str, list[Authenticator]] = {}
    for one in Authenticator.objects.filter(user=request.user).order_by("created_at", "pk"):
        found.setdefault(one.type, []).append(one)
    recovery = found.get(Type.RECOVERY_CODES)
    context = {
        "passkeys": found.get(Type.WEBAUTHN, []),
        "app": bool(found.get(Type.TOTP)),
        "codes_left": len(recovery[0].wrap().get_unused_codes()) if recovery else None,
        "devices": devices.devices(request),
        "must": settings.STAFF_SECOND_FACTOR and request.user.is_staff,
        "key": shown_key(request),
    }
    return render(request, "pages/signing_in.html", context)


@own("GET")
def second(request: HttpRequest) -> HttpResponse:
    """Where staff without a second step choose one, on their way to the console."""
    after = safe_next(request, HOME)
    app, passkey = (with_next(f"{HOME}{name}/", after) for name in ("app", "passkeys"))
    return render(request, "pages/second_set_up.html", {"app_url": app, "passkey_url": passkey})


@own("GET", "POST", fresh=True)
def password(request: HttpRequest) -> HttpResponse:
    """Sets, changes or removes the password; every other device is signed out."""
    person: Any = request.user
    had = person.has_usable_password()
    form = account_forms.NewPassword(None if "remove" in request.POST else posted(request), user=person)
    if request.method == "POST" and "remove" in request.POST:
        with transaction.atomic():
            person.set_unusable_password()
            person.save(update_fields=["password"])
            devices.keep(request)
            owe_word(CHANGED, person, "password_removed", at=clock.now())
        return done(request, HOME, _("Your password is removed. You sign in with a code we e-mail you."))
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            change_password(person, form.cleaned_data["password"])
            (finalize_password_change if had else finalize_password_set)(request, person)
            devices.keep(request)
        return done(request, HOME, _("Your password is saved. All other devices are signed out."))
    return render(request, "pages/password.html", {"form": form, "had": had, "key": shown_key(request)})


@own("GET", "POST", fresh=True)
def app(request: HttpRequest) -> HttpResponse:
    """Sets up an authenticator app: its secret is made by a button, proved by a code, and kept sealed."""
    after = safe_next(request, HOME)
    if _of(request, Type.TOTP):
        return see_other(f"{HOME}app/remove/")
    secret = request.session.get(totp.SECRET_SESSION_KEY)
    if request.method == "POST" and ("begin" in request.POST or not secret):
        totp.get_totp_secret(regenerate=True)
        return see_other(with_next(f"{HOME}app/", after))
    form = account_forms.AppCode(posted(request))
    if request.method == "POST" and form.is_valid():
        ratelimit.count(ratelimit.SIGN_IN, f"app of {request.user.pk}", at=clock.now())
        if totp.validate_totp_code(secret, form.cleaned_data["code"]):
            form.secret = secret  # type: ignore[attr-defined]
            with transaction.atomic():
                authenticator, codes = activate_totp(request, form)
                post_authentication(request, authenticator, reauthenticated=True)
            return _added(request, bool(codes), after, _("Your authenticator app is set up."))
        form.add_error("code", account_forms.WRONG_CODE)
    context: dict[str, Any] = {"form": form, "secret": secret, "next": after, "key": shown_key(request)}
    if secret:
        adapter = get_adapter()
        context["totp_url"] = adapter.build_totp_url(request.user, secret)  # type: ignore[arg-type]
        context["picture"] = f"data:image/svg+xml,{quote(adapter.build_totp_svg(context['totp_url']))}"
    return render(request, "pages/app_set_up.html", context)


def _added(request: HttpRequest, codes: bool, after: str, sentence: str) -> HttpResponse:
    """On to the recovery codes when they were made with the first second step, else to where somebody came from."""
    return done(request, with_next(RECOVERY, after) if codes else after, sentence)


@own("GET", "POST", fresh=True)
def app_remove(request: HttpRequest) -> HttpResponse:
    """Takes the authenticator app off the account."""
    found = _of(request, Type.TOTP)
    if not found:
        return see_other(HOME)
    if request.method == "POST":
        with transaction.atomic():
            deactivate_totp(request, found[0])
        return done(request, HOME, _("The authenticator app is removed."))
    return _ask_removal(request, _("Remove your authenticator app?"), _("We no longer ask for its code."))


def _ask_removal(request: HttpRequest, heading: str, sentence: str) -> HttpResponse:
    must = settings.STAFF_SECOND_FACTOR and request.user.is_staff
    context = {"heading": heading, "sentence": sentence, "must": must, "key": shown_key(request)}
    return render(request, "pages/way_in_remove.html", context)


@own("GET", "POST", fresh=True)
def passkeys(request: HttpRequest) -> HttpResponse:
    """Adds a passkey: the browser makes it, by our script."""
    after = safe_next(request, HOME)
    form = account_forms.NewPasskey(posted(request), user=request.user)
    if request.method == "POST":
        ratelimit.count(ratelimit.MESSAGE, f"account {request.user.pk}", at=clock.now())
        if form.is_valid():
            said = form.cleaned_data
            with transaction.atomic():
                authenticator, codes = add_authenticator(request, name=said["name"], credential=said["credential"])
                post_authentication(request, authenticator, reauthenticated=True)
            return _added(request, bool(codes) and request.user.is_staff, after, _("Your passkey is added."))
    wrong = form.errors and (form.errors.get("credential") or form.non_field_errors() or form.errors["name"])[0]
    context = {"form": form, "passkey_wrong": wrong, "next": after, "key": shown_key(request)}
    return render(request, "pages/passkey_add.html", context)


@own("GET", "POST", fresh=True)
def passkey_remove(request: HttpRequest, number: int) -> HttpResponse:
    """Takes a passkey off the account."""
    found = Authenticator.objects.filter(user=request.user, type=Type.WEBAUTHN, pk=number).first()
    if found is None:
        raise Http404
    name = found.wrap().name
    if request.method == "POST":
        with transaction.atomic():
            remove_authenticator(request, found)
        return done(request, HOME, _("The passkey “%(name)s” is removed.") % {"name": name})
    heading = _("Remove the passkey “%(name)s”?") % {"name": name}
    return _ask_removal(request, heading, _("It no longer signs you in. You can delete it on your device too."))


@own("GET", "POST", fresh=True)
def recovery(request: HttpRequest) -> HttpResponse:
    """How many recovery codes are left; they are shown, or made anew, by a button."""
    after = safe_next(request, HOME)
    has_way = Authenticator.objects.filter(user=request.user).exclude(type=Type.RECOVERY_CODES).exists()
    if not has_way:
        return see_other(HOME)
    if request.method == "POST" and "renew" in request.POST:
        generate_recovery_codes(request)
    found = _of(request, Type.RECOVERY_CODES)
    codes = found[0].wrap().get_unused_codes() if found else []
    context = {"left": len(codes), "next": after, "key": shown_key(request)}
    context["codes"] = codes if request.method == "POST" else []
    return render(request, "pages/recovery_codes.html", context)


@own("POST")
def sign_out_devices(request: HttpRequest) -> HttpResponse:
    """Signs out one other device, or all of them."""
    number = request.POST.get("device", "")
    if number.isascii() and number.isdigit() and len(number) < 19:
        devices.end_device(request, int(number))
        return done(request, f"{HOME}#devices", _("That device is signed out."))
    with transaction.atomic():
        devices.end_others(request)
    return done(request, f"{HOME}#devices", _("You are signed out everywhere but here."))
