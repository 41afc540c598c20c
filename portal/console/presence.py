"""“Tom Reed is viewing since 14:01”: the line on a case and its acts, and the address a page speaks to every half minute."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from cases import presence
from cases.models import Case, Presence
from portal.console.words import lowered
from portal.templatetags.times import when_words
from portal.viewer import still_closed


def urls(site: AdminSite) -> list[URLPattern]:
    """The one address."""
    return [path("presence/<int:case_id>/", site.admin_view(partial(beacon, site=site)), name="presence")]


@require_POST
def beacon(request: HttpRequest, case_id: int, *, site: AdminSite) -> HttpResponse:
    """Notes that the person is at the case, and says who else is; 404 for who may not see it or has not opened it."""
    frame = site.each_context(request)
    case = Case.objects.visible_to(frame["viewer"]).filter(pk=min(case_id, 2**62)).first()
    if case is None or still_closed(request, case):
        raise Http404
    user, now = frame["actor"].user, frame["now"]
    try:
        presence.note(case, user, request.POST.get("kind", ""), at=now)
    except ValueError:
        return JsonResponse({}, status=400)
    others = presence.here(case, but=user, at=now).select_related("person")
    answer = JsonResponse({"words": words(others, frame["zone"], now)})
    answer["Cache-Control"] = "no-store, private"
    return answer


def words(rows: Iterable[Presence], zone: str, now: datetime) -> str:
    """'Tom Reed is writing since 14:01. Ana Mate is viewing since 13:58.'; empty where nobody else is there."""
    order = sorted(rows, key=lambda one: (one.kind != Presence.Kind.WRITING, one.since, one.pk))
    return " ".join(f"{one.person} is {one.kind} since {_clock(one.since, zone, now)}." for one in order)


def _clock(instant: datetime, zone: str, now: datetime) -> str:
    """'14:01' of today, else with its day."""
    return lowered(when_words(instant, zone=zone, now=now, style="short")).removeprefix("today, ")
