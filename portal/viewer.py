"""Who stands at a door: turns a request into a `Viewer`, and keeps the one case a guest proved in their session."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from zoneinfo import available_timezones

from django.http import Http404, HttpRequest
from django.utils.dateparse import parse_datetime

from cases.access import Viewer
from cases.models import Case, User
from cases.models.case import CaseQuerySet, reference_prefix
from cases.reference import BadReference, read_reference
from portal import clock

GUEST = "guest_case"
GUEST_LASTS = timedelta(days=7)
#: The restricted cases a colleague opened in the console, {"7": until when}.
OPENED = "opened_cases"


def viewer_of(request: HttpRequest) -> Viewer:
    """The person of the request with the case they proved as a guest, if they did."""
    guest = guest_case(request)
    if not guest:
        return Viewer(request.user, opened=opened_cases(request) if Viewer(request.user).is_staff else None)
    kept = request.session[GUEST]
    if kept.get("proved"):
        return Viewer(request.user, guest_cases=(guest,), guest_salt=kept.get("salt", ""))
    return Viewer(request.user, filed_cases=(guest,))


def opened_cases(request: HttpRequest) -> tuple[int, ...]:
    """The restricted cases that are open to a colleague's session, while that lasts."""
    kept, now = request.session.get(OPENED, {}), clock.now()
    return tuple(int(pk) for pk, until in kept.items() if (parse_datetime(until) or now) > now)


def still_closed(request: HttpRequest, case: Case) -> bool:
    """Whether a case is restricted and has not been opened in this session."""
    return case.category.is_restricted and case.pk not in opened_cases(request)


def guest_case(request: HttpRequest) -> int | None:
    """The case this browser may see without an account, while that lasts."""
    kept = request.session.get(GUEST)
    if not kept:
        return None
    until = parse_datetime(kept["until"])
    return kept["case"] if until and until > clock.now() else None


def let_in(request: HttpRequest, case: Case, *, at: datetime, proved: bool) -> None:
    """Opens exactly this case to the browser, under a new session key; the guest case it had before is given up.

    `proved`: a link or code came back here. Who only filed it sees it until somebody has proved the address.
    """
    until, salt = (at + GUEST_LASTS).isoformat(), case.customer.session_salt
    request.session[GUEST] = {"case": case.pk, "until": until, "proved": proved, "salt": salt}
    request.session.cycle_key()


def visible_cases(request: HttpRequest) -> CaseQuerySet:
    """The cases this request may see: where every page of cases starts."""
    return Case.objects.visible_to(viewer_of(request))


def reference_in(typed: str) -> str:
    """The reference meant by what stands in an address, or nothing; it says nothing of whether there is such a case."""
    try:
        return read_reference(typed, reference_prefix())
    except BadReference:
        return ""


def case_or_404(cases: CaseQuerySet, typed: str) -> Case:
    """The case of a reference as typed; a wrong, a missing and somebody else's reference are the same 404."""
    reference = reference_in(typed)
    found = cases.filter(reference=reference).first() if reference else None
    if found is None:
        raise Http404
    return found


def actor_for(request: HttpRequest, case: Case) -> User:
    """Whose act it is: a guest who proved the case acts as its customer, everybody else as themselves."""
    if request.user.is_authenticated and not (request.user.pk != case.customer_id and guest_case(request) == case.pk):
        return request.user
    return case.customer


def is_customer(request: HttpRequest, case: Case) -> bool:
    """Whether the case's customer is looking, not staff."""
    return actor_for(request, case).pk == case.customer_id


def zone_of(request: HttpRequest, company: str) -> str:
    """The zone times are shown in; a guest gets the company's, for the account's is nobody else's business."""
    wanted = getattr(request.user, "time_zone", "")
    return wanted if wanted in _zones() else company


@cache
def _zones() -> frozenset[str]:
    """Every zone this machine knows; reading them anew for each page would cost more than the page."""
    return frozenset(available_timezones())
