"""The page of an act: its form, what would follow, one button; sending it calls exactly one verb."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from cases import presence
from cases.models import Case, Severity, User
from escalation import verbs
from escalation.decision import NotNow
from escalation.guidance import NEVER
from escalation.outlook import latest_move, next_update
from escalation.permits import PERMITS, SUPERVISOR
from escalation.protocol import MissingCell
from escalation.ready import before
from escalation.store import peek
from escalation.turn import Turn
from portal import clock
from portal.console import forms, guidance, replies_insert
from portal.console import presence as here
from portal.console.case_people import all_supervisors, closing_words, with_names
from portal.console.deeds import BESIDE, DEEDS, Deed
from portal.console.preview import YOURS, Preview, try_out
from portal.console.timeline import since_words
from portal.console.words import lowered, tag_of
from portal.templatetags.times import when_words, zone_words
from portal.uploads import WithFiles, pressed

#: Acts whose words are ours: nothing of them goes into a letter to the customer.
INTERNAL = (
    "note",
    "justify",
    "keep",
    "return_offer",
    "help_back",
    "mark_upset",
    "tried",
    "investigate",
    "give_up",
    "correct_customer_address",
    *BESIDE,
)
SHOW = "show"  # the button that sends nothing and shows what would follow
ONLY_ONE = "There is no other version of this protocol to move the case to."


def act_view(request: HttpRequest, case: Case, verb: str, frame: dict[str, Any]) -> HttpResponse:
    """Shows the form of `verb`, or sends it. `frame` is the site's context with viewer, actor, zone and now."""
    deed = DEEDS.get(verb)
    if deed is None:
        raise Http404
    turn = caught_up(case, frame)
    form = form_of(deed, request, case, turn, frame)
    if request.method != "POST":
        return page(request, case, verb, form, turn, frame)
    if isinstance(form, WithFiles) and form.take(request, by=frame["actor"].user, at=frame["now"]):
        return page(request, case, verb, form, turn, frame)
    if replies_insert.PRESS in request.POST and isinstance(form, forms.Replying):
        offers = replies_insert.offers_for(verb, form, turn, frame)
        frame |= {"inserted": replies_insert.insert(form, request.POST[replies_insert.PRESS], offers)}
        return page(request, case, verb, form, turn, frame)
    if SHOW in request.POST:
        form.look_only()
        return page(request, case, verb, form, turn, frame)
    if not form.is_valid():
        return page(request, case, verb, form, turn, frame, status=422)
    return sent(request, case, verb, form, turn, frame)


def caught_up(case: Case, frame: dict[str, Any]) -> Turn:
    """A copy of the case as the verb will find it: with every clock that is due already heard."""
    turn = peek(case, frame["now"])
    try:
        turn.settle(frame["now"])
    except (NotNow, MissingCell):
        # What cannot be caught up with is the sweep's to set aside; the page shows the case as it stands.
        turn = peek(case, frame["now"])
    return turn


def form_of(deed: Deed, request: HttpRequest, case: Case, turn: Turn, frame: dict[str, Any]) -> forms.ActForm:
    data = request.POST if request.method == "POST" else None
    initial = {"seen": case.event_seq, "form_key": uuid4().hex}
    linked = {name: request.GET[name] for name in deed.form.FROM_LINK if name in request.GET}
    form = deed.form(data, case=case, viewer=frame["viewer"], initial=linked | initial)
    if isinstance(form, forms.Update):
        latest = next_update(turn, at=frame["now"], by=frame["actor"].user.pk)
        form.suggest(latest, latest_words(latest, frame) if latest else "")
    if isinstance(form, forms.MovePromise):
        latest = latest_move(turn)
        form.suggest(latest, latest_words(latest, frame) if latest else "", given=turn.case.promise_at)
    if isinstance(form, forms.Offer):
        form.offer_to(turn.directory)
    if isinstance(form, forms.PassUp):
        strongest = next(iter(guidance.advice_on(turn, frame["now"])), None)
        form.ask_why(strongest.because if strongest and strongest.verdict == NEVER else "")
    return form


def latest_words(latest: datetime, frame: dict[str, Any]) -> str:
    """'tomorrow, Tue 13 Jan, 10:04 (London time)', for the middle of a sentence."""
    words = lowered(when_words(latest, zone=frame["zone"], now=frame["now"]))
    return f"{words} ({zone_words(frame['zone'])})"


def sent(
    request: HttpRequest, case: Case, verb: str, form: forms.ActForm, turn: Turn, frame: dict[str, Any]
) -> HttpResponse:
    """Calls the verb; what it refuses comes back with everything that was typed."""
    carried = {"seen": form.cleaned_data["seen"], "form_key": form.cleaned_data["form_key"] + pressed(request)}
    try:
        getattr(verbs, verb)(case.pk, by=request.user, at=frame["now"], **form.arguments(), **carried)
    except verbs.Stale as stale:
        # The person now sees what happened; sending again is their answer to it.
        seen = stale.since[-1].seq if stale.since else case.event_seq
        typed: Any = form.data
        form.data = typed.copy()
        form.data["seen"] = str(seen)  # type: ignore[index]
        form.add_error(None, str(stale))
        # What is shown beside it is tried out on the case as it stands now.
        frame |= {"now": clock.now()}
        case.refresh_from_db()
        since = [since_words(event, frame["now"]) for event in stale.since]
        return page(request, case, verb, form, caught_up(case, frame), frame, status=409, since=since)
    except verbs.Refused as why:
        latest = f" At the latest {latest_words(why.latest, frame)}." if why.latest else ""
        form.add_error(why.field if why.field in form.fields else None, f"{why}{latest}")
        return page(request, case, verb, form, turn, frame, status=422)
    except MissingCell as why:
        form.add_error(None, str(why))
        return page(request, case, verb, form, turn, frame, status=422)
    messages.success(request, DEEDS[verb].done)
    return HttpResponse(status=303, headers={"Location": reverse("admin:cases_case_change", args=[case.pk])})


def foreseen(verb: str, form: forms.ActForm, turn: Turn, by: User, now: datetime) -> Preview:
    """What would follow of what the form says now, by the very decision that sending it makes."""
    deed = DEEDS[verb]
    try:
        happening = turn.placed(deed.happening(turn, form.guess(), by, now))
        return try_out(turn, happening, by=by, words="" if verb in INTERNAL else form.written(YOURS))
    except NotNow as why:  # what was typed contradicts itself
        return Preview(sentence=str(why))


def page(
    request: HttpRequest,
    case: Case,
    verb: str,
    form: forms.ActForm,
    turn: Turn,
    frame: dict[str, Any],
    *,
    status: int = 200,
    since: list[str] | None = None,
) -> HttpResponse:
    """The act's page; when the act is not possible now it says why and offers no button."""
    deed, now, by = DEEDS[verb], frame["now"], frame["actor"].user
    why = guidance.why_not(verb, turn.case, frame["actor"], turn, guidance.advice_on(turn, now))
    if not why and isinstance(form, forms.Adopt) and not forms.other_versions(case):
        why = ONLY_ONE
    why = with_names(why, turn, all_supervisors() if why == SUPERVISOR else []) or form.nothing()
    button, first = deed.button(turn), "" if why else before(verb, turn)  # as the case is, before the try-out moves it
    preview = Preview(sentence=why)
    if not why:
        preview = foreseen(verb, form, turn, by, now)
    if verb == "close":
        why = closing_words(why, turn, frame["zone"], now)
    context = frame | {
        "title": PERMITS[verb].label,
        "case": case,
        "tag": tag_of(case, now),
        "severity": Severity(case.severity).label,
        "levels": turn.rules.protocol.top,
        "verb": verb,
        "lead": deed.lead,
        "form": form,
        "button": button,
        "preview": preview,
        "before": first,
        "why": why,
        "since": since or [],
        "offers": [] if why else replies_insert.offers_for(verb, form, turn, frame),
        "writes": any(name in form.fields for name in forms.ActForm.WRITTEN) and verb not in INTERNAL,
        "url": reverse("admin:cases_case_change", args=[case.pk]),
        "here": here.words(presence.here(case, but=by, at=now).select_related("person"), frame["zone"], now),
    }
    return TemplateResponse(request, "console/act.html", context, status=status)
