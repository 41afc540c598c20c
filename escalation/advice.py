"""What the guidelines say of a case as it stands, and which acts they stop until a person gives a reason."""

from __future__ import annotations

from datetime import datetime

from cases.models import Event
from escalation.facts import Clock
from escalation.guidance import NEVER, Advice, Situation, advise, all_advice
from escalation.models import Promise
from escalation.turn import Turn

MUST = "must"


def situation_of(turn: Turn, at: datetime) -> Situation:
    """The case of a turn as guidelines look at it at `at`; one query at most."""
    case = turn.case
    broken = Promise.everything.filter(case=case, status=Promise.Status.BROKEN)
    return Situation(
        category=case.category.slug,
        severity=case.severity,
        complexity=case.complexity,
        tier=case.tier,
        rejections=case.rejections,
        broken=turn.known.broken if turn.known else broken.count(),
        open_for=int((at - case.filed_at).total_seconds()),
        supervisor_asked=Clock.SUPERVISOR in turn.clocks,
        # What kind of customer somebody is counts once they have proved to be that customer.
        segment=case.customer.segment if case.is_proven else "",
    )


def advice_for(turn: Turn, at: datetime) -> Advice | None:
    """The word that counts for this case now, if any."""
    return advise(turn.rules.protocol, situation_of(turn, at))


def whole_advice(turn: Turn, at: datetime) -> tuple[Advice, ...]:
    """Everything the guidelines say of this case now, the strongest first."""
    return all_advice(turn.rules.protocol, situation_of(turn, at))


def is_kept(turn: Turn, advice: Advice) -> bool:
    """Whether somebody said, at this level, why the case stays although this rule says otherwise."""
    if turn.known:
        return (turn.case.tier, advice.rule) in turn.known.kept
    kept = Event.everything.filter(case=turn.case, kind="kept", data__tier=turn.case.tier)
    return kept.filter(data__args__rule=advice.rule).exists()


def objection(verb: str, turn: Turn, advice: Advice | None, *, reason: str) -> str:
    """Why the guidelines stop this act, in a sentence; empty when they do not or a reason is given."""
    if advice is None:
        return "No guideline says that this case must be passed up." if verb == "keep" else ""
    if verb == "escalate" and advice.verdict == NEVER and not reason:
        return f"{advice.because} Say in a note why this one has to be passed up all the same."
    if verb == "answer" and advice.verdict == MUST and not is_kept(turn, advice):
        return f"{advice.because} So it must be passed up. Pass it up, or say with “Keep it here” why it stays."
    if verb == "keep" and advice.verdict == NEVER:
        return advice.because
    return ""
