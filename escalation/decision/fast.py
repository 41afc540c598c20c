"""The fast lane: an emergency goes up at once, round the clock, and is justified afterwards."""

from __future__ import annotations

from typing import Any

from escalation import facts as f
from escalation.altered import altered
from escalation.decision.ladder import (
    NotNow,
    arrival_tells,
    cancel,
    climbed,
    empty_alarms,
    staffed_tier,
    tier_clocks,
)
from escalation.facts import Alarm, Clock, ClockFact, Decision, Facts, Outcome, Tell
from escalation.protocol import Rules
from escalation.timing import resumed, round_the_clock

JUSTIFY_WITHIN = 24 * 3600  # seconds, round the clock
MOST_URGENT = 1


def _ask_why(h: f.Happening, rules: Rules) -> ClockFact:
    return round_the_clock(Clock.JUSTIFY, rules, JUSTIFY_WITHIN, h.at)


def emergency(facts: Facts, h: f.Emergency, rules: Rules) -> Decision:
    """Severity 1 at the fast lane's level, whoever has it now; the person on duty there is paged in the same moment."""
    wanted = rules.protocol.fast_tier
    if wanted is None:
        raise NotNow("This protocol has no fast lane. Pass the case up instead.")
    if facts.severity == MOST_URGENT and facts.tier >= wanted:
        raise NotNow("The case is critical and at that level already.")
    urgent = altered(facts, severity=MOST_URGENT)
    to, skipped = staffed_tier(urgent, rules, max(facts.tier, wanted), h.empty)
    ends = cancel(facts, Clock.ACKNOWLEDGE, Clock.UPDATE, Clock.REPLY, Clock.JUSTIFY)
    parts = climbed(urgent, rules, h.at, to, ends, h.picks)
    _answer_sooner(parts, facts, altered(urgent, tier=to), rules, h)
    parts["starts"] += (_ask_why(h, rules),)
    data = {"from_tier": facts.tier, "from_team": facts.team, "from_owner": facts.owner}
    told = arrival_tells(urgent, rules, to, data, "passed_on")
    page = Tell("emergency", f"duty:{rules.protocol.team_at(to, facts.category)}", data)
    return Decision(
        move="climb", tells=(page, *told), alarms=empty_alarms(rules, skipped), clears=("no_clock",), **parts
    )


def _answer_sooner(parts: dict[str, Any], facts: Facts, there: Facts, rules: Rules, h: f.Emergency) -> None:
    """The answer may be promised sooner by the critical row, never later than it was."""
    held = facts.clock(Clock.RESOLVE)
    if held is None:
        return
    (fresh,) = tier_clocks(there, rules, h.at, Clock.RESOLVE)
    kept = resumed(held, h.at, rules)
    if fresh.due is not None and kept.due is not None and fresh.due < kept.due:
        parts["ends"] |= {Clock.RESOLVE: Outcome.CANCELLED}
        parts["changed"] = tuple(clock for clock in parts["changed"] if clock.kind != Clock.RESOLVE)
        parts["starts"] += (fresh,)


def justified(facts: Facts, h: f.Justified, rules: Rules) -> Decision:
    if Clock.JUSTIFY not in facts.clocks:
        raise NotNow("Nobody is waiting for a reason.")
    return Decision(ends={Clock.JUSTIFY: Outcome.MET}, clears=("unjustified",))


def unjustified(facts: Facts, h: f.RanOut, rules: Rules) -> Decision:
    """Nobody said why: the lead is asked, in red, every day until somebody does."""
    alarm = Alarm("unjustified", "This case went up the fast lane and nobody has said why.")
    lead = (Tell("unjustified", f"lead:{facts.team}"),) if facts.team else ()
    again = round_the_clock(Clock.JUSTIFY, rules, JUSTIFY_WITHIN, max(h.at, h.now))
    return Decision(ends={Clock.JUSTIFY: Outcome.ELAPSED}, starts=(again,), tells=lead, alarms=(alarm,))
