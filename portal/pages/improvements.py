"""What we changed because people told us: for everybody, unless the company keeps it to itself."""

from __future__ import annotations

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from cases.languages import ENGLISH, current, in_language
from feedback import improvements
from portal.pages.doors import door

PER_PAGE = 20


@door("GET")
def listing(request: HttpRequest) -> HttpResponse:
    """The published sentences, in the reader's language where somebody wrote them in it; no names and no case."""
    if not settings.PUBLIC_IMPROVEMENTS:
        raise Http404
    page = Paginator(improvements.published(), PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        {
            "sentence": in_language(one.translations, "sentence", one.sentence),
            "lang": current() if one.translations.get(current(), {}).get("sentence") else ENGLISH,
            "at": one.done_at,
        }
        for one in page
    ]
    return render(request, "pages/improvements.html", {"rows": rows, "page": page})
