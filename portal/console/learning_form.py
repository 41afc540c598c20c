"""The forms of what colleagues learn: a lesson, its answer, a retro, and why one is skipped."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from cases.access import workers
from cases.models import User
from feedback import lessons, retros
from feedback.models import Lesson, Retro
from portal.console.cover_forms import day
from portal.forms import Plain, choice, line, text

TAGS_HELP = "A few words to find it by, with commas between them: bank holidays, card."
FROM_LOG = "What stands here already is from the log: change it, or clear it."
NO_NAMES = "Internal. Conditions, not people: no names."


class Write(Plain):
    """A lesson, by itself or about a case."""

    text = text(
        "What did you learn?", lessons.TEXT_MOST, rows=4, wrong="Write what you learned, in a sentence or two.",
        help_text=f"{NO_NAMES} What would have avoided it, or what should we do again?",
    )  # fmt: skip
    change = choice("What should change?", Lesson.Change.choices, wrong="Choose what should change.")
    tags = line("Tags", 200, required=False, help_text=TAGS_HELP)


class AnswerRetro(Plain):
    """Two minutes about a case: three questions, and a lesson if there is one."""

    level = choice("Was the level right?", Retro.Level.choices, wrong="Choose whether the level was right.")
    worked = text(
        "What worked?", retros.WORDS_MOST, rows=2, required=False, help_text=f"What to keep. {FROM_LOG} {NO_NAMES}"
    )
    blocked = text(
        "What blocked you?", retros.WORDS_MOST, rows=2, required=False, help_text=f"What slowed us down. {FROM_LOG}"
    )
    lesson = text(
        "What would have avoided it?", lessons.TEXT_MOST, rows=2, required=False,
        help_text="This becomes a lesson. The team reads it, and it gets an answer.",
    )  # fmt: skip
    change = forms.ChoiceField(
        label="What should change?", required=False, choices=[("", "Choose with a lesson"), *Lesson.Change.choices],
        error_messages={"invalid_choice": "Choose what should change."},
    )  # fmt: skip


class SkipRetro(Plain):
    """Why somebody has nothing to say."""

    skipped_why = line(
        "Why do you skip it?", retros.WHY_MOST, wrong="Say in a few words why you skip it.",
        help_text="As in: I only passed it on.",
    )  # fmt: skip


class Others(forms.ModelChoiceField):
    """Another lesson, by its number and its first words."""

    def label_from_instance(self, obj: Any) -> str:
        words = " ".join(obj.text.split())
        return f"{obj.pk}: {words[:60]}{'…' if len(words) > 60 else ''}"


class AnswerLesson(Plain):
    """The answer to a lesson; who and when go with accepted, the other lesson with joined."""

    outcome = choice(
        "What becomes of it?",
        [("accepted", "We do something about it"), ("declined", "We do not"), ("joined", "It is the same as another")],
        wrong="Choose what becomes of it.",
    )
    words = text(
        "In words", lessons.ANSWER_MOST, rows=3, wrong="No answer without words: what is done, why not, or why it is the same.",
        help_text="What is done about it, why not, or in what they are the same. Who wrote it reads this.",
    )  # fmt: skip
    owner = forms.ModelChoiceField(
        User.objects.none(), label="Who does it", required=False, empty_label="Choose a colleague",
        help_text="When something is done.", error_messages={"invalid_choice": "Choose a colleague from the list."},
    )  # fmt: skip
    due_on = day("By when", required=False, help_text="When something is done.")
    joined_to = Others(
        Lesson.objects.none(), label="The same as", required=False, empty_label="No other lesson",
        help_text="When it is joined: one that still waits. Both are answered together then.",
        error_messages={"invalid_choice": "That lesson has its answer already, or is not there. Choose one that still waits."},
    )  # fmt: skip

    def __init__(self, data: Any = None, *, others: QuerySet[Lesson]) -> None:
        """`others`: the open lessons it may be joined to."""
        super().__init__(data)
        owner: Any = self.fields["owner"]
        owner.queryset = workers().order_by("name", "email")
        joined: Any = self.fields["joined_to"]
        joined.queryset = others
        # The same list is not offered where there is nothing to choose.
        if not others.exists():
            joined.empty_label = "There is no other lesson that waits"

    def said(self) -> lessons.Answer:
        """What was typed, for the act."""
        given = self.cleaned_data
        return lessons.Answer(
            given["outcome"], given["words"], given.get("owner"), given.get("due_on"), given.get("joined_to")
        )
