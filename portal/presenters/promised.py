"""What filing would promise, and what it did promise, as lines a customer reads before and after sending."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.html import format_html

from cases.lifecycle import State
from cases.models import Case
from escalation.protocol import MissingCell, Protocol
from escalation.verbs.filing import Outlook
from portal.presenters.status import spoken
from portal.templatetags.times import worktime_words, zone_words

REVIEW, ACKNOWLEDGE = "We decide how fast we must act", "A named person confirms they have it"


def span(seconds: int, calendar: str) -> str:
    """`8 working hours`; round the clock an hour is an hour, and a day has 24 of them."""
    if calendar.startswith("always"):
        return worktime_words(seconds, day_hours=24).replace("working ", "")
    return worktime_words(seconds, day_hours=8.5)


def preview(seen: Outlook, *, zone: str, now: datetime) -> list[dict[str, str]]:
    """The promises a case would get, as label and value."""
    first = format_html("{} ({})", spoken(seen.first_word_by, zone, now), zone_words(zone))
    return [
        {"label": "You first hear from us by", "value": first},
        {"label": "Then a named person has it within", "value": span(seen.acknowledged_within, seen.calendar)},
        {"label": "After that, an update at least every", "value": span(seen.updates_every, seen.calendar)},
        {"label": "We aim to have an answer within", "value": span(seen.answer_within, seen.calendar)},
    ]


def next_steps(case: Case, protocol: Protocol) -> list[dict[str, Any]]:
    """Three lines of what happens next, in the form pages/sent.html takes."""
    first = case.promise_at if case.state == State.NEW else None
    try:
        cell = protocol.cell(case.category.slug, case.severity, case.tier)
    except MissingCell:
        return [{"title": REVIEW, "line": "", "at": first}]
    within = span(cell.acknowledge, cell.calendar)
    every = span(cell.update, cell.calendar)
    return [
        {"title": REVIEW, "line": "", "at": first},
        {"title": ACKNOWLEDGE, "line": f"Within {within} after that. You get their name.", "at": None},
        {"title": f"You get an update at least every {every}", "line": "Even when there is nothing new.", "at": None},
    ]
