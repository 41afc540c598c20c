"""The form of an article: one text a language side by side, who reads it, and when somebody looks at it again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from cases.models import Category
from cases.replies import ENGLISH
from escalation.saved_replies import languages
from feedback.articles import ANSWER_MOST, BODY_MOST, TITLE_MOST, Draft, Text, draft_of
from feedback.models import Article
from portal.forms import Lines, OneLine, Plain

MARKDOWN = "Markdown: # heading, - list, 1. steps, **strong**, [words](https://address). Pictures are not shown."


class ArticleForm(Plain):
    """An article as a person edits it. `seen` is the version that was on the page; 0 for a new one."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    topic = forms.ModelChoiceField(
        Category.objects.none(), label="Topic", required=False, empty_label="No topic",
        help_text="It is shown beside cases of this topic.",
        error_messages={"invalid_choice": "Choose a topic from the list."},
    )  # fmt: skip
    audience = forms.ChoiceField(
        label="Who may read it", choices=Article.Audience.choices,
        error_messages={"required": "Choose who may read it.", "invalid_choice": "Choose who may read it."},
    )  # fmt: skip
    review_by = forms.DateField(
        label="Look at it again by", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Empty: half a year after it is published.", error_messages={"invalid": "Enter a date."},
    )  # fmt: skip

    def __init__(self, data: Any = None, *, article: Article | None = None, draft: Draft | None = None) -> None:
        now = draft or (draft_of(article) if article else Draft())
        super().__init__(data, initial=first_values(article, now))
        topic: Any = self.fields["topic"]
        topic.queryset = Category.objects.all()
        for code, name in languages().items():
            self.fields |= texts(code, name)

    def draft(self) -> Draft:
        """What was typed, for whoever keeps it; how much there may be of it is the draft's own rule."""
        said = self.cleaned_data
        topic = said.get("topic")
        written = {
            code: Text(*(said.get(f"{part}_{code}", "") for part in ("title", "answer", "body")))
            for code in languages()
        }
        return Draft(written, topic.pk if topic else None, said.get("audience", ""), said.get("review_by"))

    def blame(self, findings: Iterable[tuple[str, str]]) -> None:
        """Each finding at its field; a field that has an error already keeps its own."""
        for name, sentence in findings:
            if name not in self.fields or not self.has_error(name):
                self.add_error(name if name in self.fields else None, sentence)

    def settings(self) -> list[forms.BoundField]:
        """Who reads it, and when."""
        return [self[name] for name in ("topic", "audience", "review_by")]

    def languages(self) -> list[dict[str, Any]]:
        """The texts, a column for each language."""
        return [
            {"code": code, "name": name, "fields": [self[f"{part}_{code}"] for part in ("title", "answer", "body")]}
            for code, name in languages().items()
        ]


def texts(code: str, name: str) -> dict[str, forms.Field]:
    """The three fields of a language."""
    needed = code == ENGLISH
    signs = {"lang": code, "dir": "auto"}
    return {
        f"title_{code}": OneLine(
            label=f"Title in {name}", required=needed, max_length=TITLE_MOST, widget=forms.TextInput(attrs=signs),
            help_text="As people would ask.", error_messages=_sentences(TITLE_MOST, "Give it a title, as people would ask."),
        ),
        f"answer_{code}": OneLine(
            label=f"Answer in one line, in {name}", required=needed, max_length=ANSWER_MOST,
            widget=forms.Textarea(attrs=signs | {"rows": 3}), help_text="Shown in the list of results, and first on the page.",
            error_messages=_sentences(ANSWER_MOST, "Write the answer in one line: it is shown in the list of results."),
        ),
        f"body_{code}": Lines(
            label=f"Steps in {name}", required=False, max_length=BODY_MOST,
            widget=forms.Textarea(attrs=signs | {"rows": 14}), help_text=MARKDOWN,
            error_messages=_sentences(BODY_MOST, ""),
        ),
    }  # fmt: skip


def _sentences(most: int, required: str) -> dict[str, str]:
    return {
        "required": required,
        "max_length": f"Too long: %(show_value)d characters, at most {most:,}.",
        "null_characters_not_allowed": "It holds a sign we cannot read.",
    }


def first_values(article: Article | None, draft: Draft) -> dict[str, Any]:
    said = {"seen": article.version if article else 0, "topic": draft.topic, "audience": draft.audience, "review_by": draft.review_by}  # fmt: skip
    for code, text in draft.texts.items():
        said |= {f"title_{code}": text.title, f"answer_{code}": text.answer, f"body_{code}": text.body}
    return said
