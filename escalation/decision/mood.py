"""Upset customers: marked by a person or by their own words, heard from more often until somebody marks them calm.

What their own words bring about is laid over whatever else their writing means: `heard`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from escalation import facts as f
from escalation.altered import altered
from escalation.decision.ladder import NotNow
from escalation.facts import Clock, ClockFact, Decision, Facts, Happening, Outcome, Tell
from escalation.protocol import Rules
from escalation.timing import cell_of, resumed, sooner, started


def heard(facts: Facts, happening: Happening, decision: Decision, rules: Rules) -> Decision:
    """The decision with the customer marked upset, where their words say so and nobody has marked them yet."""
    if not getattr(happening, "upset", False) or facts.is_upset:
        return decision
    return _upset(facts, happening.at, decision, rules)


def marked_upset(facts: Facts, h: f.MarkedUpset, rules: Rules) -> Decision:
    if facts.is_upset:
        raise NotNow("The customer is marked as upset already.")
    return _upset(facts, h.at, Decision(), rules)


def calmed(facts: Facts, h: f.Calmed, rules: Rules) -> Decision:
    """The next interval is the protocol's usual one again; what is promised already stays."""
    if not facts.is_upset:
        raise NotNow("The customer is not marked as upset.")
    return Decision(changes={"is_upset": False})


def _upset(facts: Facts, at: datetime, decision: Decision, rules: Rules) -> Decision:
    """Marked, and the running update brought forward to the shorter interval, counted from now; never put off."""
    parts: dict[str, Any] = {"changes": {**decision.changes, "is_upset": True}}
    clock = next((c for c in decision.changed if c.kind == Clock.UPDATE), facts.clock(Clock.UPDATE))
    if clock is None or Clock.UPDATE in decision.ends:
        return altered(decision, **parts)
    others = tuple(c for c in decision.changed if c.kind != Clock.UPDATE)
    there = altered(facts, is_upset=True)
    cell = cell_of(there, rules)
    fresh = altered(
        started(Clock.UPDATE, rules, cell.calendar, cell.update, at), promise=clock.promise, told=clock.told
    )
    if clock.paused_at is not None:
        stopped = _less_left(clock, cell.update, rules)
        return altered(decision, changed=(*others, stopped), **parts) if stopped else altered(decision, **parts)
    if not sooner(fresh, resumed(clock, at, rules)):
        return altered(decision, **parts)
    told = (Tell("earlier", "customer", {"upset": True}),) if clock.told else ()
    return altered(
        decision,
        ends={**decision.ends, Clock.UPDATE: Outcome.CANCELLED},
        changed=others,
        starts=(*decision.starts, fresh),
        tells=(*decision.tells, *told),
        **parts,
    )


def _less_left(clock: ClockFact, target: int, rules: Rules) -> ClockFact | None:
    """A stopped clock with the smaller target, at least a second more than what is spent; None where that is no less."""
    spent = rules.by_label(clock.calendar).worked(clock.started_at, clock.paused_at or clock.started_at, clock.pauses)
    least = max(target, spent + 1)
    return altered(clock, target=least) if least < clock.target else None
