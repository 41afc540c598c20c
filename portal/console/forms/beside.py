"""Forms of acts beside a case's clocks: tasks, and questions to experts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from cases.access import workers
from cases.models import Consult, Task, User
from portal import clock
from portal.console import experts_known
from portal.console.forms.act import ActForm, writing
from portal.console.forms.handing import Colleague
from portal.console.words import short
from portal.forms import Instant, OneLine

GONE = "Choose one from the list. What is not there has ended."
WHOEVER = "Whoever has the case"


def until(label: str, help_text: str = "") -> Instant:
    """A time by which something is to be done."""
    return Instant(
        label=label,
        help_text=help_text,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={
            "required": "Choose a time.",
            "invalid": "Enter a date and a time, for example 21/11/2025 16:00.",
        },
    )


def due_words(row: Any) -> str:
    """'by today, 16:00'."""
    return f"by {short(row.due_at, timezone.get_current_timezone_name(), clock.now())}"


class OfTask(ActForm):
    """An act on one open task. That a second press names one that is done by now is for the verb to know."""

    FROM_LINK = ("task",)
    task = forms.ModelChoiceField(
        Task.objects.none(), label="Which task?", widget=forms.RadioSelect, empty_label=None,
        error_messages={"required": "Choose a task.", "invalid_choice": GONE},
    )  # fmt: skip

    def prepare(self) -> None:
        field: Any = self.fields["task"]
        field.queryset = Task.objects.filter(case=self.case)
        self.open_ones = list(field.queryset.filter(state=Task.State.OPEN).order_by("due_at", "pk"))
        field.choices = [(one.pk, f"{one.text} ({due_words(one)})") for one in self.open_ones]
        if len(self.open_ones) == 1:
            self.initial = {"task": self.open_ones[0].pk, **self.initial}

    def nothing(self) -> str:
        return "" if self.open_ones else "No task is open on this case."

    def arguments(self) -> dict[str, Any]:
        given = super().arguments()
        return given | {"task": given["task"].pk}


class ForWhom(ActForm):
    """By whom and until when."""

    DECIDES = ("person",)

    person = Colleague(
        User.objects.none(), label="Who does it?", required=False, empty_label=WHOEVER,
        help_text="Left to whoever has the case it goes with the case.",
        error_messages={"invalid_choice": "Choose somebody from the list: only who works on cases can be given a task."},
    )  # fmt: skip
    due_at = until("By when?")

    def prepare(self) -> None:
        super().prepare()
        field: Any = self.fields["person"]
        field.queryset = workers().prefetch_related("teams", "leads").order_by("name", "email")


class AddTask(ForWhom):
    text = OneLine(
        label="What is to be done?", max_length=Task.MOST_TEXT, help_text="Internal: the customer does not read it.",
        error_messages={"required": "Write what is to be done."},
    )  # fmt: skip
    shown = forms.BooleanField(
        label="A step of the plan", required=False, initial=True,
        help_text="The customer reads how many steps are done, and nothing else of them.",
    )  # fmt: skip
    field_order = ("text", "due_at", "person", "shown")


class FinishTask(OfTask):
    pass


class ChangeTask(OfTask, ForWhom):
    field_order = ("task", "due_at", "person")

    def prepare(self) -> None:
        super().prepare()
        chosen = next((one for one in self.open_ones if str(one.pk) == str(self.initial.get("task"))), None)
        if chosen:
            self.initial = {"due_at": chosen.due_at, "person": chosen.person_id, **self.initial}


class DropTask(OfTask):
    reason = writing(
        "Why is it not needed?", rows=3, help_text="Internal: the customer does not see this.",
        missing="Say why it is not needed.",
    )  # fmt: skip


class AskExpert(ActForm):
    FROM_LINK = ("expert",)
    DECIDES = ("expert",)
    expert = forms.ModelChoiceField(
        User.objects.none(), label="Whom do you ask?", empty_label="Choose an expert",
        help_text="Only people who are trained are listed; those who fit the topic stand first.",
        error_messages={"required": "Choose an expert.", "invalid_choice": "Choose somebody from the list: only trained people can be asked."},
    )  # fmt: skip
    question = writing(
        "Your question", help_text="Internal: the customer does not see it.", missing="Write your question."
    )
    due_at = until("Answer needed by", "A time for the expert alone. What the customer was promised stays as it is.")

    def prepare(self) -> None:
        field: Any = self.fields["expert"]
        field.queryset = workers()
        now = clock.now()
        self.known = [one for one in experts_known.experts(now, self.case) if one.person.pk != self.viewer.user.pk]
        zone = timezone.get_current_timezone_name()
        field.choices = [("", field.empty_label), *((one.person.pk, one.line(zone, now)) for one in self.known)]

    def nothing(self) -> str:
        return "" if self.known else "Nobody else is trained in anything yet. A supervisor says who is, under Experts."


class OfQuestion(ActForm):
    """An act on one question that still waits."""

    FROM_LINK = ("consult",)
    DECIDES = ("consult",)
    consult = forms.ModelChoiceField(
        Consult.objects.none(), label="Which question?", widget=forms.RadioSelect, empty_label=None,
        error_messages={"required": "Choose a question.", "invalid_choice": GONE},
    )  # fmt: skip

    def prepare(self) -> None:
        field: Any = self.fields["consult"]
        field.queryset = Consult.objects.filter(case=self.case)
        waiting = field.queryset.filter(answered_at=None, taken_back_at=None).select_related(
            "question", "expert", "asked_by"
        )
        self.waiting = [one for one in waiting.order_by("due_at", "pk") if self.concerns(one)]
        field.choices = [
            (one.pk, f"{self.who(one)}: {one.question.text[:120]} ({due_words(one)})") for one in self.waiting
        ]
        if len(self.waiting) == 1:
            self.initial = {"consult": self.waiting[0].pk, **self.initial}

    def concerns(self, one: Consult) -> bool:
        return True

    def who(self, one: Consult) -> str:
        return str(one.expert)

    def nothing(self) -> str:
        return "" if self.waiting else "No question waits for an answer on this case."

    def arguments(self) -> dict[str, Any]:
        given = super().arguments()
        return given | {"consult": given["consult"].pk}


class AnswerQuestion(OfQuestion):
    answer = writing("Your answer", help_text="Internal: the customer does not see it.", missing="Write your answer.")

    def concerns(self, one: Consult) -> bool:
        return one.expert_id == self.viewer.user.pk

    def who(self, one: Consult) -> str:
        return str(one.asked_by)

    def nothing(self) -> str:
        return "" if self.waiting else "Nobody waits for an answer from you on this case."


class TakeBack(OfQuestion):
    pass
