"""Verbs about how the customer feels: upset, and calm again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases.models import Case, User
from escalation import facts as f
from escalation.verbs.acting import Act, Refused


def mark_upset(case_id: int, *, reason: str, by: User, at: datetime, **act: Any) -> Case:
    """Marks the customer as upset: updates come more often from now on. `reason` is an internal note."""
    if not reason.strip():
        raise Refused("Say what upset the customer, so that whoever speaks to them next knows.", field="reason")
    return Act("mark_upset", by, at, note=reason.strip(), **act).on(
        case_id, lambda turn: f.MarkedUpset(at=at, now=at, by=by.pk)
    )


def mark_calm(case_id: int, *, by: User, at: datetime, **act: Any) -> Case:
    """Takes the mark away; the time that is promised stays, the next interval is the usual one."""
    return Act("mark_calm", by, at, **act).on(case_id, lambda turn: f.Calmed(at=at, now=at, by=by.pk))
