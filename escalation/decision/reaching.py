"""Reaching the customer: what is told on the phone moves no clock; a question that never arrived stops none."""

from __future__ import annotations

from cases.lifecycle import State
from escalation import facts as f
from escalation.decision.ladder import NotNow, cancel
from escalation.facts import Clock, Decision, Facts, Tell
from escalation.protocol import Rules
from escalation.timing import resumed


def reached(facts: Facts, h: f.ToldByPhone | f.GaveUp | f.AddressCorrected | f.WeCalled, rules: Rules) -> Decision:
    return Decision()


def question_lost(facts: Facts, h: f.QuestionLost, rules: Rules) -> Decision:
    """Our clocks go on with what was left of them: nobody can answer what they were never asked."""
    if facts.state != State.WAITING_CUSTOMER:
        raise NotNow("The case does not wait for the customer.")
    going = tuple(resumed(clock, h.at, rules) for clock in facts.clocks.values() if clock.paused_at)
    reader = "owner" if facts.owner else f"lead:{facts.team}"
    return Decision(
        move="resume", ends=cancel(facts, Clock.LAPSE), changed=going, tells=(Tell("question_lost", reader),)
    )
