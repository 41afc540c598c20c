"""File a case: one question a page, all of it on one page if wanted, a last look with what we will promise, and sent."""

from __future__ import annotations

import hashlib
import logging
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _

from cases import files
from cases.models import Case, Draft, FormKey, User
from escalation.book import NoProtocol
from escalation.drafts import send_draft
from escalation.protocol import MissingCell
from escalation.verbs import Refused, Told, outlook
from escalation.verbs.acting import own_key
from escalation.verbs.filing import Outlook
from feedback import knowledge
from portal import clock, ratelimit, similar
from portal.drafts import current, filing_door, held, keep, person_of, today, way_of
from portal.filing_forms import Filing, GuestFiling, Question, as_posted
from portal.filing_steps import CHECK, FORMS, SIMILAR, Whole, form_for
from portal.pages.doors import form_key, see_other, shown_key
from portal.presenters.filing import answer_rows, draft_row, urgent_line
from portal.presenters.promised import counted, preview
from portal.sensitive import masked, new_finds, question, without
from portal.viewer import let_in, zone_of

log = logging.getLogger("milepost.filing")
#: The address as it was typed, and the case this browser filed.
TYPED, FILED = "typed_address", "filed_case"  # the latter with the name and number typed
#: What may come with an address that leads here: topic, words that were searched for, the article that did not help.
CAME_WITH = {"topic": "category", "q": "title", "article": "article"}


def url_of(step: str) -> str:
    """The address of a step."""
    return f"/cases/new/{step}/"


@filing_door("GET")
def begin(request: HttpRequest) -> HttpResponse:
    """The first question, or the draft that waits here."""
    draft = current(request)
    if draft is None:
        return see_other(url_of("topic") + came_with(request.GET))
    came = {name: request.GET[name] for name in CAME_WITH if request.GET.get(name)}
    context = {"draft": draft_row(draft), "came": came, "key": shown_key(request)}
    return render(request, "pages/filing/begin.html", context)


@filing_door("GET", "POST")
def step(request: HttpRequest, step: str) -> HttpResponse:
    """One question: shown with what was given before, taken in, and on to the next."""
    if step not in FORMS:
        raise Http404
    way, draft = way_of(request), current(request)
    if step not in way.steps:
        return see_other(url_of(CHECK))
    if request.method == "POST":
        return _take(request, FORMS[step], step)
    at = way.rank(draft.step if draft else "")
    if way.number(step) > at + 1:
        return see_other(url_of(way.goes_on(draft.step)) if draft else "/cases/new/")
    form = form_for(step, draft, today=today(request), start=_came(request.GET))
    return ask(request, form, step)


@filing_door("GET", "POST")
def one_page(request: HttpRequest) -> HttpResponse:
    """Everything at once: the same draft, the same rules, the same last look."""
    kind = Filing if request.user.is_authenticated else GuestFiling
    if request.method == "POST":
        return _take(request, kind, way_of(request).steps[-1])
    draft = current(request)
    start = _came(request.GET) | {k: v for k, v in as_posted(draft.answers if draft else {}).items() if v}
    return ask(request, kind(initial=start, today=today(request)), "")


def came_with(said: QueryDict) -> str:
    """What came with the address as the query of the next one."""
    came = {name: said[name][:120] for name in CAME_WITH if said.get(name)}
    return f"?{urlencode(came)}" if came else ""


def _came(said: QueryDict) -> dict[str, str]:
    """What came with the address, by the names of our answers."""
    came = {ours: str(said[name])[:120] for name, ours in CAME_WITH.items() if said.get(name)}
    if not re.fullmatch(r"[\w-]{1,80}", came.get("article", "")):
        came.pop("article", None)
    return came


def ask(request: HttpRequest, form: Question, step: str) -> HttpResponse:
    """The page of a question; `step` empty: all of them."""
    way, draft = way_of(request), current(request)
    before = way.before(step) if step else ""
    through = bool(draft and way.is_through(draft.step))
    said = _came(request.POST if form.is_bound else request.GET)
    context = {
        "form": form,
        "step": step,
        "number": way.number(step) if step else 0,
        "total": len(way.steps),
        "back_url": url_of(CHECK) if through else url_of(before) if before else "",
        "carried": {name: said[ours] for name, ours in CAME_WITH.items() if ours in said and name != "topic"},
        "urgent": urgent_line(draft) if step == "impact" else "",
        "draft": draft,
    }
    return render(request, f"pages/filing/{'step' if step else 'one_page'}.html", context)


def _take(request: HttpRequest, kind: type[Question], step: str) -> HttpResponse:
    """An answer: checked, perhaps asked about, kept; what is wrong is shown again and nothing is changed."""
    form = kind(request.POST, today=today(request))
    known = current(request)
    shown = step if kind in FORMS.values() else ""
    if request.POST.get("later"):
        keep(request, _clean_part(form, known.answers if known else {}))
        return see_other("/cases/new/later/")
    if not form.is_valid():
        return ask(request, form, shown)
    kept = form.kept()
    finds = new_finds(kept, known.answers if known else {}, form.free)
    decided = request.POST.get("sensitive")
    if finds and decided not in ("remove", "keep"):
        hidden = [(name, value) for name, value in request.POST.items() if name != "csrfmiddlewaretoken"]
        context = {"hidden": hidden, "question": question(finds), "finds": [masked(one) for one in finds]}
        return render(request, "pages/filing/sensitive.html", context | {"many": len(finds) > 1})
    if finds and decided == "remove":
        kept |= {name: without(kept[name]) for name in form.free if name in kept}
        again = kind(kept, today=today(request))
        if not again.is_valid():
            return ask(request, again, shown)
    had = known.answers if known else {}
    came = {name: value for name, value in _came(request.POST).items() if name not in had and name != "category"}
    draft = keep(request, {**came, **kept}, step=step, whole=not shown)
    if shown in ("details", "") and not draft.answers.get(SIMILAR) and similar.like(request, draft):
        keep(request, {SIMILAR: "on"})
        return see_other(url_of(SIMILAR))
    return see_other(url_of(way_of(request).after(step, draft.step)))


def _clean_part(form: Question, known: dict[str, Any]) -> dict[str, str]:
    """Of a form that is not finished what is right and may be kept unasked."""
    form.is_valid()
    kept = form.kept()
    return {name: text for name, text in kept.items() if name not in form.free or not new_finds(kept, known, (name,))}


# The last look ------------------------------------------------------------------------------------------------


@filing_door("GET", "POST")
def check(request: HttpRequest) -> HttpResponse:
    """The answers and what we will promise; the button files the case, once."""
    draft = _posted_draft(request) if request.method == "POST" else current(request)
    if draft is None:
        return see_other("/cases/new/")
    if draft.case is not None:
        return _arrive(request, draft.case, {})
    way = way_of(request)
    whole = Whole.read(draft.answers, way, today=today(request))
    if whole.wrong or not way.is_through(draft.step):
        return see_other(url_of(whole.wrong or way.goes_on(draft.step)))
    if request.method != "POST":
        return _show(request, draft, whole)
    if request.POST.get("seen") != _stamp(draft):
        return _show(request, draft, whole, _("Your answers were changed in another window. Look again, then send."))
    return _send(request, draft, whole)


def _posted_draft(request: HttpRequest) -> Draft | None:
    """The draft a page was about: sent meanwhile it still is found, so that a second press sees what the first did."""
    pk = request.POST.get("draft", "")
    return held(request).select_related("case").filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 16 else None


def _stamp(draft: Draft) -> str:
    """A fingerprint of all that the page shows of the draft."""
    names = [f"{file.pk}" for file in files.waiting(draft.files_key)]
    return hashlib.sha256("|".join([draft.digest, *names]).encode()).hexdigest()


def _show(request: HttpRequest, draft: Draft, whole: Whole, problem: str = "") -> HttpResponse:
    now = clock.now()
    seen = _outlook(request, whole.said, now)
    promised = preview(seen, zone=zone_of(request, settings.COMPANY_TIME_ZONE), now=now) if seen else None
    context = {
        "draft": draft,
        "seen": _stamp(draft),
        "rows": answer_rows(draft, whole.said, list(files.waiting(draft.files_key)), person_of(request)),
        "email": whole.said.get("email", ""),
        "preview": promised,
        "counted": counted(seen) if seen else "",
        "problem": problem or ("" if promised else not_online()),
        "urgent": urgent_line(draft),
        "back_url": url_of(way_of(request).before(CHECK)),
        "key": shown_key(request),
    }
    return render(request, "pages/filing/check.html", context)


def not_online() -> str:
    """Said where no protocol covers the case."""
    return _(
        "We cannot take this here at the moment: no times are set for this topic. Nothing you typed is lost. "
        "Choose “Something else”, or contact us another way."
    )


def _outlook(request: HttpRequest, said: dict[str, Any], now: datetime) -> Outlook | None:
    """What filing would promise; None where nothing can be promised."""
    # Whoever types an address has not proved to be its person: what kind of customer that is must not show here.
    person, product = person_of(request), said.get("product")
    try:
        return outlook(said["category"], said["impact"], at=now, customer=person, product=product)
    except (NoProtocol, MissingCell):
        log.exception("No promise can be made for %s, %s.", said["category"].slug, said["impact"])
        return None


def _send(request: HttpRequest, draft: Draft, whole: Whole) -> HttpResponse:
    said, at, person = whole.said, clock.now(), person_of(request)
    key, address = form_key(request), said.get("email") or (person.email if person else "")
    # A second press finds the first one's case; it is no second filing and is not counted as one.
    if not _sent_before(key, person or User.objects.at_address(address).first()):
        if person:
            # Counted by account: what strangers type in this person's name must not use it up.
            ratelimit.count(ratelimit.FILING, f"person {person.pk}", at=at)
        else:
            ratelimit.count(ratelimit.FILING, f"for {address}", at=at)
            ratelimit.count(ratelimit.CLIENT_FILING, f"from {ratelimit.client(request)}", at=at)
    customer = person or _customer(said)
    try:
        with transaction.atomic():
            case = send_draft(draft, _told(draft, said), by=customer, at=at, form_key=key, proven=bool(person))
            if case.article:
                knowledge.tried(case, [case.article], at=at)
    except (NoProtocol, MissingCell):
        return _show(request, draft, whole)
    except Refused as why:
        return _show(request, draft, whole, str(why))
    return _arrive(request, case, said)


def _customer(said: dict[str, Any]) -> User:
    """Who reads the address; what a new account is told of language and zone changes no account that is there."""
    new = {"language": said.get("language") or "", "time_zone": said.get("zone") or ""}
    new = {name: value for name, value in new.items() if value}
    return User.objects.of_address(said["email"], name=said["name"], phone=said["phone"], **new)


def _told(draft: Draft, said: dict[str, Any]) -> Told:
    wants_call = bool(said.get("call_me"))
    return Told(
        said["title"],
        said["description"],
        said["category"],
        said["impact"],
        said["expectation"],
        product=said.get("product"),
        reach=said.get("reach") or "",
        needed_by=said.get("needed_by"),
        needed_why=said.get("needed_why") or "",
        call_phone=said.get("phone", "") if wants_call else "",
        call_hours=(said.get("call_hours") or "") if wants_call else "",
        article=str(draft.answers.get("article", ""))[:80],
    )


def _arrive(request: HttpRequest, case: Case, said: dict[str, Any]) -> HttpResponse:
    """To the page that says we have it; a guest's browser is let in to this one case."""
    if not request.user.is_authenticated:
        if said:
            # Shown as it was typed: how an account of ours spells it is nobody else's business.
            request.session[TYPED] = said["email"]
            request.session[FILED] = {"case": case.pk, "name": said["name"], "phone": said["phone"]}
        let_in(request, case, at=clock.now(), proved=False)
    return see_other(f"/cases/new/sent/{case.reference}/")


def _sent_before(key: str, person: User | None) -> bool:
    return bool(key and person and FormKey.objects.filter(key=own_key(key, person), case__isnull=False).exists())
