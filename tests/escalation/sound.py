"""What must hold of a case after every step, asked of the database: clocks, ledger, log and notices agree."""

from __future__ import annotations

from typing import Any

from django.apps import apps

from cases.lifecycle import MILESTONE, MOVES, State
from cases.models import Case, Event
from cases.models.event import event_hash, stamp
from escalation.book import rules_of
from escalation.facts import Clock, Outcome
from escalation.models import Notice, Promise, StageClock
from escalation.worktime import reckon

P = Promise.Status
SETTLED_AS = {
    Outcome.MET: (P.KEPT,),
    Outcome.ELAPSED: (P.KEPT,),
    Outcome.MISSED: (P.BROKEN,),
    Outcome.CANCELLED: (P.MOVED, P.DROPPED),
}


def assert_sound(case: Case) -> Case:
    """Checks everything and returns the case as the database has it."""
    fresh = Case.everything.get(pk=case.pk)
    clocks = list(StageClock.everything.filter(case=fresh).order_by("pk"))
    _clocks(fresh, clocks)
    _ledger(fresh, clocks)
    _log(fresh, clocks)
    _notices(fresh)
    return fresh


def _clocks(case: Case, clocks: list[StageClock]) -> None:
    running = [c for c in clocks if c.outcome is None]
    assert len({c.kind for c in running}) == len(running)
    promises = [c for c in running if c.promise]
    if case.is_open:
        assert case.owner_id or case.team_id
        assert len(promises) == 1, f"{case.state}: {[c.kind for c in promises]}"
        stopped = promises[0].due_at is None
        assert stopped == (case.state == State.WAITING_CUSTOMER)
        assert case.wake_at is not None
    else:
        assert promises == []
        assert {c.kind for c in running} <= {Clock.SURVEY, Clock.CLOSING}
    assert case.promise_at == (promises[0].due_at if promises else None)
    assert case.wake_at == min((i for c in running for i in (c.due_at, c.warn_at) if i), default=None)
    rules = rules_of(case.protocol)
    for clock in running:
        assert (clock.due_at is None) == (clock.paused_at is not None)
        if clock.due_at:
            proof = reckon(rules.by_label(clock.calendar), clock.started_at, clock.target, clock.past_pauses())
            assert proof.due == clock.due_at
            assert sum(i.seconds for i in proof.intervals if i.kind == "counted") == clock.target
            assert clock.due_at > clock.started_at
            assert clock.warn_at is None or clock.started_at < clock.warn_at < clock.due_at


def _ledger(case: Case, clocks: list[StageClock]) -> None:
    for clock in clocks:
        rows = list(Promise.everything.filter(clock=clock).order_by("pk"))
        if not clock.told:
            assert rows == []
            continue
        for before in rows[:-1]:
            assert before.status in (P.MOVED, P.STOPPED)
        if not rows:
            # Never shown: it was stopped from its start, or started and ended in one go.
            continue
        last = rows[-1]
        if clock.outcome is None and clock.due_at:
            assert (last.status, last.due_at) == (P.OPEN, clock.due_at)
        elif clock.outcome is None:
            assert last.status == P.STOPPED
        else:
            assert last.status in (*SETTLED_AS[clock.outcome], P.STOPPED), (clock.kind, clock.outcome, last.status)
            assert clock.outcome != Outcome.MISSED or last.status == P.BROKEN


def _log(case: Case, clocks: list[StageClock]) -> None:
    events = list(Event.everything.filter(case=case).order_by("seq"))
    assert [e.seq for e in events] == list(range(1, case.event_seq + 1))
    head, state = "", State.NEW
    for event in events:
        assert event.prev == head
        assert event.hash == event_hash(event)
        assert event.occurred_at <= event.recorded_at
        assert event.data["from"] == state
        head, state = event.hash, event.data["to"]
    assert case.event_head == head
    assert case.state == state
    assert case.state in MILESTONE
    ends = [(e.data["from"], e.data["to"]) for e in events if e.data["from"] != e.data["to"]]
    possible = {(source, target) for table in MOVES.values() for source, target in table.items()}
    assert set(ends) <= possible
    # One missed clock, one event that says so; one event, at most one move.
    missed = [c for c in clocks if c.outcome == Outcome.MISSED]
    told = [e for e in events if e.kind == "missed" and Outcome.MISSED in e.data["ended"].values()]
    assert len(missed) == len(told) == len({e.once for e in told})
    assert {stamp(e.occurred_at) for e in told} == {stamp(c.ended_at) for c in missed if c.ended_at}


def _notices(case: Case) -> None:
    owed = list(Notice.everything.filter(case=case).values_list("event_seq", "recipient"))
    assert len(owed) == len(set(owed)), "one cause, one notice per person"


def open_clocks(case: Case) -> dict[str, StageClock]:
    return {c.kind: c for c in StageClock.everything.filter(case=case, outcome__isnull=True)}


def told(case: Case, kind: str | None = None) -> list[tuple[str, str]]:
    """(kind, address) of every notice owed for the case, in order."""
    rows = Notice.everything.filter(case=case).select_related("recipient").order_by("pk")
    return [(n.kind, n.recipient.email.split("@")[0]) for n in rows if kind in (None, n.kind)]


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of ours, to compare before and after."""
    found = {}
    for room in ("cases", "escalation", "feedback"):
        for model in apps.get_app_config(room).get_models(include_auto_created=True):
            rows = model._base_manager.values_list()
            found[model._meta.label] = sorted(rows, key=repr)
    return found
