"""Calendars in their versions: what is in force, who uses it, and the drafts of the next version.

Drafting, reviewing and publishing are `escalation.publishing`; here is what is peculiar to calendars. A calendar has
one draft at most. Publishing touches no clock that runs: each keeps the version it was started with.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.utils.text import slugify

from cases.models import User
from escalation import publishing
from escalation.book import protocol_of
from escalation.models import CalendarVersion, ProtocolVersion, StageClock
from escalation.models.protocol import Version
from escalation.publishing import NotPublishable
from escalation.worktime import Calendar, CalendarError

LONGEST_NAME = 300  # signs; several holidays of one date share its name
MOST_WINDOWS = 70  # in a week: ten a day
MOST_DAYS = 800  # days off in a calendar drawn up here: some forty years of one country
LIMITS = (
    ("windows", MOST_WINDOWS, "windows; join those that follow one another"),
    ("days_off", MOST_DAYS, "days; leave out years that are past"),
)
YEAR_AHEAD = timedelta(days=365)
#: A version counts from so long after it is published. Whoever starts a clock in that very moment has read the calendars
#: before or after; either way the clock is started before the new version counts, so its replay names the same one.
AHEAD = timedelta(minutes=1)
OPEN = (CalendarVersion.Status.DRAFT, CalendarVersion.Status.REVIEWED)


# What there is ------------------------------------------------------------------------------------------------


def in_force(key: str) -> CalendarVersion | None:
    """The newest published version: drafts begin from it, and later clocks count on it from AHEAD after it was published."""
    return publishing.in_force(CalendarVersion, key)


def draft_of(key: str) -> CalendarVersion | None:
    """The version being drawn up or waiting to be published, if there is one."""
    return CalendarVersion.objects.filter(key=key, status__in=OPEN).order_by("-number").first()


def calendar_of(version: CalendarVersion) -> Calendar:
    """The version as the arithmetic reads it, under its own label."""
    return Calendar.from_document(version.document | {"label": version.label})


def known_until(calendar: Calendar) -> date | None:
    """The end of the last year a day off is listed for; None when none is listed."""
    years = [day.year for day, _name in calendar.days_off]
    return date(max(years), 12, 31) if years else None


def runs_out(calendar: Calendar, at: datetime) -> bool:
    """Whether the list of days off ends within twelve months."""
    until = known_until(calendar)
    return until is not None and until < (at + YEAR_AHEAD).date()


# Who uses it --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Naming:
    """A protocol in force that names a calendar: in so many rows of its matrix, of these severities."""

    protocol: str
    pk: int
    rows: int
    severities: tuple[int, ...]
    other_times: bool  # its windows (waiting for an answer and the like) count on it, too
    longest: int  # seconds: the largest target that must be reached on it


def open_clocks() -> dict[str, int]:
    """Clocks that run or are paused, by the label of the calendar version they keep."""
    rows = StageClock.objects.filter(outcome__isnull=True).values_list("calendar")
    return dict(rows.annotate(n=models.Count("pk")).order_by())


def named_by() -> dict[str, list[Naming]]:
    """By calendar key, the protocols in force that name it."""
    found: dict[str, list[Naming]] = {}
    published = ProtocolVersion.objects.filter(status=ProtocolVersion.Status.PUBLISHED).order_by("label")
    for label, pk in published.values_list("label", "pk"):
        for key, naming in _namings(label, pk):
            found.setdefault(key, []).append(naming)
    return found


def _namings(label: str, pk: int) -> Iterator[tuple[str, Naming]]:
    protocol = protocol_of(label)
    windows = protocol.windows
    for key in sorted({cell.calendar for cell in protocol.matrix.values()} | {windows.calendar}):
        cells = {place: cell for place, cell in protocol.matrix.items() if cell.calendar == key}
        here = key == windows.calendar
        times = [windows.lapse, windows.confirm] if here else []
        for cell in cells.values():
            times += [cell.review, cell.acknowledge, cell.update, cell.refer_up or 0, cell.resolve]
        severities = tuple(sorted({severity for _category, severity, _tier in cells}))
        yield key, Naming(label, pk, len(cells), severities, here, max(times))


# What can be done ---------------------------------------------------------------------------------------------


def found(key: str, document: dict[str, Any], *, by: User, at: datetime) -> CalendarVersion:
    """A new calendar as a draft of its version 1.

    Raises NotPublishable with a sentence about the key, CalendarError about the document.
    """
    if not key or slugify(key) != key or len(key) > 60:
        raise NotPublishable("A short name has small letters, digits and hyphens only, such as support-berlin.")
    with transaction.atomic():
        if CalendarVersion.objects.filter(key=key).exists():
            raise NotPublishable(f"There is a calendar “{key}” already. Draw up its next version instead.")
        document = usable(f"{key}@1", document, at).to_document()
        return publishing.draft(CalendarVersion, key, document=document, by=by, at=at)


def begin(key: str, *, by: User, at: datetime, document: dict[str, Any] | None = None) -> CalendarVersion:
    """The draft of the next version: the one there is, else a copy of the version in force, or of `document`.

    Raises NotPublishable when `document` would replace a draft somebody is at work on, CalendarError when it is
    no usable calendar.
    """
    with transaction.atomic():
        # Held: two people who begin at the same time get one draft.
        list(CalendarVersion.objects.select_for_update().filter(key=key).order_by("number"))
        draft = draft_of(key)
        if draft is not None and document is not None:
            raise NotPublishable(f"{draft.label} is being drawn up already. Publish it or throw it away first.")
        if draft is not None:
            return draft
        if document is not None:
            document = usable(key, document, at).to_document()
        return publishing.draft(CalendarVersion, key, document=document, by=by, at=at)


def save(
    draft: CalendarVersion, document: dict[str, Any], *, note: str, seen: int, by: User, at: datetime
) -> CalendarVersion:
    """Writes a draft and why it is made. `seen` is the revision the person looked at.

    Raises Overtaken or NotPublishable, or CalendarError when the document is no usable calendar; then nothing
    is written. A draft that says the same as before keeps its reviewer.
    """
    document = usable(draft.label, document, at).to_document()
    with transaction.atomic():
        if document != calendar_of(draft).to_document() or draft.revision != seen:
            draft = publishing.change(draft, document, seen=seen, by=by, at=at)
        return publishing.describe(draft, note, by=by, at=at)


def publish(draft: CalendarVersion, *, by: User, at: datetime) -> CalendarVersion:
    """Puts a reviewed draft in force for clocks started from AHEAD after `at` on; clocks that run keep their version.

    Raises NotPublishable with a sentence for each thing in the way.
    """
    return publishing.publish(draft, by=by, at=at, errors=lambda version: errors(version, at), since=at + AHEAD)


def errors(version: Version, at: datetime) -> list[str]:
    """What keeps a calendar from being published: unusable, or too narrow for a target of a protocol in force."""
    try:
        calendar = usable(version.label, version.document, at)
        for naming in named_by().get(version.key, ()):
            calendar.due(at, naming.longest)
    except CalendarError as why:
        return [str(why)]
    return []


def usable(label: str, document: object, at: datetime) -> Calendar:
    """The calendar of a document, open at some time after `at`. CalendarError says what is wrong where."""
    if not isinstance(document, dict):
        raise CalendarError("calendar: must be an object with zone and windows.")
    for field, most, advice in LIMITS:
        rows = document.get(field)
        if isinstance(rows, list | tuple) and len(rows) > most:  # before each of them is looked at
            raise CalendarError(f"{field}: a calendar holds at most {most} {advice}.")
    calendar = Calendar.from_document(document | {"label": label})
    for day, name in calendar.days_off:
        if len(name) > LONGEST_NAME or any(unicodedata.category(sign) in ("Cc", "Cs") for sign in name):
            raise CalendarError(f"days_off: {day} needs a name of one line, at most {LONGEST_NAME} signs long.")
    calendar.next_open(at)
    return calendar
