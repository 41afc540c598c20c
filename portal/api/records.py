"""/api/v1/facts/: the clocks, promises, messages and steps of the same cases as cases.csv, a row each and no text.

Every file is one row source and its columns; docs/api.md says what each column means. No name, no word and nothing of what one
customer answered to a survey is in any of them.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Case as Choose
from django.db.models import CharField, F, QuerySet, Value, When
from django.http import StreamingHttpResponse
from rest_framework.request import Request

from cases.models import Event, Message
from escalation.facts import Clock
from escalation.models import Promise, StageClock
from feedback.figures import within
from feedback.models import CaseFact
from portal.api.facts import cell
from portal.api.reading import Reading
from portal.insights.asking import Asked
from portal.insights.casework import Echo
from portal.insights.closing import csv_file
from portal.insights.framing import days_of

#: When a customer is asked how we did stands beside no case: figures say it of five and more.
WITHHELD_CLOCKS = (Clock.SURVEY,)
CHUNK = 1000


def of_cases(asked: Asked) -> dict[str, Any]:
    """The condition that a row belongs to a case of cases.csv."""
    facts = CaseFact.objects.filter(asked.scope.on("case__"), within("filed_at", asked.period))
    return {"case__in": facts.values("case")}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file: its name, its columns, and its rows in order; each row is as long as the columns."""

    name: str
    columns: tuple[str, ...]
    rows: Callable[[Asked], Iterable[Iterable[Any]]]

    def lines(self, asked: Asked) -> Iterator[str]:
        """A head, then a row each, as they come from the database."""
        writer, zone = csv.writer(Echo()), ZoneInfo(settings.COMPANY_TIME_ZONE)
        yield writer.writerow(self.columns)
        for row in self.rows(asked):
            yield writer.writerow([cell(value, zone) for value in row])


CLOCKS = {
    "reference": "case__reference", "step": "started_seq", "kind": "kind", "level": "tier", "severity": "severity",
    "protocol": "protocol", "calendar": "calendar", "target": "target", "started_at": "started_at", "due_at": "due_at",
    "next_promise": "promise", "told": "told", "put_off": "put_off", "paused_at": "paused_at", "outcome": "outcome",
    "ended_at": "ended_at", "done_late_at": "done_late_at",
}  # fmt: skip


def clock_rows(asked: Asked) -> Iterator[tuple[Any, ...]]:
    """The clocks, case by case in the order they were started; last how many pauses are over, and how long those were."""
    found = StageClock.objects.filter(**of_cases(asked)).exclude(kind__in=WITHHELD_CLOCKS)
    rows = found.order_by("case__filed_at", "case", "started_seq", "kind").values_list(*CLOCKS.values(), "pauses")
    for *known, pauses in rows.iterator(chunk_size=CHUNK):
        times = [(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end, _ in pauses]
        yield (*known, len(times), round(sum((end - start).total_seconds() for start, end in times)))


PROMISES = {
    "reference": "case__reference", "clock": "clock__kind", "step": "clock__started_seq", "made_at": "made_at", "due_at": "due_at",
    "status": "status", "settled_at": "settled_at",
}  # fmt: skip


def promise_rows(asked: Asked) -> Iterable[tuple[Any, ...]]:
    """The ledger: a row for each time a customer was told."""
    found = Promise.objects.filter(**of_cases(asked)).order_by("case__filed_at", "case", "made_at", "pk")
    return _values(found, PROMISES)


#: Who wrote, never by name. Who files for a customer, or takes their words by phone, is staff and writes for them.
WHO = Choose(
    When(author=None, then=Value("milepost")),
    When(author=F("case__customer"), then=Value("customer")),
    When(author__is_staff=True, then=Value("staff")),
    default=Value("other"),
    output_field=CharField(),
)
WAY = Choose(
    When(from_customer=True, then=Value("in")),
    default=Value("out"),
    output_field=CharField(),
)
MESSAGES = {
    "reference": "case__reference", "at": "at", "recorded_at": "recorded_at", "direction": "way", "by": "who", "kind": "kind",
    "channel": "channel",
}  # fmt: skip


def message_rows(asked: Asked) -> Iterable[tuple[Any, ...]]:
    """What was said between a customer and us, without what was said."""
    found = Message.objects.filter(**of_cases(asked)).annotate(way=WAY, who=WHO)
    return _values(found.order_by("case__filed_at", "case", "at", "recorded_at", "kind"), MESSAGES)


STEPS = ("reference", "step", "kind", "at", "recorded_at", "by", "from", "to", "level", "severity", "team")


def step_rows(asked: Asked) -> Iterator[tuple[Any, ...]]:
    """The log: each step of each case, as it left the case. Of teams the reader may not know of nothing is named."""
    found = Event.objects.filter(**of_cases(asked)).order_by("case__filed_at", "case", "seq")
    columns = ("case__reference", "seq", "kind", "occurred_at", "recorded_at", "role", "data")
    for *known, data in found.values_list(*columns).iterator(chunk_size=CHUNK):
        if (data.get("args") or {}).get("kind") in WITHHELD_CLOCKS:
            continue
        team = data.get("team")
        named = team if asked.scope.may_name(team) else ""
        yield (*known, data.get("from"), data.get("to"), data.get("tier"), data.get("severity"), named)


def _values(found: QuerySet[Any], columns: dict[str, str]) -> Iterable[tuple[Any, ...]]:
    return found.values_list(*columns.values()).iterator(chunk_size=CHUNK)


SHEETS = (
    Sheet("clocks", (*CLOCKS, "pauses", "paused_seconds"), clock_rows),
    Sheet("promises", tuple(PROMISES), promise_rows),
    Sheet("messages", tuple(MESSAGES), message_rows),
    Sheet("steps", STEPS, step_rows),
)


class Records(Reading):
    """One of the files, row by row."""

    sheet: ClassVar[Sheet] = SHEETS[0]

    def get(self, request: Request) -> StreamingHttpResponse:
        asked = self.asked(request)
        return csv_file(self.sheet.lines(asked), f"{self.sheet.name}-{days_of(asked)}")
