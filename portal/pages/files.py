"""Gives out a file of a case: to who may see the case, as something to save, never as a page of this site."""

from __future__ import annotations

import logging
from urllib.parse import quote
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse

from cases.files import KINDS, visible_to
from cases.models import Attachment
from portal.pages.case import opened
from portal.pages.doors import door
from portal.viewer import viewer_of

log = logging.getLogger("milepost.files")
#: Whatever a browser makes of the bytes: nothing in them runs, loads or sends, and they are of no site.
POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


@door("GET")
def download(request: HttpRequest, reference: str, which: UUID) -> HttpResponse:
    """A file; one that is not there, not ready, internal or of another case is the same 404.

    `?view=1` shows a picture, which we drew ourselves; everything else is only ever saved.
    """
    case = opened(request, reference)
    file = visible_to(viewer_of(request)).filter(case=case, pk=which, state=Attachment.State.READY).first()
    if file is None:
        raise Http404
    try:
        content = file.content()
    except FileNotFoundError:
        log.error("The bytes of file %s are missing.", file.pk)
        raise Http404 from None
    kind = KINDS[file.kind]
    response = HttpResponse(content, content_type=kind.mime)
    how = "inline" if kind.is_picture and request.GET.get("view") == "1" else "attachment"
    response["Content-Disposition"] = disposition(how, file.name, kind.ending)
    response["Content-Length"] = str(len(content))
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Accept-Ranges"] = "none"
    return response


def disposition(how: str, name: str, ending: str) -> str:
    """The header that names a file: in plain letters for every program, and as it is for those that can."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-()+") else "_" for c in name)
    plain = plain if plain.rpartition(".")[0].strip("_. ") else f"file.{ending}"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
