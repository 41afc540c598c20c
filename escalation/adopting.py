"""Moving open cases to a newer version of their protocol, when somebody chooses to: first shown, then done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cases.models import Case, User
from escalation.book import rules_of
from escalation.decision import NotNow, decide
from escalation.facts import Adopted
from escalation.models import ProtocolVersion
from escalation.protocol import MissingCell
from escalation.store import turns_of
from escalation.verbs import Refused, adopt

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Moved:
    """One open clock that would come earlier: its kind, and when it falls due now and then (None: it is stopped)."""

    case: Case
    kind: str
    before: datetime | None
    after: datetime | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What moving all open cases would do: how many there are, which clocks move, which cases cannot move and why."""

    cases: int
    moved: tuple[Moved, ...]
    refused: tuple[tuple[Case, str], ...]


def others(version: ProtocolVersion) -> list[int]:
    """Open cases under other versions of the same protocol, by id."""
    under = Case.objects.open().filter(protocol__startswith=f"{version.key}@", is_history=False)
    return list(under.exclude(protocol=version.label).order_by("pk").values_list("pk", flat=True))


def preview(version: ProtocolVersion, *, by: User, at: datetime) -> Preview:
    """What `adopt_all` would change, from the same decision; nothing is written."""
    ids = others(version)
    moved: list[Moved] = []
    refused: list[tuple[Case, str]] = []
    rules = rules_of(version.label)
    for start in range(0, len(ids), CHUNK):
        cases = Case.objects.filter(pk__in=ids[start : start + CHUNK]).select_related("category").order_by("pk")
        for turn in turns_of(list(cases), at):
            facts = turn.facts()
            try:
                decision = decide(facts, Adopted(at=at, now=at, to=version.label, by=by.pk), rules)
            except (NotNow, MissingCell) as why:
                refused.append((turn.case, str(why)))
                continue
            for clock in (*decision.starts, *decision.changed):
                old = facts.clock(clock.kind)
                moved.append(Moved(turn.case, clock.kind, old.due if old else None, clock.due))
    return Preview(len(ids), tuple(moved), tuple(refused))


def adopt_all(
    version: ProtocolVersion, *, by: User, at: datetime, progress: Callable[[int, int], None] = lambda done, of: None
) -> tuple[int, tuple[tuple[int, str], ...]]:
    """Moves every open case of the protocol, one verb each; how many went, and (case id, why) of those that did not."""
    ids = others(version)
    refused = []
    for done, case_id in enumerate(ids, start=1):
        try:
            adopt(case_id, to=version.label, by=by, at=at)
        except (Refused, LookupError) as why:
            refused.append((case_id, str(why)))
        progress(done, len(ids))
    return len(ids) - len(refused), tuple(refused)
