"""What stands in a retro's fields before somebody writes: sentences of the log, to be changed or cleared. No names, no causes."""

from __future__ import annotations

from cases.spelling import spell
from escalation.kinds import Clock
from feedback.retro_log import Known

#: Lines of a field: more would be read by nobody in two minutes.
MOST = 5
WHY = {
    "missed": "a time was missed",
    "asked": "the customer asked for a supervisor, who passed it up",
    "risk": "placed higher when assessed, or by the fast lane",
    "reopened": "passed up after the customer had come back",
    "by_hand": "passed up by hand",
}
BLOCKED = {
    "rejected": "The customer did not accept the answer",
    "reopened": "The customer opened the case again",
    "returned_down": "It was sent back down",
    "asked_customer": "It waited for the customer",
    "waits_for_partner": "It waited for a partner",
}


def worked(found: Known) -> str:
    """What went as it should."""
    lines = []
    if found.kept:
        due = found.kept + len(found.broken)
        lines.append(f"{found.kept} of {due} promises to the customer {'was' if found.kept == 1 else 'were'} kept.")
    if found.answered:
        asked = "question to an expert was" if found.answered == 1 else "questions to experts were"
        lines.append(f"{found.answered} {asked} answered, {found.answered_in_time} in time.")
    if back := found.acts["helped_back"]:
        lines.append(f"It came back down with help{_times(back)}.")
    return _joined(lines)


def blocked(found: Known, zone: str) -> str:
    """What took it up, and what was late or came back."""
    lines = [f"It went from level {one.was} to {one.to}: {WHY[one.why]}." for one in found.rises]
    lines += [f"Late: {Clock.NAMES[one.clock.kind]}, promised for {spell(one.due_at, zone)}." for one in found.broken]
    if found.unanswered:
        asked = "1 question" if found.unanswered == 1 else f"{found.unanswered} questions"
        lines.append(f"No expert answered {asked}.")
    lines += [f"{said}{_times(found.acts[kind])}." for kind, said in BLOCKED.items() if found.acts[kind]]
    return _joined(lines)


def _times(number: int) -> str:
    return "" if number == 1 else f", {number} times"


def _joined(lines: list[str]) -> str:
    rest = len(lines) - MOST
    return "\n".join([*lines[:MOST], *([f"And {rest} more in the log."] if rest > 0 else [])])
