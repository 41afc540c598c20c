"""What goes on from what: the case a settled one is continued in, and the one a case continues."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from cases.models import Case
from cases.models.case import CaseQuerySet
from portal.presenters.casefile import CaseFile


def with_links(cases: CaseQuerySet) -> CaseQuerySet:
    """The cases with `goes_on_in`, the reference of the newest case that follows, and `goes_on_from`."""
    after = Case.objects.filter(follows=OuterRef("pk")).order_by("-pk").values("reference")[:1]
    before = Case.objects.filter(pk=OuterRef("follows")).values("reference")
    return cases.annotate(goes_on_in=Subquery(after), goes_on_from=Subquery(before))


def closed_block(file: CaseFile, base: str, now: datetime) -> dict[str, Any]:
    """What the promise block of a settled case says instead when its time to be opened again is over; else nothing."""
    until, case = file.reopen_until, file.case
    if until is None or until >= now or case.is_history:
        return {}
    if case.goes_on_in:
        go = {"label": _("See the linked case"), "url": f"/c/{case.goes_on_in}/", "kind": "primary"}
        return {
            "detail": _("You told us more: we go on with it in %(reference)s.") % {"reference": case.goes_on_in},
            "actions": [go],
        }
    start = {"label": _("Start a linked case"), "url": f"{base}reopen/", "kind": "secondary"}
    return {"detail": _("Came back? Start a linked case: we see both."), "actions": [start]}
