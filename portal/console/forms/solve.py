"""Forms of acts that solve a case: what was tried, and the investigation of what lies behind it."""

from __future__ import annotations

from typing import Any

from django import forms

from cases.models import Case, Cause, Investigation, TriedStep
from escalation.book import rules_of
from escalation.playbooks import fitting
from escalation.verbs import step_key
from escalation.verbs.solving import LINE_MOST, TEXT_MOST
from portal.console.forms.act import ActForm, Enclosing, writing
from portal.forms import OneLine


class Steps(forms.MultipleChoiceField):
    """Steps of a playbook; that one is not there any more is for the verb to know, not for us."""

    widget = forms.CheckboxSelectMultiple

    def valid_value(self, value: Any) -> bool:
        return True


class Ticking(ActForm):
    """Steps of the topic's playbook that nobody has noted yet, as ticks, and a line of one's own."""

    steps = Steps(label="What was tried", required=False, help_text="Steps of the playbook nobody has ticked yet.")
    also = OneLine(
        label="What else was tried", required=False, max_length=LINE_MOST,
        help_text="Internal. What you did and what came of it; every level reads it.",
    )  # fmt: skip

    def prepare(self) -> None:
        super().prepare()
        field: Any = self.fields["steps"]
        field.choices = untried(self.case)
        if not field.choices:
            del self.fields["steps"]
            self.fields["also"].label = "What was tried"


def untried(case: Case) -> list[tuple[str, str]]:
    """(key, step) of what the playbook of the case's topic says and nobody has noted."""
    found = fitting(rules_of(case.protocol).protocol.lineage(case.category.slug))
    if found is None:
        return []
    done = set(TriedStep.objects.filter(case=case).values_list("text", flat=True))
    return [(step_key(found, place), step) for place, step in enumerate(found.steps) if step not in done]


class Investigate(Enclosing):
    hypotheses = writing(
        "What could it have been?", rows=4, most=TEXT_MOST, missing="Write what it could have been.",
        help_text="Internal. One line for each thing you thought of.",
    )  # fmt: skip
    findings = writing(
        "What did you find?", rows=5, most=TEXT_MOST, missing="Write what you found.",
        help_text="Internal. What you looked at, what it showed, and which of them it was. Files below are the evidence.",
    )  # fmt: skip
    cause = forms.ChoiceField(
        label="What kind of cause was it?", choices=Cause.choices, widget=forms.RadioSelect,
        error_messages={"required": "Choose the cause from the list."},
    )  # fmt: skip

    def prepare(self) -> None:
        """Goes on from the newest one."""
        super().prepare()
        last = Investigation.objects.filter(case=self.case).order_by("-at", "-pk").first()
        if last:
            said = {"hypotheses": last.hypotheses, "findings": last.findings, "cause": last.cause}
            self.initial = {**said, **self.initial}
