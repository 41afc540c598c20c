"""What is to be done on a case, by whom and until when: steps of its plan, written by people or set by a level."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from cases.models.case import Case
from cases.models.message import Spoken
from cases.models.people import User
from cases.models.worlds import Worldly


class Task(Spoken):
    """One thing to do. `author` wrote it down at `at`; where a level set it, nobody did.

    Without a person it is for whoever has the case, and goes with the case. `shown`: a step of the plan the customer
    reads the progress of; they never read its text.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"
        DROPPED = "dropped", "Not needed"

    MOST_TEXT = 200  # characters: a task is a line

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="tasks")
    person = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="tasks")
    due_at = models.DateTimeField()
    shown = models.BooleanField(default=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    # The level whose set it is from; empty where a person added it.
    level = models.PositiveSmallIntegerField(null=True)
    place = models.PositiveSmallIntegerField(default=0)
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    # When people were told that it is overdue; empty again when it comes to others.
    told_at = models.DateTimeField(null=True)

    class Meta(Spoken.Meta):
        constraints = (
            models.CheckConstraint(
                condition=Q(state="open", ended_at=None) | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="task_ended_has_an_end",
            ),
        )
        indexes = (
            models.Index(fields=("case", "place"), name="task_of_case"),
            models.Index(fields=("due_at",), condition=Q(state="open"), name="task_open_due"),
            models.Index(fields=("person", "due_at"), condition=Q(state="open"), name="task_open_of_person"),
        )

    def __str__(self) -> str:
        return self.text


class Consult(Worldly):
    """A question to an expert inside a case, with a time of its own. Who has the case keeps it.

    Question and answer are internal notes: erased, shown and proved like every other.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="consults")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expert = models.ForeignKey(User, on_delete=models.PROTECT, related_name="consults")
    question = models.OneToOneField("cases.Note", on_delete=models.PROTECT, related_name="asks")
    answer = models.OneToOneField("cases.Note", null=True, on_delete=models.PROTECT, related_name="answers")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    taken_back_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    class Meta(Worldly.Meta):
        constraints = (
            models.CheckConstraint(
                condition=Q(answer=None, answered_at=None)
                | Q(answer__isnull=False, answered_at__isnull=False, taken_back_at=None),
                name="consult_answered_whole",
            ),
            models.CheckConstraint(condition=~Q(asked_by=models.F("expert")), name="consult_of_another"),
        )
        indexes = (
            models.Index(fields=("case", "asked_at"), name="consult_of_case"),
            models.Index(
                fields=("expert", "due_at"), condition=Q(answered_at=None, taken_back_at=None), name="consult_waiting"
            ),
        )

    @property
    def is_open(self) -> bool:
        """Whether somebody still waits for the answer."""
        return self.answered_at is None and self.taken_back_at is None
