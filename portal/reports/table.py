"""A report as a table for a spreadsheet: a row for each line, the same columns for one case and for many."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from portal.insights.casework import Echo, safe
from portal.reports.shape import PARTS, Report


def lines_of(reports: Iterable[Report], *, zone: str, about: Iterable[tuple[str, str]] = ()) -> Iterator[str]:
    """The file line by line. `about` are labels and values of the file itself, in rows at its end."""
    writer, there = csv.writer(Echo()), ZoneInfo(zone)
    yield writer.writerow(
        [
            _("Case"), _("Part"), _("Number"), _("From"), _("Until"), _("What"), _("Who"), _("Promised"),
            _("Kept or missed"), _("Text"),
        ]
    )  # fmt: skip
    for report in reports:
        for label, value in report.facts:
            yield _row(writer, report.reference, _("The case"), "", "", "", label, "", "", "", value)
        for line in report.lines:
            times = (_instant(one, there) for one in (line.at, line.until, line.promised))
            start, end, due = times
            number = "" if line.number is None else str(line.number)
            cells = (report.reference, str(PARTS[line.part]), number, start, end, line.what, line.who, due)
            yield _row(writer, *cells, line.kept, line.text)
    for label, value in about:
        yield _row(writer, "", _("This file"), "", "", "", label, "", "", "", value)


def _row(writer: Any, *cells: str) -> str:
    line: str = writer.writerow([safe(one) for one in cells])
    return line


def _instant(value: datetime | None, zone: ZoneInfo) -> str:
    """With its offset, so that nobody has to guess the zone."""
    return value.astimezone(zone).isoformat(sep=" ", timespec="seconds") if value else ""
