"""Forms of acts that sort a queue."""

from __future__ import annotations

from django import forms

from cases.models import Category
from portal.console.forms.act import ActForm


class Topic(ActForm):
    DECIDES = ("category",)

    category = forms.ModelChoiceField(
        Category.objects.filter(is_active=True), label="New topic", empty_label="Choose a topic",
        error_messages={"required": "Choose the new topic.", "invalid_choice": "Choose a topic from the list."},
    )  # fmt: skip
