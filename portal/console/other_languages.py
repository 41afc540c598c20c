"""What topics, products and teams are called in the other languages customers read: one field each, none of them needed."""

from __future__ import annotations

from typing import Any

from django import forms

from cases.languages import ENGLISH, kept_code, own_names
from portal.forms import OneLine

#: What can be translated of a row, with the words of its field and the most letters it holds.
FIELDS = {"name": ("Name", 100), "example": ("Example", 150), "hours": ("Hours", 100)}


def languages() -> dict[str, str]:
    """Code, as translations are kept by it, and own name of every language but English."""
    named = {kept_code(code): name for code, name in own_names()}
    return {code: name for code, name in named.items() if code != ENGLISH}


def field_names(kinds: tuple[str, ...]) -> list[str]:
    """The form's fields for `kinds` ("name", "example"), language by language."""
    return [f"{kind}_{_field(code)}" for code in languages() for kind in kinds]


def _field(code: str) -> str:
    return code.replace("-", "_")


class InLanguages(forms.ModelForm):
    """A row's form with its words in the other languages; what is left empty stays English."""

    kinds: tuple[str, ...] = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, kind, name in self._each():
            self.initial[name] = self.instance.translations.get(code, {}).get(kind, "")

    def _each(self) -> list[tuple[str, str, str]]:
        return [(code, kind, f"{kind}_{_field(code)}") for code in languages() for kind in self.kinds]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        # Languages that are not offered any more keep what was written in them.
        found = {code: dict(words) for code, words in self.instance.translations.items()}
        for code, kind, name in self._each():
            if name in self.cleaned_data:
                found.setdefault(code, {})[kind] = self.cleaned_data[name]
        kept = {code: {kind: words for kind, words in said.items() if words} for code, said in found.items()}
        self.instance.translations = {code: said for code, said in kept.items() if said}
        return cleaned


def form_with(kinds: tuple[str, ...]) -> type[InLanguages]:
    """The form of a row whose `kinds` can be said in every language customers read."""
    fields: dict[str, Any] = {"kinds": kinds}
    for code, own_name in languages().items():
        for kind in kinds:
            label, most = FIELDS[kind]
            widget = forms.TextInput(attrs={"lang": code, "dir": "auto", "class": "vTextField"})
            fields[f"{kind}_{_field(code)}"] = OneLine(
                label=f"{label}, {own_name}", max_length=most, required=False, widget=widget
            )
    return type("InEveryLanguage", (InLanguages,), fields)
