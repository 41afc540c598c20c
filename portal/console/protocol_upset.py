"""The editor's form for upset customers: how much sooner they hear from us, and the words they are known by."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from django import forms

from escalation import saved_replies
from escalation.protocol import Protocol
from escalation.reading import LEAST_PERCENT, LONGEST_WORD, MOST_WORDS
from portal.console.protocol_edits import Document
from portal.console.protocol_forms import EditForm
from portal.forms import Lines


def lines(words: str) -> list[str]:
    """One word or phrase a line, each once, in the order they were typed."""
    return list(dict.fromkeys(" ".join(line.split()) for line in words.splitlines() if line.strip()))


class UpsetForm(EditForm):
    """What changes while a customer is upset, and by which words of theirs that is known."""

    title, part = "Upset customers", "upset"
    lead = (
        "A colleague marks a customer as upset, or something they write has one of these words or phrases as a whole. "
        "Until somebody marks them calm, updates come after this share of the usual interval."
    )
    percent = forms.IntegerField(
        label="Update interval, per cent of the usual", min_value=LEAST_PERCENT, max_value=100,
        help_text="50: twice as often. 100: no more often.",
        error_messages={
            "required": "Say after how much of the usual interval.",
            "min_value": f"At least {LEAST_PERCENT} per cent.",
            "max_value": "At most 100 per cent: nobody who is upset waits longer.",
        },
    )  # fmt: skip

    def prepare(self) -> None:
        upset = self.desk.protocol.upset
        self.initial["percent"] = upset.update_percent
        for code, name in saved_replies.languages().items():
            self.fields[f"words_{code}"] = Lines(
                label=f"{name} words", required=False, max_length=MOST_WORDS * (LONGEST_WORD + 1),
                help_text="One word or phrase a line. Capitals, accents and the kind of apostrophe do not matter.",
                widget=forms.Textarea(attrs={"rows": 8, "lang": code, "dir": "auto"}),
            )  # fmt: skip
            self.initial[f"words_{code}"] = "\n".join(upset.words.get(code, ()))

    def edited(self) -> Document:
        said, now = self.cleaned_data, self.desk.protocol.upset.words
        typed = {name.removeprefix("words_"): lines(said[name]) for name in said if name.startswith("words_")}
        # What is kept for a language that is not on the page stays.
        words = {code: list(found) for code, found in now.items()} | typed
        kept = {code: found for code, found in words.items() if found}
        return deepcopy(dict(self.desk.document)) | {"upset": {"update_percent": said["percent"], "words": kept}}


def upset_rows(protocol: Protocol) -> dict[str, Any]:
    """What the version's page says of it."""
    names = saved_replies.languages()
    listed = [(names.get(code, code), ", ".join(found)) for code, found in protocol.upset.words.items()]
    return {"percent": protocol.upset.update_percent, "words": listed}
