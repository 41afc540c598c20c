"""Why then? The next promise with its intervals: what counted, what did not, and that it adds up."""

from __future__ import annotations

from typing import Any

from escalation.book import rules_of
from escalation.models import StageClock
from escalation.worktime import Interval, reckon

WORDS = {"counted": "Open", "closed": "Closed", "paused": "We waited for your answer"}


def proof(clock: StageClock, team: str) -> dict[str, Any] | None:
    """The working of a running clock in the form parts/proof.html takes; None while it is stopped.

    It is counted on the very version of the calendar the clock was started with. `team` names whose hours they are.
    """
    calendar = rules_of(clock.protocol).by_label(clock.calendar)
    reckoned = reckon(calendar, clock.started_at, clock.target, clock.past_pauses())
    if clock.paused_at is not None or reckoned.due is None:
        return None
    return {
        "start": clock.started_at,
        "due": reckoned.due,
        "target_seconds": clock.target,
        "calendar_name": "our service round the clock" if calendar.always else team,
        "rows": [_row(interval) for interval in reckoned.intervals],
    }


def _row(interval: Interval) -> dict[str, Any]:
    note = interval.note if interval.kind == "holiday" else WORDS[interval.kind]
    return {
        "start": interval.start, "end": interval.end, "kind": interval.kind, "note": note, "seconds": interval.seconds,
    }  # fmt: skip
