"""The alternative we offered where the plan failed a customer: they read it and say yes or no."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from feedback import alternatives
from feedback.models import Alternative
from portal import clock
from portal.forms import Plain, choice
from portal.pages.acts import not_now, run, show_form
from portal.pages.case import opened
from portal.pages.doors import door, posted
from portal.viewer import actor_for, is_customer

YES, NO = Alternative.Answer.ACCEPTED, Alternative.Answer.DECLINED
THANKS: dict[str, Any] = {
    YES: _lazy("Thank you. We have noted your yes and do what we offered."),
    NO: _lazy("Thank you for telling us. The people on your case look for another way."),
}


class Answer(Plain):
    """Yes or no; `seen` is the offer that was on the page."""

    seen = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    answer = choice(
        _lazy("Is this all right for you?"),
        ((YES, _lazy("Yes, please do this")), (NO, _lazy("No, I do not want this"))),
        wrong=_lazy("Choose yes or no."),
    )


@door("GET", "POST")
def alternative(request: HttpRequest, reference: str) -> HttpResponse:
    """The newest offer, and the answer to it; 404 where nothing was offered."""
    case, now = opened(request, reference), clock.now()
    found = alternatives.newest(case)
    if found is None:
        raise Http404
    if not is_customer(request, case):
        return not_now(request, case, _("Our offer"), _("Only the customer of this case can answer."))
    form = Answer(posted(request), initial={"seen": found.pk})
    if request.method == "POST":

        def act() -> None:
            said = form.cleaned_data
            by = actor_for(request, case)
            alternatives.answer(case, said["answer"], seen=said["seen"] or 0, by=by, at=now)

        back = run(request, form, act, case, str(THANKS.get(request.POST.get("answer", ""), "")))
        if back:
            return back
        # What is shown now is the newest offer; it is the one the next press answers.
        form.data = request.POST.copy()
        form.data["seen"] = str(found.pk)
    return show_form(
        request, "alternative", case, form, offer=found, before=found.message.text.removesuffix(found.text).strip()
    )
