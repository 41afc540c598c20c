"""The account: details, another e-mail address, and confirming that it is you."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from cases.models import User
from escalation.account_letters import CONFIRM, MOVED, NEW_ADDRESS, owe_word
from escalation.follow import close_links
from portal import account_forms, clock, ratelimit
from portal.accounts import devices, standing
from portal.accounts.codes import MailedCode
from portal.forms import Code
from portal.middleware import language_of
from portal.pages.doors import done, posted, see_other, shown_key
from portal.pages.personal import me, own, safe_next, with_next
from portal.pages.sign_in import WRONG_CODE
from portal.viewer import zone_of

WRONG_PASSWORD = _lazy("That is not your password. Capitals matter in it.")
TAKEN = _lazy("That address has an account of its own. Sign in with it, or ask us to join the two.")


@own("GET", "POST")
def details(request: HttpRequest) -> HttpResponse:
    """Name, phone, language, time zone and needs of whoever is signed in."""
    company = settings.COMPANY_TIME_ZONE
    said: dict[str, Any] = {"company_zone": company, "zone": zone_of(request, company), "now": clock.now()}
    form = account_forms.Details(posted(request), instance=request.user, **said)
    if request.method == "POST":
        ratelimit.count(ratelimit.MESSAGE, f"account {request.user.pk}", at=clock.now())
        if form.is_valid():
            form.instance.save(update_fields=list(form.fields))
            # The language may be one of them: what is said next is said in it.
            with translation.override(language_of(request)):
                return done(request, "/account/", _("Your details are saved."))
        me(request).refresh_from_db()  # the page must not greet a person by what was refused
    return render(request, "pages/account.html", {"form": form, "key": shown_key(request)})


@own("GET", "POST", fresh=True)
def email(request: HttpRequest) -> HttpResponse:
    """Another address: a code goes there, and nothing changes until it is typed. Whose it may be is not said before."""
    form = account_forms.Address(posted(request))
    form.fields["email"].label = _("New e-mail address")
    if request.method == "POST" and form.is_valid():
        new = form.cleaned_data["email"]
        if new.lower() == me(request).email.lower():
            form.add_error("email", _("That is your address already"))
        else:
            at = clock.now()
            ratelimit.count(ratelimit.CODE_ASKED, f"for the account {request.user.pk}", f"to move to {new}", at=at)
            MailedCode.start(request, NEW_ADDRESS, address=new)
            return see_other("/account/email/code/")
    return render(request, "pages/email_change.html", {"form": form, "key": shown_key(request)})


@own("GET", "POST", fresh=True)
def email_code(request: HttpRequest) -> HttpResponse:
    """The code of the new address: it moves the account, and both addresses are told."""
    waiting = MailedCode.current(request, NEW_ADDRESS)
    if waiting is None:
        return see_other("/account/email/")
    form = Code(posted(request))
    if request.method == "POST" and form.is_valid():
        _count_typed(request)
        if waiting.fits(form.cleaned_data["code"]):
            moved = _move(request, waiting.address)
            return done(
                request, "/account/" if moved else "/account/email/", _("It is changed.") if moved else str(TAKEN)
            )
        form.add_error("code", WRONG_CODE)
    context = {"form": form, "address": waiting.address, "key": shown_key(request)}
    return render(request, "pages/email_change.html", context)


def _move(request: HttpRequest, address: str) -> bool:
    """Gives the account another address, ends its other sessions and tells both addresses; False when it is taken."""
    person: User = request.user  # type: ignore[assignment]
    old, at = person.email, clock.now()
    try:
        with transaction.atomic():
            person.email, person.is_verified = address, True
            person.save(update_fields=["email", "is_verified"])
            devices.end_others(request)
            close_links(person)
            owe_word(MOVED, person, "old", at=at, address=old)
            owe_word(MOVED, person, "new", at=at)
    except IntegrityError:
        person.refresh_from_db()
        return False
    return True


def _count_typed(request: HttpRequest) -> None:
    ratelimit.count(ratelimit.CODE_TYPED, f"by account {request.user.pk}", at=clock.now())


@own("GET", "POST")
def confirm(request: HttpRequest) -> HttpResponse:
    """A proof of this moment before something about signing in is changed: the password, or a mailed code."""
    after = safe_next(request, "/account/signing-in/")
    way = request.POST.get("way", "")
    if way == "mail":
        ratelimit.count(ratelimit.CODE_ASKED, f"to confirm {request.user.pk}", at=clock.now())
        MailedCode.start(request, CONFIRM)
        return see_other(with_next("/account/confirm/", after))
    waiting = MailedCode.current(request, CONFIRM)
    code_form = Code(request.POST if way == "code" else None)
    word_form = account_forms.OwnPassword(request.POST if way == "password" else None)
    if way == "code" and code_form.is_valid():
        _count_typed(request)
        if waiting and waiting.fits(code_form.cleaned_data["code"]):
            standing.confirm(request, "code")
            return see_other(after)
        code_form.add_error("code", WRONG_CODE)
    if way == "password" and word_form.is_valid():
        if _knows_password(request, word_form.cleaned_data["password"]):
            standing.confirm(request, "password")
            return see_other(after)
        word_form.add_error("password", WRONG_PASSWORD)
    context: dict[str, Any] = {"code_form": code_form, "word_form": word_form, "waiting": waiting, "next": after}
    context |= {"form": word_form if way == "password" else code_form, "key": shown_key(request)}
    return render(request, "pages/confirm.html", context | {"has_password": me(request).has_usable_password()})


def _knows_password(request: HttpRequest, typed: str) -> bool:
    """Whether it is their password; guesses count with those at the sign-in page."""
    account = f"as {me(request).email}"
    ratelimit.count(ratelimit.SIGN_IN, account, at=clock.now())
    found = authenticate(request, username=me(request).email, password=typed)
    if found is None or found.pk != request.user.pk:
        return False
    ratelimit.forget(ratelimit.SIGN_IN, account)
    return True
