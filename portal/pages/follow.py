"""Follow a case without an account: ask for a code, type it, or open the mailed link by a button."""

from __future__ import annotations

import secrets

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from cases.access import cases_of_address
from cases.models import AccessLink, Case, Tally
from escalation.follow import ask_code, open_with_code, open_with_link
from portal import clock, forms, ratelimit
from portal.pages.doors import done, door, posted, see_other, shown_key
from portal.pages.kept import kept_for
from portal.pages.wanted import ask_url, case_url, safe_page
from portal.viewer import let_in, reference_in

ASKED = "follow"
WRONG_CODE = _lazy("That code does not open anything here. Check it; after 5 tries or 15 minutes, ask for a new one.")


@door("GET", "POST")
def ask(request: HttpRequest) -> HttpResponse:
    """Reference and address; the answer is the same whether they fit or not.

    `?reference=` is what the address of a case said, `?page=` the page of it somebody came for.
    """
    came_for = reference_in(request.GET.get("reference", ""))
    form = forms.Follow(posted(request), initial={"reference": came_for})
    if request.method == "POST" and form.is_valid():
        at, email = clock.now(), form.cleaned_data["email"]
        ratelimit.count(ratelimit.CODE_ASKED, f"for {email}", at=at)
        ratelimit.count(ratelimit.CLIENT_CODE_ASKED, f"from {ratelimit.client(request)}", at=at)
        browser = secrets.token_urlsafe(32)
        reference = form.cleaned_data["reference"]
        case = cases_of_address(email).filter(reference=reference).first()
        if case is not None:
            ask_code(case, by=case.customer, at=at, browser=browser)
        else:
            # One row as well, so that the time it takes tells nothing; supervisors can see how often it happens.
            Tally.count_one("follow: no match", at=at, window=ratelimit.HOUR)
        page = safe_page(reference, request.GET.get("page", "")) if reference == came_for else ""
        request.session[ASKED] = {"secret": browser, "sent_to": masked(email), "for": reference, "page": page}
        return see_other("/follow/code/")
    after = case_url(came_for, safe_page(came_for, request.GET.get("page", ""))) if came_for else "/cases/"
    context = {"form": form, "key": shown_key(request), "came_for": came_for, "after": after}
    return render(request, "pages/follow.html", context)


def masked(email: str) -> str:
    """`s***@example.com`: enough to see a slip, too little to read out an address."""
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}***@{domain}"


@door("GET", "POST")
def code(request: HttpRequest) -> HttpResponse:
    """The code, typed in the browser that asked; wrong, used, ended and never sent read alike."""
    asked = request.session.get(ASKED)
    if not asked:
        return see_other("/follow/")
    form = forms.Code(posted(request))
    if request.method == "POST" and form.is_valid():
        at = clock.now()
        ratelimit.count(ratelimit.CODE_TYPED, f"from {ratelimit.client(request)}", at=at)
        case = open_with_code(asked["secret"], form.cleaned_data["code"], at=at)
        if case is not None:
            return _enter(request, case)
        form.add_error("code", WRONG_CODE)
    back = ask_url(asked.get("for", ""), asked.get("page", ""))
    context = {"form": form, "sent_to": asked["sent_to"], "minutes": 15, "key": shown_key(request), "wrong_url": back}
    return render(request, "pages/follow_code.html", context)


@door("GET", "POST")
def landing(request: HttpRequest, token: str) -> HttpResponse:
    """Where the mailed link lands: mail scanners look at it, only the button opens the case."""
    at = clock.now()
    if request.method == "POST":
        case = open_with_link(token, at=at)
        if case is not None:
            return _enter(request, case)
    else:
        link = AccessLink.find(AccessLink.Purpose.FOLLOW, token, at=at)
        if link is not None:
            context = {"reference": link.case.reference, "key": shown_key(request)}
            return render(request, "pages/follow_landing.html", context)
    return render(request, "pages/follow_landing.html", {"expired": True}, status=404)


def _enter(request: HttpRequest, case: Case) -> HttpResponse:
    """The one case, under a new session key, at an address without the secret: the page one had come for."""
    asked, page = request.session.get(ASKED, {}), ""
    if asked.get("for") == case.reference:
        del request.session[ASKED]
        page = asked["page"]
    let_in(request, case, at=clock.now(), proved=True)
    after = kept_for(request, case.reference) or case_url(case.reference, page)
    sentence = _("You are following case %(reference)s on this device.") % {"reference": case.reference}
    return done(request, after, sentence)
