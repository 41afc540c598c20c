"""Handing a case over with the receiver's yes: offered, accepted, returned, taken back, or left unanswered.

Until the yes the giver keeps the case and every clock of it runs on. Whatever else gives the case other people,
or an end, ends the offer: that is `offer_over`, laid over every decision.
"""

from __future__ import annotations

from cases.lifecycle import ACTIVE, MOVES
from escalation import facts as f
from escalation.altered import altered
from escalation.decision.ladder import NotNow
from escalation.facts import Clock, Decision, Facts, Happening, Outcome, Tell
from escalation.protocol import Rules
from escalation.timing import cell_of, started

NOT_OFFERED = "The case is not offered to anybody now."
OVER = {"offered_to": None, "offered_by": None}
#: A change of one of these is a change of who the case is with.
WITH_WHOM = ("owner", "team", "tier")


def offered(facts: Facts, h: f.Offered, rules: Rules) -> Decision:
    """The colleague has as long to say yes or no as this level has to acknowledge a case."""
    if facts.offered_to is not None:
        raise NotNow("The case is offered to somebody already. Take that back first.")
    if facts.owner == h.to:
        raise NotNow("That person already has the case.")
    if h.to == h.by:
        raise NotNow("Nobody offers a case to themselves. Take it over instead.")
    cell = cell_of(facts, rules)
    clock = started(Clock.HAND_OVER, rules, cell.calendar, cell.acknowledge, h.at)
    return Decision(
        changes={"offered_to": h.to, "offered_by": h.by},
        starts=(clock,),
        tells=(Tell("offered_to_you", f"user:{h.to}", {"from_owner": h.by, "due": clock.due}),),
    )


def _ends(facts: Facts, outcome: str) -> dict[str, str]:
    return {Clock.HAND_OVER: outcome} if Clock.HAND_OVER in facts.clocks else {}


def offer_accepted(facts: Facts, h: f.OfferAccepted, rules: Rules) -> Decision:
    """The receiver has the case from now on, and only now the customer reads a new name."""
    _must_be_theirs(facts, h.by)
    told = Tell("offer_accepted", f"user:{facts.offered_by}", {"user": h.by})
    return Decision(
        changes={"owner": h.by} | OVER,
        ends=_ends(facts, Outcome.MET),
        tells=(Tell("new_owner", "customer"), told),
        clears=("owner_lost",),
    )


def offer_returned(facts: Facts, h: f.OfferReturned, rules: Rules) -> Decision:
    """The receiver says no; who offered it reads that a reason stands on the case."""
    _must_be_theirs(facts, h.by)
    return Decision(changes=OVER, ends=_ends(facts, Outcome.MET), tells=_back(facts, "offer_returned", h.by))


def offer_withdrawn(facts: Facts, h: f.OfferWithdrawn, rules: Rules) -> Decision:
    if facts.offered_to is None:
        raise NotNow(NOT_OFFERED)
    return Decision(
        changes=OVER, ends=_ends(facts, Outcome.CANCELLED), tells=(Tell("offer_over", f"user:{facts.offered_to}"),)
    )


def unanswered(facts: Facts, h: f.RanOut, rules: Rules) -> Decision:
    """Nobody said yes or no in time: the case stays where it is, and who offered it and the lead hear of it."""
    lead = (Tell("offer_unanswered", f"lead:{facts.team}", {"user": facts.offered_to}),) if facts.team else ()
    return Decision(
        changes=OVER,
        ends={Clock.HAND_OVER: Outcome.ELAPSED},
        tells=(*_back(facts, "offer_unanswered", facts.offered_to), *lead),
    )


def _back(facts: Facts, kind: str, asked: int | None) -> tuple[Tell, ...]:
    """To who offered it and, where that is somebody else, to who has it."""
    people = dict.fromkeys(one for one in (facts.offered_by, facts.owner) if one and one != asked)
    return tuple(Tell(kind, f"user:{one}", {"user": asked}) for one in people)


def _must_be_theirs(facts: Facts, by: int) -> None:
    if facts.offered_to is None:
        raise NotNow(NOT_OFFERED)
    if facts.offered_to != by:
        raise NotNow("The case was offered to somebody else.")


def offer_over(facts: Facts, happening: Happening, decision: Decision) -> Decision:
    """The decision with an open offer ended, where the case went to other people by it, got its answer or its end."""
    if facts.offered_to is None or "offered_to" in decision.changes:
        return decision
    changed = any(name in decision.changes and decision.changes[name] != getattr(facts, name) for name in WITH_WHOM)
    after = MOVES[decision.move].get(facts.state, facts.state) if decision.move else facts.state
    if not changed and (after == facts.state or after in ACTIVE):
        return decision
    # Who was asked and has it now, or did this, needs no letter that the question is over.
    knows = (decision.changes.get("owner"), getattr(happening, "by", None))
    told = () if facts.offered_to in knows else (Tell("offer_over", f"user:{facts.offered_to}"),)
    return altered(
        decision,
        changes=dict(decision.changes) | OVER,
        ends=_ends(facts, Outcome.CANCELLED) | dict(decision.ends),
        tells=(*decision.tells, *told),
    )
