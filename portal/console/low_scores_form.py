"""The forms of the feedback inbox: answering an unhappy customer, and narrowing the lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet

from feedback.low_scores import WORDS_MOST, How
from feedback.models import Survey
from portal.forms import Plain, choice, text

LABELS = {
    How.LETTER: "Write to them: they read exactly what you write below",
    How.PHONE: "I called them: below is what was said and agreed",
    How.CLOSED: "Close it without contact: below is why",
}


class Deal(Plain):
    """How a low score is dealt with; only the `ways` that what the customer said leaves open."""

    how = choice("How do you answer?", (), wrong="Choose how you deal with it.")
    words = text("Your words", WORDS_MOST, rows=6, wrong="Write what you tell the customer, or what came of it.")

    def __init__(self, data: Any = None, *, ways: Iterable[How]) -> None:
        ways = list(ways)
        super().__init__(data, initial={"how": ways[0]} if len(ways) == 1 else None)
        how: Any = self.fields["how"]
        how.choices = [(one.value, LABELS[one]) for one in ways]


class ByScore(Plain):
    """Which answers are listed; all of it may be left out."""

    score = forms.ChoiceField(label="Score", required=False)
    team = forms.ModelChoiceField(None, label="Team", required=False, empty_label="Any team")
    topic = forms.ModelChoiceField(None, label="Topic", required=False, empty_label="Any topic")

    def __init__(self, data: Any, *, teams: QuerySet, topics: QuerySet) -> None:
        super().__init__(data)
        score, team, topic = (self.fields[name] for name in ("score", "team", "topic"))
        score.choices = [("", "Any score"), *((str(value), label) for value, label in Survey.Satisfaction.choices)]  # type: ignore[attr-defined]
        team.queryset, topic.queryset = teams, topics  # type: ignore[attr-defined]

    def narrow(self, rows: QuerySet, survey: str, case: str) -> QuerySet:
        """The rows of what was asked for; `survey` and `case` are the ways from a row to them."""
        asked = getattr(self, "cleaned_data", {})
        wanted = {
            f"{survey}satisfaction": asked.get("score"),
            f"{case}team": asked.get("team"),
            f"{case}category": asked.get("topic"),
        }
        return rows.filter(**{name: value for name, value in wanted.items() if value})
