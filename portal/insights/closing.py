"""What a file of figures says of itself below its rows: what was asked, when it was counted and made, by whom, what it means.

One place for every CSV file of the figures. The rows come first, then one empty line, then rows that begin with “This file”: who
reads a file by program stops at the empty line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse

from portal.insights.asking import Asked
from portal.insights.casework import Echo, safe
from portal.insights.definitions import DEFINITIONS
from portal.insights.words import against_words, days_words
from portal.templatetags.times import when_words, zone_words

THIS, BOM = "This file", "\ufeff"
#: What is added to an address for a file that begins with the mark spreadsheet programs know UTF-8 by.
WITH_MARK = "bom"
BY_SLUG = {one.slug: one for one in DEFINITIONS}
#: Of which definitions the figures of a file are, by its name; those of the interval and of what is hidden go with every one.
MEANT = {
    "topics": ("topics", "again", "upset", "routine", "came-again", "escalated"),
    "promises": ("promises", "climbs"),
    "promises-by-version": ("promises", "false"),
    "promises-by-team": ("promises",),
    "passing-up-and-nights": ("escalated-first-team", "nights"),
    "bottlenecks": ("hours",),
    "training-gaps": ("training-gaps",),
    "how-we-write": ("writing",),
    "how-we-write-examples": ("writing",),
    "compare": ("compare", "satisfied", "escalated", "kept", "times"),
    "coming-back": ("coming-back",),
    "articles": ("deflection",),
    "recommend": ("nps",),
    "all-figures": ("all-figures", "times"),
}
#: In these stand figures of what the days are compared with.
COMPARED = ("all-figures", "how-we-write", "passing-up-and-nights")
ALWAYS_MEANT = ("interval", "hidden")
WHERE = "Everybody’s: no filter"
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Filed:
    """The lines of a file, its head first; up to when they are counted, where that is not now; what else it says of itself."""

    lines: Iterable[str]
    counted_to: datetime | None = None
    about: Pairs = ()


def answer(
    request: HttpRequest, filed: Filed, what: str, *, asked: Asked | None, days: str, now: datetime
) -> StreamingHttpResponse:
    """The file as an answer, row by row, under a name that says what it is and of which `days`."""
    said = pairs(request, filed, what, asked=asked, now=now)
    lines = closed(filed.lines, said, marked=request.GET.get(WITH_MARK) == "1")
    return csv_file(lines, f"{what}-{days}")


def csv_file(lines: Iterable[str], name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse((line.encode() for line in lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def pairs(
    request: HttpRequest, filed: Filed, what: str, *, asked: Asked | None, now: datetime
) -> list[tuple[str, str]]:
    """Labels and values, in the order they stand in."""
    zone = settings.COMPANY_TIME_ZONE
    to, made = (when_words(one, zone=zone, style="plain") for one in (filed.counted_to or now, now))
    said = [("Figures", what), ("Filters", asked.words if asked else WHERE)]
    said += [("Days", days_words(asked.period))] if asked else []
    said += [("Compared with", against_words(asked.period))] if asked and what in COMPARED else []
    said += [
        *filed.about,
        ("Counted to", to),
        ("Made", made),
        ("Made by", str(request.user)),
        ("Times", zone_words(zone)),
    ]
    meant = [BY_SLUG[slug] for slug in (*MEANT.get(what, ()), *ALWAYS_MEANT)]
    said += [(one.name, one.formula) for one in meant]
    return [*said, ("All definitions", f"{settings.BASE_URL.rstrip('/')}/insights/definitions/")]


def closed(lines: Iterable[str], said: Pairs, *, marked: bool = False) -> Iterator[str]:
    """The lines, how many rows they were below their head, and what is `said`; `marked`: after the mark of UTF-8."""
    writer, n = csv.writer(Echo()), -1
    if marked:
        yield BOM
    for line in lines:
        n += 1
        yield line
    yield writer.writerow([])
    for label, value in (*said[:1], ("Rows", str(max(n, 0))), *said[1:]):
        yield writer.writerow([safe(one) for one in (THIS, label, value)])
