"""One case tried under a draft, as steps a person can follow: what happened, which rule matched, who would be told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases.lifecycle import State
from escalation.backtest.fitting import ASSUMED
from escalation.backtest.rerun import Rerun, Step
from escalation.backtest.run import Tried
from escalation.facts import NAMES, Clock, ClockFact, Missed, Outcome, RanOut, Tell, Warned
from portal.console.preview import told
from portal.console.words import span

#: What a letter to the customer says.
LETTERS = {
    "received": "that we have the case",
    "priority_set": "how urgent we take it to be",
    "named_person": "who looks after it",
    "progress": "what has been done",
    "question": "our question",
    "answer": "our answer",
    "promise_broken": "that we missed our time, with an apology",
    "passed_on": "that the case was passed up",
    "new_owner": "who has it now",
    "closed": "that it is closed",
    "survey": "our survey",
    "still_waiting": "that we wait for their answer",
    "supervisor_asked": "that a supervisor will answer",
    "supervisor_answered": "the supervisor’s answer",
    "reopened": "that we work on it again",
    "waiting_partner": "whom we wait for",
    "still_looking": "that we are still looking",
    "new_time": "that our time is another now, and why",
    "earlier": "that our time is earlier now",
}
#: What a notice to staff says, where it is not about the act itself.
NOTES = {
    "due_soon": "that a time is nearly due",
    "not_acknowledged": "that nobody has acknowledged it",
    "supervisor_wanted": "that the customer wants a supervisor",
    "owner_lost": "that the person who had it is no longer here",
    "reopened": "that it was reopened",
}
OUTCOMES = {
    Outcome.MET: "kept",
    Outcome.MISSED: "missed",
    Outcome.CANCELLED: "no longer needed",
    Outcome.ELAPSED: "ran out",
}


def page_of(tried: Tried) -> dict[str, Any]:
    """What the page of one case shows."""
    return {
        "lines": lines(tried.new),
        "recorded": lines(tried.old),
        "what": list(tried.change.what) if tried.change else [],
        "stuck": tried.new.stuck,
    }


def lines(rerun: Rerun) -> list[dict[str, Any]]:
    """The steps in order."""
    label = rerun.rules.protocol.label
    top = rerun.rules.protocol.top
    return [line(step, top) | {"rules": label} for step in rerun.steps]


def line(step: Step, top: int) -> dict[str, Any]:
    """One step."""
    after = step.after
    return {
        "at": step.happening.at,
        "what": name_of(step),
        "origin": origin(step),
        "matched": matched(step),
        "waiting": waiting(step),
        "tells": [words_of(tell) for tell in step.decision.tells] if step.decision else [],
        "where": f"Level {after.tier} of {top}: {State(after.state).label}",
        "moved": step.before.tier != after.tier,
        "stopped": bool(step.refusal),
    }


def name_of(step: Step) -> str:
    happening = step.happening
    if isinstance(happening, Missed):
        return f"Time missed: {Clock.NAMES.get(happening.kind, happening.kind)}"
    if isinstance(happening, Warned):
        return f"Nearly due: {Clock.NAMES.get(happening.kind, happening.kind)}"
    if isinstance(happening, RanOut):
        return f"Ran out: {Clock.NAMES.get(happening.kind, happening.kind)}"
    return NAMES[type(happening)].replace("_", " ").capitalize()


def origin(step: Step) -> str:
    """Where the step comes from."""
    if step.refusal:
        return f"Recorded, and does not fit here: {step.refusal}"
    if step.why:
        return f"Assumed: {ASSUMED.get(step.why, step.why)}"
    return "As recorded" if step.entry else "By these rules"


def matched(step: Step) -> list[str]:
    """The rules that applied: clocks that ended, the level the case went to, clocks that started."""
    decision = step.decision
    if decision is None:
        return []
    said = [ended(step.before.clocks[kind], outcome, step.happening.at) for kind, outcome in decision.ends.items()]
    if step.after.tier > step.before.tier:
        said.append(f"passed up to level {step.after.tier}")
    elif step.after.tier < step.before.tier:
        said.append(f"returned to level {step.after.tier}")
    said += [f"starts: {clock_words(clock)}" for clock in decision.starts]
    return [one[0].upper() + one[1:] for one in said]


def ended(clock: ClockFact, outcome: str, at: datetime) -> str:
    """'acknowledgment kept, 10 min before its time'."""
    words = f"{Clock.NAMES.get(clock.kind, clock.kind)} {OUTCOMES[outcome]}"
    if outcome == Outcome.MET and clock.due is not None and clock.due > at:
        words += f", {span(clock.due - at)} before its time"
    return words


def waiting(step: Step) -> list[dict[str, Any]]:
    """The rules that did not match, because their time had not come: what still runs, and until when."""
    started = {clock.kind for clock in step.decision.starts} if step.decision else set()
    return [
        {"words": Clock.NAMES.get(kind, kind), "due": clock.due}
        for kind, clock in sorted(step.after.clocks.items())
        if kind not in started
    ]


def clock_words(clock: ClockFact) -> str:
    """The clock's name with its allowance."""
    name = Clock.NAMES.get(clock.kind, clock.kind)
    return f"{name}, {_allowance(clock.target)} of {clock.calendar}"


def _allowance(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes} min" if hours and minutes else f"{hours} h" if hours else f"{minutes} min"


def words_of(tell: Tell) -> str:
    """'The customer: told that it is closed.'"""
    if tell.to == "customer":
        return f"The customer: told {LETTERS.get(tell.kind, 'about it')}."
    said = told(tell)
    return said.replace("told about it.", f"told {NOTES[tell.kind]}.") if tell.kind in NOTES else said
