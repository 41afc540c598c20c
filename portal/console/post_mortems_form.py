"""The forms of a post-mortem: writing it, the apology with an alternative, measures, trying a version, opening one by hand."""

from __future__ import annotations

from typing import Any

from django import forms

from cases.access import workers
from escalation.models import ProtocolVersion
from feedback import alternatives as offers
from feedback import post_mortem_acts as acts
from feedback.models import Condition, Measure
from portal.console.problems_form import instant
from portal.forms import Plain, choice, line, text

#: Which versions can be tried: those that may come, and those that were.
TRIED = (ProtocolVersion.Status.DRAFT, ProtocolVersion.Status.REVIEWED, ProtocolVersion.Status.PUBLISHED)


def person(label: str, *, wrong: str, **more: Any) -> forms.ModelChoiceField:
    """Somebody who works on cases."""
    errors = {"required": wrong, "invalid_choice": wrong}
    return forms.ModelChoiceField(workers().order_by("name", "pk"), label=label, error_messages=errors, **more)


def day(label: str, *, wrong: str, **more: Any) -> forms.DateField:
    """A date."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, error_messages={"required": wrong, "invalid": wrong}, **more)


class Write(Plain):
    """The post-mortem's own words; parts may be written one after the other. `seen` is the writing on the page."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    happened = text("What happened, in two sentences", acts.HAPPENED_MOST, rows=3, required=False,
        help_text="What was promised, and what came instead. No names. Needed before it is closed.")  # fmt: skip
    effect = text("What it meant for the customer", acts.TEXT_MOST, rows=3, required=False,
        help_text="Needed before it is closed.")  # fmt: skip
    conditions = forms.MultipleChoiceField(
        label="What let it happen", choices=Condition.choices, required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Conditions, not people: whoever stood there would have met the same. At least one before it is closed.",
        error_messages={"invalid_choice": "Choose from the list."},
    )  # fmt: skip
    unseen = text("Why it was not seen sooner", acts.TEXT_MOST, rows=3, required=False,
        help_text="Needed before it is closed.")  # fmt: skip
    worked = text("What worked", acts.TEXT_MOST, rows=2, required=False)
    owner = person("Whose it is", wrong="Choose somebody who works here.", required=False, empty_label="Nobody yet")

    def draft(self) -> acts.Draft:
        """What was typed, for the act."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "seen"}
        return acts.Draft(**given)


class Offer(Plain):
    """The one letter to the customer."""

    sorry = text("Sorry, in your own words", offers.SORRY_MOST, rows=2, wrong="Say sorry in your own words.")
    wrong = text("What went wrong, in plain words", offers.WRONG_MOST, rows=3, wrong="Say in plain words what went wrong.",
        help_text="No names of colleagues, no words of ours. What should have happened, and what did.")  # fmt: skip
    alternative = text("What we do instead", offers.TEXT_MOST, rows=3,
        wrong="Say what we can do instead, so that a yes or a no answers it.",
        help_text="One concrete offer. The customer says yes or no to exactly this.")  # fmt: skip
    next_at = instant("The customer next hears from us by", required=False,
        help_text="Promised in the letter. Empty: the promise that runs stays, and the letter says it.")  # fmt: skip

    def __init__(self, *args: Any, may_promise: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_promise:
            del self.fields["next_at"]


class Change(Plain):
    """A measure: what will be different, whose it is, until when."""

    kind = choice("What kind of change is it?",
        [(value, label) for value, label in Measure.Kind.choices if value != Measure.Kind.CUSTOMER],
        wrong="Choose what kind of change it is.")  # fmt: skip
    text = line("What will be different?", acts.MEASURE_MOST, wrong="Say what will be different.",
        help_text="A rule, a time, a check the system makes, a text, a skill. “Be more careful” is no measure.")  # fmt: skip
    owner = person("Whose is it?", wrong="Choose whose it is: one person, who works here.")
    due_on = day("Done by", wrong="Choose the day by which it is done.")


class Finish(Plain):
    """It is done, and what shows it."""

    evidence = line("What shows that it is done?", acts.EVIDENCE_MOST, wrong="Say what shows that it is done.")


class Verify(Plain):
    """At the review: it holds. What was said before may stay."""

    evidence = line("What shows that it holds?", acts.EVIDENCE_MOST, required=False)


class Reopen(Plain):
    """At the review: not done, or it does not hold."""

    due_on = day("New day", wrong="Choose the new day by which it is done.")


class Try(Plain):
    """Which rules to try."""

    version = forms.ModelChoiceField(
        ProtocolVersion.objects.filter(status__in=TRIED).order_by("key", "-number"), label="Version to try",
        empty_label=None, error_messages={"required": "Choose a version.", "invalid_choice": "That version is not there any more. Choose one."},
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["version"]
        field.label_from_instance = lambda one: (
            f"{one.document.get('name', one.key)}, version {one.number} ({one.get_status_display().lower()})"
        )


class ByHand(Plain):
    """Why a case is worth looking back at."""

    reason = line("Why is this case worth looking back at?", acts.REASON_MOST,
        wrong="Say why this case is worth looking back at.")  # fmt: skip
