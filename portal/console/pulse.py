"""The monthly pulse question in the console: answering it, and putting it off for a week."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods, require_POST

from escalation.verbs import Refused
from feedback import pulse
from feedback.intervals import FEWEST
from portal import clock
from portal.forms import Plain, choice, line

LAST = "Think of the last four weeks."
THANKS = "Thank you. Your answer is counted, without your name."


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of the question; for all who work on cases."""
    return [
        path("pulse/", site.admin_view(partial(page, site=site)), name="pulse"),
        path("pulse/later/", site.admin_view(later), name="pulse_later"),
    ]


class Answer(Plain):
    """One question, a few words if one likes, and the month it was asked about."""

    score = choice(pulse.QUESTION, pulse.CHOICES, wrong="Choose how manageable it was.", help_text=LAST)
    words = line(
        "A few words", pulse.MOST_WORDS, required=False,
        help_text="Shown word for word, mixed with those of everybody, without your team. Write nothing that only you could know.",
    )  # fmt: skip
    month = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean_month(self) -> date | None:
        """None for what no page of ours has sent; the question of no month is open then."""
        try:
            return parse_date(self.cleaned_data["month"])
        except ValueError:
            return None


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """The question, or an answer to it; a second press ends as the first did."""
    user: Any = request.user
    if request.method == "POST":
        form = Answer(request.POST)
        if form.is_valid() and counted(form, user):
            messages.success(request, THANKS)
            return home()
        return shown(request, site, form, form.cleaned_data.get("month"), status=422)
    month = pulse.question_for(user, clock.now(), put_off=False)
    return shown(request, site, Answer(initial={"month": month.isoformat()}) if month else None, month)


def counted(form: Answer, user: Any) -> bool:
    """Counts the answer; what is refused stands at its field."""
    said = form.cleaned_data
    try:
        pulse.answer_pulse(score=int(said["score"]), words=said["words"], month=said["month"], by=user, at=clock.now())
    except Refused as why:
        form.add_error(why.field or None, str(why))
        return False
    return True


def shown(
    request: HttpRequest, site: AdminSite, form: Answer | None, month: date | None, *, status: int = 200
) -> HttpResponse:
    context = {
        "title": "Monthly question",
        "form": form,
        "month": f"{month:%B %Y}" if month else "",
        "fewest": FEWEST,
    }
    return TemplateResponse(request, "console/pulse.html", site.each_context(request) | context, status=status)


@require_POST
def later(request: HttpRequest) -> HttpResponse:
    """Puts the question off for a week."""
    user: Any = request.user
    pulse.ask_later(by=user, at=clock.now())
    return home()


def home() -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": reverse("admin:index")})
