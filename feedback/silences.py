"""The cases whose customers heard nothing for longest, and when that was: read off the event log.

A silence runs while the case is ours: from filing, or from its coming back to us, to a word of a person of ours, and from each
word to the next (`feedback.facts.stages`). Here one that still goes on counts up to now, so that nobody looks better by
staying silent. Lengths are office seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from cases.lifecycle import ACTIVE, State
from cases.models import Case, Event
from feedback.facts.stages import WAITING_CUSTOMER, Worked, is_ours
from feedback.figures import EVERYTHING, Scope, within
from feedback.measures import HERE
from feedback.models import CaseFact
from feedback.periods import Period
from feedback.pulse import office

BATCH = 200


@dataclass(frozen=True, slots=True)
class Silence:
    """One stretch in which a customer heard nothing; `until` None: it goes on."""

    seconds: int
    since: datetime
    until: datetime | None


def silences(events: Sequence[Event], worked: Worked, *, at: datetime) -> Iterator[Silence]:
    """Every silence of a case's log up to `at`, in order."""
    since = None
    for event in events:
        ours = event.data["to"] in ACTIVE and event.data["to"] != State.WAITING_CUSTOMER
        if since is not None and (is_ours(event) or not ours):
            yield Silence(int(worked(since, event.occurred_at)), since, event.occurred_at)
            since = None
        if ours and since is None:
            since = event.occurred_at
    if since is not None and since < at:
        yield Silence(int(worked(since, at)), since, None)


def longest(events: Sequence[Event], worked: Worked, *, at: datetime) -> Silence | None:
    """The longest of them, the earlier one of two alike; None where there was none."""
    return max(silences(events, worked, at=at), key=lambda one: one.seconds, default=None)


def worst(period: Period, scope: Scope = EVERYTHING, *, at: datetime, most: int) -> list[tuple[Case, Silence]]:
    """The `most` cases filed here in the period with the longest silence, the longest first.

    Of those that are over the facts know the longest; those that are with us now are walked through, the oldest first,
    until none that is left can have been silent for as long.
    """
    worked = office(at).worked
    facts = CaseFact.objects.filter(within("filed_at", period), HERE, scope.on("case__"))
    known = facts.filter(longest_silence__gt=0).order_by("-longest_silence", "pk").values_list("pk", flat=True)[:most]
    found = _longest_of(list(known), worked, at)
    with_us = facts.exclude(Q(stage="") | Q(stage=WAITING_CUSTOMER)).order_by("filed_at", "pk")
    rows = list(with_us.values_list("pk", "filed_at"))
    for start in range(0, len(rows), BATCH):
        least = sorted((one.seconds for one in found.values()), reverse=True)[most - 1 : most]
        if least and worked(rows[start][1], at) < least[0]:
            break
        found |= _longest_of([pk for pk, _ in rows[start : start + BATCH]], worked, at)
    first = sorted(found.items(), key=lambda row: (-row[1].seconds, row[0]))[:most]
    cases = Case.objects.select_related("team", "category").in_bulk([pk for pk, _ in first])
    return [(cases[pk], one) for pk, one in first if one.seconds > 0]


def _longest_of(ids: Collection[int], worked: Worked, at: datetime) -> dict[int, Silence]:
    """The longest silence of each of these cases, in one query."""
    events: dict[int, list[Event]] = defaultdict(list)
    for event in Event.objects.filter(case__in=ids).order_by("case", "seq"):
        events[event.case_id].append(event)
    found = {pk: longest(rows, worked, at=at) for pk, rows in events.items()}
    return {pk: one for pk, one in found.items() if one is not None}
