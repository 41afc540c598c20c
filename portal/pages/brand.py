"""Serves the brand's pictures and stylesheets from our own address: what is in them is in their address."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from cases.models import BrandImage
from portal import sheets

FOR_EVER = "public, max-age=31536000, immutable"


@require_safe
def sheet(request: HttpRequest, name: str) -> HttpResponse:
    """The sheet of customer pages, of a colour, or the owner's own."""
    whole = sheets.site_of_address(name)
    found = whole[0] if whole else sheets.own_of_address(name) or sheets.of_address(name)
    if found is None:
        raise Http404
    response = kept(HttpResponse(found, content_type="text/css; charset=utf-8"))
    if whole and not whole[1]:
        response["Cache-Control"] = "no-store"
    return response


@require_safe
def picture(request: HttpRequest, digest: str, kind: str) -> HttpResponse:
    """A logo or an icon, which a browser that opens it by itself shows and nothing more."""
    found = get_object_or_404(BrandImage, digest=digest, kind=kind)
    response = kept(HttpResponse(bytes(found.data), content_type=f"image/{found.kind}"))
    response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    response["Content-Disposition"] = "inline"
    return response


def kept(response: HttpResponse) -> HttpResponse:
    """With leave to keep it for a year without asking again."""
    response["Cache-Control"] = FOR_EVER
    response["X-Content-Type-Options"] = "nosniff"
    return response
