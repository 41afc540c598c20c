"""The form of a review's decision: what was looked at, what becomes of the protocol, and why."""

from __future__ import annotations

from django import forms

from escalation.models import PlanReview
from portal.forms import Plain, choice, text

#: What nobody may leave out of a review, as a line to tick.
CHECKLIST = (
    ("missed", "The times that were missed most, and why"),
    ("climbs", "False and late moves up, and cases that were sent back down"),
    ("guidelines", "Guidelines that people overrode, and whether the guideline or the person was right"),
    ("expectations", "Changing expectations: what customers ask for now, against what we promise"),
    ("technology", "New technology: what could answer sooner, warn earlier or spare customers the case"),
    ("people", "Whether the people on each level still fit: skills, hours, load"),
)
UNTICKED = "Tick every line you have talked about; none may be left out."


class Decide(Plain):
    """Signing a review. `digest` is that of the figures the person was shown."""

    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)
    looked_at = forms.MultipleChoiceField(
        label="We have talked about",
        choices=CHECKLIST,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": UNTICKED, "invalid_choice": UNTICKED},
    )
    decision = choice(
        "What becomes of the protocol?", PlanReview.Decision.choices, wrong="Choose what becomes of the protocol."
    )
    reason = text("Why?", 4000, rows=5, wrong="Say why. It stays with the decision.")

    def clean_looked_at(self) -> list[str]:
        ticked = self.cleaned_data["looked_at"]
        if len(ticked) < len(CHECKLIST):
            raise forms.ValidationError(UNTICKED)
        return ticked
