"""The demo's meetings: two weeks' minutes, with an action that is done, one that is open and one that is late."""

from __future__ import annotations

from datetime import datetime, timedelta

from cases.models import Team
from feedback import meetings
from feedback.meetings import WEEK, Minutes, Planned
from portal.demo.people import Cast

DAY = timedelta(days=1)
OF_ALL = (
    "Refunds just above the limit went up for one approval and came back. We propose a higher limit on level 1.\n"
    "Two customers waited over a weekend without a word: whoever goes home on Friday says when the next message comes."
)
OF_TEAM = "The article on refused cards goes out with the first answer. Nobody promises a time the bank sets."


def hold(people: Cast, now: datetime) -> None:
    """Keeps the minutes of last week's meeting of all, and of the one of level 1 before it; one action is done."""
    dana = people.supervisors[0]
    tom, nora = people.members["service-representatives"][:2]
    week = meetings.last_week(now)
    held = now - 5 * DAY
    before = meetings.keep(
        Team.objects.get(slug="service-representatives"), week - WEEK,
        Minutes([dana, tom, nora], OF_TEAM, [
            Planned("Add the article on refused cards to the saved reply", nora, (held + 2 * DAY).date()),
            Planned("Ask the bank which days it books refunds", tom, (held + 3 * DAY).date()),
        ]), by=tom, at=held,
    )  # fmt: skip
    done = before.actions.get(owner=nora)
    meetings.tick_off(done, "It stands in the first line of the reply.", by=nora, at=min(held + DAY, now))
    meetings.keep(
        None, week,
        Minutes([dana, tom, nora], OF_ALL, [
            Planned("Draft the higher limit for level 1", dana, (now + 8 * DAY).date()),
            Planned("A line on weekends in the hand-over note", tom, (now + 5 * DAY).date()),
        ]), by=dana, at=now,
    )  # fmt: skip
