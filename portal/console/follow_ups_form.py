"""The forms of a follow-up: by message, by phone, or skipped."""

from __future__ import annotations

from typing import Any

from django import forms

from feedback.follow_up_acts import WORDS_MOST, Done
from feedback.models import FollowUp
from portal.forms import Plain, choice, text

How = FollowUp.How


class ByMessage(Plain):
    """The message as the customer reads it; it begins with a prepared text that somebody has to read."""

    words = text("Your message", WORDS_MOST, rows=8, wrong="Write what the customer is to read.", help_text="They read exactly this, after “Hello” and their name.")  # fmt: skip
    fits = forms.BooleanField(label="I have read the prepared text, and it fits this case", required=False)

    def done(self) -> Done:
        return Done(How.LETTER, self.cleaned_data["words"], fits=self.cleaned_data["fits"])


class ByPhone(Plain):
    """A call that was made."""

    said = choice("What did they say?", FollowUp.Said.choices, wrong="Choose what the customer said.")
    words = text(
        "In their words", WORDS_MOST, rows=5, wrong="Write what the customer said.",
        help_text="They read it on the page of their case. With “It is back” the case is opened again with these words, or a linked one.",
    )  # fmt: skip

    def done(self) -> Done:
        return Done(How.PHONE, self.cleaned_data["words"], said=self.cleaned_data["said"])


class Skip(Plain):
    """Nobody asks them."""

    words = text("Why does nobody ask them?", WORDS_MOST, rows=3, wrong="Say why nobody asks them.", help_text="Internal. A skipped follow-up counts as not done.")  # fmt: skip

    def done(self) -> Done:
        return Done(How.SKIPPED, self.cleaned_data["words"])


FORMS: dict[str, Any] = {How.LETTER: ByMessage, How.PHONE: ByPhone, How.SKIPPED: Skip}
#: The words of each way, and of its button.
WAYS = {
    How.LETTER: ("Write to them", "Send message"),
    How.PHONE: ("I called them", "Put the call on record"),
    How.SKIPPED: ("Skip it", "Skip"),
}
