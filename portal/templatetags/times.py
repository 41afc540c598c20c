"""Times as customers read them: the absolute time first, its zone named once, then the rounded distance."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext_lazy

from cases.languages import ENGLISH, current
from cases.spelling import BETWEEN, clock_words, day_words, listed, zone_words
from escalation.worktime import Calendar

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400


def local(instant: datetime, zone: str) -> datetime:
    """The aware instant on the wall clock of an IANA zone."""
    return instant.astimezone(ZoneInfo(zone))


def calendar_day(moment: date, *, with_year: bool) -> str:
    """'Fri 21 Nov', with the year when asked."""
    return day_words(moment, with_year=with_year)


#: Days near today by their distance from it: how they begin a line, and how they stand in the middle of a sentence.
NEAR = {
    0: (pgettext_lazy("begins a line", "Today"), pgettext_lazy("within a sentence", "today")),
    1: (pgettext_lazy("begins a line", "Tomorrow"), pgettext_lazy("within a sentence", "tomorrow")),
    -1: (pgettext_lazy("begins a line", "Yesterday"), pgettext_lazy("within a sentence", "yesterday")),
}


def near_day(moment: datetime, now: datetime, *, lower: bool = False) -> str:
    """'Today', 'Tomorrow', 'Yesterday' or nothing; both moments in one zone. `lower` for the middle of a sentence."""
    words = NEAR.get((moment.date() - now.date()).days)
    return str(words[lower]) if words else ""


def when_words(instant: datetime, *, zone: str, now: datetime | None = None, style: str = "full") -> str:
    """'Today, Fri 21 Nov, 16:00'.

    Styles: full; short ('Today, 16:00'); plain ('Fri 21 Nov, 16:00', which stays true on paper); date ('Fri 21 Nov').
    The year shows when it is not this year, or when there is no now to compare with.
    """
    near, day, rest = _parts(instant, zone=zone, now=now, style=style)
    return day if style == "date" else listed(near, rest)


def _parts(
    instant: datetime, *, zone: str, now: datetime | None, style: str, lower: bool = False
) -> tuple[str, str, str]:
    """The near day if it has one ('Today'), the day ('Fri 21 Nov'), and what stands after the near day."""
    moment = local(instant, zone)
    today = local(now, zone) if now else None
    near = near_day(moment, today, lower=lower) if today and style not in ("plain", "date") else ""
    day = calendar_day(moment, with_year=today is None or today.year != moment.year)
    return near, day, listed("" if near and style == "short" else day, clock_words(moment))


def count(number: int, word: str) -> str:
    """'1 hour', '3 hours': for the console, which is English."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _less(n: int) -> str:
    return gettext("in less than a minute")


def _less_late(n: int) -> str:
    return gettext("less than a minute late")


def _minutes(n: int) -> str:
    return ngettext("in %(n)d minute", "in %(n)d minutes", n) % {"n": n}


def _minutes_late(n: int) -> str:
    return ngettext("%(n)d minute late", "%(n)d minutes late", n) % {"n": n}


def _hours(n: int) -> str:
    return ngettext("in about %(n)d hour", "in about %(n)d hours", n) % {"n": n}


def _hours_late(n: int) -> str:
    return ngettext("about %(n)d hour late", "about %(n)d hours late", n) % {"n": n}


def _days_late(n: int) -> str:
    return ngettext("%(n)d day late", "%(n)d days late", n) % {"n": n}


#: Sentences of a distance, by unit: ahead of now, and past it.
AHEAD = {"less": _less, "minute": _minutes, "hour": _hours}
PAST = {"less": _less_late, "minute": _minutes_late, "hour": _hours_late, "day": _days_late}


def relative_words(instant: datetime, *, now: datetime) -> str:
    """'in 40 minutes', 'in about 3 hours', '40 minutes late'; nothing once it is a day or more ahead."""
    seconds = (instant - now).total_seconds()
    unit, number = _rounded(abs(seconds))
    sentence = (AHEAD if seconds >= 0 else PAST).get(unit)
    return sentence(number) if sentence else ""


def _rounded(size: float) -> tuple[str, int]:
    """The unit and number a span of seconds is said in."""
    if size < MINUTE:
        return "less", 0
    if size < HOUR - MINUTE / 2:
        return "minute", round(size / MINUTE)
    if size < DAY:
        return "hour", max(1, int(size / HOUR + 0.5))
    return "day", int(size // DAY)


#: A number of each plural category of Intl.PluralRules, in the languages that have it.
SAMPLES = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}


def relative_forms() -> dict[str, dict[str, str]]:
    """Every sentence of a distance with {n} for the number, by unit and plural category, for the script's refreshing."""
    return {
        name + end: _forms(sentence)
        for sentences, end in ((AHEAD, ""), (PAST, "-late"))
        for name, sentence in sentences.items()
    }


def _forms(sentence: Callable[[int], str]) -> dict[str, str]:
    """What differs from the form for 'other', and that one; a sentence may leave the number out ('in one hour')."""
    forms = {category: sentence(n).replace(str(n), "{n}") for category, n in SAMPLES.items()}
    return {category: words for category, words in forms.items() if category == "other" or words != forms["other"]}


def worktime_words(seconds: float, calendar: Calendar) -> str:
    """A span of working time as '30 minutes', '8 working hours', '1 working hour and 30 minutes', '2 working days'.

    Round the clock an hour is an hour: '8 hours', '2 days'. Days only when they come out whole, in days of this
    calendar, and there are at least two of them.
    """
    minutes = round(seconds / MINUTE)
    if minutes < 60:
        return _minutes_words(minutes)
    day_minutes = round(calendar.day_hours * 60)
    if minutes >= 2 * day_minutes and minutes % day_minutes == 0:
        return _days_words(minutes // day_minutes, calendar.always)
    hours, rest = divmod(minutes, 60)
    words = _hours_words(hours, calendar.always)
    return gettext("%(hours)s and %(minutes)s") % {"hours": words, "minutes": _minutes_words(rest)} if rest else words


def _minutes_words(n: int) -> str:
    return ngettext("%(n)d minute", "%(n)d minutes", n) % {"n": n}


def _hours_words(n: int, always: bool) -> str:
    if always:
        return ngettext("%(n)d hour", "%(n)d hours", n) % {"n": n}
    return ngettext("%(n)d working hour", "%(n)d working hours", n) % {"n": n}


def _days_words(n: int, always: bool) -> str:
    if always:
        return ngettext("%(n)d day", "%(n)d days", n) % {"n": n}
    return ngettext("%(n)d working day", "%(n)d working days", n) % {"n": n}


def exact_words(seconds: float) -> str:
    """Seconds to the second, for columns that must add up: '1 h 30 min', '45 s'."""
    hours, rest = divmod(round(seconds), HOUR)
    minutes, left = divmod(rest, MINUTE)
    said = [
        gettext("%(n)d h") % {"n": hours} if hours else "",
        gettext("%(n)d min") % {"n": minutes} if minutes else "",
        gettext("%(n)d s") % {"n": left} if left else "",
    ]
    return " ".join(part for part in said if part) or gettext("%(n)d min") % {"n": 0}


def bar_segments(rows, *, start: datetime, due: datetime) -> list[dict]:
    """Where each interval of a proof lies between start and due, in percent of the whole width."""
    whole = (due - start).total_seconds()
    if whole <= 0:
        return []
    return [
        {
            "kind": row["kind"],
            "x": f"{100 * (row['start'] - start).total_seconds() / whole:.2f}%",
            "width": f"{100 * (row['end'] - row['start']).total_seconds() / whole:.2f}%",
        }
        for row in rows
    ]


def machine(instant: datetime, zone: str) -> str:
    """The `datetime` attribute, with its offset."""
    return local(instant, zone).isoformat(timespec="seconds")


def when_html(
    instant: datetime, *, zone: str, now: datetime | None = None, style: str = "full", lower: bool = False
) -> SafeString:
    """A time element. On a screen it says 'today', on paper the date: the print sheet swaps them."""
    near, day, rest = _parts(instant, zone=zone, now=now, style=style, lower=lower)
    stamp = machine(instant, zone)
    if not near:
        return format_html('<time datetime="{}">{}</time>', stamp, day if style == "date" else rest)
    comma = str(BETWEEN).rstrip()
    paper = format_html(' data-paper="{}"', f"{day}{comma}") if style == "short" else ""
    words = format_html('<span class="near">{}{}</span>{}{}', near, comma, str(BETWEEN)[len(comma) :], rest)
    return format_html('<time datetime="{}"{}>{}</time>', stamp, paper, words)


@register.filter(name="when")
def when_filter(instant, zone="UTC"):
    """`{{ dt|when:zone }}` -> 'Fri 21 Nov 2025, 16:00', where no now is at hand."""
    return when_words(instant, zone=zone) if instant else ""


@register.simple_tag(name="when", takes_context=True)
def when_tag(context, instant, style="full", lower=False):
    """`{% when dt %}` -> a time element in the zone, against the now, of the context. `lower` for mid-sentence."""
    if not instant:
        return ""
    zone = context.get("zone") or "UTC"
    style = "plain" if context.get("paper") and style != "date" else style
    return when_html(instant, zone=zone, now=context.get("now"), style=style, lower=lower)


@register.simple_tag(name="relative", takes_context=True)
def relative_tag(context, instant):
    """`{% relative dt %}` -> 'in about 3 hours', bound for the script that keeps it fresh; empty when far ahead."""
    words = relative_words(instant, now=context["now"]) if instant and context.get("now") else ""
    if not words:
        return ""
    # The script knows English; for another language it is told the sentences.
    forms = "" if current() == ENGLISH else format_html(' data-forms="{}"', json.dumps(relative_forms()))
    return format_html('<span data-relative="{}"{}>{}</span>', machine(instant, "UTC"), forms, words)


@register.simple_tag(name="zone_name", takes_context=True)
def zone_tag(context):
    """`{% zone_name %}` -> 'London time'."""
    return zone_words(context.get("zone") or "UTC")


@register.filter
def worktime(seconds, calendar):
    """`{{ seconds|worktime:calendar }}` -> '8 working hours', or '8 hours' where every hour counts."""
    seconds = seconds.total_seconds() if isinstance(seconds, timedelta) else seconds
    return "" if seconds is None else worktime_words(seconds, calendar)


@register.filter
def exact(seconds):
    """`{{ seconds|exact }}` -> '1 h 30 min'."""
    return exact_words(seconds)


@register.filter
def counted(rows):
    """The seconds of a proof that count, added up."""
    return sum(row["seconds"] for row in rows if row["kind"] == "counted")


@register.filter
def segments(proof):
    """`{% for bar in proof|segments %}` -> kind, x and width of each interval."""
    return bar_segments(proof["rows"], start=proof["start"], due=proof["due"])
