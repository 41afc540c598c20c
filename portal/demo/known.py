"""The demo's known problems: one that is over, with a time that was missed on the way, and one there is now."""

from __future__ import annotations

from datetime import datetime, timedelta

from cases.models import Category
from feedback.models import KnownProblem
from feedback.problem_acts import Said, open_problem, say
from portal.demo.people import Cast

HOUR = timedelta(hours=1)
State = KnownProblem.State


def tell(people: Cast, now: datetime) -> None:
    """Opens both, and says what was said of them."""
    by = people.supervisors[0]
    began = now - timedelta(days=3)
    late = open_problem(
        "Letters about orders came late",
        Said(State.INVESTIGATING, "Confirmations of orders came hours late.", "We look at the queue of letters.", began + 2 * HOUR),
        topics=Category.objects.filter(slug="orders"), began_at=began - HOUR, by=by, at=began,
    )  # fmt: skip
    said = Said(State.OVER, "Confirmations come at once again.", "Everything that waited has been sent.")
    say(late, said, seen=1, by=by, at=began + 3 * HOUR)
    cards = open_problem(
        "Card payments are slow",
        Said(State.INVESTIGATING, "Paying by card takes some minutes. It is charged once only.", "We have asked the bank.", now),
        topics=Category.objects.filter(slug="billing"), began_at=now - 4 * HOUR, by=by, at=now - 3 * HOUR,
    )  # fmt: skip
    found = "The bank has found the broken line and mends it tonight. You can pay by invoice meanwhile."
    said = Said(State.FOUND, "Paying by card takes some minutes. It is charged once only.", found, now + 20 * HOUR)
    say(cards, said, seen=1, by=by, at=now - HOUR)
