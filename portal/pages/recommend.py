"""Would you recommend us? The question behind its mailed link: a look records nothing, the answer comes by the button."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from escalation.verbs import Refused
from feedback import recommending
from feedback.models import Recommendation
from feedback.surveys import will_be_anonymous
from portal import clock, ratelimit
from portal.forms import Plain, choice, text
from portal.pages.doors import door, posted, see_other, shown_key

CHOICES = {str(value): label for value, label in Recommendation.Score.choices}


class RecommendForm(Plain):
    """The one question, and why."""

    score = choice("", Recommendation.Score.choices, wrong=_lazy("Choose a number from 0 to 10."))
    why = text(_lazy("Why?"), recommending.WHY_MOST, rows=3, required=False)

    def __init__(self, *args: object, **given: object) -> None:
        super().__init__(*args, **given)  # type: ignore[arg-type]
        asked = _("How likely is it that you recommend %(company)s to others?")
        self.fields["score"].label = asked % {"company": settings.BRAND["name"]}


@door("GET", "POST")
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """The question, and what was answered so far; `?score=` is what was chosen in the mail."""
    at = clock.now()
    row = recommending.find(token, at=at)
    if row is None:
        return _closed(request)
    chosen = request.GET.get("score", "")
    chosen = chosen if chosen in CHOICES else ""
    said = {"score": chosen or ("" if row.score is None else str(row.score)), "why": row.why}
    form = RecommendForm(posted(request), initial=said)
    if request.method == "POST":
        ratelimit.count(ratelimit.MESSAGE, f"recommend {row.pk}", at=at)
        if form.is_valid():
            given = form.cleaned_data
            try:
                recommending.answer(row, score=int(given["score"]), why=given["why"], at=at)
            except Refused as why:
                form.add_error(None, str(why))
            else:
                return see_other(f"/n/{token}/")
    elif why_not := recommending.closed_why(row, at=at):
        return _closed(request, why_not)
    context = {
        "form": form,
        "chosen_word": CHOICES.get(chosen, ""),
        "answered": row.answered_at is not None,
        "change_until": recommending.change_until(row),
        "anonymous": row.is_anonymous if row.answered_at else will_be_anonymous(),
        "key": shown_key(request),
    }
    return render(request, "pages/recommend.html", context)


def _closed(request: HttpRequest, sentence: str = "") -> HttpResponse:
    return render(request, "pages/recommend_closed.html", {"sentence": sentence}, status=404)
