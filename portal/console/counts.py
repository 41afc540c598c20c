"""The numbers of the bar alone, for the script that renews them each minute; asking for them is no sign of life."""

from __future__ import annotations

from functools import partial

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from cases.access import Viewer
from escalation.permits import Actor
from portal import clock
from portal.console import places


def urls(site: AdminSite) -> list[URLPattern]:
    """The one address."""
    return [path("counts/", site.admin_view(partial(page, site=site)), name="counts")]


@require_safe
def page(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """{"needs": {"words": "7", "counted": "need you"}, ...}: what stands beside each place, by its key."""
    viewer, actor = Viewer(request.user), Actor.of(request.user)  # type: ignore[arg-type]
    drawn = places.bar(request, places.numbers(viewer, actor, clock.now()))["places"]
    answer = JsonResponse(
        {one["key"]: {"words": one["count"], "counted": one["counted"]} for one in drawn if one["key"]}
    )
    answer["Cache-Control"] = "no-store, private"
    return answer
