"""Improvements in each state, for the pages of the console and of customers."""

from datetime import timedelta

from feedback import improvement_acts
from feedback.improvement_acts import LedTo, Plan
from tests.cast import MONDAY

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SENTENCE = "Refunds of up to 40 are decided by the first person who reads your message."
GERMAN = "Über Erstattungen bis 40 entscheidet, wer Ihre Nachricht zuerst liest."


def idea(cast, case, *, at=MONDAY, title="Refunds stay on level 1"):
    words = (title, "Level 1 refunds up to 40.", "Most are below 40.")
    return improvement_acts.propose(*words, led=LedTo(cases=(case,)), by=cast.supervisor, at=at)


def agreed(cast, case, *, at=MONDAY, **more):
    plan = Plan(cast.tiers[1], (at + 9 * DAY).date(), "escalated")
    return improvement_acts.agree(idea(cast, case, at=at, **more), "A day less.", plan, by=cast.supervisor, at=at)


def done(cast, case, *, at=MONDAY, **more):
    one = agreed(cast, case, at=at, **more)
    return improvement_acts.done(one, SENTENCE, {"de": GERMAN}, by=cast.supervisor, at=at)
