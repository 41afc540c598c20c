"""Open cases no colleague has done anything on for so many working hours, each counted on the calendar of its own cell.

What counts is an act of a colleague, a note among them: somebody looked and wrote down what they saw. What the engine and
the customer do counts as nothing. A case that waits for its customer is not ours to touch.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from cases.access import Viewer
from cases.lifecycle import ACTIVE, State
from cases.models import Case, Event
from escalation.book import NoProtocol, rules_of
from escalation.protocol import MissingCell, Rules
from escalation.worktime import Calendar

#: How far back the edge is looked for; what nobody touched for longer is untouched on any calendar that ever opens.
FURTHEST = timedelta(days=90)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Untouched:
    """A case, when somebody last did something on it, and the seconds of working time since."""

    case: int
    touched_at: datetime
    seconds: int


def hours_due() -> int:
    """The working hours after which a case is on the list."""
    return int(settings.UNTOUCHED_HOURS)


def candidates(viewer: Viewer, now: datetime, hours: int) -> QuerySet[Case]:
    """Cases it is our turn on that were last touched at least `hours` ago by the wall clock, with `touched_at`."""
    acts = Event.objects.filter(case=OuterRef("pk"), role=Event.Role.STAFF).order_by("-seq")
    ours = Q(state__in=[state for state in ACTIVE if state != State.WAITING_CUSTOMER], is_history=False)
    seen = Case.objects.visible_to(viewer).filter(ours)
    touched = seen.annotate(touched_at=Coalesce(Subquery(acts.values("occurred_at")[:1]), F("filed_at")))
    return touched.filter(touched_at__lte=now - timedelta(hours=hours))


def untouched(cases: Any, now: datetime, hours: int) -> list[Untouched]:
    """Those of `candidates` that really were untouched for `hours` of working time, the longest first."""
    rows: Any = cases.order_by().values_list("pk", "touched_at", "protocol", "category__slug", "severity", "tier")
    rules: dict[str, Rules | None] = {}
    edges: dict[tuple[str, str, int, int], tuple[Calendar, datetime] | None] = {}
    found = []
    for pk, touched_at, label, *cell in rows:
        key = (label, *cell)
        if label not in rules:
            rules[label] = _rules(label)
        if key not in edges:
            edges[key] = _edge(rules[label], cell, now, hours * 3600)
        edge = edges[key]
        if edge is None or touched_at > edge[1]:
            continue
        worked = edge[0].worked(touched_at, now)
        if worked >= hours * 3600:
            found.append(Untouched(pk, touched_at, worked))
    return sorted(found, key=lambda one: (-one.seconds, one.touched_at, one.case))


def _rules(label: str) -> Rules | None:
    try:
        return rules_of(label)
    except NoProtocol:
        return None


def _edge(rules: Rules | None, cell: list, now: datetime, seconds: int) -> tuple[Calendar, datetime] | None:
    """The calendar of a cell and the last second from which so much working time lies before `now`."""
    if rules is None:
        return None
    category, severity, tier = cell
    try:
        row = rules.protocol.cell(category, severity, min(tier, rules.protocol.top))
        calendar = rules.calendar(row.calendar, now)
    except MissingCell:
        return None
    low, high = now - FURTHEST, now
    if calendar.worked(low, now) < seconds:
        return calendar, low
    while high - low > SECOND:
        middle = low + (high - low) / 2
        low, high = (middle, high) if calendar.worked(middle, now) >= seconds else (low, middle)
    return calendar, high
