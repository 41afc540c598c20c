"""Mail that waits for a person, in the console: who wrote it, why it landed nowhere, and a button once it is dealt with."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST, require_safe

from escalation.models import Heartbeat, InboundMail
from portal.console.protocol_editing import see_other
from portal.inbound import fetching, taking

SEE = "cases.supervise"
SHOWN = 50


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses, for supervisors: what strangers write in others' names is not for everybody."""

    def door(view: Any) -> Any:
        def inner(request: HttpRequest, **found: Any) -> HttpResponse:
            if not request.user.has_perm(SEE):
                raise PermissionDenied
            return view(request, site, **found)

        return site.admin_view(inner)

    return [
        path("mail/", door(listing), name="mail_in"),
        path("mail/<int:pk>/looked/", door(looked), name="mail_looked"),
    ]


def to_look_at() -> Any:
    """Mail that waits, oldest first."""
    return InboundMail.objects.filter(state__in=InboundMail.TO_LOOK_AT).select_related("case").order_by("at", "pk")


@require_safe
def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """What waits, and how fetching is."""
    rows = to_look_at()
    context = {
        "title": "E-mail to look at",
        "rows": rows[:SHOWN],
        "count": rows.count(),
        "fetches": bool(settings.INBOUND),
        "last": Heartbeat.objects.filter(role=fetching.ROLE).first(),
    }
    return TemplateResponse(request, "console/mail_in.html", site.each_context(request) | context)


@require_POST
def looked(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """It has been dealt with; who presses second is told that somebody was quicker."""
    frame = site.each_context(request)
    if taking.looked_at(pk, by=frame["actor"].user, at=frame["now"]):
        messages.success(request, "Done. Its words are gone from here; the e-mail itself is in the mailbox.")
    else:
        messages.info(request, "Somebody has dealt with it already.")
    return see_other(reverse("admin:mail_in"))
