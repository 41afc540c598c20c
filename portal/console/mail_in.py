"""Mail that waits for a person, in the console: who wrote it, why it landed nowhere, and the two ways it is dealt with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from cases.access import Viewer
from cases.models import Case
from escalation.models import InboundMail
from escalation.protocol import MissingCell
from escalation.verbs import Refused
from portal.console.mail_in_form import PutOn, SetAside
from portal.console.needs import door
from portal.console.protocol_editing import see_other
from portal.console.restricted import closed
from portal.console.words import short
from portal.inbound import taking

SEE = "cases.supervise"
SHOWN, LATELY = 50, 8
HIGHEST = 2**63 - 1  # more is no number of a database


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses, for supervisors: what strangers write in others' names is not for everybody."""

    return [
        path("mail/", door(site, listing, SEE), name="mail_in"),
        path("mail/<int:pk>/", door(site, page, SEE), name="mail_one"),
        path("mail/<int:pk>/aside/", door(site, aside, SEE), name="mail_aside"),
    ]


def to_look_at(viewer: Viewer) -> QuerySet[InboundMail]:
    """Mail that waits and is about no case the person does not see, oldest first."""
    return _seen(viewer).filter(state__in=InboundMail.TO_LOOK_AT).select_related("case").order_by("at", "pk")


def _seen(viewer: Viewer) -> QuerySet[InboundMail]:
    cases = Case.objects.visible_to(viewer).order_by().values("pk")
    return InboundMail.objects.filter(Q(case=None) | Q(case__in=cases))


@require_safe
def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """What waits, and what was dealt with lately."""
    frame = site.each_context(request)
    rows = to_look_at(frame["viewer"])
    dealt = _seen(frame["viewer"]).filter(seen_at__isnull=False).select_related("case", "seen_by").order_by("-seen_at")
    context = {
        "title": "E-mail to look at",
        "rows": rows[:SHOWN],
        "count": rows.count(),
        "lately": dealt[:LATELY],
        "fetches": bool(settings.INBOUND),
    }
    return TemplateResponse(request, "console/mail_in.html", frame | context)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """One that waits; sent, it goes on the case that was chosen."""
    frame = site.each_context(request)
    mail = _found(pk, frame["viewer"])
    if away := closed(request, mail.case):
        return away
    if mail.state not in InboundMail.TO_LOOK_AT:
        return _too_late(request, mail, frame)
    form = PutOn(request.POST if request.method == "POST" else None, mail=mail, viewer=frame["viewer"])
    if request.method != "POST":
        return _shown(request, mail, form, SetAside(), frame)
    if form.is_valid():
        try:
            case = taking.put_on_case(pk, form.cleaned_data["found"], by=frame["actor"].user, at=frame["now"])
        except taking.Taken as taken:
            return _too_late(request, taken.mail, frame)
        except (Refused, MissingCell) as why:
            form.add_error(None, str(why))
        else:
            messages.success(request, f"It is on {case.reference} now, as a message of the customer.")
            return see_other(reverse("admin:cases_case_change", args=[case.pk]))
    return _shown(request, mail, form, SetAside(), frame, status=422)


@require_http_methods(["POST"])
def aside(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """It belongs on no case: why, and it waits no longer."""
    frame = site.each_context(request)
    mail = _found(pk, frame["viewer"])
    if away := closed(request, mail.case):
        return away
    form = SetAside(request.POST)
    if mail.state not in InboundMail.TO_LOOK_AT:
        return _too_late(request, mail, frame)
    if not form.is_valid():
        return _shown(request, mail, PutOn(mail=mail, viewer=frame["viewer"]), form, frame, status=422)
    try:
        taking.set_aside(pk, because=form.because(), by=frame["actor"].user, at=frame["now"])
    except taking.Taken as taken:
        return _too_late(request, taken.mail, frame)
    messages.success(request, "Set aside. Its words are gone from here; the e-mail itself is in the mailbox.")
    return see_other(reverse("admin:mail_in"))


def _found(pk: int, viewer: Viewer) -> InboundMail:
    rows = _seen(viewer).select_related("case__category", "seen_by")
    return get_object_or_404(rows, pk=pk if pk <= HIGHEST else -1)


def _too_late(request: HttpRequest, mail: InboundMail, frame: dict[str, Any]) -> HttpResponse:
    """Who comes second is told who was first, when, and what they did."""
    messages.info(request, dealt_words(mail, frame["zone"], frame["now"]))
    return see_other(reverse("admin:mail_in"))


def dealt_words(mail: InboundMail, zone: str, now: datetime) -> str:
    """'Dana Voss put this e-mail on MP-7K4M-29 today, 10:32. You have changed nothing.'"""
    if mail.seen_by is None or mail.seen_at is None:
        return "This e-mail does not wait for anybody."
    where = f"put this e-mail on {mail.case.reference}" if mail.state == mail.State.LANDED and mail.case else ""
    did = where or f"set this e-mail aside ({mail.because})"
    return f"{mail.seen_by} {did}: {short(mail.seen_at, zone, now)}. Nothing was changed now."


def _shown(
    request: HttpRequest, mail: InboundMail, form: PutOn, other: SetAside, frame: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    context = {"title": mail.subject or "E-mail without a subject", "mail": mail, "form": form, "other": other}
    return TemplateResponse(request, "console/mail_one.html", frame | context, status=status)
