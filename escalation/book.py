"""Finds the rules: the protocol in force, any version by its label, and the calendars in their versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import models

from escalation.models import CalendarVersion, ProtocolVersion
from escalation.protocol import Protocol, Rules
from escalation.reading import parse
from escalation.worktime import Calendar

DEFAULT = "five-tier"
PUBLIC = (ProtocolVersion.Status.PUBLISHED, ProtocolVersion.Status.RETIRED)


class NoProtocol(LookupError):
    """No protocol is published, or a case names one that does not exist."""


# Published documents never change, so parsed ones are kept; the key holds the row and its instant so that
# two databases in one process (tests) cannot mix theirs up.
@lru_cache(maxsize=64)
def _protocol(label: str, _pk: int, _made: datetime) -> Protocol:
    return parse(label, ProtocolVersion.objects.values_list("document", flat=True).get(label=label))


@lru_cache(maxsize=256)
def _calendar(label: str, _pk: int, _made: datetime) -> Calendar:
    document: dict[str, Any] = CalendarVersion.objects.values_list("document", flat=True).get(label=label)
    return Calendar.from_document(document | {"label": label})


COLUMNS = ("is_calendar", "key", "number", "label", "pk", "made_at", "published_at")


def _published_calendars() -> models.QuerySet:
    rows = CalendarVersion.objects.filter(status__in=PUBLIC).annotate(is_calendar=models.Value(True))
    return rows.order_by().values_list(*COLUMNS)


def _calendars(rows: Iterable[tuple]) -> dict[str, tuple[tuple[datetime, Calendar], ...]]:
    found: dict[str, list[tuple[datetime, Calendar]]] = {}
    for _, key, _number, label, pk, made, since in sorted(rows, key=lambda row: row[1:3]):
        found.setdefault(key, []).append((since or made, _calendar(label, pk, made)))
    return {key: tuple(versions) for key, versions in found.items()}


def forget() -> None:
    """Drops what is kept; called when something is published, so that a version that was rolled back is not remembered."""
    _protocol.cache_clear()
    _calendar.cache_clear()


def calendars() -> dict[str, tuple[tuple[datetime, Calendar], ...]]:
    """Every published calendar by its key, in all its versions, each with the instant it came into force."""
    return _calendars(_published_calendars())


def calendars_at(at: datetime) -> dict[str, Calendar]:
    """Every published calendar by its key, each in the version in force at `at`."""
    return {
        key: next((calendar for since, calendar in reversed(versions) if since <= at), versions[0][1])
        for key, versions in calendars().items()
    }


def _rules(where: models.Q, missing: str) -> Rules:
    """One query for both: `where` finds one protocol version at most, and the calendars come with it."""
    wanted = ProtocolVersion.objects.filter(where).annotate(is_calendar=models.Value(False)).order_by()
    rows = list(wanted.values_list(*COLUMNS).union(_published_calendars(), all=True))
    protocol = next((row for row in rows if not row[0]), None)
    if protocol is None:
        raise NoProtocol(missing)
    return Rules(_protocol(*protocol[3:6]), _calendars(row for row in rows if row[0]))


def office_hours() -> Callable[[str, datetime], Calendar | None]:
    """The office calendar of the protocol version `label` at an instant; None for a version nobody published. One query.

    What the documents say is read when it is asked for, and kept.
    """
    wanted = ProtocolVersion.objects.filter(status__in=PUBLIC).annotate(is_calendar=models.Value(False)).order_by()
    rows = list(wanted.values_list(*COLUMNS).union(_published_calendars(), all=True))
    known = {row[3]: row[3:6] for row in rows if not row[0]}
    versions = _calendars(row for row in rows if row[0])

    def office(label: str, at: datetime) -> Calendar | None:
        if label not in known:
            return None
        rules = Rules(_protocol(*known[label]), versions)
        return rules.calendar(rules.protocol.windows.calendar, at)

    return office


def protocol_of(label: str) -> Protocol:
    """The version `label` without its calendars, in one query, for pages that only name levels and windows."""
    row = ProtocolVersion.objects.filter(label=label, status__in=PUBLIC).values_list("label", "pk", "made_at").first()
    if row is None:
        raise NoProtocol(f"The protocol version “{label}” does not exist.")
    return _protocol(*row)


def tops(labels: Iterable[str] = ()) -> dict[str, int]:
    """The highest level of each version in force, and of `labels`, by label; one query."""
    wanted = models.Q(status=ProtocolVersion.Status.PUBLISHED) | models.Q(label__in=list(labels), status__in=PUBLIC)
    rows = ProtocolVersion.objects.filter(wanted).order_by().values_list("label", "pk", "made_at")
    return {row[0]: _protocol(*row).top for row in rows}


def rules_in_force(key: str = DEFAULT) -> Rules:
    """The rules a new case is promised under. Raises NoProtocol when nothing is published."""
    return _rules(
        models.Q(key=key, status=ProtocolVersion.Status.PUBLISHED),
        f"No version of the protocol “{key}” is published. Publish one before cases can be filed.",
    )


def rules_of(label: str) -> Rules:
    """The rules of the version `label`, in force or retired, for a case promised under it."""
    return _rules(models.Q(label=label, status__in=PUBLIC), f"The protocol version “{label}” does not exist.")
