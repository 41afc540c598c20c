"""Calendars: ones that do not exist, ones nobody uses, and ones whose holidays run out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from escalation.lint.finding import WARNING, Found, Key, rule
from escalation.lint.ground import Ground

YEAR = timedelta(days=365)


@rule("calendar_unknown")
def calendar_unknown(g: Ground) -> Iterator[Found]:
    """A calendar is named that does not exist."""
    for spot in g.spots:
        if spot.cell.calendar not in g.calendars:
            yield Found(
                spot.key,
                f"Its times count on the calendar “{spot.cell.calendar}”, which does not exist.",
                "Choose a calendar that exists, or publish this one first.",
            )
    for key in sorted({g.protocol.windows.calendar, "always"} - set(g.calendars)):
        yield Found(
            Key("calendar", item=key),
            "The times that do not depend on the matrix count on it, and it does not exist.",
            "Publish it first, or choose another for these times.",
        )


@rule("calendar_unused", WARNING)
def calendar_unused(g: Ground) -> Iterator[Found]:
    """A calendar no protocol counts on."""
    for key in sorted(set(g.calendars) - g.named_calendars - g.world.elsewhere):
        yield Found(
            Key("calendar", item=key),
            "Nothing counts on it.",
            "Use it in a cell, or take it out so that nobody mistakes it for the one in use.",
        )


@rule("holidays_end", WARNING)
def holidays_end(g: Ground) -> Iterator[Found]:
    """A calendar knows its holidays for less than a year ahead; one that is open every weekday needs none."""
    for key in sorted(g.named_calendars & set(g.calendars)):
        calendar = g.calendars[key]
        if calendar.always or len({window.weekday for window in calendar.windows}) == 7:
            continue
        last = max((day for day, _ in calendar.days_off), default=None)
        if last is None or last < (g.at + YEAR).date():
            known = f"it knows holidays up to {last.isoformat()} only" if last else "it knows no holiday at all"
            yield Found(
                Key("calendar", item=key),
                f"Cases are promised on it up to a year ahead, and {known}: promises would fall on days off.",
                "Tick the holidays of the coming years and publish the calendar again.",
            )
