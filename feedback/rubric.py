"""The rubric of the quality review, as data: what a lead looks at, and what each number of points means.

A changed rubric gets a new VERSION, so that scores given by another are not compared with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

VERSION, MOST = 1, 2


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing to look at. `anchors` say what 0, 1 and 2 points mean."""

    key: str
    name: str
    question: str
    anchors: tuple[str, str, str]


CRITERIA = (
    Criterion(
        "understood", "Understanding", "Was the customer’s problem understood before it was worked on?",
        (
            "Worked on something else, or asked for what the customer had said already.",
            "Understood in the end, after a detour the customer noticed.",
            "Understood from the first message on, and said back in our words.",
        ),
    ),
    Criterion(
        "promises", "Promises", "Did the customer know what comes next and by when, and did it come?",
        (
            "A promise was broken without a word, or none was made.",
            "Kept late, and owned up to; or vague times.",
            "Every time that was named was kept, or moved before it passed, with a reason.",
        ),
    ),
    Criterion(
        "messages", "Words", "Were our messages clear, complete and kind?",
        (
            "Jargon, blame, or answers the customer had to ask for twice.",
            "Correct, with something left open or cold.",
            "Clear at first reading; says what was done, what is next, and takes the trouble seriously.",
        ),
    ),
    Criterion(
        "level", "Level", "Was the case on the right level at the right time?",
        (
            "Held too long, or passed up without trying what this level could do.",
            "Right in the end; the step came late, or without a reason one can follow.",
            "Passed up, kept or returned at the right moment, with a reason.",
        ),
    ),
    Criterion(
        "record", "Record", "Could a colleague have taken over at any moment from what was written down?",
        (
            "What was tried or found is not there.",
            "The main steps are there; something had to be guessed.",
            "What was tried, found and agreed is there, in order.",
        ),
    ),
    Criterion(
        "solution", "Solution", "Does the answer solve the problem and its cause?",
        (
            "The problem was not solved, or came back.",
            "Solved for this customer; the cause was not looked at.",
            "Solved, the cause named, and something done so that it does not come again.",
        ),
    ),
)  # fmt: skip
KEYS = tuple(one.key for one in CRITERIA)
Scores = Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Points:
    """So many points of those that were possible: what did not apply counts neither way."""

    got: int
    possible: int


def points(scores: Scores) -> Points:
    """The sum of a review's scores."""
    given = [score for score in scores.values() if score is not None]
    return Points(sum(given), MOST * len(given))


def wrong(scores: Scores) -> str:
    """The criterion that is missing or out of range, by its key; empty when all are fine."""
    return next((key for key in KEYS if key not in scores or scores[key] not in (None, *range(MOST + 1))), "")
