"""The forms of a known problem: opening one, saying more, and choosing the one a case is part of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet

from cases.models import Category
from feedback.models import KnownProblem
from feedback.problem_acts import DOING_MOST, IMPACT_MOST, TITLE_MOST, Said
from portal.forms import Instant, Plain, choice, line, text

WRONG_TIME = "Enter a date and a time, for example 21/11/2026 16:00."


def instant(label: str, **more: Any) -> Instant:
    """A date and a time of day in the writer's zone."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return Instant(label=label, widget=widget, error_messages={"required": WRONG_TIME, "invalid": WRONG_TIME}, **more)


class Say(Plain):
    """The next thing we say. `seen` is the number of the last update on the page; 0 for a new problem."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)
    state = choice("How far are we?", KnownProblem.State.choices, wrong="Choose how far we are.")
    impact = text(
        "What customers may notice", IMPACT_MOST, rows=3, wrong="Say what customers notice.",
        help_text="In their words: what does not work, for whom, and what still does.",
    )  # fmt: skip
    doing = text(
        "What we do about it", DOING_MOST, rows=3, wrong="Say what we do about it.",
        help_text="Customers read exactly this, on the page and in a letter.",
    )  # fmt: skip
    next_at = instant(
        "Next update by", required=False,
        help_text="You promise to speak by then, even if there is nothing new. Empty only when it is over.",
    )  # fmt: skip

    def said(self) -> Said:
        """What was typed, for the act."""
        given = self.cleaned_data
        return Said(given["state"], given["impact"], given["doing"], given.get("next_at"))


class Open(Say):
    """A problem nobody has told customers of."""

    title = line(
        "What is wrong, in a few words", TITLE_MOST, wrong="Say what is wrong in a few words.",
        help_text="As in: Card payments are slow.",
    )  # fmt: skip
    topics = forms.ModelMultipleChoiceField(
        Category.objects.none(), label="Topics it may explain", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Shown to customers who are about to tell us of one of these. None: of any.",
        error_messages={"invalid_choice": "Choose topics from the list.", "invalid_pk_value": "Choose topics from the list."},
    )  # fmt: skip
    began_at = instant("It began")
    field_order = ("title", "topics", "began_at", "state", "impact", "doing", "next_at")

    def __init__(self, data: Any = None, *, at: datetime) -> None:
        super().__init__(data, initial={"began_at": at, "state": KnownProblem.State.INVESTIGATING, "seen": 0})
        topics: Any = self.fields["topics"]
        topics.queryset = Category.objects.filter(is_active=True)
        state: Any = self.fields["state"]
        state.choices = [(key, word) for key, word in KnownProblem.State.choices if key != KnownProblem.State.OVER]


class PartOf(Plain):
    """Which problem a case is part of; none takes it back."""

    problem = forms.ModelChoiceField(
        KnownProblem.objects.none(), label="Part of", required=False, empty_label="No known problem",
        error_messages={"invalid_choice": "Choose a problem from the list. One that is over explains no new case."},
    )  # fmt: skip

    def __init__(
        self,
        data: Any = None,
        *,
        problems: QuerySet[KnownProblem],
        now: int | None = None,
        known: Sequence[KnownProblem] = (),
    ) -> None:
        """`known`: the problems that are offered, where they have been read already; nothing is sent to such a form."""
        super().__init__(data, initial={"problem": now})
        field: Any = self.fields["problem"]
        field.queryset = problems
        if known:
            field.choices = [("", field.empty_label), *((one.pk, str(one)) for one in known)]
