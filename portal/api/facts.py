"""/api/v1/facts/cases.csv: a row for each case filed in the period, without a name, a word or what one person answered."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, QuerySet
from django.http import StreamingHttpResponse
from rest_framework.request import Request

from feedback.figures import within
from feedback.models import CaseFact
from portal.api.reading import Reading
from portal.insights.asking import Asked
from portal.insights.casework import Echo, safe
from portal.insights.closing import csv_file
from portal.insights.framing import days_of

#: As the case is now: the name of the column, and where it stands.
OF_CASE = {
    "reference": "case__reference",
    "source": "case__origin",
    "topic": "case__category__slug",
    "team": "case__team__slug",
    "level": "case__tier",
    "severity": "case__severity",
    "state": "case__state",
}
#: docs/api.md says what each column means.
FACTS = (
    "filed_at", "acknowledged_at", "escalated_at", "replied_at", "settled_at", "back_at", "resolved_at", "closed_at",
    "severity_filed", "severity_worst", "level_top", "replies", "rejections", "reopenings", "touches", "went_down",
    "went_astray", "asked_supervisor", "plan_failures", "post_mortems", "steps_required", "steps_kept", "promises_kept", "promises_broken", "in_review",
    "in_acknowledgment", "in_work", "in_waiting_customer", "in_waiting_partner", "in_confirmation", "stage",
    "stage_since", "longest_silence", "silent_since", "follow_due_at", "follow_done_at",
)  # fmt: skip
#: What one customer answered, or that they did, stands beside no case: figures say it of five and more.
WITHHELD = ("asked_at", "said_at", "score", "fixed", "heard", "effort", "interim_score", "low_due_at", "low_done_at")
#: What the row is made from and by, and what only tables of ours read.
#: (the first team is another's, where somebody sees the figures of some teams only).
OURS = (
    "case", "seq", "first_team", "assessed", "upset", "came_back", "answered_at_once", "spent", "rises", "passings", "passed_at",
    "went_unasked", "replied_low", "back_low", "updates", "updates_timed", "updates_chosen", "wrote_at",
)  # fmt: skip


class CaseFacts(Reading):
    """The facts of cases as a file, row by row."""

    def get(self, request: Request) -> StreamingHttpResponse:
        asked = self.asked(request)
        return csv_file(lines(asked), f"case-facts-{days_of(asked)}")


def rows_of(asked: Asked) -> QuerySet:
    """The cases filed in the period that the filters leave, the oldest first."""
    found = CaseFact.objects.filter(asked.scope.on("case__"), within("filed_at", asked.period))
    named = {f"of_{name}": F(path) for name, path in OF_CASE.items()}
    return found.order_by("filed_at", "pk").annotate(**named).values_list(*named, *FACTS)


def lines(asked: Asked) -> Iterator[str]:
    writer, zone = csv.writer(Echo()), ZoneInfo(settings.COMPANY_TIME_ZONE)
    yield writer.writerow((*OF_CASE, *FACTS))
    for row in rows_of(asked).iterator(chunk_size=1000):
        yield writer.writerow([cell(value, zone) for value in row])


def cell(value: Any, zone: ZoneInfo) -> Any:
    """Instants with their offset, yes as 1 and no as 0, and no text a spreadsheet takes for a formula."""
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(sep=" ", timespec="seconds")
    if isinstance(value, bool):
        return int(value)
    return "" if value is None else safe(value)
