"""The forms of improvements: proposing one with what led to it, the decision, the version it became, done, and checked."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q

from cases.access import Viewer
from cases.models import Case, Category, User
from cases.reference import BadReference, read_reference
from escalation.models import ProtocolVersion
from feedback import improvement_acts as acts
from feedback.lessons import readable
from feedback.measures import MEASURES
from feedback.models import Theme
from feedback.post_mortems import seen_by
from feedback.verbatims import as_evidence
from portal.console.other_languages import languages
from portal.console.post_mortems_form import day, person
from portal.forms import OneLine, Plain, choice, line, text

TYPED_MOST = 2000
NUMBERED = re.compile(r"^(lesson|comment|post-?mortem)\s+(?:of\s+)?(\S+)$", re.IGNORECASE)
THEMED = re.compile(r"^theme\s+(.+)$", re.IGNORECASE)
HOW = "Case references, “lesson 12”, “comment 12”, “theme” and its name, “post-mortem of” a case reference; commas between them."
NO_NAMES = "Conditions, not people: no names, and nothing a customer could be known by."


def led_to(typed: str, user: User) -> tuple[acts.LedTo, list[str]]:
    """What the typed text names and `user` may read, and what of it cannot be found."""
    viewer = Viewer(user)
    cases, lessons, looked_back, comments, themes, wrong = [], [], [], [], [], []
    for word in dict.fromkeys(" ".join(part.split()) for part in re.split(r"[,;\n]", typed) if part.strip()):
        numbered, themed = NUMBERED.match(word), THEMED.match(word)
        found: Any = None
        if numbered and numbered[1].lower() == "lesson":
            found = readable(user).filter(pk=_number(numbered[2])).first()
            lessons += [found] if found else []
        elif numbered and numbered[1].lower() == "comment":
            found = as_evidence(viewer).filter(pk=_number(numbered[2])).first()
            comments += [found] if found else []
        elif themed:
            found = Theme.objects.filter(Q(slug=themed[1].lower()) | Q(name__iexact=themed[1])).order_by("pk").first()
            themes += [found] if found else []
        elif numbered:
            found = (
                seen_by(viewer).filter(case__reference=_reference(numbered[2])).order_by("-opened_at", "-pk").first()
            )
            looked_back += [found] if found else []
        else:
            found = Case.objects.visible_to(viewer).filter(reference=_reference(word)).first()
            cases += [found] if found else []
        if not found:
            wrong.append(word)
    led = acts.LedTo(tuple(cases), tuple(lessons), tuple(looked_back), tuple(comments), tuple(themes))
    return led, wrong


def _number(typed: str) -> int:
    """A row's number as somebody typed it; 0, which no row has, for what is none."""
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else 0


def _reference(typed: str) -> str:
    """A reference as it stands in the database; what cannot be one is as it was typed, and found nowhere."""
    try:
        return read_reference(typed, settings.REFERENCE_PREFIX)
    except BadReference:
        return typed


class WithEvidence(Plain):
    """A form with what led to an improvement, typed as people name it."""

    evidence = text("What led to it", TYPED_MOST, rows=2, wrong="Name at least one case, lesson, post-mortem, comment or theme.", help_text=HOW)  # fmt: skip

    def __init__(self, *args: Any, user: User, **more: Any) -> None:
        super().__init__(*args, **more)
        self.user, self.led = user, acts.LedTo()

    def clean_evidence(self) -> str:
        typed: str = self.cleaned_data["evidence"]
        self.led, wrong = led_to(typed, self.user)
        if wrong:
            said = ", ".join(f"“{word[:40]}”" for word in wrong[:5])
            raise forms.ValidationError(f"Not found: {said}. {HOW}")
        return typed


class Versions(forms.ModelChoiceField):
    """A version of the protocol by its label and how far it is."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.label} ({obj.get_status_display().lower()})"


def version_field() -> Versions:
    return Versions(
        ProtocolVersion.objects.order_by("key", "-number"), label="Version of the protocol it became", required=False,
        empty_label="None", help_text="A draft keeps the link when it is published. Publishing it does not mark this done.",
        error_messages={"invalid_choice": "Choose a version from the list."},
    )  # fmt: skip


class Propose(WithEvidence):
    """An idea."""

    title = line("Name", acts.TITLE_MOST, wrong="Name it.", help_text="As in: Small refunds stay on level 1.")
    change = text("What changes", acts.WORDS_MOST, rows=3, wrong="Say what changes.", help_text=NO_NAMES)
    why = text("Why", acts.WORDS_MOST, rows=3, wrong="Say why: what people told us, and what it costs them.")
    field_order = ("title", "change", "why", "evidence")


class Version(Plain):
    """Which version it became."""

    version = version_field()


class Decide(Plain):
    """A leader's yes or no; who, when and which figure go with a yes."""

    decision = choice("Do we do it?", [("agree", "Yes"), ("decline", "No")], wrong="Choose yes or no.")
    reason = text("Why", acts.WORDS_MOST, rows=3, wrong="Say why, for a yes as for a no.", help_text="Everybody inside reads this.")  # fmt: skip
    owner = person("Who does it", wrong="Choose somebody who works here.", required=False, empty_label="Choose a colleague", help_text="With a yes.")  # fmt: skip
    due_on = day("By when", wrong="Enter a date, for example 23/11/2026.", required=False, help_text="With a yes.")
    figure = forms.ChoiceField(
        label="The figure it is to move", required=False,
        choices=[("", "Choose a figure"), *((key, one.name) for key, one in MEASURES.items())],
        help_text="With a yes. Chosen now, before anybody knows how it goes; looked at 30 days after it is done.",
        error_messages={"invalid_choice": "Choose a figure from the list."},
    )  # fmt: skip
    topic = forms.ModelChoiceField(
        Category.objects.order_by("name"), label="Of which topic", required=False, empty_label="All topics",
        error_messages={"invalid_choice": "Choose a topic from the list."},
    )  # fmt: skip

    def plan(self) -> acts.Plan:
        """What was typed, for the act."""
        given = self.cleaned_data
        return acts.Plan(given.get("owner"), given.get("due_on"), given.get("figure", ""), given.get("topic"))


class Done(Plain):
    """It is so; with a sentence for customers, in each language they read."""

    sentence = line(
        "In one sentence, for customers", acts.SENTENCE_MOST, required=False,
        help_text="As in: Refunds of up to 40 are now decided by the first person who reads your message. No names, no "
        "case. Empty: nobody outside is told.",
    )  # fmt: skip

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for code, name in languages().items():
            widget = forms.TextInput(attrs={"lang": code, "dir": "auto"})
            self.fields[f"in_{code}"] = OneLine(
                label=f"The same, {name}", max_length=acts.SENTENCE_MOST, required=False, widget=widget
            )

    def translations(self) -> dict[str, str]:
        """What was typed in the other languages."""
        return {code: self.cleaned_data.get(f"in_{code}", "") for code in languages()}


class Check(Plain):
    """What we make of the figure."""

    verdict = text("Did it help, and what follows?", acts.WORDS_MOST, rows=3, wrong="Say in words whether it helped, and what follows.",
        help_text="The figures above are kept as they stand now.")  # fmt: skip
