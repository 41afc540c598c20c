"""Where the time of a case went, and how long its customer heard nothing: pure, from the log alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from cases.lifecycle import ACTIVE, MILESTONE, State
from cases.models import Event
from escalation.worktime import Calendar
from feedback.pulse import ALWAYS

#: Working seconds between two instants.
Worked = Callable[[datetime, datetime], float]
#: The office calendar of a protocol version at an instant.
Hours = Callable[[str, datetime], Calendar | None]
WAITING_CUSTOMER, WAITING_PARTNER = "waiting_customer", "waiting_partner"
#: What a case is at by its milestone, while it is not settled.
BY_MILESTONE = {1: "review", 2: "acknowledgment", 3: "work", 4: "confirmation"}
STAGES = (*BY_MILESTONE.values(), WAITING_CUSTOMER, WAITING_PARTNER)
BY_US = (Event.Role.STAFF,)
#: The customer's own words, whoever puts them on record: a colleague notes their call or files their mail.
THEIRS = ("customer_wrote", "reopened")


class Happened(NamedTuple):
    """What facts read of an event: a sixth of what a row is, and made in a tenth of the time."""

    seq: int
    kind: str
    occurred_at: datetime
    role: str
    data: dict[str, Any]


def is_ours(event: Happened) -> bool:
    """Whether a person of ours said something to the customer, however it was sent."""
    return event.role in BY_US and "message" in event.data and event.kind not in THEIRS


def is_theirs(event: Happened) -> bool:
    """Whether it is the customer's own words."""
    return event.kind in THEIRS or (event.role == Event.Role.CUSTOMER and "message" in event.data)


def stage_of(state: str) -> str:
    """Which of STAGES a state belongs to; empty for one that is settled."""
    if state in (State.WAITING_CUSTOMER, State.WAITING_PARTNER):
        return WAITING_CUSTOMER if state == State.WAITING_CUSTOMER else WAITING_PARTNER
    return BY_MILESTONE.get(MILESTONE[state] or 0, "")


def spent(events: Sequence[Happened]) -> dict[str, int]:
    """Seconds round the clock at each stage from the first event to the last; what it was settled for is left out."""
    times = dict.fromkeys(STAGES, 0)
    for event, after in itertools.pairwise(events):
        stage = stage_of(event.data["to"])
        if stage:
            times[stage] += int((after.occurred_at - event.occurred_at).total_seconds())
    return times


def worked_by(office: Hours, protocol: str) -> Worked:
    """Office time of a case: by the hours its own version names, as they were when the stretch began.

    Like a clock: hours that are published later change nothing that was counted, so facts made then are the same.
    """
    return lambda start, end: (office(protocol, start) or ALWAYS).worked(start, end)


def silences(events: Iterable[Happened]) -> Iterator[tuple[datetime, datetime | None]]:
    """From when to when the customer heard nothing from a person of ours while the case was ours, in order.

    From filing or their coming back to each word of ours, and to the next; while we wait for them, or they have our
    answer, it is their turn. None: it goes on at the last event.
    """
    since = None
    for event in events:
        ours = event.data["to"] in ACTIVE and event.data["to"] != State.WAITING_CUSTOMER
        if since is not None and (is_ours(event) or not ours):
            yield since, event.occurred_at
            since = None
        if ours and since is None:
            since = event.occurred_at
    if since is not None:
        yield since, None


def longest_silence(events: Iterable[Happened], worked: Worked) -> tuple[int, datetime | None]:
    """The longest silence that is over, in working seconds, and since when one goes on: how long by now is for who looks to say."""
    longest = 0
    for since, until in silences(events):
        if until is None:
            return longest, since
        longest = max(longest, int(worked(since, until)))
    return longest, None
