"""The survey behind a mailed link: looking records only that it was opened, the answer comes by the button."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cases.models import AccessLink, Case
from escalation.verbs import Refused
from feedback.models import Survey
from feedback.surveys import CHANGE_WITHIN, answer_survey
from portal import clock, forms, ratelimit
from portal.pages.case import head
from portal.pages.doors import door, see_other, shown_key
from portal.presenters.casefile import CaseFile

PURPOSE = AccessLink.Purpose.SURVEY
UNHAPPY = (Survey.Satisfaction.VERY_DISSATISFIED, Survey.Satisfaction.DISSATISFIED)


@door("GET", "POST")
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """The questions; `?score=` is what was chosen in the mail."""
    at = clock.now()
    link = AccessLink.find(PURPOSE, token, at=at)
    if link is None:
        return _ended(request)
    if request.method == "POST":
        ratelimit.count(ratelimit.MESSAGE, f"survey {link.case_id}", at=at)
        form = forms.SurveyForm(request.POST)
        if form.is_valid():
            try:
                answer_survey(link.case, at=at, **form.answer())
            except Refused as why:
                form.add_error(None, str(why))
            else:
                return see_other(f"/s/{token}/thanks/")
        return _show(request, link.case, form)
    chosen = _chosen(request)
    initial = _answered(link.case) | ({"satisfaction": str(chosen)} if chosen else {})
    return _show(request, link.case, forms.SurveyForm(initial=initial), chosen)


def _show(request: HttpRequest, case: Case, form: forms.SurveyForm, chosen: int | None = None) -> HttpResponse:
    word = Survey.Satisfaction(chosen).label if chosen else ""
    context = {"case": head(case), "form": form, "chosen_word": word, "key": shown_key(request)}
    return render(request, "pages/survey.html", context)


def _ended(request: HttpRequest) -> HttpResponse:
    """Wrong and expired look the same; there is no case to name."""
    return render(request, "pages/survey.html", {"expired": True, "case": {"url": "/cases/"}}, status=404)


def _chosen(request: HttpRequest) -> int | None:
    score = request.GET.get("score", "")
    return int(score) if score in ("1", "2", "3", "4", "5") else None


def _answered(case: Case) -> dict[str, Any]:
    """What was answered before, so that it can be changed."""
    survey = Survey.objects.filter(case=case, answered_at__isnull=False).first()
    if survey is None:
        return {}
    words = {True: "yes", False: "no", None: ""}
    return {
        "satisfaction": str(survey.satisfaction),
        "fixed": words[survey.fixed],
        "comment": survey.comment,
        "may_contact": words[survey.may_contact],
    }


@door("GET")
def thanks(request: HttpRequest, token: str) -> HttpResponse:
    """Thank you, and until when the answer can be changed."""
    link = AccessLink.find(PURPOSE, token, at=clock.now())
    if link is None:
        return _ended(request)
    survey = Survey.objects.filter(case=link.case, answered_at__isnull=False).first()
    if survey is None or survey.answered_at is None:
        return see_other(f"/s/{token}/")
    reopen = CaseFile.load(link.case).reopen_until
    context = {
        "case": head(link.case),
        "change_until": survey.answered_at + CHANGE_WITHIN,
        "unhappy": survey.fixed is False or survey.satisfaction in UNHAPPY,
        "again": reopen is not None and reopen >= clock.now(),
    }
    return render(request, "pages/survey_thanks.html", context)
