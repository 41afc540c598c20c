"""What is refused before any page looks at it."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse


def refuse_nul(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Refuses a console address with a NUL in its query: PostgreSQL cannot compare it, and stock lists would try."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/console/") and "%00" in request.META.get("QUERY_STRING", ""):
            raise SuspiciousOperation("NUL in the query.")
        return get_response(request)

    return answer
