"""Writes down what staff did that is no event of a case, and forgets after 90 days from where they did it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from cases.models import Case, StaffAct, User

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


def old_addresses(at: datetime) -> Any:
    """The acts whose place of origin is to be forgotten at an instant."""
    return StaffAct.objects.filter(at__lt=at - ADDRESS_KEPT).exclude(address="")
