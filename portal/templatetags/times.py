"""Times as customers read them: the absolute time first, its zone named once, then the rounded distance."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from escalation.worktime import Calendar

register = template.Library()

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MINUTE, HOUR, DAY = 60, 3600, 86400


def local(instant: datetime, zone: str) -> datetime:
    """The aware instant on the wall clock of an IANA zone."""
    return instant.astimezone(ZoneInfo(zone))


def calendar_day(moment: date, *, with_year: bool) -> str:
    """'Fri 21 Nov', with the year when asked."""
    words = f"{DAYS[moment.weekday()]} {moment.day} {MONTHS[moment.month - 1]}"
    return f"{words} {moment.year}" if with_year else words


def near_day(moment: datetime, now: datetime) -> str:
    """'Today', 'Tomorrow', 'Yesterday' or nothing; both moments in one zone."""
    distance = (moment.date() - now.date()).days
    return {0: "Today", 1: "Tomorrow", -1: "Yesterday"}.get(distance, "")


def when_words(instant: datetime, *, zone: str, now: datetime | None = None, style: str = "full") -> str:
    """'Today, Fri 21 Nov, 16:00'.

    Styles: full; short ('Today, 16:00'); plain ('Fri 21 Nov, 16:00', which stays true on paper); date ('Fri 21 Nov').
    The year shows when it is not this year, or when there is no now to compare with.
    """
    moment = local(instant, zone)
    today = local(now, zone) if now else None
    near = near_day(moment, today) if today and style != "plain" else ""
    day = calendar_day(moment, with_year=today is None or today.year != moment.year)
    if style == "date":
        return day
    parts = [near or day] if style == "short" else [near, day]
    return ", ".join([*(part for part in parts if part), f"{moment:%H:%M}"])


def count(number: int, word: str) -> str:
    """'1 hour', '3 hours'."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def relative_words(instant: datetime, *, now: datetime) -> str:
    """'in 40 minutes', 'in about 3 hours', '40 minutes late'; nothing once it is a day or more ahead."""
    seconds = (instant - now).total_seconds()
    size = abs(seconds)
    if seconds >= 0 and size >= DAY:
        return ""
    if size < MINUTE:
        words = "less than a minute"
    elif size < HOUR - MINUTE / 2:
        words = count(round(size / MINUTE), "minute")
    elif size < DAY:
        words = f"about {count(max(1, int(size / HOUR + 0.5)), 'hour')}"
    else:
        words = count(int(size // DAY), "day")
    return f"in {words}" if seconds >= 0 else f"{words} late"


def zone_words(zone: str) -> str:
    """'London time' for Europe/London; 'UTC' stays 'UTC'."""
    city = zone.rsplit("/", 1)[-1].replace("_", " ")
    return city if city in {"UTC", "GMT"} else f"{city} time"


def worktime_words(seconds: float, calendar: Calendar) -> str:
    """A span of working time as '30 minutes', '8 working hours', '1 working hour and 30 minutes', '2 working days'.

    Round the clock an hour is an hour: '8 hours', '2 days'. Days only when they come out whole, in days of this
    calendar, and there are at least two of them.
    """
    minutes = round(seconds / MINUTE)
    if minutes < 60:
        return count(minutes, "minute")
    working = "" if calendar.always else "working "
    day_minutes = round(calendar.day_hours * 60)
    if minutes >= 2 * day_minutes and minutes % day_minutes == 0:
        return count(minutes // day_minutes, f"{working}day")
    hours, rest = divmod(minutes, 60)
    words = count(hours, f"{working}hour")
    return f"{words} and {count(rest, 'minute')}" if rest else words


def exact_words(seconds: float) -> str:
    """Seconds to the second, for columns that must add up: '1 h 30 min', '45 s'."""
    hours, rest = divmod(round(seconds), HOUR)
    minutes, left = divmod(rest, MINUTE)
    parts = [(hours, "h"), (minutes, "min"), (left, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 min"


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
    words, stamp = when_words(instant, zone=zone, now=now, style=style), machine(instant, zone)
    near, _, rest = words.partition(",")
    if near not in ("Today", "Tomorrow", "Yesterday"):
        return format_html('<time datetime="{}">{}</time>', stamp, words)
    day = when_words(instant, zone=zone, now=now, style="date") + ","
    paper = format_html(' data-paper="{}"', day) if style == "short" else ""
    near = near.lower() if lower else near
    return format_html('<time datetime="{}"{}><span class="near">{},</span>{}</time>', stamp, paper, near, rest)


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
    return format_html('<span data-relative="{}">{}</span>', machine(instant, "UTC"), words)


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
