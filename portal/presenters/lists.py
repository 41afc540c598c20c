"""Cases in a list: title, tag, next promise, handler; two queries for a whole page of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Case as When
from django.db.models import F, QuerySet, Value
from django.db.models import When as If
from django.utils.translation import gettext as _

from cases.languages import isolated
from cases.lifecycle import SETTLED, State
from cases.models import Case
from escalation.models import ProtocolVersion
from portal.presenters.casefile import named_in, reopen_until
from portal.presenters.status import line, tag


def pressing_first(cases: QuerySet) -> QuerySet:
    """Waiting for the customer, then late, then by the next promise, then newest."""
    theirs = When(If(state=State.WAITING_CUSTOMER, then=Value(0)), default=Value(1))
    return cases.order_by(theirs, F("promise_at").asc(nulls_last=True), "-filed_at", "-pk")


def case_rows(cases: list[Any], *, zone: str, now: datetime) -> list[dict[str, Any]]:
    """Rows in the form parts/case_row.html takes; the cases come from `with_ledger`."""
    windows, named = _reopen_windows(cases), named_in(cases)
    return [_row(case, windows.get(case.protocol), named[case.pk], zone=zone, now=now) for case in cases]


def of_another(case: Case, row: dict[str, Any]) -> dict[str, Any]:
    """The row as somebody reads it who is not the case's customer: whose it is, and nothing is asked of them."""
    name = case.customer.first_name
    row = row | {"whose": name}
    if case.state in (State.WAITING_CUSTOMER, State.ANSWERED):
        row["promise_line"] = _("We wait for an answer from %(name)s.") % {"name": isolated(name)}
    elif case.state in SETTLED:
        row["promise_line"] = ""
    if case.state == State.WAITING_CUSTOMER:
        row["tag"] = tag(case, partner=name, like=State.WAITING_PARTNER)
    elif case.state == State.WITHDRAWN:
        row["tag"] = tag(case, like=State.CLOSED)
    return row


def _reopen_windows(cases: list[Any]) -> dict[str, int]:
    """Seconds in which a settled case can be opened again, by protocol version."""
    labels = {case.protocol for case in cases if not case.is_open}
    if not labels:
        return {}
    versions = ProtocolVersion.objects.filter(label__in=labels)
    return dict(versions.values_list("label", "document__windows__reopen"))


def _row(case: Case, window: int | None, named: dict[str, str], *, zone: str, now: datetime) -> dict[str, Any]:
    until = reopen_until(case, window) if window else None
    return {
        "ref": case.reference,
        "title": case.title,
        "tag": tag(case, **named),
        "promise_line": line(case, zone=zone, now=now, until=until),
        "due": None,
        "handler": case.owner.first_name if case.owner else case.team.local_name if case.team else "",
        "url": f"/c/{case.reference}/",
    }
