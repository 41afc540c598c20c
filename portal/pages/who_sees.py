"""Who can see a case: said to its customer in so many words, and where they add people to it and remove them."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from cases.models import Case
from escalation import sharing
from escalation.verbs import Refused
from portal import clock, ratelimit
from portal.forms import Plain, email
from portal.pages.case import base_url, head, opened
from portal.pages.doors import done, door, posted, shown_key
from portal.viewer import GUEST_LASTS, actor_for, guest_case, is_customer


class AddPerson(Plain):
    """Whom to ask."""

    email = email(help_text=_lazy("We send them a letter with a link. It says nothing of your case."))


@door("GET", "POST")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    """Everybody for whom `Viewer.sees` lets the case through, and nobody else."""
    if request.method == "POST" and not settings.SHARE_CASES:
        raise Http404
    case = opened(request, reference)
    form = AddPerson(posted(request) if "remove" not in request.POST else None)
    if request.method == "POST":
        ratelimit.count(ratelimit.SHARED, f"case {case.pk}", f"from {ratelimit.client(request)}", at=clock.now())
        try:
            answer = _remove(request, case) if "remove" in request.POST else _add(request, case, form)
        except Refused as why:
            form.add_error(why.field or None, str(why)) if form.is_bound else None
            answer = None
        if answer is not None:
            return answer
    return _page(request, case, form)


def _add(request: HttpRequest, case: Case, form: AddPerson) -> HttpResponse | None:
    if not is_customer(request, case):
        raise Refused(_("Only the customer can do this."))
    if not form.is_valid():
        return None
    sharing.add(case, form.cleaned_data["email"], by=actor_for(request, case), at=clock.now())
    sentence = _("We have written to them. They see this case once they have pressed the button behind our link.")
    return done(request, f"{base_url(case)}who/", sentence)


def _remove(request: HttpRequest, case: Case) -> HttpResponse:
    """By the customer, or by the person themselves, who then no longer sees this page."""
    typed, by = request.POST["remove"], actor_for(request, case)
    number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 16 else 0
    sharing.remove(case, number, by=by, at=clock.now())
    if by.pk == case.customer_id:
        return done(request, f"{base_url(case)}who/", _("They no longer see this case."))
    return done(request, "/cases/", _("You no longer see that case."))


def _page(request: HttpRequest, case: Case, form: AddPerson) -> HttpResponse:
    mine, by = is_customer(request, case), actor_for(request, case)
    people = [
        {"name": row.user.email, "joined": row.joined_at, "number": row.pk, "may_remove": mine or row.user_id == by.pk}
        for row in sharing.people_of(case)
    ]
    context = {
        "case": head(case),
        "mine": mine,
        "people": people,
        "company": case.customer.organisation if settings.SHARE_IN_ORGANISATION else None,
        "form": form if settings.SHARE_CASES and mine else None,
        "key": shown_key(request),
        "handler": case.owner.first_name if case.owner else "",
        "team": case.team.local_name if case.team else "",
        "guest": guest_case(request) == case.pk,
        "guest_days": GUEST_LASTS.days,
    }
    return render(request, "pages/who_sees.html", context)
