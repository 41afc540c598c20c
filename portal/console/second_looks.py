"""Second readers in the console: giving comments to one, how far two agree, and the page on which the second reads."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods

from cases.access import WORK
from escalation.verbs import Refused
from feedback import second_looks, themes, verbatims
from feedback.models import SecondLook, Survey, ThemeSample
from portal.console.needs import door
from portal.console.post_mortems_form import person
from portal.console.protocol_editing import see_other
from portal.console.themes import TagForm
from portal.forms import Plain

LOOKS = require_http_methods(["GET", "HEAD", "POST"])
SHOWN = 20
SIZE = f"From {second_looks.SMALLEST} to {second_looks.LARGEST} comments."


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses: supervisors give comments to a second reader, whoever works on cases may be one."""
    return [
        path("feedback/themes/agreement/", door(site, samples, themes.SUPERVISE), name="theme_agreement"),
        path("feedback/second/", door(site, second, WORK), name="second_look"),
    ]


class Draw(Plain):
    """Who reads, and how many."""

    reader = person("Second reader", wrong="Choose a colleague who works on cases.", empty_label="Choose a colleague",
        help_text="Somebody who has not put themes on these comments. They do not see what the first reader said.")  # fmt: skip
    size = forms.IntegerField(
        label="How many comments", min_value=second_looks.SMALLEST, max_value=second_looks.LARGEST, initial=second_looks.USUAL,
        help_text="Drawn by chance. Thirty take some ten minutes.",
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), SIZE),
    )  # fmt: skip


@LOOKS
def samples(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """What was given to whom and how much of it is read, how far readers agree, and the form that draws a sample."""
    frame = site.each_context(request)
    form = Draw(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = second_looks.make(**form.cleaned_data, by=frame["actor"].user, at=frame["now"])
        except Refused as why:
            form.add_error(why.field or None, str(why))
        else:
            messages.success(request, f"{made.looks.count()} comments wait for {made.reader}.")
            return see_other(reverse("admin:theme_agreement"))
    counted = ThemeSample.objects.select_related("reader", "by").annotate(
        drawn=Count("looks"), read=Count("looks__done_at")
    )
    context = {
        "title": "How far two readers agree",
        "rows": counted.order_by("-at", "-pk")[:SHOWN],
        "whole": second_looks.agreement().whole,
        "form": form,
        "figures_url": "/insights/words/" if request.user.has_perm("feedback.view_insights") else "",
    }
    return TemplateResponse(
        request, "console/theme_agreement.html", frame | context, status=422 if form.errors else 200
    )


@LOOKS
def second(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """The next comment of somebody's own sample: its masked words and the themes to tick, nothing of the first reader."""
    frame = site.each_context(request)
    user = frame["actor"].user
    if request.method == "POST":
        return _sent(request, frame)
    return _shown(request, frame, second_looks.waiting(user).select_related("sample").first(), None)


def _sent(request: HttpRequest, frame: dict[str, Any]) -> HttpResponse:
    typed = request.POST.get("look", "")
    number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else 0
    mine = SecondLook.objects.filter(sample__reader=frame["actor"].user).select_related("sample")
    look = mine.filter(pk=number).first()
    if look is None:
        # It went with words the customer changed, or was never this person's.
        messages.warning(request, second_looks.CHANGED)
        return see_other(reverse("admin:second_look"))
    form = TagForm(request.POST, offered=second_looks.offered(look.sample), initial={})
    if form.is_valid():
        chosen, who = list(form.cleaned_data["themes"]), {"by": frame["actor"].user, "at": frame["now"]}
        try:
            second_looks.save(look, chosen, seen=form.cleaned_data["seen"], **who)
        except Refused as why:
            form.add_error(None, str(why))
        else:
            return see_other(reverse("admin:second_look"))
    return _shown(request, frame, look, form)


def _shown(request: HttpRequest, frame: dict[str, Any], look: SecondLook | None, form: TagForm | None) -> HttpResponse:
    context: dict[str, Any] = {"title": "Second reader", "left": second_looks.waiting(frame["actor"].user).count()}
    readable = verbatims.readable(frame["viewer"])
    survey = verbatims.with_cases(readable.filter(pk=look.survey_id)).first() if look else None
    if look is not None and isinstance(survey, Survey):
        (said,) = verbatims.heard([survey])
        first = {"seen": themes.seal(survey)}
        context |= {
            "look": look,
            "said": said,
            "form": form or TagForm(offered=second_looks.offered(look.sample), initial=first),
        }
        if form is not None:
            said_again = request.POST.copy()
            said_again["seen"] = first["seen"]
            form.data = said_again
    failed = form is not None and bool(form.errors)
    return TemplateResponse(request, "console/second_look.html", frame | context, status=422 if failed else 200)
