"""The form of a saved reply: what it says in each language, and when it is offered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from cases.models import Category, ReplyRevision
from cases.replies import ACTS, ENGLISH, PLACEHOLDERS, TEXT_MOST, TITLE_MOST, Draft, Finding
from escalation import saved_replies
from escalation.models import ProtocolVersion
from portal.forms import Lines, OneLine, Plain

LEVELS = 5  # where no protocol is in force to say how many there are


def highest_level(least: int = 1) -> int:
    """The most levels a protocol in force has."""
    published = ProtocolVersion.objects.filter(status=ProtocolVersion.Status.PUBLISHED)
    tops = [len(document.get("tiers", ())) for document in published.values_list("document", flat=True)]
    return max(least, *tops) if tops else max(least, LEVELS)


def level_words(level: int) -> str:
    """'Level 1 only', 'Levels 1 to 3'."""
    return "Level 1 only" if level == 1 else f"Levels 1 to {level}"


class ReplyForm(Plain):
    """A saved reply as a person edits it. `seen` is the revision that was on the page; 0 for a new one."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    title = OneLine(
        label="Title", max_length=TITLE_MOST, help_text="Colleagues choose by it. Customers do not see it.",
        error_messages={"required": "Give it a title: colleagues choose by it."},
    )  # fmt: skip
    topic = forms.ModelChoiceField(
        Category.objects.none(), label="Topic", required=False, empty_label="Every topic",
        help_text="Also offered for the topics below it in the protocol.",
        error_messages={"invalid_choice": "Choose a topic from the list."},
    )  # fmt: skip
    acts = forms.MultipleChoiceField(
        label="Offered when somebody presses", choices=list(ACTS.items()), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose what it is offered for.", "invalid_choice": "Choose from the list."},
    )  # fmt: skip
    up_to_level = forms.TypedChoiceField(
        label="Offered at", coerce=int, help_text="Levels above work on what is not routine any more.",
        error_messages={"required": "Choose a level.", "invalid_choice": "Choose a level from the list."},
    )  # fmt: skip

    calms = forms.BooleanField(
        label="It calms: offer it first while the customer is upset", required=False,
        help_text="Say sorry, say what you understood, say what comes next and when. No excuse, no “but”.",
    )  # fmt: skip

    def __init__(self, data: Any = None, *, revision: ReplyRevision | None = None) -> None:
        super().__init__(data, initial=first_values(revision))
        topic: Any = self.fields["topic"]
        level: Any = self.fields["up_to_level"]
        topic.queryset = Category.objects.all()
        top = highest_level(revision.up_to_level if revision else 1)
        level.choices = [(n, level_words(n)) for n in range(1, top + 1)]
        for code, name in saved_replies.languages().items():
            self.fields[f"text_{code}"] = self.text(code, name)

    @staticmethod
    def text(code: str, name: str) -> Lines:
        english = code == ENGLISH
        return Lines(
            label=f"{name} text", required=english, max_length=TEXT_MOST,
            widget=forms.Textarea(attrs={"rows": 9, "lang": code, "dir": "auto"}),
            help_text="The letter begins with “Hello” and the name, and ends with our contact. Say what comes next."
            if english else f"Offered first to customers who read {name}.",
            error_messages={
                "required": "Write the English text: customers whose language has no text are offered it.",
                "max_length": f"Too long: %(show_value)d characters, at most {TEXT_MOST:,}.",
            },
        )  # fmt: skip

    def draft(self) -> Draft:
        """What was typed, for whoever checks or keeps it."""
        said = self.cleaned_data
        topic = said.get("topic")
        level = said.get("up_to_level") or 1
        return Draft(
            said.get("title", ""),
            topic.pk if topic else None,
            tuple(said.get("acts", ())),
            level,
            self.texts(),
            bool(said.get("calms")),
        )

    def texts(self) -> dict[str, str]:
        return {code: text for code in saved_replies.languages() if (text := self.cleaned_data.get(f"text_{code}", ""))}

    def blame(self, findings: Iterable[tuple[str, str]]) -> None:
        """Each finding at its field; a field that has an error already keeps its own."""
        for place, sentence in findings:
            name = field_of(place)
            if name is None or not self.has_error(name):
                self.add_error(name if name in self.fields else None, sentence)

    def noted(self, findings: Iterable[Finding]) -> list[str]:
        """What does not stop it, as sentences."""
        return [one.sentence for one in findings if not one.stops]


def field_of(place: str) -> str | None:
    """The form's name of a draft's field: `texts.de` is `text_de`."""
    return place.replace("texts.", "text_") or None


def first_values(revision: ReplyRevision | None) -> dict[str, Any]:
    if revision is None:
        return {"seen": 0, "up_to_level": 1, "acts": ["update"]}
    texts = {f"text_{code}": text for code, text in revision.texts.items()}
    return {
        "seen": revision.number,
        "title": revision.title,
        "topic": revision.topic_id,
        "acts": revision.acts,
        "up_to_level": revision.up_to_level,
        "calms": revision.calms,
    } | texts


def legend() -> list[tuple[str, str]]:
    """Every placeholder with what stands there."""
    return [(f"{{{name}}}", words) for name, words in PLACEHOLDERS.items()]
