"""Follow-ups of the demo: customers asked whether it is still fixed, most in time, one late, one skipped, one forgotten, the newest two not yet."""

from __future__ import annotations

from datetime import datetime, timedelta

from cases.models import Case
from feedback import follow_ups
from feedback.follow_up_acts import Done, do
from feedback.models import FollowUp
from feedback.pulse import office
from feedback.surveys import ASKABLE
from portal.demo.people import Cast

HOUR = 3600
LATE, SKIPPED, FORGOTTEN, LEFT = 3, 5, 7, 2
CALLS = (
    "Still works. They were surprised that somebody called, in a good way.",
    "Works. They asked how to turn the reminder off; I showed them.",
    "No further trouble since. They wrote down the direct number.",
)
LETTER = "I wanted to ask whether everything has worked since we spoke. If anything is odd, open the case again on its page: you do not need to explain it twice."
WHY = "They told me on Friday, on the other case, that this one is fine."


def ask_them(people: Cast, now: datetime) -> None:
    """Whoever solved a case asks; the newest two wait."""
    done = FollowUp.objects.values("case")
    settled = Case.objects.filter(
        follow_ups.wanted(), ~follow_ups.LEFT_ALONE, state__in=ASKABLE, is_history=False,
        resolved_at__lte=now - follow_ups.after(), customer__is_staff=False, customer__erased_at=None,
    )  # fmt: skip
    follow_ups.make(settled.exclude(pk__in=done).order_by("resolved_at", "pk"), now)
    rows = list(FollowUp.objects.filter(follow_ups.OPEN).select_related("case", "person").order_by("since", "pk"))
    for number, row in enumerate(rows[:-LEFT], start=1):
        by = row.person or people.supervisors[0]
        at = (
            row.due_at + timedelta(days=1)
            if number == LATE
            else office(row.since).due(row.since, (1 + number % 6) * HOUR)
        )
        if at < now and number != FORGOTTEN:
            do(row, _given(number), by=by, at=at)


def _given(number: int) -> Done:
    if number == SKIPPED:
        return Done("skipped", WHY)
    if number % 2:
        return Done("phone", CALLS[number % len(CALLS)], "fine")
    return Done("letter", LETTER)
