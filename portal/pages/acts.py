"""What a customer can do to their case besides writing: ask for a supervisor, yes, no, open again, withdraw."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cases.lifecycle import State
from cases.models import Case
from escalation import verbs
from escalation.facts import Clock
from escalation.outlook import would_promise
from escalation.protocol import MissingCell
from escalation.verbs import Refused
from escalation.verbs.customer import reply
from feedback.surveys import ASKABLE, answer_survey
from portal import clock, forms, ratelimit
from portal.pages.case import base_url, head, may, opened
from portal.pages.doors import done, door, form_key, posted, shown_key
from portal.presenters.casefile import CaseFile
from portal.presenters.timeline import last_answer
from portal.uploads import WithFiles, files_with
from portal.viewer import actor_for


def _act(request: HttpRequest, form: Form, act: Callable[[], None], case: Case, sentence: str) -> HttpResponse | None:
    """Runs `act` for a posted form; the way back when it worked, None when the page must be shown with the reason."""
    ratelimit.count(ratelimit.MESSAGE, f"case {case.pk}", at=clock.now())
    if isinstance(form, WithFiles) and form.take(request, by=actor_for(request, case), at=clock.now()):
        return None
    if not form.is_valid():
        return None
    try:
        act()
    except (Refused, MissingCell) as why:
        form.add_error(None, str(why))
        return None
    return done(request, base_url(case), sentence)


def _show(request: HttpRequest, page: str, case: Case, form: Form, **context: Any) -> HttpResponse:
    context |= {"case": head(case), "form": form, "key": shown_key(request)}
    context["handler_name"] = case.owner.first_name if case.owner else ""
    return render(request, f"pages/{page}.html", context)


def _not_now(request: HttpRequest, case: Case, heading: str, sentence: str) -> HttpResponse:
    """The page of an act that does not fit the case now: why not, and the way back."""
    context = {"case": head(case), "heading": heading, "sentence": sentence}
    return render(request, "pages/not_now.html", context)


@door("GET", "POST")
def supervisor(request: HttpRequest, reference: str) -> HttpResponse:
    """Asks for a supervisor, or adds to the request that is open."""
    case, now = opened(request, reference), clock.now()
    file = CaseFile.load(case)
    running = file.open(Clock.SUPERVISOR)
    kind = forms.MoreToSupervisor if running else forms.Supervisor
    form: Any = kind(posted(request), initial={"seen": case.event_seq})
    if request.method == "POST":

        def act() -> None:
            said = form.cleaned_data
            act: dict[str, Any] = {"by": actor_for(request, case), "at": now, "form_key": form_key(request)}
            act["files"] = form.enclosed()
            if running:
                reply(case.pk, text=said["text"], seen=said["seen"], **act)
            else:
                verbs.ask_supervisor(case.pk, reason=said["reason"], text=said["text"], **act)

        sentence = "Added to your request." if running else "We have asked a supervisor. You see below when you hear."
        back = _act(request, form, act, case, sentence)
        if back:
            return back
    elif sentence := may(request, case, "ask_supervisor"):
        return _not_now(request, case, "Ask for a supervisor", sentence)
    asked = {"at": running.started_at, "reply_by": running.due_at} if running else None
    reply_by = None if running else would_promise(case, Clock.SUPERVISOR, at=now)
    return _show(request, "supervisor", case, form, asked=asked, reply_by=reply_by)


@door("GET", "POST")
def fixed(request: HttpRequest, reference: str) -> HttpResponse:
    """Yes, it is fixed, with one rating; on a settled case only the rating is left."""
    case, now = opened(request, reference), clock.now()
    if case.state in ASKABLE:
        return _rate(request, case)
    form = forms.Rating(posted(request))
    if request.method == "POST":

        def act() -> None:
            by, key = actor_for(request, case), form_key(request)
            with transaction.atomic():
                settled = verbs.accept(case.pk, by=by, at=now, form_key=key)
                if form.cleaned_data["satisfaction"]:
                    score, comment = int(form.cleaned_data["satisfaction"]), form.cleaned_data["comment"]
                    answer_survey(settled, satisfaction=score, fixed=True, comment=comment, at=now)

        back = _act(request, form, act, case, "Thank you. Your case is marked as fixed.")
        if back:
            return back
    elif sentence := may(request, case, "accept"):
        return _not_now(request, case, "It is fixed", sentence)
    return _show(request, "fixed", case, form, reopen_until=_until(case, now), answer=last_answer(case))


def _rate(request: HttpRequest, case: Case) -> HttpResponse:
    form = forms.SurveyForm(posted(request))
    if may(request, case, "reopen"):
        return _not_now(request, case, "How did we do?", "Only the customer of this case can answer.")
    if request.method == "POST" and not request.POST.get("satisfaction"):
        # The second press of "Yes, it is fixed": it is done already.
        return done(request, base_url(case), "Your case is marked as fixed.")
    if request.method == "POST":

        def act() -> None:
            answer_survey(case, at=clock.now(), **form.answer())

        back = _act(request, form, act, case, "Thank you for telling us how we did.")
        if back:
            return back
    return _show(request, "survey", case, form)


def _until(case: Case, now: datetime) -> datetime:
    """Until when the case could be opened again if it were settled now."""
    return now + timedelta(seconds=CaseFile.load(case).protocol.windows.reopen)


@door("GET", "POST")
def not_fixed(request: HttpRequest, reference: str) -> HttpResponse:
    """No, it is not: open again, same people."""
    return _again(request, reference, "reject", forms.NotFixed, "not_fixed", "It is not fixed")


@door("GET", "POST")
def reopen(request: HttpRequest, reference: str) -> HttpResponse:
    """It came back."""
    return _again(request, reference, "reopen", forms.Reopen, "reopen", "Open it again")


def _again(request: HttpRequest, reference: str, verb: str, kind: type[Form], page: str, heading: str) -> HttpResponse:
    case, now = opened(request, reference), clock.now()
    form = kind(posted(request))
    if request.method == "POST":

        def act() -> None:
            said = {"text": form.cleaned_data["text"], "by": actor_for(request, case), "form_key": form_key(request)}
            getattr(verbs, verb)(case.pk, at=now, files=files_with(form), **said)

        back = _act(request, form, act, case, "Your case is open again. You see below when you hear from us.")
        if back:
            return back
    elif sentence := may(request, case, verb) or _too_late(case, verb, now):
        return _not_now(request, case, heading, sentence)
    answer = last_answer(case) if verb == "reject" else None
    return _show(request, page, case, form, reply_by=would_promise(case, Clock.REPLY, at=now), answer=answer)


def _too_late(case: Case, verb: str, now: datetime) -> str:
    """A look at the page says already what the button would answer."""
    until = CaseFile.load(case).reopen_until if verb == "reopen" else None
    over = "The time to open this case again is over. Start a new case; we will see this one beside it."
    return over if until and until < now else ""


@door("GET", "POST")
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """The customer does not need it any more; why, when they say it, is a message before."""
    case, now = opened(request, reference), clock.now()
    form = forms.Withdraw(posted(request))
    if request.method == "POST":

        def act() -> None:
            by, key, why = actor_for(request, case), form_key(request), form.cleaned_data["text"]
            with transaction.atomic():
                if why and case.state != State.WITHDRAWN:
                    reply(case.pk, text=why, by=by, at=now, form_key=f"{key[:56]}:why" if key else "")
                verbs.withdraw(case.pk, by=by, at=now, form_key=key)

        back = _act(request, form, act, case, "Your case is withdrawn.")
        if back:
            return back
    elif sentence := may(request, case, "withdraw"):
        return _not_now(request, case, "Withdraw this case", sentence)
    return _show(request, "withdraw", case, form, reopen_until=_until(case, now))
