"""The interim question behind its mailed link: a look records nothing, the answer comes by the button."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _lazy

from cases.models import AccessLink
from escalation.verbs import Refused
from feedback import interim
from feedback.models import Interim
from feedback.surveys import will_be_anonymous
from portal import clock, ratelimit
from portal.forms import Plain, choice
from portal.pages.case import head
from portal.pages.doors import door, posted, see_other, shown_key

PURPOSE = AccessLink.Purpose.INTERIM


class InterimForm(Plain):
    """The one question."""

    score = choice(
        _lazy("Are we on the right track with your case so far?"),
        Interim.Score.choices,
        wrong=_lazy("Choose one of the answers"),
    )


@door("GET", "POST")
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """The question, and what was answered so far; `?score=` is what was chosen in the mail."""
    at = clock.now()
    link = AccessLink.find(PURPOSE, token, at=at)
    row = interim.asked(link.case) if link else None
    if link is None or row is None:
        ended = AccessLink.ended(PURPOSE, token, at=at)
        return _closed(request, {"case": head(ended.case) if ended else {}})
    chosen = request.GET.get("score", "")
    chosen = chosen if chosen in ("1", "2", "3", "4", "5") else ""
    form = InterimForm(posted(request), initial={"score": chosen or (row.score and str(row.score))})
    if request.method == "POST":
        ratelimit.count(ratelimit.MESSAGE, f"interim {link.case_id}", at=at)
        if form.is_valid():
            try:
                interim.answer_interim(link.case, score=int(form.cleaned_data["score"]), at=at)
            except Refused as why:
                form.add_error(None, str(why))
            else:
                return see_other(f"/i/{token}/")
    elif why_not := interim.closed_why(link.case):
        return _closed(request, {"case": head(link.case), "sentence": why_not})
    context = {
        "case": head(link.case),
        "form": form,
        "chosen_word": Interim.Score(int(chosen)).label if chosen else "",
        "answered": row.answered_at is not None,
        "anonymous": row.is_anonymous if row.answered_at else will_be_anonymous(),
        "key": shown_key(request),
    }
    return render(request, "pages/interim.html", context)


def _closed(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    return render(request, "pages/survey_closed.html", context, status=404)
