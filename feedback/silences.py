"""The cases whose customers heard nothing for longest, and when that was: read off the event log.

A silence runs while the case is ours: from filing, or from its coming back to us, to a word of a person of ours, and from each
word to the next (`feedback.facts.stages`). Here one that still goes on counts up to now, so that nobody looks better by
staying silent. Lengths are office seconds, by the hours in force when a silence began.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from cases.models import Case, Event
from escalation.book import office_hours
from feedback.durations import Hours, silent
from feedback.facts import stages
from feedback.facts.stages import Happened, Worked, worked_by
from feedback.figures import EVERYTHING, Scope, within
from feedback.measures import HERE
from feedback.models import CaseFact
from feedback.periods import Period

#: What `silent` reads, and the longest that is over.
KNOWN = ("pk", "longest_silence", "silent_since", "case__protocol")
BESIDE = ("case__team", "case__category")


@dataclass(frozen=True, slots=True)
class Silence:
    """One stretch in which a customer heard nothing; `until` None: it goes on."""

    seconds: int
    since: datetime
    until: datetime | None


def silences(events: Sequence[Happened], worked: Worked, *, at: datetime) -> Iterator[Silence]:
    """Every silence of a case's log up to `at`, in order."""
    for since, until in stages.silences(events):
        if until is not None or since < at:
            yield Silence(int(worked(since, until or at)), since, until)


def longest(events: Sequence[Happened], worked: Worked, *, at: datetime) -> Silence | None:
    """The longest of them, the earlier one of two alike; None where there was none."""
    return max(silences(events, worked, at=at), key=lambda one: one.seconds, default=None)


@dataclass(frozen=True, slots=True)
class Worst:
    """The cases with the longest silences, the longest first, and of how many cases' silences they are the longest."""

    rows: list[tuple[Case, Silence]]
    weighed: int


def worst(period: Period, scope: Scope = EVERYTHING, *, at: datetime, most: int, office: Hours | None = None) -> Worst:
    """The `most` cases filed here in the period with the longest silence.

    The facts know how long it was and since when one goes on; the log of these few says from when to when. One question for
    each; `office` is who knows the office hours, where somebody does already.
    """
    hours = office or office_hours()
    facts: Any = CaseFact.objects.filter(within("filed_at", period), HERE, scope.on("case__")).order_by()
    over = facts.filter(longest_silence__gt=0).order_by("-longest_silence", "pk").values("pk")[:most]
    going_on = facts.filter(~Q(stage=""), silent_since__isnull=False).values_list(*KNOWN)
    known = CaseFact.objects.filter(pk__in=over).order_by().values_list(*KNOWN).union(going_on, all=True)
    rows = [dict(zip(KNOWN, row, strict=True)) for row in known]
    lengths = {row["pk"]: max(row["longest_silence"], int(silent(row, hours, at))) for row in rows}
    first = sorted(lengths, key=lambda pk: (-lengths[pk], pk))[:most]
    cases: dict[int, Case] = {}
    log: dict[int, list[Happened]] = defaultdict(list)
    for event in Event.objects.filter(case__in=first).select_related(*BESIDE).order_by("case", "seq"):
        cases[event.case_id] = event.case
        log[event.case_id].append(Happened(*(getattr(event, name) for name in Happened._fields)))
    found = ((cases[pk], longest(log[pk], worked_by(hours, cases[pk].protocol), at=at)) for pk in first)
    return Worst([(case, one) for case, one in found if one is not None and one.seconds > 0], len(lengths))
