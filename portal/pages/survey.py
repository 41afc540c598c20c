"""The survey behind a mailed link: a look records nothing, the answer comes by the button; a second page may be skipped."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cases.models import AccessLink, Case
from escalation.verbs import Refused
from feedback.low_scores import is_owed
from feedback.models import Survey
from feedback.surveys import (
    add_to_answer,
    answer_of,
    answer_survey,
    asks_heard,
    change_until,
    closed_why,
    more_questions,
    will_be_anonymous,
)
from portal import clock, ratelimit
from portal.pages.case import head
from portal.pages.doors import door, posted, see_other, shown_key
from portal.presenters.casefile import CaseFile
from portal.survey_forms import MoreForm, SurveyForm

PURPOSE = AccessLink.Purpose.SURVEY
WORDS = {True: "yes", False: "no", None: ""}


@door("GET", "POST")
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """The questions; `?score=` is what was chosen in the mail."""
    at = clock.now()
    link = AccessLink.find(PURPOSE, token, at=at)
    if link is None:
        return _gone(request, token)
    case, before = link.case, answer_of(link.case)
    chosen = _chosen(request)
    initial = answered(before) | ({"satisfaction": str(chosen)} if chosen else {})
    form = SurveyForm(posted(request), initial=initial, heard=asks_heard(case))
    if request.method == "POST":
        ratelimit.count(ratelimit.MESSAGE, f"survey {case.pk}", at=at)
        if form.is_valid():
            try:
                survey = answer_survey(case, at=at, **form.answer())
            except Refused as why:
                form.add_error(None, str(why))
            else:
                return see_other(f"/s/{token}/{'more' if more_questions(case, survey) else 'thanks'}/")
    elif why_not := closed_why(case, at=at):
        return _closed(request, case, why_not)
    return render(request, "pages/survey.html", survey_context(request, case, form, before, chosen))


def survey_context(
    request: HttpRequest, case: Case, form: SurveyForm, before: Survey | None, chosen: int | None = None
) -> dict[str, Any]:
    """What pages/survey.html takes."""
    return {
        "case": head(case),
        "form": form,
        "chosen_word": Survey.Satisfaction(chosen).label if chosen else "",
        "changing": before is not None,
        "anonymous": before.is_anonymous if before else will_be_anonymous(),
        "key": shown_key(request),
    }


def _gone(request: HttpRequest, token: str) -> HttpResponse:
    """Unknown links name no case; one whose time is over leads to its case, which asks for a code."""
    link = AccessLink.ended(PURPOSE, token, at=clock.now())
    return _closed(request, link.case if link else None)


def _closed(request: HttpRequest, case: Case | None, why: str = "") -> HttpResponse:
    context = {"case": head(case) if case else {}, "sentence": why}
    return render(request, "pages/survey_closed.html", context, status=404)


def _chosen(request: HttpRequest) -> int | None:
    score = request.GET.get("score", "")
    return int(score) if score in ("1", "2", "3", "4", "5") else None


def answered(survey: Survey | None) -> dict[str, Any]:
    """What was answered before, so that it can be changed."""
    if survey is None:
        return {}
    names = ("satisfaction", "fixed", "heard", "comment", "effort")
    said = {name: getattr(survey, name) for name in names}
    return {name: "" if value is None else str(value) for name, value in said.items()} | {
        "may_contact": WORDS[survey.may_contact],
        "may_quote": WORDS[survey.may_quote],
    }


@door("GET", "POST")
def more(request: HttpRequest, token: str) -> HttpResponse:
    """What may be said besides: was it easy, may we call. Nobody must."""
    link = AccessLink.find(PURPOSE, token, at=clock.now())
    return more_page(request, link.case, f"/s/{token}/", f"/s/{token}/thanks/") if link else _gone(request, token)


def more_page(request: HttpRequest, case: Case, first: str, after: str) -> HttpResponse:
    """The second page of a case's survey; `first` is where the answer is given, `after` where one goes on."""
    at, survey = clock.now(), answer_of(case)
    if survey is None:
        return see_other(first)
    asked = more_questions(case, survey)
    form = MoreForm(posted(request), initial=answered(survey), asked=asked)
    if request.method == "POST":
        ratelimit.count(ratelimit.MESSAGE, f"survey {case.pk}", at=at)
        if form.is_valid():
            try:
                add_to_answer(case, at=at, **form.answer())
            except Refused as why:
                form.add_error(None, str(why))
            else:
                return see_other(after)
    elif not asked or closed_why(case, at=at):
        return see_other(after)
    context = {"case": head(case), "form": form, "after": after, "key": shown_key(request)}
    return render(request, "pages/survey_more.html", context)


@door("GET")
def thanks(request: HttpRequest, token: str) -> HttpResponse:
    """Thank you, and until when the answer can be changed."""
    link = AccessLink.find(PURPOSE, token, at=clock.now())
    if link is None:
        return _gone(request, token)
    survey = answer_of(link.case)
    if survey is None:
        return see_other(f"/s/{token}/")
    reopen = CaseFile.load(link.case).reopen_until
    context = {
        "case": head(link.case),
        "survey_url": f"/s/{token}/",
        "change_until": change_until(survey),
        "anonymous": survey.is_anonymous,
        "low": is_owed(link.case),
        "may_contact": survey.may_contact,
        "improvements_url": "/improvements/" if settings.PUBLIC_IMPROVEMENTS else "",
        "unhappy": survey.fixed in (Survey.Verdict.NO, Survey.Verdict.PARTLY) or survey.is_low,
        "again": reopen is not None and reopen >= clock.now(),
    }
    return render(request, "pages/survey_thanks.html", context)
