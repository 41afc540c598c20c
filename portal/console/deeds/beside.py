"""Acts beside a case's clocks: its tasks, and questions to experts. They are offered by their cards."""

from __future__ import annotations

from typing import Any

from escalation import facts as f
from portal.console import forms
from portal.console.deeds.deed import Deed, plain
from portal.console.preview import NOBODY

KEEPS = "Who has the case keeps it, and what the customer was promised stays."


def _pk(chosen: Any) -> int | None:
    """Who was chosen; None while nobody was."""
    return getattr(chosen, "pk", None)


BESIDE: dict[str, Deed] = {
    "add_task": Deed(
        forms.AddTask,
        plain("Add the task"),
        "Task added.",
        lambda turn, given, by, at: f.TaskAdded(at=at, now=at, by=by.pk, to=_pk(given.get("person"))),
        beside=True,
    ),
    "finish_task": Deed(
        forms.FinishTask,
        plain("Done"),
        "Task done.",
        lambda turn, given, by, at: f.TaskFinished(at=at, now=at, by=by.pk, late=True),
        beside=True,
    ),
    "change_task": Deed(
        forms.ChangeTask,
        plain("Change the task"),
        "Task changed.",
        lambda turn, given, by, at: f.TaskChanged(at=at, now=at, by=by.pk, late=True, to=_pk(given.get("person"))),
        "Another time, or another person.",
        beside=True,
    ),
    "drop_task": Deed(
        forms.DropTask,
        plain("Not needed"),
        "Task taken off the plan.",
        lambda turn, given, by, at: f.TaskDropped(at=at, now=at, by=by.pk, late=True),
        beside=True,
    ),
    "consult": Deed(
        forms.AskExpert,
        plain("Ask"),
        "Asked. The answer comes to you and to whoever has the case.",
        lambda turn, given, by, at: f.ExpertAsked(at=at, now=at, by=by.pk, expert=_pk(given.get("expert")) or NOBODY),
        KEEPS,
    ),
    "answer_consult": Deed(
        forms.AnswerQuestion,
        plain("Send the answer"),
        "Answered. Who asked is told.",
        lambda turn, given, by, at: f.ExpertAnswered(
            at=at, now=at, by=by.pk, asker=getattr(given.get("consult"), "asked_by_id", NOBODY), late=True
        ),
        KEEPS,
        beside=True,
    ),
    "take_back_question": Deed(
        forms.TakeBack,
        plain("Take it back"),
        "Taken back. The expert is told.",
        lambda turn, given, by, at: f.QuestionTakenBack(
            at=at, now=at, by=by.pk, expert=getattr(given.get("consult"), "expert_id", NOBODY), late=True
        ),
        beside=True,
    ),
}
