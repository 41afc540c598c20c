"""A draft that is not sent yet: saved while typing, kept for later, found again by a mailed link, thrown away."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cases.models import Draft
from escalation.drafts import by_link, mail_link
from portal import clock, forms, ratelimit
from portal.drafts import current, filing_door, hand_to_browser, held, keep, person_of, throw_away, today, way_of
from portal.filing_forms import Filing, GuestFiling
from portal.filing_steps import FORMS
from portal.pages.doors import done, see_other, shown_key
from portal.pages.filing import came_with, url_of
from portal.presenters.filing import draft_row
from portal.ratelimit import TooMany
from portal.sensitive import new_finds


class Later(forms.Plain):
    """Where the link to a draft goes."""

    email = forms.email(help_text="")


@filing_door("POST")
def save(request: HttpRequest) -> HttpResponse:
    """What is being typed, kept without a word of doubt about what is not finished; JSON for the script that asks.

    What looks like a card number or a password is not kept before its writer was asked.
    """
    whole = Filing if request.user.is_authenticated else GuestFiling
    form = FORMS.get(request.POST.get("step", ""), whole)(request.POST, today=today(request))
    form.is_valid()
    too_long = [name for name in form.free if name in form.errors and request.POST.get(name, "").strip()]
    kept, draft = form.kept(), current(request)
    known = draft.answers if draft else {}
    asked = [name for name in form.free if new_finds(kept, known, (name,))]
    if too_long or asked:
        return JsonResponse({"saved": False, "ask": bool(asked)}, status=422)
    # An emptied field is emptied; one that was not on the page is left alone.
    kept |= {name: "" for name in form.errors if name in request.POST and not request.POST[name].strip()}
    kept = {name: text for name, text in kept.items() if name in request.POST or known.get(name)}
    if draft is None and not any(kept.values()):
        return JsonResponse({})  # nothing has been typed yet
    at = clock.now()
    try:
        ratelimit.count(ratelimit.SAVING, f"from {ratelimit.client(request)} {draft.pk if draft else ''}", at=at)
        keep(request, kept)
    except TooMany:
        return JsonResponse({"saved": False}, status=429)
    return JsonResponse({"saved": True})


@filing_door("GET", "POST")
def later(request: HttpRequest) -> HttpResponse:
    """Save and finish later: an account keeps it by itself, everybody else has a link mailed."""
    draft, person = current(request), person_of(request)
    if draft is None:
        return see_other("/cases/new/")
    start = {"email": draft.answers.get("email", "")}
    form = Later(request.POST if request.method == "POST" else None, initial=start)
    if request.method == "POST" and not person and form.is_valid():
        at, address = clock.now(), form.cleaned_data["email"]
        ratelimit.count(ratelimit.CODE_ASKED, f"for {address}", at=at)
        ratelimit.count(ratelimit.CLIENT_CODE_ASKED, f"from {ratelimit.client(request)}", at=at)
        mail_link(keep(request, {} if draft.answers.get("email") else {"email": address}), address, at=at)
        return done(request, "/cases/new/later/", _("We have sent the link to %(address)s.") % {"address": address})
    way = way_of(request)
    context = {
        "form": form,
        "person": person,
        "until": draft.expires_at,
        "go_on": url_of(way.goes_on(draft.step)),
        "key": shown_key(request),
    }
    return render(request, "pages/filing/later.html", context)


@filing_door("GET", "POST")
def landing(request: HttpRequest, token: str) -> HttpResponse:
    """Where the mailed link lands: looking does nothing, the button brings the draft to this browser."""
    draft = by_link(token, at=clock.now())
    person = person_of(request)
    theirs = draft is not None and draft.owner_id is not None and (person is None or person.pk != draft.owner_id)
    if draft is None or theirs:
        # Taken into an account since: signing in finds it, and nobody learns whose it is.
        return render(request, "pages/filing/landing.html", {"expired": True}, status=404)
    if request.method == "POST":
        if person:
            draft.owner, draft.secret_hash = person, ""
        else:
            hand_to_browser(request, draft)
        draft.saved_at = clock.now()
        draft.save(update_fields=["owner", "secret_hash", "saved_at"])
        return see_other(url_of(way_of(request).goes_on(draft.step)))
    return render(request, "pages/filing/landing.html", {"until": draft.expires_at, "key": shown_key(request)})


@filing_door("POST")
def act(request: HttpRequest) -> HttpResponse:
    """Finish a draft, or throw it away, perhaps to begin anew."""
    pk, what = request.POST.get("draft", ""), request.POST.get("act", "")
    mine = held(request).live(clock.now())
    draft: Draft | None = mine.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 16 else None
    if draft is not None and what == "finish":
        draft.saved_at = clock.now()
        draft.save(update_fields=["saved_at"])  # the one that goes on is the one touched last
        return see_other(url_of(way_of(request).goes_on(draft.step)))
    if draft is not None and what in ("throw", "anew"):
        throw_away(draft)
        if what == "throw":
            return done(request, "/", _("Your draft is thrown away."))
        return see_other(url_of("topic") + came_with(request.POST))
    return see_other("/cases/new/")


def drafts_of(request: HttpRequest) -> list[dict[str, object]]:
    """The drafts that wait here, for the lists of cases."""
    if not (request.user.is_authenticated or settings.DRAFT_COOKIE_NAME in request.COOKIES):
        return []
    return [draft_row(draft) for draft in held(request).live(clock.now())[:5]]
