"""Files in words: name, size and state of each, with its address when there is something to take away."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from cases.files import KINDS
from cases.models import Attachment, Event

S = Attachment.State
KILO = 1024


def state_words(file: Attachment) -> str:
    """What is to be said of a file's state; nothing when it is ready."""
    return {
        S.CHECKING: _("being checked"),
        S.REFUSED: _("removed: it may harm computers"),
        S.ERASED: _("erased"),
    }.get(S(file.state), "")


def size_words(size: int) -> str:
    """'240 KB', '1.2 MB'."""
    if size < KILO * KILO:
        return _("%(n)s KB") % {"n": max(1, round(size / KILO))}
    return _("%(n)s MB") % {"n": f"{size / KILO / KILO:.1f}"}


def told(file: Attachment, reference: str) -> dict[str, Any]:
    """One file in the form parts/file_list.html takes."""
    address = reverse("file", args=[reference, file.pk]) if file.is_open and reference else ""
    picture = bool(address) and KINDS[file.kind].is_picture
    return {
        "id": str(file.pk),
        "name": file.name or _("A file"),
        "says": file.description,
        "size": size_words(file.size) if file.state != S.ERASED else "",
        "state": state_words(file),
        "url": address,
        "view": f"{address}?view=1" if picture else "",
    }


def by_event(events: Iterable[Event], files: Iterable[Attachment], reference: str) -> dict[int, list[dict[str, Any]]]:
    """The files that came with each event, by its number; those the reader may not see are not among `files`."""
    known = {str(file.pk): file for file in files}
    return {
        event.seq: [told(known[one["id"]], reference) for one in event.data["files"] if one["id"] in known]
        for event in events
        if "files" in event.data
    }
