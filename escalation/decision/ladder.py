"""Going up and down the tiers: which clocks a tier brings, where a climb ends, and who is told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from escalation import facts as f
from escalation.altered import altered
from escalation.facts import Alarm, Clock, ClockFact, Decision, Facts, Outcome, Tell
from escalation.protocol import Rules
from escalation.timing import cell_of, resumed, started, target_of


class NotNow(ValueError):
    """The happening cannot follow from these facts; the message is for the person who tried.

    `field` names the argument that is at fault, where it is one; `latest` is the last instant it could have been.
    """

    def __init__(self, sentence: str, *, field: str = "", latest: datetime | None = None) -> None:
        self.field, self.latest = field, latest
        super().__init__(sentence)


def team_of(target: str) -> str | None:
    """The team a target names, if it names one."""
    kind, _, name = target.partition(":")
    return name if kind in ("team", "duty", "lead") else None


def tier_clocks(facts: Facts, rules: Rules, at: datetime, *kinds: str) -> tuple[ClockFact, ...]:
    """Starts clocks of `kinds` by the cell of where `facts` are; refer-up only where there is a tier above."""
    cell = cell_of(facts, rules)
    return tuple(
        started(kind, rules, cell.calendar, target, at)
        for kind in kinds
        if (target := target_of(cell, kind)) is not None
    )


def cancel(facts: Facts, *kinds: str, met: tuple[str, ...] = ()) -> dict[str, str]:
    """Ends those of `kinds` that are open: met where said, else cancelled."""
    return {k: Outcome.MET if k in met else Outcome.CANCELLED for k in kinds if k in facts.clocks}


def next_tier(facts: Facts, rules: Rules, empty: tuple[str, ...]) -> tuple[int | None, tuple[int, ...]]:
    """The next tier somebody stands behind, and the empty ones passed over; None at the top."""
    skipped = []
    for ordinal in range(facts.tier + 1, rules.protocol.top + 1):
        if rules.protocol.team_at(ordinal, facts.category) not in empty:
            return ordinal, tuple(skipped)
        skipped.append(ordinal)
    return None, tuple(skipped)


def staffed_tier(facts: Facts, rules: Rules, ordinal: int, empty: tuple[str, ...]) -> tuple[int, tuple[int, ...]]:
    """Tier `ordinal`, or the next above it somebody stands behind, and the empty ones; `ordinal` when all are empty."""
    to, skipped = next_tier(altered(facts, tier=ordinal - 1), rules, empty)
    return (ordinal if to is None else to), skipped


def empty_alarms(rules: Rules, skipped: tuple[int, ...]) -> tuple[Alarm, ...]:
    names = ", ".join(rules.protocol.tier(ordinal).name for ordinal in skipped)
    return (Alarm("empty_level", f"Nobody stands behind {names}; the case went past."),) if skipped else ()


def supervisor_clock(facts: Facts, rules: Rules, at: datetime) -> ClockFact:
    """The time the level above has for an acknowledgment is the time a supervisor has for an answer."""
    above = altered(facts, tier=min(facts.tier + 1, rules.protocol.top))
    cell = cell_of(above, rules)
    return started(Clock.SUPERVISOR, rules, cell.calendar, cell.acknowledge, at)


def climbed(
    facts: Facts, rules: Rules, at: datetime, to: int, ends: dict[str, str], picks: f.Picks = ()
) -> dict[str, Any]:
    """The parts of a decision that moves a case to tier `to`: clocks, fields, and the arrival's actions.

    `picks`: whom each team's work would go to now, for a tier that assigns it at once.
    """
    tier, team = rules.protocol.tier(to), rules.protocol.team_at(to, facts.category)
    severity = max(1, facts.severity - 1) if "raise_severity" in tier.on_arrival else facts.severity
    there = altered(facts, tier=to, severity=severity)
    changes: dict[str, Any] = {"tier": to, "severity": severity, "step": 0}
    if facts.escalated_at is None:
        changes["escalated_at"] = at
    if "reassign" in tier.on_arrival:
        changes |= {"team": team, "owner": None}
    if (person := assigned(rules, to, team, picks)) is not None:
        changes |= {"team": team, "owner": person}
    ends = cancel(facts, *Clock.OF_TIER) | ends
    held = facts.clock(Clock.RESOLVE)
    keeps_aim = held is not None and Clock.RESOLVE not in ends
    aim = () if keeps_aim else (Clock.RESOLVE,)
    new = tier_clocks(there, rules, at, Clock.REVIEW, Clock.ACKNOWLEDGE, Clock.REFER_UP, *aim)
    # The review is ours; what the customer is promised is that a named person confirms.
    new = tuple(altered(c, promise=False, told=False) if c.kind == Clock.REVIEW else c for c in new)
    back = (resumed(held, at, rules),) if keeps_aim and held and held.paused_at else ()
    return {"changes": changes, "ends": ends, "starts": new + first_step(there, rules, at), "changed": back}


def assigned(rules: Rules, tier: int, team: str, picks: f.Picks) -> int | None:
    """Who gets a case that arrives at a tier, where the tier gives it to one person at once."""
    return dict(picks).get(team) if "assign" in rules.protocol.tier(tier).on_arrival else None


def first_step(facts: Facts, rules: Rules, at: datetime) -> tuple[ClockFact, ...]:
    """The clock to the first step of the tier the case has come to; none where the tier has no steps."""
    return step_clock(0, facts, rules, at)


def step_clock(index: int, facts: Facts, rules: Rules, at: datetime) -> tuple[ClockFact, ...]:
    """The clock to a tier's step by its number, from 0; none past the last."""
    rungs = rules.protocol.tier(facts.tier).rungs
    if index >= len(rungs):
        return ()
    return (started(Clock.STEP, rules, cell_of(facts, rules).calendar, rungs[index].after, at),)


def arrival_tells(facts: Facts, rules: Rules, to: int, data: dict[str, Any], word: str) -> tuple[Tell, ...]:
    """The notices of the new tier's actions, in the protocol's order; `word` is the customer's message."""
    tier, team = rules.protocol.tier(to), rules.protocol.team_at(to, facts.category)
    made = {
        "notify": Tell("case_for_team", f"team:{team}", data),
        "message_customer": Tell(word, "customer", data),
        "call_task": Tell("call_customer", f"lead:{team}", data),
    }
    tells = [made[action] for action in tier.on_arrival if action in made]
    # A broken promise is always told, whatever the protocol's actions are.
    if word == "promise_broken" and "message_customer" not in tier.on_arrival:
        tells.append(made["message_customer"])
    return tuple(tells)


def escalated(facts: Facts, h: f.Escalated, rules: Rules) -> Decision:
    to, skipped = next_tier(facts, rules, h.empty)
    if to is None:
        top = facts.tier >= rules.protocol.top
        raise NotNow(
            "This is already the highest level. Nobody is above to pass it to."
            if top
            else "Nobody stands behind the levels above now. The case cannot wait there."
        )
    ends = cancel(facts, Clock.ACKNOWLEDGE, Clock.UPDATE, Clock.REPLY)
    parts = climbed(facts, rules, h.at, to, ends, h.picks)
    data = {"from_tier": facts.tier, "from_team": facts.team, "from_owner": facts.owner}
    tells = arrival_tells(facts, rules, to, data, "passed_on")
    return Decision(move="escalate", tells=tells, alarms=empty_alarms(rules, skipped), clears=("no_clock",), **parts)


def returned_down(facts: Facts, h: f.ReturnedDown, rules: Rules) -> Decision:
    if facts.tier == 1:
        raise NotNow("This is the first level. There is no level below to return it to.")
    team, down = _down(facts, h, rules, facts.tier - 1, None)
    tells = (Tell("case_for_team", f"team:{team}", {"returned": True}), Tell("passed_on", "customer", {}))
    return Decision(move="return_down", tells=tells, **down)


def _down(
    facts: Facts, h: f.ReturnedDown | f.HelpedBack, rules: Rules, to: int, owner: int | None
) -> tuple[str, dict[str, Any]]:
    """The team of tier `to`, and the parts of a decision that gives the case back to it."""
    tier, team = rules.protocol.tier(to), rules.protocol.team_at(to, facts.category)
    if team in h.empty:
        raise NotNow(f"Nobody stands behind {tier.name} now. The case cannot wait there.")
    there = altered(facts, tier=to)
    return team, {
        "changes": {"tier": to, "team": team, "owner": owner, "step": 0},
        # The customer's promise (the acknowledgment) stays; the tier's own clocks start again.
        "ends": cancel(facts, Clock.REVIEW, Clock.REFER_UP, Clock.STEP),
        "starts": tier_clocks(there, rules, h.at, Clock.REFER_UP) + first_step(there, rules, h.at),
    }


def helped_back(facts: Facts, h: f.HelpedBack, rules: Rules) -> Decision:
    """Back to who passed it up, at the level it came from. The customer reads nothing: their promise stays as it is."""
    if h.of is None or h.tier is None or h.tier >= facts.tier:
        raise NotNow("No colleague passed this case up, a missed time or a rule did. Return it with a reason instead.")
    team, down = _down(facts, h, rules, h.tier, h.to)
    helped = Tell("helped_back", f"user:{h.to}" if h.to else f"team:{team}", {"user": h.by})
    return Decision(move="return_down", tells=(helped,), **down)
