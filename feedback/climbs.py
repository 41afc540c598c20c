"""How cases went up: from which level to which, and what made them. Read off the log, one query.

Of cases filed in the period that were escalated, every event that left the case on a higher level than the event
before it. Cases are counted, never moves: a case that went from 1 to 2 twice stands once in that cell.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from cases.models import Case, Event
from feedback.figures import EVERYTHING, Scope, within
from feedback.periods import Period
from feedback.topics import BACK

MISSED, ASKED, RISK, REOPENED, BY_HAND = "missed", "asked", "risk", "reopened", "by_hand"
TRIGGERS = (MISSED, ASKED, RISK, REOPENED, BY_HAND)
#: What an event's kind says of why the level rose; what is not listed was done by hand.
KINDS = {"missed": MISSED, "supervisor_answered": ASKED, "assessed": RISK, "emergency": RISK}
FLOW, TRIGGER = "climbed", "trigger"


@dataclass(frozen=True, slots=True)
class Rise:
    """A case came from level `was` to level `to`, for the reason `why` of TRIGGERS."""

    case: int
    was: int
    to: int
    why: str


def rises(period: Period, scope: Scope = EVERYTHING) -> list[Rise]:
    """Every rise of the period's escalated cases."""
    rows = _events(period, scope).values_list("case", "was", "level", "kind", "again")
    return [Rise(case, was, level, why_of(kind, again)) for case, was, level, kind, again in rows]


def _events(period: Period, scope: Scope) -> QuerySet[Any]:
    before = Event.objects.filter(case=OuterRef("case"), seq=OuterRef("seq") - 1)
    opened = Event.objects.filter(case=OuterRef("case"), seq__lt=OuterRef("seq"), kind__in=BACK)
    cohort = within("case__filed_at", period) & scope.on("case__")
    found: Any = Event.objects.filter(cohort, case__escalated_at__isnull=False, case__is_drill=False, seq__gt=1)
    found = found.annotate(
        level=_level(KT("data__tier")),
        was=Subquery(before.annotate(level=_level(KT("data__tier"))).values("level")[:1]),
        again=Exists(opened),
    )
    return found.filter(level__gt=F("was")).order_by()


def _level(text: Any) -> Cast:
    return Cast(text, IntegerField())


def why_of(kind: str, again: bool) -> str:
    """Which of TRIGGERS an event of this kind is; `again`: the customer had opened the case again before."""
    why = KINDS.get(kind, BY_HAND)
    return REOPENED if why == BY_HAND and again else why


def flow(found: Iterable[Rise]) -> dict[tuple[int, int], int]:
    """How many cases went from one level to another at least once."""
    return _cases(((one.was, one.to), one.case) for one in found)


def triggers(found: Iterable[Rise]) -> dict[str, int]:
    """How many cases went up at least once for each reason; a case may stand under several."""
    counted = _cases((one.why, one.case) for one in found)
    return {why: counted.get(why, 0) for why in TRIGGERS}


def _cases(pairs: Iterable[tuple[Any, int]]) -> dict[Any, int]:
    groups: dict[Any, set[int]] = {}
    for key, case in pairs:
        groups.setdefault(key, set()).add(case)
    return {key: len(cases) for key, cases in groups.items()}


def cases_behind(which: str, period: Period, scope: Scope = EVERYTHING, *, part: str = "") -> QuerySet[Case]:
    """The cases a number was counted from: part "1-3" of FLOW, a name of TRIGGERS of TRIGGER.

    LookupError or ValueError for a name or a part that does not exist.
    """
    if which == FLOW:
        was, to = (int(level) for level in part.split("-"))
        wanted = [one.case for one in rises(period, scope) if (one.was, one.to) == (was, to)]
    elif which == TRIGGER and part in TRIGGERS:
        wanted = [one.case for one in rises(period, scope) if one.why == part]
    else:
        raise LookupError(f"“{which}”, “{part}”: no number of ours.")
    return Case.objects.filter(pk__in=set(wanted))
