"""The front door and "My cases"."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cases.access import of_company, shared_with
from cases.lifecycle import OPEN
from cases.models import Message
from cases.models.case import reference_prefix
from cases.reference import BadReference, read_reference
from escalation.lateness import with_ledger
from feedback import knowledge, problems
from portal import clock
from portal.pages.doors import door, see_other
from portal.pages.filing_drafts import drafts_of
from portal.presenters.lists import case_rows, of_another, pressing_first
from portal.presenters.problems import row
from portal.viewer import guest_case, visible_cases, zone_of

PER_PAGE = 20
AT_HOME = 5
LONGEST_QUERY = 100


@door("GET")
def home(request: HttpRequest) -> HttpResponse:
    """Tell us, follow, and the open cases of whoever is looking."""
    context: dict[str, Any] = {"cases": []} | known_problems()
    if request.user.is_authenticated or guest_case(request):
        page = Paginator(pressing_first(_mine(request).filter(state__in=OPEN)), AT_HOME).page(1)
        context |= {"cases": _rows(request, page), "case_count": page.paginator.count}
    return render(
        request, "pages/home.html", context | {"drafts": drafts_of(request), "help_search": knowledge.is_any()}
    )


def known_problems() -> dict[str, Any]:
    """The newest problem many people have, and whether there are others."""
    found = list(problems.current()[:2])
    return {"known_problem": row(found[0], clock.now()), "more_problems": len(found) > 1} if found else {}


@door("GET")
def my_cases(request: HttpRequest) -> HttpResponse:
    """Open, closed or all cases of the person, by words or reference, 20 a page."""
    if not (request.user.is_authenticated or guest_case(request)):
        return see_other(f"{settings.LOGIN_URL}?next=/cases/")
    which = request.GET.get("filter", "open")
    has_company = settings.SHARE_IN_ORGANISATION and getattr(request.user, "organisation_id", None) is not None
    which = which if which in ("open", "closed", "all", *(("company",) if has_company else ())) else "open"
    query = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:LONGEST_QUERY]
    cases = _search(_of_colleagues(request) if which == "company" else _mine(request), query)
    if which == "open":
        cases = pressing_first(cases.filter(state__in=OPEN))
    elif which == "closed":
        cases = cases.exclude(state__in=OPEN).order_by("-filed_at", "-pk")
    else:
        cases = cases.order_by("-filed_at", "-pk")
    page = Paginator(cases, PER_PAGE).get_page(request.GET.get("page"))
    context = {"cases": _rows(request, page), "filter": which, "query": query, "page": page, "has_company": has_company}
    if which == "open" and not query:
        context["drafts"] = drafts_of(request)
    return render(request, "pages/my_cases.html", context)


def _mine(request: HttpRequest) -> QuerySet:
    """The cases one is the customer of or was added to, and the one proved as a guest: staff do not see the whole house here."""
    own = Q(pk=guest_case(request) or 0)
    if request.user.is_authenticated:
        own |= Q(customer=request.user) | shared_with(request.user)
    return visible_cases(request).filter(own)


def _of_colleagues(request: HttpRequest) -> QuerySet:
    """The cases of the others in the person's company."""
    person: Any = request.user
    return visible_cases(request).filter(of_company(person)).exclude(customer=person)


def _search(cases: QuerySet, query: str) -> QuerySet:
    if not query:
        return cases
    said = Message.objects.filter(case=OuterRef("pk"), text__icontains=query)
    found: Any = Q(title__icontains=query) | Q(description__icontains=query) | Exists(said)
    try:
        found |= Q(reference=read_reference(query, reference_prefix()))
    except BadReference:
        pass
    return cases.filter(found)


def _rows(request: HttpRequest, page: Any) -> list[dict[str, Any]]:
    page.object_list = with_ledger(page.object_list).select_related("owner", "team", "customer")
    cases, mine = list(page), guest_case(request)
    rows = case_rows(cases, zone=zone_of(request, settings.COMPANY_TIME_ZONE), now=clock.now())
    return [
        row if case.customer_id == request.user.pk or case.pk == mine else of_another(case, row)
        for case, row in zip(cases, rows, strict=True)
    ]
