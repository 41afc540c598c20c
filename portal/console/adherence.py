"""The card that says, step by step, whether a case kept to the protocol."""

from __future__ import annotations

from typing import Any

from escalation.facts import Outcome
from feedback.adherence import Step, log_of, score, steps
from portal.console.on_record import MOST, OnRecord
from portal.console.words import clock_name, make_tag


def panel(record: OnRecord) -> dict[str, Any] | None:
    """What templates/console/parts/adherence.html takes; None before the first step is over."""
    # A log longer than its timeline is read whole: the score is of all of it.
    log = record.events[::-1] if len(record.events) <= MOST else log_of(record.case)
    found = steps(log)
    share = score(found)
    if not share.n:
        return None
    rows = [{"step": one, "name": clock_name(one.kind), "tag": tag_of(one)} for one in found]
    return {"kept": {"share": share, "rows": rows}}


def tag_of(step: Step) -> dict[str, str]:
    """How a step went, as a tag."""
    if step.outcome is None:
        return make_tag("half", "progress", "Owed now")
    if step.outcome == Outcome.MISSED:
        return make_tag("diamond", "late", "Not in time")
    if not step.in_order:
        return make_tag("triangle", "soon", "Out of order")
    return make_tag("tick", "good", "Kept")
