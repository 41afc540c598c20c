"""Finds the rules: the protocol in force, any version by its label, and the calendars in their versions."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import models

from escalation.models import CalendarVersion, ProtocolVersion
from escalation.protocol import Protocol, Rules, parse
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


def _calendars() -> dict[str, tuple[tuple[datetime, Calendar], ...]]:
    rows = CalendarVersion.objects.filter(status__in=PUBLIC).order_by("key", "number")
    found: dict[str, list[tuple[datetime, Calendar]]] = {}
    for label, key, pk, made, since in rows.values_list("label", "key", "pk", "made_at", "published_at"):
        found.setdefault(key, []).append((since or made, _calendar(label, pk, made)))
    return {key: tuple(versions) for key, versions in found.items()}


def _rules(where: models.Q, missing: str) -> Rules:
    row = ProtocolVersion.objects.filter(where).order_by("-number").values_list("label", "pk", "made_at").first()
    if row is None:
        raise NoProtocol(missing)
    return Rules(_protocol(*row), _calendars())


def protocol_of(label: str) -> Protocol:
    """The version `label` without its calendars, in one query, for pages that only name levels and windows."""
    row = ProtocolVersion.objects.filter(label=label, status__in=PUBLIC).values_list("label", "pk", "made_at").first()
    if row is None:
        raise NoProtocol(f"The protocol version “{label}” does not exist.")
    return _protocol(*row)


def rules_in_force(key: str = DEFAULT) -> Rules:
    """The rules a new case is promised under. Raises NoProtocol when nothing is published."""
    return _rules(
        models.Q(key=key, status=ProtocolVersion.Status.PUBLISHED),
        f"No version of the protocol “{key}” is published. Publish one before cases can be filed.",
    )


def rules_of(label: str) -> Rules:
    """The rules of the version `label`, in force or retired, for a case promised under it."""
    return _rules(models.Q(label=label, status__in=PUBLIC), f"The protocol version “{label}” does not exist.")
