"""The progress report of a case for its customer: what the case page shows, as a file to keep or to give on."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from cases import brand
from portal import clock
from portal.pages.case import opened
from portal.pages.doors import door
from portal.reports.files import response_of
from portal.reports.told import report
from portal.viewer import zone_of


@door("GET")
def download(request: HttpRequest, reference: str, kind: str) -> HttpResponse:
    """The report as it stands now, in the language and the time zone of the page."""
    case, now = opened(request, reference), clock.now()
    house, zone = brand.current().name, zone_of(request, settings.COMPANY_TIME_ZONE)
    made = report(case, house=house, zone=zone, at=now)
    title = _("%(house)s: how your case %(reference)s went") % {"house": house, "reference": case.reference}
    return response_of([made], kind, name=f"{case.reference}-report", title=title, zone=zone, at=now)
