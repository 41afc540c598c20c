"""What staff do: assess, review, acknowledge, update, ask, hand over, answer, close."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases.lifecycle import ACTIVE, BUSY, State
from escalation import facts as f
from escalation.altered import altered
from escalation.decision.chosen import chosen
from escalation.decision.ladder import (
    NotNow,
    arrival_tells,
    assigned,
    cancel,
    climbed,
    empty_alarms,
    first_step,
    next_tier,
    staffed_tier,
    tier_clocks,
)
from escalation.facts import Clock, ClockFact, Decision, Facts, Outcome, Tell
from escalation.protocol import Rules
from escalation.timing import (
    brought_forward,
    cheaper,
    ending,
    paused,
    reopen_until,
    round_the_clock,
    started,
)

#: Where the next word to the customer can be promised for a time of one's own.
PROMISING = (*BUSY, State.WAITING_PARTNER)


def assessed(facts: Facts, h: f.Assessed, rules: Rules) -> Decision:
    here = altered(facts, severity=h.severity, complexity=h.complexity, category=h.category)
    same = {"severity": h.severity, "complexity": h.complexity, "category": h.category}
    if facts.state != State.NEW:
        ends, starts, changed = cheaper(facts, here, rules, h.at)
        return Decision(changes=same, ends=ends, starts=starts, changed=changed, tells=_priority(facts, here))
    entry = max(facts.tier, rules.protocol.entry_tier(h.severity, h.complexity))
    to, skipped = staffed_tier(here, rules, entry, h.empty)
    tier, team = rules.protocol.tier(to), rules.protocol.team_at(to, h.category)
    here = altered(here, tier=tier.ordinal)
    passed_over = [rules.protocol.tier(n) for n in range(facts.tier, tier.ordinal)]
    moved = bool(passed_over) or team != facts.team
    direct: dict[str, Any] = (
        {"team": team} | ({"escalated_at": h.at} if passed_over else {}) | ({"owner": None} if moved else {})
    )
    if moved and (person := assigned(rules, to, team, h.picks)) is not None:
        direct["owner"] = person
    # Steps go on where they are unless the case has come to other people.
    steps = first_step(here, rules, h.at) if moved else ()
    return Decision(
        move="assess",
        changes=same | {"tier": tier.ordinal} | direct | ({"step": 0} if moved else {}),
        ends=cancel(facts, Clock.REVIEW, *((Clock.STEP,) if moved else ()), met=(Clock.REVIEW,)),
        starts=tier_clocks(here, rules, h.at, Clock.ACKNOWLEDGE, Clock.REFER_UP, Clock.RESOLVE) + steps,
        tells=(
            Tell("priority_set", "customer"),
            *(Tell("went_past_you", f"lead:{low.team}", {"to": tier.name}) for low in passed_over),
            *((Tell("case_for_team", f"team:{team}"),) if moved else ()),
        ),
        alarms=empty_alarms(rules, skipped),
    )


def _priority(before: Facts, after: Facts, *, unheard: bool = False) -> tuple[Tell, ...]:
    """One word to the customer, and only when what they were told changed.

    `unheard`: the case's severity may have changed before without a word. A promise moves here only with the severity.
    """
    return (Tell("priority_set", "customer"),) if unheard or before.severity != after.severity else ()


def reviewed(facts: Facts, h: f.Reviewed, rules: Rules) -> Decision:
    here = altered(facts, severity=h.severity)
    ends, starts, changed = cheaper(facts, here, rules, h.at)
    return Decision(
        move="review",
        changes={"severity": h.severity},
        ends=ends | cancel(facts, Clock.REVIEW, met=(Clock.REVIEW,)),
        starts=starts,
        changed=changed,
        tells=_priority(facts, here, unheard="raise_severity" in rules.protocol.tier(facts.tier).on_arrival),
    )


def acknowledged(facts: Facts, h: f.Acknowledged, rules: Rules) -> Decision:
    return Decision(
        move="acknowledge",
        changes={"owner": h.by},
        ends=cancel(facts, Clock.ACKNOWLEDGE, Clock.STEP, met=(Clock.ACKNOWLEDGE,)),
        starts=tier_clocks(facts, rules, h.at, Clock.UPDATE),
        tells=(Tell("named_person", "customer"),),
        clears=("owner_lost", "empty_level", "empty_step", "no_clock"),
    )


def _next_update(facts: Facts, rules: Rules, at: datetime, next_at: datetime | None) -> ClockFact:
    """The next update's clock: by the matrix, or at an earlier time a person chose."""
    (clock,) = tier_clocks(facts, rules, at, Clock.UPDATE)
    if next_at is None:
        return clock
    if next_at <= at:
        raise NotNow("The next update must lie in the future.", field="next_at", latest=clock.due)
    if clock.due is not None and next_at > clock.due:
        sentence = "The next update may not be later than the protocol allows for this case."
        raise NotNow(sentence, field="next_at", latest=clock.due)
    # Counted from the whole second, so that the instant a person chose is the very instant that is promised.
    return chosen(clock, at.replace(microsecond=next_at.microsecond), next_at, rules, latest=clock.due)


def updated(facts: Facts, h: f.Updated, rules: Rules) -> Decision:
    said = (Clock.UPDATE, Clock.REPLY)
    return Decision(
        move=None if facts.state == State.WAITING_PARTNER else "update",
        changes={} if facts.owner else {"owner": h.by},
        ends=cancel(facts, *said, met=said),
        starts=(_next_update(facts, rules, h.at, h.next_at),),
        tells=(Tell("progress", "customer"),),
        clears=("plan_exhausted", "owner_lost", "no_clock"),
    )


def asked_customer(facts: Facts, h: f.AskedCustomer, rules: Rules) -> Decision:
    windows = rules.protocol.windows
    said = (Clock.UPDATE, Clock.REPLY)
    # The question is itself a word to the customer: it meets the update, and the next one starts stopped.
    (fresh,) = tier_clocks(facts, rules, h.at, Clock.UPDATE)
    reason = "waiting for the customer's answer"
    stopped = tuple(
        paused(clock, h.at, reason)
        for kind, clock in facts.clocks.items()
        if kind in Clock.PAUSABLE and kind not in said and clock.paused_at is None
    )
    lapse = started(Clock.LAPSE, rules, windows.calendar, windows.lapse, h.at, lead=windows.nudge)
    return Decision(
        move="wait_customer",
        ends=cancel(facts, *said, met=said),
        starts=(paused(fresh, h.at, reason), lapse),
        changed=stopped,
        tells=(Tell("question", "customer", ending(lapse, rules)),),
    )


def waits_for_partner(facts: Facts, h: f.WaitsForPartner, rules: Rules) -> Decision:
    said = (Clock.UPDATE, Clock.REPLY)
    return Decision(
        move="wait_partner",
        ends=cancel(facts, *said, met=said),
        starts=tier_clocks(facts, rules, h.at, Clock.UPDATE),
        tells=(Tell("waiting_partner", "customer", {"partner": h.partner}),),
    )


def partner_answered(facts: Facts, h: f.PartnerAnswered, rules: Rules) -> Decision:
    if facts.state != State.WAITING_PARTNER:
        raise NotNow("The case is not waiting for another company.")
    return Decision(move="resume")


def handed_over(facts: Facts, h: f.HandedOver, rules: Rules) -> Decision:
    if facts.owner == h.to:
        raise NotNow("That person already has the case.")
    tells: tuple[Tell, ...] = (Tell("new_owner", "customer"),)
    if h.to != h.by:
        tells += (Tell("handed_to_you", f"user:{h.to}"),)
    return Decision(changes={"owner": h.to}, tells=tells, clears=("owner_lost",))


def answered(facts: Facts, h: f.Answered, rules: Rules) -> Decision:
    windows = rules.protocol.windows
    met = (Clock.ACKNOWLEDGE, Clock.UPDATE, Clock.REPLY, Clock.RESOLVE, Clock.REFER_UP)
    confirm = started(Clock.CONFIRM, rules, windows.calendar, windows.confirm, h.at)
    return Decision(
        move="answer",
        changes={} if facts.owner else {"owner": h.by},
        ends=cancel(facts, *met, Clock.LAPSE, Clock.STEP, met=met),
        starts=(confirm,),
        tells=(Tell("answer", "customer"),),
        clears=("plan_exhausted", "owner_lost", "empty_level", "no_clock"),
    )


def supervisor_answered(facts: Facts, h: f.SupervisorAnswered, rules: Rules) -> Decision:
    if Clock.SUPERVISOR not in facts.clocks:
        raise NotNow("The customer is not waiting for a supervisor.")
    ends = {Clock.SUPERVISOR: Outcome.MET}
    to, skipped = next_tier(facts, rules, h.empty)
    climbs = h.granted and to is not None and facts.state in ACTIVE
    # The letter says that the case was passed on only where it is.
    answer = (Tell("supervisor_answered", "customer", {"granted": climbs}),)
    if to is None or not climbs:
        return Decision(ends=ends, tells=answer)
    parts = climbed(facts, rules, h.at, to, ends, h.picks)
    # The supervisor's answer is the one message; it says that the case was passed on.
    tells = tuple(t for t in arrival_tells(facts, rules, to, {}, "passed_on") if t.to != "customer")
    return Decision(move="climb", tells=answer + tells, alarms=empty_alarms(rules, skipped), **parts)


def kept(facts: Facts, h: f.Kept, rules: Rules) -> Decision:
    return Decision()


def adopted(facts: Facts, h: f.Adopted, rules: Rules) -> Decision:
    """The rules are the new version's: promises may come earlier by it, never later."""
    if facts.tier > rules.protocol.top:
        raise NotNow(f"That version has no level {facts.tier}. The case stays under its own.")
    ends, starts, changed = brought_forward(facts, facts, rules, h.at)
    earlier = any(clock.told for clock in (*starts, *changed))
    return Decision(ends=ends, starts=starts, changed=changed, tells=(Tell("earlier", "customer"),) if earlier else ())


def noted(facts: Facts, h: f.Noted, rules: Rules) -> Decision:
    return Decision(tells=tuple(Tell("mentioned", f"user:{person}", {"user": h.by}) for person in h.tell))


def apologised(facts: Facts, h: f.Apologised, rules: Rules) -> Decision:
    """With a time of its own it is a word to the customer like an update; without one the promise that runs stays."""
    tells = (Tell("apology", "customer"),)
    if h.next_at is None:
        return Decision(tells=tells, clears=("plan_exhausted",))
    if facts.state not in PROMISING:
        raise NotNow(
            "No other time can be promised now: the one that runs stays, and the letter says it.", field="next_at"
        )
    return altered(updated(facts, f.Updated(h.at, h.now, h.by, h.next_at), rules), tells=tells)


def merged(facts: Facts, h: f.Merged, rules: Rules) -> Decision:
    return Decision(
        move="merge",
        changes={"closed_at": h.at},
        ends=cancel(facts, *Clock.ALL),
        clears=("unjustified",),
        tells=(Tell("merged", "customer", {"into": h.into}),),
    )


def closed(facts: Facts, h: f.Closed, rules: Rules) -> Decision:
    """By hand: the letter says that it is closed, and nothing of a silence, which only the end of a clock proves."""
    answered = facts.state == State.ANSWERED
    return Decision(
        move="close",
        changes={"closed_at": h.at} | ({"resolved_at": h.at} if answered else {}),
        ends=cancel(facts, *Clock.OF_WORK),
        starts=(round_the_clock(Clock.SURVEY, rules, rules.protocol.windows.survey_after_silence, h.at),)
        if answered
        else (),
        tells=(Tell("closed", "customer", {"reopen_until": reopen_until(h.at, rules)}),),
    )
