"""How we handle cases, in the customer's words: everything on the page is read from one version of the protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import groupby
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from cases.models import Severity, Team
from cases.models.case import Impact
from escalation.protocol import ANY, Cell, MissingCell, Protocol, Tier
from escalation.worktime import ROUND_THE_CLOCK, Calendar
from portal.presenters.hours import days_off, hours_words
from portal.templatetags.times import exact_words, worktime_words

#: Days off named on the page.
DAYS_OFF = 5
#: The ladder's picture: the width and height of a step, and the way from one to the next.
STEP, RISE, RUN = (112, 40), 46, 50
Calendars = Mapping[str, Calendar]


def how(
    protocol: Protocol, calendars: Calendars, *, topics: Mapping[str, str], teams: Mapping[str, Team], today: date
) -> dict[str, Any]:
    """What pages/how_we_escalate.html takes of a version; `topics` and `teams` are names and rows by slug."""
    windows = protocol.windows
    return {
        "name": protocol.name,
        "levels": [_level(tier, protocol, teams) for tier in protocol.tiers],
        "picture": _picture(protocol),
        "severities": [_severity(number, protocol, calendars, topics) for number in Severity.values],
        "hours": [_hours(key, calendars, today) for key in _named(protocol) if key in calendars],
        "lapse": _span(windows.lapse, windows.calendar, calendars),
        "nudge": _span(windows.nudge, windows.calendar, calendars),
        "confirm": _span(windows.confirm, windows.calendar, calendars),
        "reopen": worktime_words(windows.reopen, ROUND_THE_CLOCK),
        "fast": protocol.tier(protocol.fast_tier).ordinal if protocol.fast_tier else None,
        "top": protocol.top,
    }


def _named(protocol: Protocol) -> list[str]:
    """The calendars the protocol counts on, in order of the matrix."""
    keys = [cell.calendar for _, cell in sorted(protocol.matrix.items(), key=lambda row: row[0][1:])]
    return list(dict.fromkeys((*keys, protocol.windows.calendar)))


def _span(seconds: int, key: str, calendars: Calendars) -> str:
    """'8 working hours'; bare hours on a calendar nobody has published."""
    calendar = calendars.get(key)
    return worktime_words(seconds, calendar) if calendar else exact_words(seconds)


def _hours(key: str, calendars: Calendars, today: date) -> dict[str, Any]:
    calendar = calendars[key]
    return {"words": hours_words(calendar), "days_off": days_off(calendar, today, DAYS_OFF)}


def _level(tier: Tier, protocol: Protocol, teams: Mapping[str, Team]) -> dict[str, Any]:
    team = teams.get(tier.team)
    may = [tier.may] if tier.may else []
    if tier.refund_limit:
        amount = f"{number_format(tier.refund_limit, force_grouping=True)} {protocol.currency}".strip()
        may.append(_("Give back up to %(amount)s") % {"amount": amount})
    return {
        "number": tier.ordinal,
        "name": team.local_name if team and team.name == tier.name else tier.name,
        "may": may,
        "contact": tier.contact or (team.phone if team else ""),
        "hours": team.local_hours if team else "",
    }


def _picture(protocol: Protocol) -> dict[str, Any]:
    """Steps from the bottom left to the top right; the table beside it says the same."""
    (width, height), top = STEP, protocol.top
    steps = [
        {"number": n, "x": (n - 1) * RUN + 2, "y": (top - n) * RISE + 2, "tx": (n - 1) * RUN + 2 + width // 2, "ty": (top - n) * RISE + 28}
        for n in range(1, top + 1)
    ]  # fmt: skip
    return {
        "steps": steps,
        "step_width": width,
        "step_height": height,
        "width": (top - 1) * RUN + width + 4,
        "height": (top - 1) * RISE + height + 4,
    }


def _severity(number: int, protocol: Protocol, calendars: Calendars, topics: Mapping[str, str]) -> dict[str, Any]:
    said = [Impact(impact).label for impact, severity in protocol.impact.items() if severity == number]
    tables = [_table(category, number, protocol, calendars) for category in _topics(number, protocol)]
    names = {ANY: ""} | dict(topics)
    for category, table in zip(_topics(number, protocol), tables, strict=True):
        table["topic"] = names.get(category, category)
    return {"number": number, "word": Severity(number).label, "said": said, "tables": [t for t in tables if t["rows"]]}


def _topics(severity: int, protocol: Protocol) -> list[str]:
    """Topics with times of their own, after those for every topic."""
    own = sorted({category for category, number, _ in protocol.matrix if number == severity and category != ANY})
    return [ANY, *own]


def _table(category: str, severity: int, protocol: Protocol, calendars: Calendars) -> dict[str, Any]:
    """First word at the first level, then what each level promises; levels that promise the same in one row."""
    cells = list(_cells(category, severity, protocol))
    first = cells[0][1] if cells and cells[0][0] == 1 else None
    rows = []
    for cell, group in groupby(cells, key=lambda pair: _told(pair[1])):
        levels = [level for level, _ in group]
        rows.append(_row(levels, cell, calendars))
    counted = {row["hours"] for row in rows}
    word = (
        {"within": _span(first.review, first.calendar, calendars), "hours": _when(first.calendar, calendars)}
        if first
        else None
    )
    # Where all levels count the same hours the page says so once.
    return {"first": word, "rows": rows, "hours": counted.pop() if len(counted) == 1 else ""}


def _cells(category: str, severity: int, protocol: Protocol) -> Iterator[tuple[int, Cell]]:
    for tier in protocol.tiers:
        try:
            yield tier.ordinal, protocol.cell(category, severity, tier.ordinal)
        except MissingCell:
            continue


def _told(cell: Cell) -> tuple[int, int, int, str]:
    """What customers are promised of a cell."""
    return cell.acknowledge, cell.update, cell.resolve, cell.calendar


def _row(levels: list[int], told: tuple[int, int, int, str], calendars: Calendars) -> dict[str, Any]:
    acknowledge, update, resolve, key = told
    low, high = levels[0], levels[-1]
    return {
        "levels": _("Level %(number)s") % {"number": low}
        if low == high
        else _("Levels %(low)s to %(high)s") % {"low": low, "high": high},
        "named": _span(acknowledge, key, calendars),
        "updates": _span(update, key, calendars),
        "answer": _span(resolve, key, calendars),
        "hours": _when(key, calendars),
    }


def _when(key: str, calendars: Calendars) -> str:
    """Whose hours count, short: the sentence stands once on the page."""
    calendar = calendars.get(key)
    return hours_words(calendar) if calendar else _("Opening hours")
