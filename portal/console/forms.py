"""The form of each act: only the facts it needs, named as the verb names them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils import timezone

from cases.access import Viewer, workers
from cases.models import Case, Category, Resolution, Severity, User
from cases.models.case import reference_prefix
from cases.reference import BadReference, read_reference
from escalation.models import ProtocolVersion
from escalation.permits import takers
from escalation.verbs.began import read_began, read_instants
from portal.forms import Instant, Lines, OneLine
from portal.uploads import FIELD, SAYS, WithFiles

COMPLEXITY = ((1, "1, simple"), (2, "2, some digging"), (3, "3, hard"))
LONG = 10_000  # characters, as the message's own limit


def writing(label: str, *, help_text: str = "", rows: int = 6, **more: Any) -> Lines:
    """A text to write; its error says what is missing."""
    missing = more.pop("missing", "Write what the customer should read.")
    widget = forms.Textarea(attrs={"rows": rows})
    return Lines(
        label=label, help_text=help_text, widget=widget, max_length=LONG, error_messages={"required": missing}, **more
    )


def why_lower() -> forms.CharField:
    """Asked where a severity may be lowered; whether it is needed is the verb's business."""
    return forms.CharField(
        label="Why it is less urgent than before",
        required=False,
        max_length=500,
        help_text="Only when you lower the severity. The customer reads it.",
    )


class ActForm(forms.Form):
    """What every act carries: the event number of the page that was read, and the form's one-time id."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    form_key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, case: Case, viewer: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case, self.viewer = case, viewer
        self.prepare()

    def prepare(self) -> None:
        """Fills choices and first values from the case."""

    def arguments(self) -> dict[str, Any]:
        """What the verb is called with, besides who, when, `seen` and `form_key`."""
        return {k: v for k, v in self.cleaned_data.items() if k not in ("seen", "form_key")}

    def guess(self) -> dict[str, Any]:
        """What is known of the arguments so far: valid fields, else first values. For trying out only."""
        known = {name: self.get_initial_for_field(field, name) for name, field in self.fields.items()}
        if self.is_bound:
            self.is_valid()
            known |= self.cleaned_data
        return known


class Carried(forms.CharField):
    """What a page carries for itself. Unreadable, it is as if it were not there: it never stands in the way of sending."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, max_length=200)

    def clean(self, value: Any) -> str:
        try:
            return str(super().clean(value))
        except forms.ValidationError:
            return ""


class Enclosing(WithFiles, ActForm):
    """An act that files may go with; each needs words, for who cannot see it."""

    must_say = True

    def arguments(self) -> dict[str, Any]:
        given = {name: value for name, value in super().arguments().items() if name not in (FIELD, SAYS)}
        return given | {"files": self.enclosed()}


class Replying(Enclosing):
    """A text to the customer that may begin with saved replies; `began` carries which, until it is sent."""

    WORDS = "text"  # the field of the text

    began = Carried()

    def arguments(self) -> dict[str, Any]:
        given = super().arguments()
        return given | {"began": read_began(given.get("began", ""))}

    def insert(self, text: str, began: str, inserted: str = "") -> None:
        """Puts `text` where it is written, and complains of nothing: whoever inserts has not sent yet."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data[self.WORDS], data["began"], data["inserted"] = text, began, inserted
        self.data = data
        self.full_clean()
        self._errors = ErrorDict()
        self.fields[self.WORDS].widget.attrs["autofocus"] = True


class Assess(ActForm):
    severity = forms.TypedChoiceField(coerce=int, choices=Severity.choices, label="Severity", widget=forms.RadioSelect)
    reason = why_lower()
    complexity = forms.TypedChoiceField(coerce=int, choices=COMPLEXITY, label="Complexity", widget=forms.RadioSelect)
    category = forms.ModelChoiceField(Category.objects.filter(is_active=True), label="Topic", empty_label=None)

    def prepare(self) -> None:
        now = {"severity": self.case.severity, "complexity": self.case.complexity, "category": self.case.category}
        self.initial = {**now, **self.initial}


class Review(ActForm):
    severity = forms.TypedChoiceField(
        coerce=int, choices=Severity.choices, label="Severity at this level", widget=forms.RadioSelect,
        help_text="Leave it as it is to confirm.",
    )  # fmt: skip
    reason = why_lower()

    def prepare(self) -> None:
        self.initial = {"severity": self.case.severity, **self.initial}


class Update(Replying):
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
        chosen = self.is_bound and "next_at" in self.changed_data
        return known if chosen else known | {"next_at": None}


class MovePromise(ActForm):
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
    remedy = OneLine(label="Remedy", max_length=200, required=False, help_text="Internal: refund, credit, replacement.")
    amount = forms.DecimalField(
        label="Money given back", required=False, min_value=Decimal("0.01"), max_digits=12, decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text="Only the number, such as 64.90, in the currency of the protocol. Needed where money is given back.",
        error_messages={"invalid": "Write an amount such as 64.90.", "min_value": "Write an amount above 0."},
    )  # fmt: skip


class Reason(ActForm):
    reason = writing("Reason", help_text="The customer reads this.")


class PassUp(Reason):
    """Passing up; where the topic says never, also why all the same."""

    note = writing(
        "Why all the same", required=False, help_text="Internal: the customer does not see this. It stays on the case.",
        rows=3,
    )  # fmt: skip

    def ask_why(self, because: str) -> None:
        """Asks for the note where a rule speaks against it (`because`); else not, unless something was typed there."""
        field = self.fields["note"]
        if because:
            field.help_text = f"{because} {field.help_text}"
        elif not self.data.get("note"):
            del self.fields["note"]


class WhyEmergency(ActForm):
    reason = writing(
        "Why could it not wait?", rows=4, help_text="Internal: the customer does not see this.",
        missing="Say why it could not wait.",
    )  # fmt: skip


class WhyKept(ActForm):
    reason = writing(
        "Why does it stay here?", rows=4, help_text="Internal: the customer does not see this.",
        missing="Say why the case stays here although the guideline says otherwise.",
    )  # fmt: skip


class Adopt(ActForm):
    to = forms.ChoiceField(
        label="To which version?", widget=forms.RadioSelect,
        error_messages={
            "required": "Choose a version.",
            "invalid_choice": "Choose a version from the list: only what was published can be chosen.",
        },
    )  # fmt: skip

    def prepare(self) -> None:
        field: Any = self.fields["to"]
        offered = [(v.label, version_words(v)) for v in other_versions(self.case)]
        # As with handing over: that a second press names the version it is under by now is for the verb to know.
        field.choices = [*offered, (self.case.protocol, "")]
        field.widget.choices = offered
        self.initial = {"to": next((value for value, _ in offered), ""), **self.initial}


def other_versions(case: Case) -> list[ProtocolVersion]:
    """What a case can be moved to: versions of its protocol that are or were in force, the newest first."""
    S = ProtocolVersion.Status
    known = ProtocolVersion.objects.filter(key=case.protocol.partition("@")[0], status__in=(S.PUBLISHED, S.RETIRED))
    return list(known.exclude(label=case.protocol).order_by("-number"))


def version_words(version: ProtocolVersion) -> str:
    """'Version 3, in force'."""
    return f"Version {version.number}, {'in force' if version.status == version.Status.PUBLISHED else 'retired'}"


class Colleague(forms.ModelChoiceField):
    """A person who can take the case, named with their teams."""

    def label_from_instance(self, obj: Any) -> str:
        teams = sorted({team.name for team in (*obj.teams.all(), *obj.leads.all())})
        return f"{obj} ({', '.join(teams) or 'no team'})"


class HandOver(ActForm):
    to = Colleague(
        User.objects.none(), label="Hand over to", empty_label="Choose a colleague",
        error_messages={
            "required": "Choose who takes the case.",
            "invalid_choice": "Choose somebody from the list: only who works on cases can take one.",
        },
    )  # fmt: skip
    note = writing(
        "Hand-over note",
        help_text="Internal. Where it stands, what is promised to the customer, what comes next and by when.",
        missing="Write a hand-over note: where it stands, what is promised, what comes next.",
    )

    def prepare(self) -> None:
        field: Any = self.fields["to"]
        # Offered is who may take it; that a second press names who has it by now is for the verb to know, not for us.
        field.queryset = workers()
        people = takers(self.case).prefetch_related("teams", "leads").order_by("name", "email")
        field.choices = [("", field.empty_label), *((one.pk, field.label_from_instance(one)) for one in people)]


class InternalNote(Enclosing):
    text = writing("Internal note", help_text="The customer never sees this.", missing="Write the note first.")


class Supervisor(Enclosing):
    granted = forms.TypedChoiceField(
        coerce=lambda value: value == "yes",
        choices=(("no", "Answer, and leave the case where it is"), ("yes", "Answer, and pass it one level up")),
        initial="no", label="What do you decide?", widget=forms.RadioSelect,
    )  # fmt: skip
    text = writing("Answer to the customer")


class Apology(Enclosing):
    text = writing("Apology to the customer", help_text="Say sorry in your own words and offer what we can do instead.")


class Merge(ActForm):
    into = forms.CharField(
        label="Reference of the case to go on with", max_length=30,
        help_text="Another open case of the same customer.",
        error_messages={"required": "Enter the reference of the other case."},
    )  # fmt: skip

    def clean_into(self) -> Case:
        typed = self.cleaned_data["into"]
        try:
            reference = read_reference(typed, reference_prefix())
        except BadReference as why:
            raise forms.ValidationError(str(why)) from None
        found = Case.objects.visible_to(self.viewer).filter(reference=reference).first()
        if found is None:
            raise forms.ValidationError("There is no case with that reference.")
        return found
