"""A working calendar as a sentence: "Monday to Friday, 09:00 to 17:30, London time", and its next days off."""

from __future__ import annotations

from datetime import date
from itertools import groupby

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.languages import isolated
from escalation.calendars import reading
from escalation.worktime import Calendar
from portal.templatetags.times import calendar_day, zone_words

Spells = tuple[tuple[int, int], ...]


def hours_words(calendar: Calendar) -> str:
    """When time counts; 'Round the clock' where it always does."""
    if calendar.always:
        return _("Round the clock")
    week = [tuple((w.opens, w.closes) for w in sorted_of(calendar, day)) for day in range(7)]
    said = [
        _("%(days)s, %(hours)s") % {"days": _days(days), "hours": _spells(spells)}
        for spells, days in _runs(week)
        if spells
    ]
    return _("%(hours)s, %(zone)s") % {
        "hours": pgettext("between spans of opening hours", "; ").join(said),
        "zone": zone_words(calendar.zone),
    }


def sorted_of(calendar: Calendar, weekday: int) -> list:
    """The windows that begin on a weekday, in order."""
    return sorted((w for w in calendar.windows if w.weekday == weekday), key=lambda window: window.opens)


def _runs(week: list[Spells]) -> list[tuple[Spells, list[int]]]:
    """Neighbouring days with the same hours together."""
    return [(spells, [day for day, _ in days]) for spells, days in groupby(enumerate(week), key=lambda pair: pair[1])]


def _days(days: list[int]) -> str:
    if len(days) == 7:
        return _("Every day")
    first, last = str(WEEKDAYS[days[0]]), str(WEEKDAYS[days[-1]])
    if len(days) == 1:
        return first
    sentence = _("%(first)s and %(last)s") if len(days) == 2 else _("%(first)s to %(last)s")
    return sentence % {"first": first, "last": last}


def _spells(spells: Spells) -> str:
    """'09:00 to 12:00 and 13:00 to 17:30'; past midnight it says so."""
    return pgettext("between two spans of a day", " and ").join(_spell(opens, closes) for opens, closes in spells)


def _spell(opens: int, closes: int) -> str:
    hours = {"opens": reading(opens), "closes": reading(closes)}
    if closes < opens:
        return _("%(opens)s to %(closes)s of the next day") % hours
    return _("%(opens)s to %(closes)s") % hours


def days_off(calendar: Calendar, since: date, most: int) -> list[str]:
    """The next days off from `since` on: 'Fri 25 Dec 2026, Christmas Day'."""
    ahead = [(day, name) for day, name in calendar.days_off if day >= since]
    return [
        _("%(day)s, %(name)s") % {"day": calendar_day(day, with_year=True), "name": isolated(name)}
        for day, name in ahead[:most]
    ]
