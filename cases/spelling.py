"""How days, times and zones read in the language that is switched on: 24 hours and the digits 0 to 9 in each."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import dateformat
from django.utils.formats import get_format
from django.utils.translation import gettext, pgettext_lazy

from cases.languages import isolated

#: Where a language has no spelling of its own in portal/formats.
DAY, DAY_WITH_YEAR = "D j M", "D j M Y"
BETWEEN = pgettext_lazy("between a day and a time", ", ")
#: Zones whose city has another name elsewhere; every other city is called as the zone calls it.
CITIES = {
    "London": pgettext_lazy("city", "London"),
    "Berlin": pgettext_lazy("city", "Berlin"),
    "Vienna": pgettext_lazy("city", "Vienna"),
    "Zurich": pgettext_lazy("city", "Zurich"),
    "Paris": pgettext_lazy("city", "Paris"),
    "Istanbul": pgettext_lazy("city", "Istanbul"),
    "Riyadh": pgettext_lazy("city", "Riyadh"),
    "Dubai": pgettext_lazy("city", "Dubai"),
    "Cairo": pgettext_lazy("city", "Cairo"),
    "New York": pgettext_lazy("city", "New York"),
}


def day_words(moment: date, *, with_year: bool) -> str:
    """'Fri 21 Nov', with the year when asked; 'Fr 21. Nov' in German."""
    name, usual = ("DAY_WITH_YEAR_FORMAT", DAY_WITH_YEAR) if with_year else ("DAY_FORMAT", DAY)
    found = get_format(name)
    return dateformat.format(moment, usual if found == name else found)


def clock_words(moment: datetime) -> str:
    """'16:00', in every language."""
    return f"{moment:%H:%M}"


def listed(*parts: str) -> str:
    """The parts of a time that are there, one after the other: 'Today, Fri 21 Nov, 16:00'."""
    return str(BETWEEN).join(part for part in parts if part)


def city_of(zone: str) -> str:
    """'London' for Europe/London, in the language that is switched on where it has a name of its own."""
    city = zone.rsplit("/", 1)[-1].replace("_", " ")
    return str(CITIES.get(city, city))


def zone_words(zone: str) -> str:
    """'London time' for Europe/London; 'UTC' stays 'UTC'."""
    city = city_of(zone)
    return city if city in {"UTC", "GMT"} else gettext("%(city)s time") % {"city": city}


def spell(instant: datetime | None, zone: str) -> str:
    """`Fri 21 Nov, 16:00 (London time)`: absolute, with the zone named, in the reader's zone; empty for None."""
    if instant is None:
        return ""
    local = instant.astimezone(ZoneInfo(zone))
    said = {"time": listed(day_words(local, with_year=False), clock_words(local)), "city": city_of(zone)}
    return isolated(gettext("%(time)s (%(city)s time)") % said)
