"""Writes down what staff did that is no event of a case, from where they did it and events, and forgets the where after 90 days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from cases.models import Case, Event, EventPlace, StaffAct, User

#: From where somebody came is known for so long.
ADDRESS_KEPT = timedelta(days=90)


def record(
    kind: str,
    *,
    by: User,
    at: datetime,
    about: str = "",
    person: User | None = None,
    case: Case | None = None,
    changes: Iterable[dict[str, Any]] = (),
    address: str = "",
) -> StaffAct:
    """One act. `about` and `changes` name no person and copy nothing personal: see the model."""
    return StaffAct.objects.create(
        at=at,
        actor=by,
        kind=kind[:60],
        about=about[:200],
        person=person,
        case=case,
        changes=list(changes),
        address=address[:45],
    )


def place(by: User, *, since: datetime, address: str) -> int:
    """Notes beside the events `by` has written since an instant from where they were written; how many there were.

    For a door that has just let one act in: whoever is so quick from two places at once has one of them noted.
    """
    written = Event.objects.filter(actor=by, role=Event.Role.STAFF, recorded_at__gte=since, place=None)
    rows = [EventPlace(event=one, address=address[:45], at=one.recorded_at) for one in written.order_by("pk")]
    EventPlace.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def old_places(at: datetime) -> Any:
    """The places of events that are to be forgotten at an instant."""
    return EventPlace.objects.filter(at__lt=at - ADDRESS_KEPT)


def old_addresses(at: datetime) -> Any:
    """The acts whose place of origin is to be forgotten at an instant."""
    return StaffAct.objects.filter(at__lt=at - ADDRESS_KEPT).exclude(address="")
