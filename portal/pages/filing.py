"""File a case: one page of questions, a page that shows what we will promise, and the page that says we have it."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cases.languages import current
from cases.models import Case, FormKey, User
from escalation.book import NoProtocol, rules_of
from escalation.lateness import with_ledger
from escalation.protocol import MissingCell
from escalation.verbs import Told, file_case, outlook
from escalation.verbs.acting import own_key
from portal import clock, ratelimit
from portal.forms import Filing, GuestFiling
from portal.pages.doors import door, form_key, see_other, shown_key
from portal.presenters.promised import next_steps, preview
from portal.presenters.status import line
from portal.viewer import case_or_404, let_in, visible_cases, zone_of

log = logging.getLogger("milepost.filing")
TYPED = "typed_address"
NOT_ONLINE = (
    "We cannot take this here at the moment: no times are set for this topic. Nothing you typed is lost. "
    "Choose “Something else”, or contact us another way."
)


@door("GET", "POST")
def new(request: HttpRequest) -> HttpResponse:
    """Asks, then shows the promise, then files; `step` says which button was pressed."""
    kind = Filing if request.user.is_authenticated else GuestFiling
    if request.method != "POST":
        initial = {"category": request.GET.get("topic", ""), "title": request.GET.get("q", "")[:120]}
        return _ask(request, kind(initial=initial))
    form = kind(request.POST)
    step = request.POST.get("step", "check")
    if not form.is_valid() or step == "change":
        return _ask(request, form)
    promised = _preview(request, form)
    if promised is None:
        form.add_error(None, NOT_ONLINE)
        return _ask(request, form)
    if step != "send":
        context = {"form": form, "answers": _answers(form), "preview": promised, "key": shown_key(request)}
        return render(request, "pages/check_case.html", context)
    case = _file(request, form)
    return see_other(f"/cases/new/sent/{case.reference}/")


def _ask(request: HttpRequest, form: Filing) -> HttpResponse:
    context = {"form": form, "preview": _preview(request, form), "key": shown_key(request)}
    return render(request, "pages/new_case.html", context)


def _preview(request: HttpRequest, form: Filing) -> list[dict[str, str]] | None:
    """What filing would promise, as soon as topic and impact are known; None where nothing can be promised."""
    known = getattr(form, "cleaned_data", {})
    if not (known.get("category") and known.get("impact")):
        return None
    now = clock.now()
    # Whoever types an address has not proved to be its person: what kind of customer that is must not show here.
    person, product = person_of(request), known.get("product")
    try:
        seen = outlook(known["category"], known["impact"], at=now, customer=person, product=product)
    except (NoProtocol, MissingCell):
        log.exception("No promise can be made for %s, %s.", known["category"].slug, known["impact"])
        return None
    return preview(seen, zone=zone_of(request, settings.COMPANY_TIME_ZONE), now=now)


def person_of(request: HttpRequest) -> User | None:
    """Who is signed in, if anybody is."""
    return request.user if request.user.is_authenticated else None


def _answers(form: Filing) -> list[dict[str, str]]:
    """What was typed, question by question, for a last look."""
    return [
        {"label": str(field.label), "value": _said(field, form.cleaned_data[field.name]) or "Not provided"}
        for field in form.visible_fields()
    ]


def _said(field: Any, value: Any) -> str:
    """The words of a choice, or the text itself."""
    return str(dict(field.field.choices).get(value, value)) if field.name == "impact" else str(value)


def _file(request: HttpRequest, form: Filing) -> Case:
    said, key, at = form.cleaned_data, form_key(request), clock.now()
    person = person_of(request)
    address = person.email if person else said["email"]
    # A second press finds the first one's case; it is no second filing and is not counted as one.
    if not _sent_before(key, person or User.objects.at_address(address).first()):
        if request.user.is_authenticated:
            # Counted by account: what strangers type in this person's name must not use it up.
            ratelimit.count(ratelimit.FILING, f"person {request.user.pk}", at=at)
        else:
            ratelimit.count(ratelimit.FILING, f"for {address}", at=at)
            ratelimit.count(ratelimit.CLIENT_FILING, f"from {ratelimit.client(request)}", at=at)
    person = person or User.objects.of_address(address, name=said["name"], phone=said["phone"], language=current())
    words = said["title"], said["description"], said["category"], said["impact"], said["expectation"]
    told = Told(*words, product=said.get("product"))
    case = file_case(told, by=person, at=at, form_key=key, proven=request.user.is_authenticated)
    if not request.user.is_authenticated:
        let_in(request, case, at=at)
        # Shown as it was typed: how an account of ours spells it is nobody else's business.
        request.session[TYPED] = address
    return case


def _sent_before(key: str, person: User | None) -> bool:
    return bool(key and person and FormKey.objects.filter(key=own_key(key, person), case__isnull=False).exists())


@door("GET")
def sent(request: HttpRequest, reference: str) -> HttpResponse:
    """We have your case; bookmarked and opened later it starts with where the case is today."""
    case = case_or_404(with_ledger(visible_cases(request)).with_people(), reference)
    zone, now = zone_of(request, settings.COMPANY_TIME_ZONE), clock.now()
    later = case.event_seq > 1
    context = {
        "case": {"title": case.title, "url": f"/c/{case.reference}/"},
        "reference": case.reference,
        "print_url": f"/c/{case.reference}/?print=1",
        "mailed_to": case.customer.email if request.user.is_authenticated else request.session.get(TYPED, ""),
        "steps": next_steps(case, rules_of(case.protocol)),
        "status_line": line(case, zone=zone, now=now) if later and case.is_open else "",
    }
    return render(request, "pages/sent.html", context)
