"""What must be on a case before it is passed up or answered, each with the sentence that says what is missing.

The verbs ask at the press; the pages show the same sentence before it.
"""

from __future__ import annotations

from cases.models import Investigation, Severity, TriedStep
from cases.models.remedy import Cause
from escalation.turn import Turn

GRAVE = 2  # severities up to this one are investigated before they are answered
TRY_FIRST = (
    "Level 1 says what it has tried before it passes a case up: tick the steps, or write what you did. "
    "Only an emergency goes up without."
)


def not_tried(turn: Turn) -> str:
    """Why level 1 may not pass this case up yet; empty when something is noted, and at every other level.

    An emergency has a way of its own, which never asks.
    """
    if turn.case.tier > 1 or TriedStep.everything.filter(case=turn.case).exists():
        return ""
    return TRY_FIRST


def is_grave(turn: Turn) -> bool:
    """Whether the case's severity asks for an investigation, a cause and a word on prevention."""
    return int(turn.case.severity) <= GRAVE


def not_investigated(turn: Turn) -> str:
    """Why a grave case may not be answered yet; empty when its investigation is written."""
    if not is_grave(turn) or Investigation.everything.filter(case=turn.case).exists():
        return ""
    severity = Severity(turn.case.severity).label.lower()
    return f"The severity is {severity}: write the investigation first, then answer."


def not_documented(turn: Turn, *, cause: str, prevents: bool | None, prevention: str) -> tuple[str, str]:
    """What the record of an answer lacks, as (field, sentence); two empty strings when nothing does."""
    if cause and cause not in Cause.values:
        return "cause", "Choose the cause from the list."
    if is_grave(turn) and not cause:
        return "cause", "Choose what kind of cause it was: cases of this severity are counted by it."
    if is_grave(turn) and prevents is None:
        return "prevents", "Say whether something is done so that it does not come again."
    if prevents and not prevention.strip():
        return "prevention", "Write what is done so that it does not come again."
    return "", ""


def before(verb: str, turn: Turn) -> str:
    """What `verb` will ask for that is not on the case yet, for the page that comes before the press; empty if nothing."""
    asks = {"escalate": not_tried, "answer": not_investigated}.get(verb)
    return asks(turn) if asks else ""
