"""The case page: who has it, when you hear next, what has happened; and why the next time is what it is."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from cases import brand
from cases.access import Viewer
from cases.lifecycle import OPEN, SETTLED, State
from cases.models import Case, Event
from cases.spelling import clock_words
from escalation import sharing
from escalation.facts import Clock
from escalation.follow import take_on
from escalation.lateness import is_late
from escalation.permits import Actor, refusal
from escalation.verbs import Refused, reply
from feedback.alternatives import with_offer
from portal import clock, ratelimit
from portal.forms import Message
from portal.pages.doors import Elsewhere, Instead, done, door, form_key, see_other, shown_key
from portal.pages.kept import kept_page
from portal.pages.wanted import case_url, follow_url
from portal.presenters import milestones as steps
from portal.presenters import promise, status
from portal.presenters.casefile import CaseFile, page_query
from portal.presenters.linked import closed_block, with_links
from portal.presenters.plan import plan_line, with_plan
from portal.presenters.proof import proofs
from portal.presenters.timeline import story
from portal.templatetags.times import local, relative_words, when_words
from portal.viewer import actor_for, case_or_404, guest_case, is_customer, reference_in, visible_cases, zone_of


def opened(request: HttpRequest, reference: str) -> Case:
    """The case of an address with what its page needs, or the one 404.

    Who is not signed in is asked for a code instead: alike for every reference that can be one, there or not.
    """
    try:
        case = case_or_404(with_offer(with_plan(with_links(page_query(visible_cases(request))))), reference)
        if request.method == "POST" and request.user.is_authenticated:
            take_on(case, request.user)
        return _linked_in_sight(request, case)
    except Http404:
        if request.user.is_authenticated or not reference_in(reference):
            raise
        if (page := kept_page(request)) is not None:
            raise Instead(page) from None
        raise Elsewhere(follow_url(request.path, reference_in(reference))) from None


def _linked_in_sight(request: HttpRequest, case: Case) -> Case:
    """Who sees this case as somebody else's learns of the cases before and after it only if they see those, too."""
    linked = {name: getattr(case, name) for name in ("goes_on_in", "goes_on_from") if getattr(case, name)}
    if linked and _whose(request, case):
        seen = set(visible_cases(request).filter(reference__in=linked.values()).values_list("reference", flat=True))
        for name in (name for name, reference in linked.items() if reference not in seen):
            setattr(case, name, None)
    return case


def base_url(case: Case) -> str:
    return case_url(case.reference)


def head(case: Case) -> dict[str, str]:
    """What the pages about one act say of the case."""
    return {"ref": case.reference, "title": case.title, "url": base_url(case)}


def may(request: HttpRequest, case: Case, verb: str) -> str:
    """Why the reader cannot do `verb` now, in a sentence; empty when they can."""
    # A customer's verbs ask neither for teams nor for permissions.
    return refusal(verb, case, Actor(actor_for(request, case), frozenset(), supervises=False))


@door("GET")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    """The case page; 304 while nothing on it has changed, before anything but the case itself is read."""
    case, now = opened(request, reference), clock.now()
    etag = None if len(get_messages(request)) else _etag(request, case, now)
    unchanged = get_conditional_response(request, etag=etag) if etag else None
    response = unchanged or _page(request, case, now=now)
    if etag:
        response["ETag"] = etag
    return response


def _etag(request: HttpRequest, case: Case, now: datetime) -> str:
    """Changes with everything the page shows: the log, the survey, the reader, their form's secret, words of time."""
    zone = zone_of(request, settings.COMPANY_TIME_ZONE)
    get_token(request)  # makes the secret on a first visit, so that the page of it has the tag of the next one
    survey = getattr(case, "survey", None)
    said = (
        case.pk,
        case.event_seq,
        is_late(case, now),
        survey and (survey.answered_at, survey.changed_at),
        getattr(case, "goes_on_in", None),
        (case.offer_number, case.offer_answer),  # type: ignore[attr-defined]
        when_words(now, zone=zone, style="date"),
        relative_words(case.promise_at, now=now) if case.promise_at else "",
        zone,
        get_language(),
        request.user.pk,
        guest_case(request),
        brand.current(),
        request.META.get("CSRF_COOKIE"),
        request.GET.urlencode(),
        case.files_said,  # type: ignore[attr-defined]
        _left_behind(request, case),
    )
    return f'"{hashlib.sha256(repr(said).encode()).hexdigest()[:32]}"'


def _page(request: HttpRequest, case: Case, *, now: datetime, form: Message | None = None) -> HttpResponse:
    zone, house = zone_of(request, settings.COMPANY_TIME_ZONE), brand.current().name
    file, paper = CaseFile.load(case), request.GET.get("print") == "1"
    oldest_first = request.GET.get("order") == "oldest"
    whole = paper or oldest_first or request.GET.get("all") == "1"
    told = story(case, house=house, zone=zone, now=now, whole=whole)
    view = promise.View(zone, now, base_url(case), question=told.question, answer=told.answer, covers=told.covers)
    if form is None and not paper and not may(request, case, "reply"):
        form = Message(initial={"seen": case.event_seq})
    block, whose = promise.promise_block(file, view) | closed_block(file, view.base, now), _whose(request, case)
    if whose:
        # What only the customer can do is not offered to who reads along.
        block["actions"] = [act for act in block["actions"] if form and act["url"].endswith("#message")]
    context = {
        "case": _told(case),
        "tag": status.tag(case, partner=file.partner, other=file.other),
        "level": status.level(case, file.protocol.top),
        "promise": _reachable(block, form),
        "linked_from": getattr(case, "goes_on_from", None),
        "left_behind": _left_behind(request, case),
        "question": told.question,
        "paper": paper,
        "whose": whose,
        "offer": _offer(request, case),
        "milestones": steps.milestones(file, now),
        "plan": plan_line(case),
        "why_url": f"{base_url(case)}why/",
        "version": case.protocol,
        "rows": told.rows[::-1] if paper or oldest_first else told.rows,
        "oldest_first": oldest_first,
        "older": {"count": told.older, "url": "?all=1"} if told.older else None,
        "form": form,
        "message_url": f"{base_url(case)}message/",
        "key": shown_key(request),
        "zone": zone,
        "now": now,
    }
    acts = _acts(request, file) if not paper else {"actions": [], "links": []}
    return render(request, "pages/case.html", context | acts)


def _whose(request: HttpRequest, case: Case) -> str:
    """The customer's name, for who was added to the case or is of the same company; empty for the customer and staff."""
    theirs = request.user.is_authenticated and not is_customer(request, case) and not Viewer(request.user).is_staff
    return case.customer.first_name if theirs else ""


def _left_behind(request: HttpRequest, case: Case) -> bool:
    """Whether people of the case this one goes on from were not asked anew; said to its customer alone."""
    return case.follows_id is not None and is_customer(request, case) and bool(sharing.left_behind(case))


def _offer(request: HttpRequest, case: Case) -> dict[str, str] | None:
    """The alternative we offered its customer, and whether they answered; None for others and where there is none."""
    number = getattr(case, "offer_number", None)
    if number is None or not is_customer(request, case):
        return None
    return {"answer": case.offer_answer, "url": f"{base_url(case)}alternative/"}  # type: ignore[attr-defined]


def _reachable(block: dict[str, Any], form: Message | None) -> dict[str, Any]:
    """The promise block with a way to who answers for the case: a message, and a number, the house's if need be."""
    handler = block["handler"]
    if not handler["phone"]:
        handler |= {"phone": settings.BRAND["phone"], "hours": settings.BRAND["hours"]}
    handler["message_url"] = "#message" if form is not None else ""
    return block


def _told(case: Case) -> dict[str, Any]:
    return head(case) | {
        "category": case.category.local_name,
        "filed_at": case.filed_at,
        "description": case.description,
        "expectation": case.expectation,
        "reach": case.get_reach_display(),
        "needed_by": case.needed_by,
        "needed_why": case.needed_why,
        "severity_words": status.severity_words(case),
        "not_right_url": "#message" if case.state in OPEN else "",
    }


def _acts(request: HttpRequest, file: CaseFile) -> dict[str, list[dict[str, str]]]:
    """Buttons and links to what the customer can do now; staff who look at the page act in the console."""
    case = file.case
    if not is_customer(request, case):
        return {"actions": [], "links": []}
    base, actions, links = base_url(case), [], []
    if not may(request, case, "reply"):
        asked = case.state in (State.WAITING_CUSTOMER, State.ANSWERED)  # the block above asks for something else first
        actions.append({"label": _("Add a message"), "url": "#message", "kind": "secondary" if asked else "primary"})
        word = _("Your request to a supervisor") if file.open(Clock.SUPERVISOR) else _("Ask for a supervisor")
        actions.append({"label": word, "url": f"{base}supervisor/", "kind": "secondary"})
    survey = getattr(case, "survey", None)
    if case.state in SETTLED and case.resolved_at and not (survey and survey.answered_at):
        actions.append({"label": _("Tell us how we did"), "url": f"{base}fixed/", "kind": "primary"})
    if not may(request, case, "withdraw"):
        links.append({"label": _("Withdraw this case"), "url": f"{base}withdraw/"})
    links.append({"label": _("Print or save"), "url": "?print=1"})
    links.append({"label": _("Download the report (PDF)"), "url": f"{base}report.pdf"})
    links.append({"label": _("Download the report (table)"), "url": f"{base}report.csv"})
    links.append({"label": _("Who can see this case"), "url": f"{base}who/"})
    return {"actions": actions, "links": links}


@door("GET", "POST")
def message(request: HttpRequest, reference: str) -> HttpResponse:
    """The customer writes; a look at this address leads back to the form."""
    case, now = opened(request, reference), clock.now()
    if request.method != "POST":
        return see_other(f"{base_url(case)}#message")
    form = Message(request.POST)
    # Each person's own: who may not write here must not use up what the customer may.
    ratelimit.count(ratelimit.MESSAGE, f"case {case.pk} by {actor_for(request, case).pk}", at=now)
    if not form.take(request, by=actor_for(request, case), at=now) and form.is_valid():
        try:
            said = {"text": form.cleaned_data["text"], "seen": form.cleaned_data["seen"], "files": form.enclosed()}
            after = reply(case.pk, by=actor_for(request, case), at=now, form_key=form_key(request), **said)
        except Refused as why:
            form.add_error(None, str(why))
        else:
            arrived = _arrived(request, after, form.cleaned_data["seen"], now)
            return done(request, base_url(case), " ".join([_("Your message is sent."), *arrived]))
    form.data = request.POST.copy()
    form.data["seen"] = str(case.event_seq)  # the page that is shown now says all that has happened
    return _page(request, case, now=now, form=form)


#: What of ours can come while the customer writes.
ARRIVALS = {
    "updated": _lazy("While you wrote, %(name)s sent you an update %(when)s."),
    "answered": _lazy("While you wrote, %(name)s answered %(when)s."),
    "asked_customer": _lazy("While you wrote, %(name)s asked you a question %(when)s."),
}
STILL_ASKED = _lazy("We still need your answer to it: you find the question above the form.")


def _arrived(request: HttpRequest, case: Case, seen: int | None, now: datetime) -> list[str]:
    """Sentences of what came from us while the customer wrote, so that the two do not talk past each other."""
    if seen is None:
        return []
    since = Event.everything.filter(case=case, seq__gt=seen, kind__in=ARRIVALS)
    event = since.select_related("actor").order_by("seq").last()
    if event is None or event.actor is None:
        return []
    when = _at(event.occurred_at, zone=zone_of(request, settings.COMPANY_TIME_ZONE), now=now)
    sentence = ARRIVALS[event.kind] % {"name": event.actor.first_name, "when": when}
    return [sentence, str(STILL_ASKED)] if case.state == State.WAITING_CUSTOMER else [sentence]


def _at(instant: datetime, *, zone: str, now: datetime) -> str:
    """'at 16:00' on the same day, else 'on Fri 21 Nov, 16:00'."""
    there = local(instant, zone)
    if there.date() == local(now, zone).date():
        return _("at %(time)s") % {"time": clock_words(there)}
    return _("on %(day)s") % {"day": when_words(instant, zone=zone, now=now, style="plain")}


@door("GET")
def why(request: HttpRequest, reference: str) -> HttpResponse:
    """Why then? Every time that runs, the next promise first, with the hours that count towards it."""
    case = opened(request, reference)
    file = CaseFile.load(case)
    team = _("the team %(team)s") % {"team": case.team.local_name} if case.team else _("the team")
    context = {"case": head(case), "rows": proofs(file.clocks, team, file.rules), "version": case.protocol}
    return render(request, "pages/why.html", context)
