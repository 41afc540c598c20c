"""Pages that say the same to everybody: how to reach us, privacy, accessibility."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cases.models import Team
from escalation.letters import LINK_LASTS
from feedback.invitations import LINK_LASTS as SURVEY_LASTS
from portal.presenters.privacy import cookies
from portal.viewer import GUEST_LASTS

#: The day somebody last went through the accessibility statement line by line.
CHECKED = date(2026, 11, 22)


@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    """Every way to reach us, in the same order always; teams that have a phone of their own with their hours."""
    teams = Team.objects.exclude(phone="").order_by("name")
    return render(request, "pages/contact.html", {"teams": teams})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What we keep, why and for how long: every figure is the one the code uses."""
    context = {
        "cookies": cookies(),
        "guest_days": GUEST_LASTS.days,
        "link_days": LINK_LASTS.days,
        "survey_days": SURVEY_LASTS.days,
        "kept_days": getattr(settings, "ERASURE_KEEPS_DAYS", 0),
    }
    return render(request, "pages/privacy.html", context)


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement."""
    return render(request, "pages/accessibility.html", {"checked": CHECKED})
