"""What filing would promise, and what it did promise, as lines a customer reads before and after sending."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from cases.lifecycle import State
from cases.models import Case
from escalation.protocol import MissingCell, Rules
from escalation.verbs.filing import Outlook
from portal.presenters.hours import hours_words
from portal.presenters.status import spoken
from portal.templatetags.times import worktime_words, zone_words

REVIEW, ACKNOWLEDGE = _lazy("We decide how fast we must act"), _lazy("A named person confirms they have it")


def preview(seen: Outlook, *, zone: str, now: datetime) -> list[dict[str, str]]:
    """The promises a case would get, as label and value."""
    first = format_html("{} ({})", spoken(seen.first_word_by, zone, now), zone_words(zone))
    return [
        {"label": _("You first hear from us by"), "value": first},
        {
            "label": _("Then a named person has it within"),
            "value": worktime_words(seen.acknowledged_within, seen.calendar),
        },
        {
            "label": _("After that, an update at least every"),
            "value": worktime_words(seen.updates_every, seen.calendar),
        },
        {"label": _("We aim to have an answer within"), "value": worktime_words(seen.answer_within, seen.calendar)},
    ]


def counted(seen: Outlook) -> str:
    """The hours that the promises count, in words; empty where every hour does."""
    return "" if seen.calendar.always else hours_words(seen.calendar)


def next_steps(case: Case, rules: Rules) -> list[dict[str, Any]]:
    """Three lines of what happens next, in the form pages/sent.html takes."""
    first = case.promise_at if case.state == State.NEW else None
    try:
        cell = rules.protocol.cell(case.category.slug, case.severity, case.tier)
        calendar = rules.calendar(cell.calendar, case.filed_at)
    except MissingCell:
        return [{"title": str(REVIEW), "line": "", "at": first}]
    within, every = worktime_words(cell.acknowledge, calendar), worktime_words(cell.update, calendar)
    return [
        {"title": str(REVIEW), "line": "", "at": first},
        {
            "title": str(ACKNOWLEDGE),
            "line": _("Within %(span)s after that. You get their name.") % {"span": within},
            "at": None,
        },
        {
            "title": _("You get an update at least every %(span)s") % {"span": every},
            "line": _("Even when there is nothing new."),
            "at": None,
        },
    ]
