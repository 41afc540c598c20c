"""What the engine finds by itself: missed clocks, timers that ran out, warnings, lost owners."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases.lifecycle import ACTIVE, State
from escalation import facts as f
from escalation.altered import altered
from escalation.decision.fast import unjustified
from escalation.decision.handing import unanswered
from escalation.decision.ladder import (
    NotNow,
    arrival_tells,
    cancel,
    climbed,
    empty_alarms,
    next_tier,
    supervisor_clock,
)
from escalation.decision.steps import step_due
from escalation.facts import Alarm, Clock, ClockFact, Decision, Facts, Outcome, Tell
from escalation.protocol import Rules
from escalation.timing import cell_of, ending, reopen_until, round_the_clock, started


def _due(facts: Facts, kind: str, at: datetime) -> ClockFact:
    clock = facts.clock(kind)
    if clock is None or clock.due is None or clock.due > at:
        raise NotNow(f"No {kind} clock was due.")
    return clock


def missed(facts: Facts, h: f.Missed, rules: Rules) -> Decision:
    clock = _due(facts, h.kind, h.at)
    once = f"missed:{h.kind}:{int(clock.started_at.timestamp() * 1e6)}"
    ends = {h.kind: Outcome.MISSED}
    if facts.history:
        return Decision(ends=ends, once=once)
    if facts.state not in ACTIVE:
        return _promised_again(facts, h, rules, clock, once)
    to, skipped = next_tier(facts, rules, h.empty)
    arrived = facts.clock(Clock.REVIEW)
    if arrived is not None and arrived.started_at == h.at and h.kind != Clock.REVIEW:
        # Two times fell at one instant and the first has just moved the case: one step up, not two.
        return _promised_again(facts, h, rules, clock, once)
    if to is None:
        return _exhausted(facts, h, rules, clock, once, empty_alarms(rules, skipped))
    parts = climbed(facts, rules, h.at, to, ends, h.picks)
    if h.kind == Clock.SUPERVISOR:
        # The customer still waits for a supervisor: the level that has the case now owes the answer.
        parts["starts"] += (supervisor_clock(altered(facts, tier=to), rules, h.at),)
    data = {"kind": h.kind, "said": clock.due, "from_tier": facts.tier, "from_team": facts.team, "told": clock.told}
    tells = arrival_tells(facts, rules, to, data, "promise_broken" if clock.told else "passed_on")
    tells += _broken_tells(facts, rules, data)
    return Decision(move="climb", tells=tells, alarms=empty_alarms(rules, skipped), once=once, **parts)


def _broken_tells(facts: Facts, rules: Rules, data: dict[str, Any]) -> tuple[Tell, ...]:
    """Those of ours the matrix names for a miss: by default the owner and the lead of the team that missed it."""
    addresses = {
        "owner": f"user:{facts.owner}" if facts.owner else "",
        "lead": f"lead:{facts.team}" if facts.team else "",
    }
    told = dict.fromkeys(addresses.get(one, one) for one in cell_of(facts, rules).told)
    return tuple(Tell("promise_missed", to, data) for to in told if to)


def _promised_again(facts: Facts, h: f.Missed, rules: Rules, clock: ClockFact, once: str) -> Decision:
    """The same promise once more, counted from when the miss was noticed: repeats missed meanwhile are one.

    From here on the customer hears of a miss no more often than of progress: the allowance is at least the
    update interval. A clock nobody was promised does not start again.
    """
    again: tuple[ClockFact, ...] = ()
    if clock.told:
        cell = cell_of(facts, rules)
        target = max(clock.target, cell.update)
        fresh = started(h.kind, rules, cell.calendar, target, h.now)
        again = (altered(fresh, promise=clock.promise, told=True),)
    data = {"kind": h.kind, "said": clock.due, "from_tier": facts.tier, "from_team": facts.team, "told": clock.told}
    told = (Tell("promise_broken", "customer", data),) if clock.told else ()
    tells = told + _broken_tells(facts, rules, data)
    return Decision(ends={h.kind: Outcome.MISSED}, starts=again, tells=tells, once=once)


def _exhausted(
    facts: Facts, h: f.Missed, rules: Rules, clock: ClockFact, once: str, alarms: tuple[Alarm, ...]
) -> Decision:
    """No tier above is left: say so in red, promise again, and never fall silent."""
    alarm = Alarm("plan_exhausted", f"The last level missed its time: {Clock.NAMES[h.kind]}. Nobody is above it.")
    again = _promised_again(facts, h, rules, clock, once)
    return altered(again, alarms=(alarm, *alarms), plan_failed="exhausted")


def ran_out(facts: Facts, h: f.RanOut, rules: Rules) -> Decision:
    """A timer's end is an act of its own: the survey goes out, or silence closes the case."""
    _due(facts, h.kind, h.at)
    if h.kind == Clock.STEP:
        return step_due(facts, h, rules)
    if h.kind == Clock.JUSTIFY:
        return unjustified(facts, h, rules)
    if h.kind == Clock.HAND_OVER:
        return unanswered(facts, h, rules)
    if h.kind == Clock.SURVEY:
        return Decision(
            move="ask_feedback" if facts.state == State.CONFIRMED else None,
            ends={Clock.SURVEY: Outcome.ELAPSED},
            tells=(Tell("survey", "customer"),),
        )
    answered = facts.state == State.ANSWERED
    survey = (round_the_clock(Clock.SURVEY, rules, rules.protocol.windows.survey_after_silence, h.at),)
    told = (Tell("closed", "customer", {"reopen_until": reopen_until(h.at, rules), "silent": True}),)
    return Decision(
        move="close",
        changes={"closed_at": h.at} | ({"resolved_at": h.at} if answered else {}),
        ends=cancel(facts, *Clock.OF_WORK) | {h.kind: Outcome.ELAPSED},
        starts=survey if answered else (),
        # After the time to reopen it closes quietly; after our question or answer the silence is told.
        tells=told if h.kind != Clock.CLOSING else (),
    )


def warned(facts: Facts, h: f.Warned, rules: Rules) -> Decision:
    clock = facts.clock(h.kind)
    if clock is None:
        raise NotNow(f"No {h.kind} clock is running.")
    quiet = altered(clock, warn=None)
    if h.kind == Clock.LAPSE:
        return Decision(changed=(quiet,), tells=(Tell("still_waiting", "customer", ending(clock, rules)),))
    to = "owner" if facts.owner else f"lead:{facts.team}"
    if h.kind == Clock.HAND_OVER:
        to = f"user:{facts.offered_to}"
    return Decision(changed=(quiet,), tells=(Tell("due_soon", to, {"kind": h.kind, "due": clock.due}),))


def owner_lost(facts: Facts, h: f.OwnerLost, rules: Rules) -> Decision:
    team = facts.team or rules.protocol.tier(facts.tier).team
    return Decision(
        changes={"owner": None, "team": team},
        tells=(Tell("owner_lost", f"lead:{team}", {"user": h.user}),),
        alarms=(Alarm("owner_lost", "The person who had this case is no longer here. Give it to somebody."),),
    )
