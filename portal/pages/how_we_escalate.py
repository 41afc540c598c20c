"""The public page that says how cases are handled, by whom and by when: always what the published protocol says."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.http import http_date
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from cases import brand
from cases.models import Category, Team
from escalation.book import DEFAULT, PUBLIC, calendars_at
from escalation.models import CalendarVersion, ProtocolChoice, ProtocolVersion
from escalation.reading import parse
from portal import clock
from portal.presenters.how import how
from portal.templatetags.times import calendar_day, local

#: Seconds a browser may show the page without asking whether it changed.
FRESH = 300


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The version in force, or one that was (`?version=`, for a case promised under it); 304 while nothing changed."""
    now = clock.now()
    versions = _in_force()
    version = _wanted(request.GET.get("version", ""), versions)
    etag, changed = _tag(request, version, versions, now)
    response = get_conditional_response(request, etag=etag, last_modified=int(changed.timestamp()))
    response = response or _page(request, version, versions, now)
    response["ETag"], response["Last-Modified"] = etag, http_date(changed.timestamp())
    patch_vary_headers(response, ["Cookie"])
    # The bar of the page says who is signed in, so it is theirs alone.
    patch_cache_control(response, private=True, max_age=FRESH)
    return response


def _in_force() -> list[ProtocolVersion]:
    """The protocols new cases can come under: the default first, then in the order of the list of choices."""
    keys = dict.fromkeys((DEFAULT, *ProtocolChoice.objects.order_by("position").values_list("protocol", flat=True)))
    found = {one.key: one for one in ProtocolVersion.objects.filter(status="published", key__in=keys)}
    return [found[key] for key in keys if key in found]


def _wanted(label: str, versions: list[ProtocolVersion]) -> ProtocolVersion:
    """The version asked for; a draft is nobody's business, so it is the same 404 as one that does not exist."""
    if "\x00" in label:
        raise Http404  # PostgreSQL cannot even compare it
    if not label:
        found = next(iter(versions), None)
    else:
        found = next((one for one in versions if one.label == label), None)
        found = found or ProtocolVersion.objects.filter(label=label, status__in=PUBLIC).first()
    if found is None:
        raise Http404
    return found


def _tag(
    request: HttpRequest, version: ProtocolVersion, versions: list[ProtocolVersion], now: datetime
) -> tuple[str, datetime]:
    """Changes with all the page shows: versions, calendars, names, the day (days off ahead), and who is signed in."""
    today = now.astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).date()
    calendars = sorted(calendar.label for calendar in calendars_at(now).values())
    since = CalendarVersion.objects.filter(status__in=PUBLIC, published_at__lte=now)
    teams = list(Team.objects.order_by("pk").values_list("slug", "name", "phone", "hours", "translations"))
    topics = list(Category.objects.order_by("pk").values_list("slug", "name", "translations"))
    labels = [one.label for one in versions]
    reader = (request.user.pk, brand.current(), get_language())
    said = (version.label, version.status, labels, calendars, teams, topics, today, reader)
    instants = [one.published_at or one.made_at for one in (version, *versions)]
    changed = max([*instants, *(at for at in since.values_list("published_at", flat=True) if at)])
    return f'"{hashlib.sha256(repr(said).encode()).hexdigest()[:32]}"', changed


def _page(
    request: HttpRequest, version: ProtocolVersion, versions: list[ProtocolVersion], now: datetime
) -> HttpResponse:
    protocol = parse(version.label, version.document)
    zone = settings.COMPANY_TIME_ZONE
    context: dict[str, Any] = how(
        protocol,
        calendars_at(now),
        topics={topic.slug: topic.local_name for topic in Category.objects.all()},
        teams={team.slug: team for team in Team.objects.all()},
        today=now.astimezone(ZoneInfo(zone)).date(),
    )
    successor = next((one for one in versions if one.key == version.key and one.pk != version.pk), None)
    context |= {
        "version": version,
        "since": calendar_day(local(version.published_at or version.made_at, zone), with_year=True),
        "newer": successor,
        "others": [{"name": one.document["name"], "label": one.label} for one in versions if one.key != version.key],
        "zone": zone,
        "now": now,
    }
    return render(request, "pages/how_we_escalate.html", context)
