"""Forms of acts that reach a customer whom a letter did not, and that put a call on record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from cases.models import Case
from escalation.models import Notice
from escalation.reaching import unheard
from escalation.verbs.reaching import LONGEST_AGO, OURS, THEIRS
from portal import clock
from portal.console.forms.act import ActForm, writing
from portal.forms import Instant, OneLine


def notice_words(notice: Notice) -> str:
    """'Question, to Sam Okafor': a letter in the list of those that did not arrive."""
    return f"{notice.kind.replace('_', ' ').capitalize()}, to {notice.reader}"


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) < 19


class OfLetter(ActForm):
    """About one of the letters that did not arrive."""

    FROM_LINK = ("notice",)
    DECIDES = ("notice",)
    notice = forms.TypedChoiceField(
        label="Which message?", coerce=int,
        error_messages={"required": "Choose the message.", "invalid_choice": "Choose a message that did not arrive."},
    )  # fmt: skip

    def prepare(self) -> None:
        self.lost = list(unheard(self.case)[:50])
        # A second press finds it seen to: which of the two came first is for the verb to say.
        sent = str(self.data.get("notice", "")) if self.is_bound else ""
        again = Notice.objects.filter(case=self.case, to_customer=True, pk=int(sent)) if _is_number(sent) else ()
        mine = [*self.lost, *(one for one in again if one not in self.lost)]
        field: Any = self.fields["notice"]
        field.choices = [(one.pk, notice_words(one)) for one in mine]
        known = {str(one.pk) for one in self.lost}
        if str(self.initial.get("notice")) not in known and self.lost:
            self.initial = {**self.initial, "notice": self.lost[0].pk}

    def nothing(self) -> str:
        return "" if self.lost else "Every message to this customer arrived, or somebody has seen to it."


class ToldByPhone(OfLetter):
    who = OneLine(label="Whom did you speak to?", max_length=100, error_messages={"required": "Say whom you spoke to."})
    when = Instant(
        label="When?",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={
            "required": "Say when you spoke to them.",
            "invalid": "Enter a date and a time, for example 21/11/2025 16:00.",
        },
    )
    words = writing(
        "What did you tell them?", help_text="It stands in the conversation: the customer can read it later.",
        missing="Write what you told them.",
    )  # fmt: skip

    def prepare(self) -> None:
        super().prepare()
        now = clock.now().replace(second=0, microsecond=0)
        self.initial = {"when": now, "who": self.case.customer.name, **self.initial}
        self.fields["when"].widget.attrs |= {
            "max": f"{timezone.localtime(now):%Y-%m-%dT%H:%M}",
            "min": f"{timezone.localtime(now - LONGEST_AGO + timedelta(minutes=1)):%Y-%m-%dT%H:%M}",
        }
        self.fields["who"].help_text = phone_words(self.case)


def phone_words(case: Case) -> str:
    """Where the customer can be called."""
    return f"Their number: {case.customer.phone}." if case.customer.phone else "We have no number of theirs."


class GiveUp(OfLetter):
    reason = writing(
        "Why does nobody need to try any more?", rows=3, help_text="Internal: the customer does not see this.",
        missing="Say why nobody needs to try any more.",
    )  # fmt: skip


class CorrectAddress(ActForm):
    address = forms.EmailField(
        label="The right e-mail address", max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Enter the right address.", "invalid": "Enter a whole e-mail address, such as name@example.com.",
        },
    )  # fmt: skip
    reason = writing(
        "How do you know that it is theirs?", rows=3, help_text="Internal: the customer does not see this.",
        missing="Say how you know that this address is theirs.",
    )  # fmt: skip

    def prepare(self) -> None:
        self.fields["address"].help_text = f"The account has {self.case.customer.email} now."


class LogCall(ActForm):
    DECIDES = ("side",)

    side = forms.ChoiceField(
        label="Who told whom?", widget=forms.RadioSelect,
        choices=(
            (THEIRS, "The customer told us: it counts as their message, and clocks that waited for them go on"),
            (OURS, "We told the customer: no clock is met by it, an update is an act of its own"),
        ),
        error_messages={"required": "Choose who told whom."},
    )  # fmt: skip
    text = writing(
        "What was said?", help_text="It stands in the conversation: the customer can read it.",
        missing="Write what was said.",
    )  # fmt: skip
