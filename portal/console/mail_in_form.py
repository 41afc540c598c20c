"""The two forms of a mail that waits: on which case it goes, or why it is set aside."""

from __future__ import annotations

from typing import Any

from django import forms

from cases.access import Viewer
from cases.lifecycle import FINAL, OPEN, State
from cases.models import Case, User
from cases.models.case import reference_prefix
from cases.reference import BadReference, read_reference
from escalation.models import InboundMail
from portal.forms import OneLine, Plain

OFFERED = 6
ANOTHER = "another"
REASONS = {
    "junk": "Advertising or spam",
    "answered": "Dealt with in another way",
    "twice": "The same words are on the case already",
    "elsewhere": "Not for us",
    "other": "Something else",
}


def cases_of(mail: InboundMail, viewer: Viewer) -> list[Case]:
    """The cases it may belong to, of those `viewer` may see: the one it names first, then its sender's, open ones first."""
    seen = Case.objects.visible_to(viewer).exclude(state__in=FINAL).select_related("customer")
    named = list(seen.filter(pk=mail.case_id)) if mail.case_id else []
    senders = seen.filter(customer__in=User.objects.at_address(mail.sender)).exclude(pk=mail.case_id)
    theirs = list(senders.order_by("-filed_at")[: 4 * OFFERED]) if mail.sender else []
    theirs.sort(key=lambda case: case.state not in OPEN)
    return [*named, *theirs][:OFFERED]


class PutOn(Plain):
    """A case chosen among those offered, or by its reference."""

    case = forms.ChoiceField(
        label="Which case?", widget=forms.RadioSelect, error_messages={"required": "Choose a case."}
    )
    reference = forms.CharField(label="Reference of the other one", max_length=30, required=False)
    sure = forms.BooleanField(label="I know that it belongs there", required=False)

    def __init__(self, *args: Any, mail: InboundMail, viewer: Viewer, **more: Any) -> None:
        super().__init__(*args, **more)
        self.mail, self.viewer = mail, viewer
        self.offered = {str(case.pk): case for case in cases_of(mail, viewer)}
        choices = [(pk, self.words(case)) for pk, case in self.offered.items()]
        self.fields["case"].choices = [*choices, (ANOTHER, "Another one")]  # type: ignore[attr-defined]
        if not choices:
            del self.fields["case"]
            self.fields["reference"].label = "Reference of the case"

    def words(self, case: Case) -> str:
        """'MP-7K4M-29, Charged twice (Working), of Sam Okafor'."""
        whose = f", of {case.customer}" if case.customer.email.lower() != self.mail.sender else ""
        return f"{case.reference}, {case.title} ({State(case.state).label}){whose}"

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.errors:
            return given
        chosen = given.get("case", ANOTHER)
        found = self.offered.get(chosen) or self._typed(given.get("reference", ""))
        if found is None:
            return given
        if found.customer.email.lower() != self.mail.sender and not given.get("sure"):
            self.add_error("sure", self._why_sure(found))
        return given | {"found": found}

    def _typed(self, text: str) -> Case | None:
        try:
            reference = read_reference(text, reference_prefix())
        except BadReference as why:
            self.add_error("reference", str(why) if text.strip() else "Enter the reference of the case.")
            return None
        seen = Case.objects.visible_to(self.viewer).select_related("customer")
        found = seen.filter(reference=reference).first()
        if found is None:
            self.add_error("reference", "There is no case with that reference.")
        return found

    def _why_sure(self, case: Case) -> str:
        sender = self.mail.sender or "whoever wrote it"
        return (
            f"{case.reference} is a case of {case.customer}, and {sender} is not the address we have of them. They "
            "will read this e-mail on their page. Tick this only if you know that it belongs there."
        )


class SetAside(Plain):
    """Why it belongs on no case."""

    reason = forms.ChoiceField(
        label="Why?",
        choices=list(REASONS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": "Choose why."},
    )
    more = OneLine(label="In a few words", max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("reason") == "other" and not given.get("more"):
            self.add_error("more", "Write in a few words why.")
        return given

    def because(self) -> str:
        """'Advertising or spam: sent to all of us'."""
        reason, more = self.cleaned_data["reason"], self.cleaned_data["more"]
        if reason == "other":
            return str(more)
        return f"{REASONS[reason]}: {more}" if more else REASONS[reason]
