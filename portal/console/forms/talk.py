"""Forms of acts that say something: to the customer, to another company, among colleagues."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from cases.models import Cause, Investigation, RemedyRevision, Resolution
from escalation.ready import GRAVE
from escalation.remedies import offered
from escalation.verbs.began import read_instants
from portal.console.forms.act import ActForm, Carried, Enclosing, Replying, writing
from portal.forms import Instant, OneLine


class Update(Replying):
    DECIDES = ("next_at",)

    text = writing(
        "Update to the customer", help_text="What was done, what comes next. The customer reads exactly this."
    )
    next_at = Instant(
        required=False,
        label="Next update by",
        show_hidden_initial=True,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": "Enter a date and a time, for example 21/11/2025 16:00."},
    )
    # The times saved replies wrote into the text as the next update's, carried along until it is sent.
    inserted = Carried()

    def suggest(self, latest: datetime | None, said: str) -> None:
        """Offers the latest time the engine allows; `said` is that time in words, with its zone."""
        if latest is None:
            return
        latest = latest.replace(second=0, microsecond=0)
        self.initial = {"next_at": latest, **self.initial}
        field = self.fields["next_at"]
        field.help_text = f"At the latest {said}. Earlier is fine."
        field.widget.attrs["max"] = f"{timezone.localtime(latest):%Y-%m-%dT%H:%M}"

    def arguments(self) -> dict[str, Any]:
        """What was chosen, what was suggested, and what saved replies named; which of them is promised the verb knows."""
        given = super().arguments()
        return given | {"suggested": self.shown(), "inserted": read_instants(given["inserted"])}

    def shown(self) -> datetime | None:
        """The time that was suggested on the page this was sent from."""
        field = self.fields["next_at"]
        try:
            return field.to_python(self.data.get(self.add_initial_prefix("next_at")))
        except forms.ValidationError:
            return None

    def guess(self) -> dict[str, Any]:
        known = super().guess()
        if not self.is_bound:
            return known | {"next_at": None}
        said = {"suggested": self.shown(), "inserted": read_instants(known.get("inserted") or "")}
        return known | said


class MovePromise(ActForm):
    DECIDES = ("next_at",)

    next_at = Instant(
        label="New time",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={
            "required": "Choose the new time.",
            "invalid": "Enter a date and a time, for example 21/11/2025 16:00.",
        },
    )
    latest: datetime | None = None
    reason = writing("Why it changes", rows=4, help_text="The customer reads this after the old time and the new one.")

    def suggest(self, latest: datetime | None, said: str, *, given: datetime | None) -> None:
        """Says the latest time the engine allows; `said` is that time in words, with its zone, `given` the one we gave.

        What was put off already can only come earlier: by a minute at least, for that is what one can type.
        """
        if latest is not None:
            used_up = given is not None and latest <= given
            self.latest = latest.replace(second=0, microsecond=0) - timedelta(minutes=used_up)
            most = f"Put off once already: only earlier than {said}" if used_up else f"At the latest {said}"
            self.fields["next_at"].help_text = f"{most}. Inside opening hours."
            self.fields["next_at"].widget.attrs["max"] = f"{timezone.localtime(self.latest):%Y-%m-%dT%H:%M}"

    def guess(self) -> dict[str, Any]:
        known = super().guess()
        return known | {"next_at": known.get("next_at") or self.latest}


class Question(Replying):
    WORDS = "question"

    question = writing("Question to the customer", help_text="Our clocks stop until they answer.")


class Partner(Enclosing):
    DECIDES = ("partner",)

    partner = OneLine(
        label="Which company do we wait for?", max_length=100, error_messages={"required": "Say which company we wait for."}
    )  # fmt: skip
    text = writing("What the customer should know", help_text="Updates go on while we wait.")


class Answer(Replying):
    outcome = forms.ChoiceField(
        choices=Resolution.Outcome.choices, label="How did it end?", widget=forms.RadioSelect,
        error_messages={"required": "Choose how it ended."},
    )  # fmt: skip
    text = writing("Answer to the customer", help_text="What was done. They say yes or no to it.")
    root_cause = OneLine(
        label="What caused it?", max_length=200, help_text="Internal: the customer does not see this.",
        error_messages={"required": "Write what caused it, in a few words."},
    )  # fmt: skip
    cause = forms.ChoiceField(
        label="What kind of cause was it?", required=False, choices=[("", "Choose a kind of cause"), *Cause.choices],
        help_text="Internal. Cases are counted by it.",
    )  # fmt: skip
    prevents = forms.TypedChoiceField(
        label="Is something done so that it does not come again?", required=False, widget=forms.RadioSelect,
        choices=(("yes", "Yes"), ("no", "No")), coerce=lambda value: value == "yes", empty_value=None,
    )  # fmt: skip
    prevention = OneLine(
        label="What is done, by whom", max_length=500, required=False, help_text="Internal. Only where something is done."
    )  # fmt: skip
    remedy_kind = forms.ModelChoiceField(
        RemedyRevision.objects.none(), label="Remedy", required=False, empty_label="None",
        help_text="What we give because we let them down. The list says which level may.",
        error_messages={"invalid_choice": "Choose from the list: this remedy was changed or retired meanwhile."},
    )  # fmt: skip
    remedy = OneLine(
        label="About the remedy", max_length=200, required=False, help_text="Internal: what exactly, which code."
    )
    amount = forms.DecimalField(
        label="Money given back", required=False, min_value=Decimal("0.01"), max_digits=12, decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text="Only the number, such as 64.90, in the currency of the protocol. Needed where money is given back.",
        error_messages={"invalid": "Write an amount such as 64.90.", "min_value": "Write an amount above 0."},
    )  # fmt: skip

    def prepare(self) -> None:
        """The remedies there are; for a grave case what its record must say, with the cause that was found."""
        super().prepare()
        kinds: Any = self.fields["remedy_kind"]
        rows = offered()
        kinds.queryset = RemedyRevision.objects.filter(pk__in=[row.pk for row in rows]).select_related("remedy")
        kinds.choices = [("", kinds.empty_label), *((row.pk, remedy_words(row)) for row in rows)]
        if not rows:
            del self.fields["remedy_kind"]
        if self.case.severity <= GRAVE:
            last = Investigation.objects.filter(case=self.case).order_by("-at", "-pk").first()
            self.initial = {**({"cause": last.cause} if last else {}), **self.initial}
            for name in ("cause", "prevents"):
                self.fields[name].required = True
            self.fields["cause"].error_messages["required"] = "Choose what kind of cause it was."
            self.fields["prevents"].error_messages["required"] = (
                "Say whether something is done so that it does not come again."
            )


def remedy_words(row: RemedyRevision) -> str:
    """'Voucher, with an amount (from level 2)'."""
    level = f" (from level {row.from_level})" if row.from_level > 1 else ""
    return f"{row}{', with an amount' if row.has_amount else ''}{level}"


class InternalNote(Enclosing):
    DECIDES = ("text",)

    text = writing(
        "Internal note", help_text="The customer never sees this. Name a colleague with an @, as “@Tom Reed”, and they are told.",
        missing="Write the note first.",
    )  # fmt: skip


class Supervisor(Enclosing):
    DECIDES = ("granted",)

    granted = forms.TypedChoiceField(
        coerce=lambda value: value == "yes",
        choices=(("no", "Answer, and leave the case where it is"), ("yes", "Answer, and pass it one level up")),
        initial="no", label="What do you decide?", widget=forms.RadioSelect,
    )  # fmt: skip
    text = writing("Answer to the customer")


class Apology(Enclosing):
    text = writing("Apology to the customer", help_text="Say sorry in your own words and offer what we can do instead.")
