"""We have your case: the page after sending, which stays valid; and the receipt once more, or to the right address."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cases.models import Case
from escalation.book import rules_of
from escalation.lateness import with_ledger
from escalation.receipts import correct_address, send_receipt
from escalation.verbs import Refused
from portal import clock, forms, ratelimit
from portal.pages.doors import Elsewhere, done, door, see_other, shown_key
from portal.pages.filing import FILED, TYPED
from portal.pages.wanted import ask_url
from portal.presenters.promised import next_steps
from portal.presenters.status import line
from portal.viewer import case_or_404, guest_case, reference_in, visible_cases, zone_of


class Address(forms.Plain):
    """Where the receipt goes."""

    email = forms.email(help_text="")


def _opened(request: HttpRequest, reference: str) -> Case:
    """The case of a page after sending; who is nobody here is asked for a code, as on every page of a case."""
    wanted = reference_in(reference)
    if not request.user.is_authenticated and wanted:
        found = visible_cases(request).filter(reference=wanted) if guest_case(request) else None
        if found is None or not found.exists():
            raise Elsewhere(ask_url(wanted))
    return case_or_404(with_ledger(visible_cases(request)).with_people(), reference)


def _filed_here(request: HttpRequest, case: Case) -> bool:
    """Whether this very browser filed it as a guest, and nobody has proved the address since."""
    own = not request.user.is_authenticated and guest_case(request) == case.pk
    return own and request.session.get(FILED, {}).get("case") == case.pk and not case.is_proven


@door("GET")
def sent(request: HttpRequest, reference: str) -> HttpResponse:
    """We have your case; bookmarked and opened later it starts with where the case is today."""
    case = _opened(request, reference)
    zone, now = zone_of(request, settings.COMPANY_TIME_ZONE), clock.now()
    later = case.event_seq > 1
    context = {
        "case": {"title": case.title, "url": f"/c/{case.reference}/"},
        "reference": case.reference,
        "print_url": f"/c/{case.reference}/?print=1",
        "mailed_to": case.customer.email if request.user.is_authenticated else request.session.get(TYPED, ""),
        "resend_url": f"/cases/new/sent/{case.reference}/again/" if _filed_here(request, case) else "",
        "guest": not request.user.is_authenticated,
        "steps": next_steps(case, rules_of(case.protocol)),
        "status_line": line(case, zone=zone, now=now) if later and case.is_open else "",
    }
    return render(request, "pages/sent.html", context)


@door("GET", "POST")
def again(request: HttpRequest, reference: str) -> HttpResponse:
    """The receipt once more; with another address the case goes to whoever reads that one."""
    case = _opened(request, reference)
    back = f"/cases/new/sent/{case.reference}/"
    if not _filed_here(request, case):
        return see_other(back)
    typed = request.session.get(TYPED, "")
    form = Address(request.POST if request.method == "POST" else None, initial={"email": typed})
    if request.method == "POST" and form.is_valid():
        address, at = form.cleaned_data["email"], clock.now()
        ratelimit.count(ratelimit.RESEND, f"case {case.pk}", f"for {address}", at=at)
        ratelimit.count(ratelimit.CLIENT_CODE_ASKED, f"from {ratelimit.client(request)}", at=at)
        try:
            if address.lower() == typed.lower():
                send_receipt(case, at=at)
            else:
                told = request.session[FILED]
                correct_address(case, address, name=told["name"], phone=told["phone"], at=at)
                request.session[TYPED] = address
        except Refused as why:
            form.add_error(None, str(why))
        else:
            return done(request, back, _("We have sent it to %(address)s.") % {"address": address})
    context = {"form": form, "back_url": back, "key": shown_key(request)}
    return render(request, "pages/filing/again.html", context)
