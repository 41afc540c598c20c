"""Forms of acts that move a case: its urgency, its level, its people, its rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from cases.access import Viewer
from cases.lifecycle import State
from cases.models import Case, Category, Severity
from escalation.models import ProtocolVersion
from portal.console.forms.act import ActForm, Reason, why_other, writing
from portal.console.forms.solve import Ticking

COMPLEXITY = ((1, "1, simple"), (2, "2, some digging"), (3, "3, hard"))


class Assess(ActForm):
    DECIDES = ("severity", "complexity", "category")

    severity = forms.TypedChoiceField(coerce=int, choices=Severity.choices, label="Severity", widget=forms.RadioSelect)
    reason = why_other("Only when you lower the severity.")
    complexity = forms.TypedChoiceField(coerce=int, choices=COMPLEXITY, label="Complexity", widget=forms.RadioSelect)
    category = forms.ModelChoiceField(Category.objects.filter(is_active=True), label="Topic", empty_label=None)

    def prepare(self) -> None:
        """Once a case is assessed its severity has an act of its own, which asks why."""
        now = {"severity": self.case.severity, "complexity": self.case.complexity, "category": self.case.category}
        self.initial = {**now, **self.initial}
        if self.case.state != State.NEW:
            del self.fields["severity"], self.fields["reason"]

    def arguments(self) -> dict[str, Any]:
        return {"severity": self.case.severity} | super().arguments()

    def guess(self) -> dict[str, Any]:
        return {"severity": self.case.severity} | super().guess()


class ChangeSeverity(ActForm):
    DECIDES = ("severity",)

    severity = forms.TypedChoiceField(
        coerce=int, choices=Severity.choices, label="Severity", widget=forms.RadioSelect,
        error_messages={"required": "Choose how urgent it is."},
    )  # fmt: skip
    reason = writing(
        "Why it is more or less urgent than before", rows=3, most=500, help_text="The customer reads this.",
        missing="Say why. The customer reads it.",
    )  # fmt: skip

    def prepare(self) -> None:
        """Offers what it is not by now; which it is stands in the heading."""
        field: Any = self.fields["severity"]
        shown = Severity(self.neighbour()).label
        if not self.data.get("severity"):
            field.help_text = f"Until you choose, the letter and the clocks shown are those for {shown}."
        # As with handing over: that a second press names the one it has by now is for the verb to know.
        field.widget.choices = [(value, word) for value, word in Severity.choices if value != self.case.severity]

    def neighbour(self) -> int:
        """What is tried out while nothing is chosen: more urgent by one, of a critical case less."""
        return self.case.severity - 1 or self.case.severity + 1

    def guess(self) -> dict[str, Any]:
        known = super().guess()
        return known | {"severity": known.get("severity") or self.neighbour()}


class Review(ActForm):
    DECIDES = ("severity",)

    severity = forms.TypedChoiceField(
        coerce=int, choices=Severity.choices, label="Severity at this level", widget=forms.RadioSelect,
        help_text="Leave it as it is to confirm.",
    )  # fmt: skip
    reason = why_other("Only when you change the severity.")

    def prepare(self) -> None:
        self.initial = {"severity": self.case.severity, **self.initial}


class PassUp(Ticking, Reason):
    """Passing up, with what was tried; where the topic says never, also why all the same."""

    field_order = ("steps", "also", "reason", "note")

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
    DECIDES = ("to",)

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


class Merge(ActForm):
    DECIDES = ("into",)

    into = forms.ChoiceField(
        label="Which case do we go on with?", widget=forms.RadioSelect, help_text="Open cases of the same customer.",
        error_messages={
            "required": "Choose the case to go on with.",
            "invalid_choice": "Choose another open case of the same customer.",
        },
    )  # fmt: skip

    def prepare(self) -> None:
        field: Any = self.fields["into"]
        field.choices = [(one.reference, case_words(one)) for one in candidates(self.case, self.viewer)]

    def nothing(self) -> str:
        """There is nothing to join it to."""
        field: Any = self.fields["into"]
        return "" if field.choices else "The customer has no other open case."

    def clean_into(self) -> Case:
        chosen = candidates(self.case, self.viewer).filter(reference=self.cleaned_data["into"]).first()
        if chosen is None:
            raise forms.ValidationError("Choose another open case of the same customer.")
        return chosen


def candidates(case: Case, viewer: Viewer) -> QuerySet[Case]:
    """What a case can be joined to, the newest first."""
    theirs = Case.objects.visible_to(viewer).open().filter(customer=case.customer_id, is_proven=True)
    return theirs.exclude(pk=case.pk).order_by("-filed_at", "-pk")


def case_words(case: Case) -> str:
    """'MP-7K4M-29: Charged twice, filed Mon 12 Jan (Working)'."""
    filed = f"{timezone.localtime(case.filed_at):%a} {timezone.localtime(case.filed_at).day} {timezone.localtime(case.filed_at):%b}"
    return f"{case.reference}: {case.title}, filed {filed} ({case.get_state_display()})"
