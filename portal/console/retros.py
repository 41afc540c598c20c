"""Retros in the console: the two-minute form, and what was said, for those who may read it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from cases.access import WORK, Viewer
from cases.models import Case
from escalation.verbs import Refused
from feedback import lessons, retros
from feedback.intervals import Share
from feedback.measures import count
from feedback.models import Retro
from feedback.periods import Period
from feedback.retro_log import known
from portal.console import noting, retro_words
from portal.console.learning_form import AnswerRetro, SkipRetro
from portal.console.needs import door
from portal.console.protocol_editing import see_other
from portal.console.restricted import closed
from portal.insights.words import interval_words, share_words

PER_PAGE, WEEKS = 20, 12


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of retros, for who works on cases."""
    return [
        path("learning/retros/", door(site, listing, WORK), name="retros"),
        path("learning/retros/<int:pk>/", door(site, page, WORK), name="retro"),
    ]


@require_safe
def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """What one still owes, what was said, and for supervisors how many answer."""
    frame = site.each_context(request)
    user, now = frame["actor"].user, frame["now"]
    rows = Paginator(retros.readable(user), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Retros",
        "owed": list(retros.owed(user, at=now)),
        "rows": rows,
        "page": rows,
        "figures": figures(now) if frame["actor"].supervises else None,
        "weeks": WEEKS,
    }
    return TemplateResponse(request, "console/retros.html", frame | context)


def figures(now: Any) -> list[dict[str, Any]]:
    """How many colleagues and how many customers answer, and what colleagues say of the level; of the last weeks."""
    zone = settings.COMPANY_TIME_ZONE
    period = Period.of_weeks(WEEKS, until=now.astimezone(ZoneInfo(zone)).date(), zone=zone)
    (asked,) = count(["response"], period, at=now).values()
    said = retros.levels(period)
    enough = sum(said.values())
    return [
        {"label": "Colleagues who answered their retro", **figure(retros.response(period))},
        {"label": "Customers who answered their survey", **figure(asked["response"].now)},
        *({"label": f"“{label}”", **figure(Share(said[level], enough))} for level, label in Retro.Level.choices),
    ]


def figure(share: Share) -> dict[str, Any]:
    """A share with its interval and of how many; few are not shown."""
    return {"words": share_words(share), "interval": interval_words(share), "n": share.n}


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """One's own retro of a case; somebody else's is not there."""
    frame = site.each_context(request)
    user = frame["actor"].user
    mine = Retro.objects.filter(person=user, case__in=Case.objects.visible_to(Viewer(user))).select_related("case")
    retro = get_object_or_404(mine, pk=min(pk, 2**62))
    if away := closed(request, retro.case):
        return away
    skips = request.POST.get("press") == "skip"
    form = begun(retro, frame["zone"], request.POST if request.method == "POST" and not skips else None)
    skip = SkipRetro(request.POST if skips else None)
    wrong = ""
    if request.method == "POST":
        wrong, done = sent(retro, skip if skips else form, frame)
        if done:
            noting.note(request, "retro", retro.case)
            messages.success(request, done)
            return see_other(reverse("admin:retros"))
    context = {
        "title": "Two-minute retro",
        "retro": retro,
        "case": retro.case,
        "form": form,
        "skip": skip,
        "wrong": wrong,
        "open": retro.is_open and frame["now"] < retro.asked_at + retros.OWED_FOR,
        "until": retro.asked_at + retros.OWED_FOR,
        "level": retro.get_level_display(),
    }
    failed = bool(wrong or form.errors or skip.errors)
    return TemplateResponse(request, "console/retro.html", frame | context, status=422 if failed else 200)


def begun(retro: Retro, zone: str, data: Any) -> AnswerRetro:
    """The form as it was sent, or as the log begins it; whether the level was right is for a person to say."""
    if data is not None or not retro.is_open:
        return AnswerRetro(data)
    found = known(retro.case)
    return AnswerRetro(initial={"worked": retro_words.worked(found), "blocked": retro_words.blocked(found, zone)})


def sent(retro: Retro, form: AnswerRetro | SkipRetro, frame: dict[str, Any]) -> tuple[str, str]:
    """Answers with the lesson there may be, or skips: (what is wrong with no field, what is said when it went well)."""
    if not form.is_valid():
        return "", ""
    given, who = form.cleaned_data, {"by": frame["actor"].user, "at": frame["now"]}
    try:
        if isinstance(form, SkipRetro):
            retros.skip(retro, given["skipped_why"], **who)
            return "", "Skipped."
        with transaction.atomic():
            retros.answer(retro, level=given["level"], worked=given["worked"], blocked=given["blocked"], **who)
            if given["lesson"]:
                lessons.write(given["lesson"], given["change"], case=retro.case, **who)
    except Refused as why:
        if why.field in (fields := {name: name for name in form.fields} | {"text": "lesson"}):
            form.add_error(fields[why.field], str(why))
            return "", ""
        return str(why), ""
    return "", "Thank you. The lesson gets an answer, and you get a letter then." if given["lesson"] else "Thank you."
