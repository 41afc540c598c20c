"""Who can see a case: said to its customer in so many words, and where they add people to it and remove them."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from cases.models import Case
from escalation import share_news, sharing
from escalation.verbs import Refused
from portal import clock, ratelimit
from portal.forms import Plain, email
from portal.pages.case import base_url, head, opened
from portal.pages.doors import done, door, posted, shown_key
from portal.viewer import GUEST_LASTS, actor_for, guest_case, is_customer, viewer_of


class AddPerson(Plain):
    """Whom to ask."""

    email = email(help_text=_lazy("We send them a letter with a link. It says nothing of your case."))


@door("GET", "POST")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    """Everybody for whom `Viewer.sees` lets the case through, and nobody else."""
    if request.method == "POST" and not settings.SHARE_CASES:
        raise Http404
    case = opened(request, reference)
    other = next((act for name, act in OTHER_ACTS.items() if name in request.POST), None)
    form, problem = AddPerson(posted(request) if other is None else None), ""
    if request.method == "POST":
        keys = f"case {case.pk}", f"by {actor_for(request, case).pk}", f"from {ratelimit.client(request)}"
        ratelimit.count(ratelimit.SHARED, *keys, at=clock.now())
        try:
            answer = other(request, case) if other else _add(request, case, form)
        except Refused as why:
            answer, problem = None, str(why)
            if form.is_bound:
                form.add_error(why.field or None, problem)
        if answer is not None:
            return answer
    return _page(request, case, form, problem)


def _add(request: HttpRequest, case: Case, form: AddPerson) -> HttpResponse | None:
    if not is_customer(request, case):
        raise Refused(_("Only the customer can do this."))
    if not form.is_valid():
        return None
    sharing.add(case, form.cleaned_data["email"], by=actor_for(request, case), at=clock.now())
    sentence = _("We have written to them. They see this case once they have pressed the button behind our link.")
    return done(request, f"{base_url(case)}who/", sentence)


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 16 else 0


def _remove(request: HttpRequest, case: Case) -> HttpResponse:
    """By the customer, or by the person themselves, who then no longer sees this page."""
    by = actor_for(request, case)
    sharing.remove(case, _number(request.POST["remove"]), by=by, at=clock.now())
    if by.pk == case.customer_id:
        return done(request, f"{base_url(case)}who/", _("They no longer see this case."))
    return done(request, "/cases/", _("You no longer see that case."))


def _news(request: HttpRequest, case: Case) -> HttpResponse:
    """Whoever was added turns the letters about this case on or off, for themselves."""
    wants = request.POST["news"] == "on"
    share_news.decide(_number(request.POST.get("person", "")), wants, by=actor_for(request, case))
    said = _("We write to you when there is news.") if wants else _("We send you no more letters about this case.")
    return done(request, f"{base_url(case)}who/", said)


#: What is posted besides an address, by the field that says so.
OTHER_ACTS = {"remove": _remove, "news": _news}


def _page(request: HttpRequest, case: Case, form: AddPerson, problem: str) -> HttpResponse:
    mine, by = is_customer(request, case), actor_for(request, case)
    asks = settings.SHARE_CASES and mine
    # The address is what the customer typed, and stays between them and us; the others read the first names of who came.
    full = mine or viewer_of(request).is_staff
    people = [
        {
            "name": row.address if full else row.user.first_name,
            "joined": row.joined_at,
            "number": row.pk,
            "me": row.user_id == by.pk,
            "wants_news": row.wants_news,
        }
        for row in sharing.people_of(case)
        if full or row.joined_at
    ]
    context = {
        "case": head(case),
        "mine": mine,
        "whose": "" if full else case.customer.first_name,
        "people": people,
        "before": sharing.left_behind(case) if mine else [],
        "before_ref": getattr(case, "goes_on_from", None),
        "company": case.organisation if settings.SHARE_IN_ORGANISATION else None,
        "form": form if asks else None,
        # Where there is no form that says it.
        "problem": "" if asks and form.is_bound else problem,
        "key": shown_key(request),
        "handler": case.owner.first_name if case.owner else "",
        "team": case.team.local_name if case.team else "",
        "guest": guest_case(request) == case.pk,
        "guest_days": GUEST_LASTS.days,
    }
    return render(request, "pages/who_sees.html", context)
