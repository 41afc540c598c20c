"""What a customer can do to their case besides writing: ask for a supervisor, yes, no, withdraw."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cases.lifecycle import State
from cases.models import Case
from escalation import verbs
from escalation.facts import Clock
from escalation.outlook import would_promise
from escalation.protocol import MissingCell
from escalation.verbs import Refused
from escalation.verbs.customer import reply
from feedback.models import Survey
from feedback.surveys import ASKABLE, answer_of, answer_survey, asks_heard, closed_why, more_questions
from portal import clock, forms, ratelimit
from portal.pages.case import base_url, head, may, opened
from portal.pages.doors import done, door, form_key, posted, see_other, shown_key
from portal.pages.survey import answered, more_page, survey_context
from portal.presenters.casefile import CaseFile
from portal.presenters.timeline import last_answer
from portal.survey_forms import Rating, SurveyForm
from portal.uploads import WithFiles, files_with
from portal.viewer import actor_for, is_customer


def run(request: HttpRequest, form: Form, act: Callable[[], None], case: Case, sentence: str) -> HttpResponse | None:
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


def show_form(request: HttpRequest, page: str, case: Case, form: Form, **context: Any) -> HttpResponse:
    context |= {"case": head(case), "form": form, "key": shown_key(request)}
    context["handler_name"] = case.owner.first_name if case.owner else ""
    return render(request, f"pages/{page}.html", context)


def not_now(request: HttpRequest, case: Case, heading: str, sentence: str) -> HttpResponse:
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

        sentence = (
            _("Added to your request.") if running else _("We have asked a supervisor. You see below when you hear.")
        )
        back = run(request, form, act, case, sentence)
        if back:
            return back
    elif sentence := may(request, case, "ask_supervisor"):
        return not_now(request, case, _("Ask for a supervisor"), sentence)
    asked = {"at": running.started_at, "reply_by": running.due_at} if running else None
    reply_by = None if running else would_promise(case, Clock.SUPERVISOR, at=now)
    return show_form(request, "supervisor", case, form, asked=asked, reply_by=reply_by)


@door("GET", "POST")
def fixed(request: HttpRequest, reference: str) -> HttpResponse:
    """Yes, it is fixed, with one rating; on a settled case only the rating is left."""
    case, now = opened(request, reference), clock.now()
    if case.state in ASKABLE:
        return _rate(request, case)
    form = Rating(posted(request))
    if request.method == "POST":

        def act() -> None:
            by, key = actor_for(request, case), form_key(request)
            with transaction.atomic():
                settled = verbs.accept(case.pk, by=by, at=now, form_key=key)
                if form.cleaned_data["satisfaction"]:
                    score, comment = int(form.cleaned_data["satisfaction"]), form.cleaned_data["comment"]
                    answer_survey(settled, satisfaction=score, fixed=Survey.Verdict.YES, comment=comment, at=now)

        back = run(request, form, act, case, _("Thank you. Your case is marked as fixed."))
        if back:
            return _on(case, back)
    elif sentence := may(request, case, "accept"):
        return not_now(request, case, _("It is fixed"), sentence)
    return show_form(request, "fixed", case, form, reopen_until=_until(case, now), answer=last_answer(case))


def _on(case: Case, back: HttpResponse) -> HttpResponse:
    """After an answer the questions that are left; without one, or with none left, the way `back`."""
    survey = answer_of(case)
    return see_other(f"{base_url(case)}fixed/more/") if survey and more_questions(case, survey) else back


@door("GET", "POST")
def fixed_more(request: HttpRequest, reference: str) -> HttpResponse:
    """What may be said besides the rating."""
    case = opened(request, reference)
    if not is_customer(request, case):
        return _not_theirs(request, case)
    return more_page(request, case, f"{base_url(case)}fixed/", base_url(case))


def _not_theirs(request: HttpRequest, case: Case) -> HttpResponse:
    return not_now(request, case, _("How did we do?"), _("Only the customer of this case can answer."))


def _rate(request: HttpRequest, case: Case) -> HttpResponse:
    before = answer_of(case)
    form = SurveyForm(posted(request), initial=answered(before), heard=asks_heard(case))
    if may(request, case, "reopen"):
        return _not_theirs(request, case)
    if request.method != "POST" and (sentence := closed_why(case, at=clock.now())):
        return not_now(request, case, _("How did we do?"), sentence)
    if request.method == "POST" and not request.POST.get("satisfaction"):
        # The second press of "Yes, it is fixed": it is done already.
        return done(request, base_url(case), _("Your case is marked as fixed."))
    if request.method == "POST":

        def act() -> None:
            answer_survey(case, at=clock.now(), **form.answer())

        back = run(request, form, act, case, _("Thank you for telling us how we did."))
        if back:
            return _on(case, back)
    return render(request, "pages/survey.html", survey_context(request, case, form, before))


def _until(case: Case, now: datetime) -> datetime:
    """Until when the case could be opened again if it were settled now."""
    return now + timedelta(seconds=CaseFile.load(case).protocol.windows.reopen)


@door("GET", "POST")
def not_fixed(request: HttpRequest, reference: str) -> HttpResponse:
    """No, it is not: open again, same people."""
    case, now = opened(request, reference), clock.now()
    form = forms.NotFixed(posted(request))
    if request.method == "POST":

        def act() -> None:
            said = {"text": form.cleaned_data["text"], "by": actor_for(request, case), "form_key": form_key(request)}
            verbs.reject(case.pk, at=now, files=files_with(form), **said)

        back = run(request, form, act, case, _("Your case is open again. You see below when you hear from us."))
        if back:
            return back
    elif sentence := may(request, case, "reject"):
        return not_now(request, case, _("It is not fixed"), sentence)
    reply_by = would_promise(case, Clock.REPLY, at=now)
    return show_form(request, "not_fixed", case, form, reply_by=reply_by, answer=last_answer(case))


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

        back = run(request, form, act, case, _("Your case is withdrawn."))
        if back:
            return back
    elif sentence := may(request, case, "withdraw"):
        return not_now(request, case, _("Withdraw this case"), sentence)
    return show_form(request, "withdraw", case, form, reopen_until=_until(case, now))
