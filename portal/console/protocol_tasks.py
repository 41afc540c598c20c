"""The editor's pages for the tasks a level sets for every case that arrives there."""

from __future__ import annotations

from typing import Any

from django import forms

from escalation.protocol import LevelTask
from escalation.reading import LONGEST_TASK, MOST_TASKS
from portal.console import protocol_edits as edits
from portal.console import protocol_fields as fields
from portal.console.protocol_levels import OneOfLevel, PressForm
from portal.forms import OneLine


class TasksForm(PressForm):
    """The tasks of a level as a list: up, down, take off."""

    part, template = "levels", "console/protocol/tasks.html"
    lead = (
        "What every case is given to do that arrives at this level, by hand or by clock. Whoever has the case does it."
    )

    @property
    def heading(self) -> str:
        tier = self.desk.protocol.tier(self.desk.level())
        return f"Tasks of level {tier.ordinal}: {tier.name}"

    @property
    def tasks(self) -> list[dict[str, Any]]:
        """Each task in words."""
        tasks = self.desk.protocol.tier(self.desk.level()).tasks
        return [{"number": n, **task_row(one, self.desk.names)} for n, one in enumerate(tasks, start=1)]

    @property
    def full(self) -> bool:
        """Whether the level has as many tasks as it may."""
        return len(self.tasks) >= MOST_TASKS

    def edited(self) -> edits.Document:
        verb, place = self.pressed()
        level, document = self.desk.level(), self.desk.document
        if verb == "drop":
            return edits.drop_task(document, level, place)
        return edits.move_task(document, level, place, -1 if verb == "up" else 1)


class TaskForm(OneOfLevel):
    """One task of a level."""

    thing, many = "task", "tasks"
    text = OneLine(
        label="What is to be done?", max_length=LONGEST_TASK, error_messages={"required": "Write what is to be done."},
        help_text="One line. The customer never reads it.",
    )  # fmt: skip
    after = fields.SpanField(
        "Within which time?", units=fields.SHORT_UNITS, help_text="Counted like the times of the case, from its arrival at the level."
    )  # fmt: skip
    shown = forms.BooleanField(
        label="A step of the plan", required=False, initial=True,
        help_text="The customer reads how many steps are done, and nothing else of them.",
    )  # fmt: skip

    def prepare(self) -> None:
        if task := self.standing():
            self.span("after", task.after, None)
            self.initial.update(text=task.text, shown=task.shown)

    def edited(self) -> edits.Document:
        said = self.cleaned_data
        task = {"text": said["text"], "after": self.times["after"], "shown": said["shown"]}
        return edits.put_task(self.desk.document, self.desk.level(), self.number, task)


def task_row(task: LevelTask, names: Any) -> dict[str, Any]:
    """A task as its parts in words."""
    return {"text": task.text, "after": names.spell(task.after), "shown": task.shown}
