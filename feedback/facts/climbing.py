"""How a case went up and where its time went then: pure, from the log alone. Kept of cases that were escalated only."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from cases.models import Event
from escalation.guidance import NEVER
from feedback.climbs import why_of
from feedback.facts.stages import Happened, stage_of
from feedback.review_pack import AT_ONCE, NO_WORK
from feedback.topics import BACK

PASSED_UP = "escalated"
#: What the protocol may advise without asking for it.
NOT_ASKED = ("may", NEVER)
#: A place: the team that had the case, the stage it was at, and whether that was above level 1.
Place = tuple[str, str, bool]


def spent_by(events: Sequence[Happened]) -> list[list[Any]]:
    """[team, stage, above level 1, seconds round the clock] of each place, up to the last event.

    The place of the last event comes last, whatever it has come to: what is not settled goes on there.
    """
    times: dict[Place, int] = {}
    for event, after in itertools.pairwise(events):
        if place := _place(event):
            # Second by second cut off, as the parts are: so they add up to the same whole.
            times[place] = times.get(place, 0) + int((after.occurred_at - event.occurred_at).total_seconds())
    if place := _place(events[-1]):
        times[place] = times.pop(place, 0)
    return [[*place, seconds] for place, seconds in times.items()]


def _place(event: Happened) -> Place | None:
    stage = stage_of(event.data["to"])
    return (event.data["team"] or "", stage, event.data["tier"] > 1) if stage else None


def rises_of(events: Sequence[Happened]) -> list[list[Any]]:
    """[from level, to level, why] of every event that left the case higher than the one before; each triple once."""
    found: dict[tuple[int, int, str], None] = {}
    again = False
    for before, event in itertools.pairwise(events):
        again = again or before.kind in BACK
        was, level = before.data["tier"], event.data["tier"]
        if level > was:
            found[was, level, why_of(event.kind, again)] = None
    return [list(one) for one in found]


def answered_at_once(events: Sequence[Happened]) -> bool:
    """After it was passed up last, an answer within AT_ONCE without any other work on it, which nobody sent back.

    The same as the false escalations of a plan review, where they are counted by moves.
    """
    last = next((number for number in reversed(range(len(events))) if events[number].kind == PASSED_UP), None)
    if last is None:
        return False
    until = events[last].occurred_at + AT_ONCE
    found = worked = False
    for event in events[last + 1 :]:
        if event.kind in BACK:
            return False
        if event.kind == "answered" and event.occurred_at <= until and not worked:
            found = True
        worked = worked or event.kind == "missed" or (event.role == Event.Role.STAFF and event.kind not in NO_WORK)
    return found


def passings_of(events: Sequence[Happened]) -> list[list[Any]]:
    """[seconds since the epoch, the team that had it, whether help came back for it] of each passing up by a person."""
    helped = {int(one.data["args"]["of"]) for one in events if one.kind == "helped_back"}
    return [
        [int(event.occurred_at.timestamp()), before.data["team"] or "", event.seq in helped]
        for before, event in itertools.pairwise(events)
        if event.kind == PASSED_UP
    ]


def went_unasked(events: Sequence[Happened]) -> bool:
    """A person passed it up, at least once, while no rule said that they must or should."""
    advices = (one.data.get("advice") for one in events if one.kind == PASSED_UP)
    return any(advice is None or advice["verdict"] in NOT_ASKED for advice in advices)


def was_upset(events: Sequence[Happened]) -> bool:
    """Somebody marked the customer as upset, or what they wrote sounded so when it came."""
    return any(one.kind == "marked_upset" or (one.data.get("args") or {}).get("upset") is True for one in events)


def came_back(events: Sequence[Happened], *, low: bool = False) -> bool:
    """The customer opened it again after an answer; `low`: while it was at level 1."""
    answered = False
    for event in events:
        if event.kind in BACK and answered and (event.data["tier"] == 1 or not low):
            return True
        answered = answered or event.kind == "answered"
    return False
