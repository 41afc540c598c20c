"""What every page may name: the brand, the reader's zone, the instant, and what was just done."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest

from cases import brand
from portal import clock, sheets
from portal.viewer import zone_of


def look() -> dict[str, Any]:
    """The company as templates name it, and the stylesheets its colour and its owner add."""
    now = brand.current()
    sheet = {"site_sheet": sheets.site(now.colour)[1], "brand_sheet": sheets.address(now.colour)}
    return sheet | {"brand": now, "own_sheet": sheets.own_address()}


def portal(request: HttpRequest) -> dict[str, Any]:
    """The context processor; `confirmation` is taken from the session only when the page says it."""

    @cache
    def confirmation() -> str:
        return " ".join(str(message) for message in get_messages(request))

    return {
        **look(),
        "zone": zone_of(request, settings.COMPANY_TIME_ZONE),
        "now": clock.now(),
        "confirmation": confirmation,
        "idle_minutes": settings.STAFF_IDLE_MINUTES,
    }
