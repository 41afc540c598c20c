"""What the guidelines say of a case, in the words of the console, and which acts they stop."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases.models import Case
from escalation.advice import MUST, is_kept, objection, whole_advice
from escalation.guidance import NEVER, TOPIC, Advice
from escalation.permits import PERMITS, Actor, refusal
from escalation.turn import Turn
from escalation.verbs.acting import GUIDED

VERDICTS = {
    NEVER: "Stays at this level",
    MUST: "Must be passed up",
    "should": "Should be passed up",
    "may": "May be passed up",
}
#: Stands for the reason that the form of an act asks for and that nobody has typed yet.
TO_BE_TYPED = "(to be typed)"


def rule_words(rule: str) -> str:
    """'rule rejected-twice', or the policy of the topic."""
    return "the topic’s own rule" if rule == TOPIC else f"rule {rule}"


def said_words(record: dict[str, str]) -> str:
    """'Guideline rejected-twice said must': what an event keeps of the advice that was given."""
    who = "The topic’s own rule" if record["rule"] == TOPIC else f"Guideline {record['rule']}"
    return f"{who} said {record['verdict']}"


def spoken(advice: Advice) -> dict[str, str]:
    """One word of advice for the page."""
    return {"verdict": VERDICTS[advice.verdict], "because": advice.because, "rule": rule_words(advice.rule)}


def advice_on(turn: Turn, at: datetime) -> tuple[Advice, ...]:
    """Everything the guidelines say now, the strongest first; nothing where a case cannot go up or stay any more."""
    return whole_advice(turn, at) if PERMITS["keep"].fits(turn.case.state) else ()


def box(turn: Turn, advice: tuple[Advice, ...]) -> dict[str, Any] | None:
    """The guidance at the head of the acts; None when nothing applies."""
    if not advice:
        return None
    strongest = advice[0]
    kept = is_kept(turn, strongest)
    return {"first": spoken(strongest), "others": [spoken(one) for one in advice[1:]], "kept": kept}


def why_not(verb: str, case: Case, actor: Actor, turn: Turn, advice: tuple[Advice, ...]) -> str:
    """Why this person cannot do this now, by permits or by guidelines; empty when they can, or when a form asks why."""
    why = refusal(verb, case, actor, turn)
    if why or verb not in GUIDED:
        return why
    return objection(verb, turn, next(iter(advice), None), reason=TO_BE_TYPED)
