"""What stands beside a case's clocks: tasks, and questions to experts. Its owner and its promises stay as they are."""

from __future__ import annotations

from escalation import facts as f
from escalation.facts import Alarm, Decision, Facts, Tell
from escalation.protocol import Rules

TASK_ALARM, QUESTION_ALARM = "task_overdue", "consult_overdue"


def task_added(facts: Facts, h: f.TaskAdded, rules: Rules) -> Decision:
    return Decision(tells=_given(h.to, h.by))


def task_changed(facts: Facts, h: f.TaskChanged, rules: Rules) -> Decision:
    return Decision(tells=_given(h.to, h.by), clears=() if h.late else (TASK_ALARM,))


def _given(to: int | None, by: int) -> tuple[Tell, ...]:
    """Who is given something to do by somebody else hears of it."""
    return (Tell("task_given", f"user:{to}"),) if to is not None and to != by else ()


def task_ended(facts: Facts, h: f.TaskFinished | f.TaskDropped, rules: Rules) -> Decision:
    return Decision(clears=() if h.late else (TASK_ALARM,))


def tasks_overdue(facts: Facts, h: f.TasksOverdue, rules: Rules) -> Decision:
    return Decision(
        tells=(*(Tell("task_overdue", f"user:{one}") for one in h.people), *_in_charge("task_overdue")),
        alarms=(Alarm(TASK_ALARM, "At risk: a task of this case is overdue."),),
    )


def _in_charge(kind: str) -> tuple[Tell, ...]:
    """Who has the case, and the lead of the team that has it."""
    return (Tell(kind, "owner"), Tell(kind, "lead"))


def expert_asked(facts: Facts, h: f.ExpertAsked, rules: Rules) -> Decision:
    return Decision(tells=(Tell("consult_asked", f"user:{h.expert}"),))


def expert_answered(facts: Facts, h: f.ExpertAnswered, rules: Rules) -> Decision:
    asker = (Tell("consult_answered", f"user:{h.asker}"),)
    # Who has the case by now may be somebody else than who asked.
    mine = (Tell("consult_answered", f"user:{facts.owner}"),) if facts.owner not in (None, h.by) else ()
    return Decision(tells=asker + mine, clears=() if h.late else (QUESTION_ALARM,))


def question_taken_back(facts: Facts, h: f.QuestionTakenBack, rules: Rules) -> Decision:
    return Decision(tells=(Tell("consult_taken_back", f"user:{h.expert}"),), clears=() if h.late else (QUESTION_ALARM,))


def questions_overdue(facts: Facts, h: f.QuestionsOverdue, rules: Rules) -> Decision:
    return Decision(
        tells=(*(Tell("consult_overdue", f"user:{one}") for one in h.people), Tell("consult_overdue", "lead")),
        alarms=(Alarm(QUESTION_ALARM, "An expert has not answered by the time they were given."),),
    )
