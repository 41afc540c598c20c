"""Takes cases over from another system: what it says happened is told to the decision function at its true times.

Every deadline is measured by the protocol in force at the import, as if it had been in force then. Nothing is
mailed, nothing climbs and no timer acts: see `escalation.decision`. An event occurred when the other system
says so and is recorded when the import wrote it down. A case is written whole or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from cases.lifecycle import BUSY, SETTLED, State
from cases.models import Case, Category, Event
from escalation import facts as f
from escalation.decision import NotNow
from escalation.directory import Directory
from escalation.facts import Clock, Happening, Outcome
from escalation.protocol import MissingCell, Rules
from escalation.store import flush
from escalation.turn import Turn
from escalation.verbs.filing import fresh_references


class Past:
    """The states a mapping may translate another system's states to."""

    NEW = "new"
    WORKING = "working"
    WAITING_CUSTOMER = "waiting_customer"
    WAITING_PARTNER = "waiting_partner"
    RESOLVED = "resolved"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"

    BEGUN = (WORKING, WAITING_CUSTOMER, WAITING_PARTNER)
    ACTIVE = (NEW, *BEGUN)
    ALL = (*ACTIVE, RESOLVED, CLOSED, WITHDRAWN)


@dataclass(frozen=True, slots=True)
class PastStep:
    """How a case stood at `at`, in the other system's record. `owner` had it, `actor` wrote it down (user ids).

    `heard`: a record that changes nothing else counts as a word to the customer.
    """

    at: datetime
    state: str
    severity: int
    category: str
    owner: int
    actor: int
    partner: str = ""
    heard: bool = False


@dataclass(frozen=True, slots=True)
class PastCase:
    """One case of another system, from its first word to its last."""

    ref: str
    customer: int
    title: str
    description: str
    opened_at: datetime
    steps: Sequence[PastStep]


@dataclass
class Recorded:
    """What one batch became."""

    cases: int = 0
    events: int = 0
    clocks: Counter[tuple[str, str]] = field(default_factory=Counter)
    known: list[PastCase] = field(default_factory=list)
    refused: list[tuple[PastCase, str]] = field(default_factory=list)


def record(
    batch: Sequence[PastCase], rules: Rules, categories: Mapping[str, Category], *, origin: str, written: datetime
) -> Recorded:
    """Writes a batch in one transaction. Cases that are there already are passed over, refused ones left out.

    Raises IntegrityError when another import wrote one of them meanwhile; then nothing is written: try again.
    """
    done = Recorded()
    with transaction.atomic():
        refs = [past.ref for past in batch]
        there = set(Case.everything.filter(origin=origin, origin_ref__in=refs).values_list("origin_ref", flat=True))
        done.known = [past for past in batch if past.ref in there]
        fresh = [past for past in batch if past.ref not in there]
        directory = Directory.load(written)
        team = directory.team_id(rules.protocol.tier(1).team)
        references = fresh_references(len(fresh))
        rows = [_row(past, rules, categories, team, origin) for past in fresh]
        for row, reference in zip(rows, references, strict=True):
            row.reference = reference
        Case.everything.bulk_create(rows)
        turns = []
        for past, case in zip(fresh, rows, strict=True):
            turn = Turn(case, rules, directory, {})
            try:
                relive(turn, past, written=written)
            except (NotNow, MissingCell, LookupError) as why:
                done.refused.append((past, str(why)))
            else:
                turns.append(turn)
        if done.refused:
            kept = {turn.case.pk for turn in turns}
            Case.everything.filter(pk__in=[case.pk for case in rows if case.pk not in kept]).delete()
        flush(turns, written)
    done.cases, done.events = len(turns), sum(len(turn.events) for turn in turns)
    for turn in turns:
        done.clocks.update((c.kind, c.outcome or "open") for c in (*turn.ended, *turn.clocks.values()))
    return done


def _row(past: PastCase, rules: Rules, categories: Mapping[str, Category], team: int, origin: str) -> Case:
    first = past.steps[0]
    return Case(
        origin=origin,
        origin_ref=past.ref,
        is_history=True,
        customer_id=past.customer,
        category=categories[first.category],
        title=past.title,
        description=past.description,
        severity=first.severity,
        protocol=rules.protocol.label,
        team_id=team,
        filed_at=past.opened_at,
    )


def relive(turn: Turn, past: PastCase, *, written: datetime) -> None:
    """Takes every happening of `past` in its order, each after the clocks that had run out by then.

    Raises NotNow or MissingCell with a sentence when the rules cannot follow.
    """
    role = Event.Role.IMPORT
    filed = f.Filed(at=past.opened_at, now=written)
    # The first topic is named here: a later assessment changes it, and a replay starts from this.
    turn.take(filed, by=past.customer, role=role, extra={"category": past.steps[0].category, "origin": past.ref})
    before = Past.NEW
    for step in past.steps:
        turn.settle(step.at, written=written)
        for happening in _happenings(turn, step, before, written):
            turn.take(happening, by=step.actor, role=role)
            _done_late(turn, happening)
        before = step.state
    # `flush` would date what was done late with the import's instant.
    turn.late_done.clear()


def _happenings(turn: Turn, step: PastStep, before: str, written: datetime) -> Iterator[Happening]:
    """What must have happened for the case to stand as `step` says. Each is taken before the next is asked for."""
    case = turn.case
    at: dict[str, Any] = {"at": step.at, "now": written}
    count = case.event_seq
    if step.state in Past.ACTIVE and case.state == State.ANSWERED:
        yield f.Rejected(**at)
    elif step.state in Past.ACTIVE and case.state in SETTLED:
        yield f.Reopened(**at)
    if not case.is_open:
        return
    # Who acknowledges a case takes it; that is no hand-over.
    taken = case.state in (State.NEW, State.REVIEWED) and step.state in Past.BEGUN
    if step.owner != case.owner_id and not taken and (case.owner_id or step.state == Past.NEW):
        yield f.HandedOver(**at, to=step.owner, by=step.actor)
    leaves_new = case.state == State.NEW and step.state not in (Past.NEW, Past.WITHDRAWN)
    if leaves_new or _judged_anew(case, step):
        yield f.Assessed(
            **at, severity=step.severity, complexity=case.complexity, category=step.category, by=step.actor
        )
    yield from ROADS[step.state](case, step, at)
    touched = before == step.state and case.event_seq == count
    if step.heard and touched and case.state in (*BUSY, State.WAITING_PARTNER):
        yield f.Updated(**at, by=step.owner)


def _judged_anew(case: Case, step: PastStep) -> bool:
    return (case.severity, case.category.slug) != (step.severity, step.category)


At = dict[str, Any]


def _named(case: Case, step: PastStep, at: At) -> Iterator[Happening]:
    """Somebody took it, before anything else can be done with it."""
    if case.state == State.REVIEWED:
        yield f.Acknowledged(**at, by=step.owner)


def _stays(case: Case, step: PastStep, at: At) -> Iterator[Happening]:
    yield from ()


def _to_work(case: Case, step: PastStep, at: At) -> Iterator[Happening]:
    yield from _named(case, step, at)
    if case.state == State.WAITING_CUSTOMER:
        yield f.CustomerWrote(**at, channel="import")
    elif case.state == State.WAITING_PARTNER:
        yield f.PartnerAnswered(**at, by=step.owner)


def _to_customer(case: Case, step: PastStep, at: At) -> Iterator[Happening]:
    yield from _named(case, step, at)
    if case.state != State.WAITING_CUSTOMER:
        yield f.AskedCustomer(**at, by=step.owner)


def _to_partner(case: Case, step: PastStep, at: At) -> Iterator[Happening]:
    yield from _named(case, step, at)
    if case.state == State.WAITING_CUSTOMER:
        yield f.CustomerWrote(**at, channel="import")
    if case.state != State.WAITING_PARTNER:
        yield f.WaitsForPartner(**at, by=step.owner, partner=step.partner)


def _to_answer(case: Case, step: PastStep, at: At) -> Iterator[Happening]:
    if case.state != State.ANSWERED:
        yield f.Answered(**at, by=step.owner)


def _to_close(case: Case, step: PastStep, at: At) -> Iterator[Happening]:
    """Closed while waiting for the customer is closed without an answer; from anywhere else it was answered."""
    if case.state != State.WAITING_CUSTOMER:
        yield from _to_answer(case, step, at)
    yield f.Closed(**at, by=step.actor)


def _away(case: Case, step: PastStep, at: At) -> Iterator[Happening]:
    yield f.Withdrawn(**at)


ROADS = {
    Past.NEW: _stays,
    Past.WORKING: _to_work,
    Past.WAITING_CUSTOMER: _to_customer,
    Past.WAITING_PARTNER: _to_partner,
    Past.RESOLVED: _to_answer,
    Past.CLOSED: _to_close,
    Past.WITHDRAWN: _away,
}

#: Which clocks' work an act does, late or not.
DOES: dict[type[Happening], tuple[str, ...]] = {
    f.Assessed: (Clock.REVIEW,),
    f.Acknowledged: (Clock.ACKNOWLEDGE,),
    f.Updated: (Clock.UPDATE, Clock.REPLY),
    f.AskedCustomer: (Clock.UPDATE, Clock.REPLY),
    f.WaitsForPartner: (Clock.UPDATE, Clock.REPLY),
    f.Answered: (Clock.ACKNOWLEDGE, Clock.UPDATE, Clock.REPLY, Clock.RESOLVE, Clock.REFER_UP),
}


def _done_late(turn: Turn, happening: Happening) -> None:
    """Notes on missed clocks when their work was done after all, at its true time."""
    kinds = DOES.get(type(happening), ())
    for clock in turn.ended:
        if clock.kind in kinds and clock.outcome == Outcome.MISSED and clock.done_late_at is None:
            clock.done_late_at = happening.at
