"""The languages customers read: which there are, which one somebody gets, and marks that keep words whole in each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import get_language, get_language_bidi, get_language_info, get_supported_language_variant

#: Direction isolates: what stands between them never changes the order of what stands around them.
FIRST_STRONG, END = "\u2068", "\u2069"
ENGLISH = "en"


def house_language() -> str:
    """The code of the language staff work in, and customers read who chose none."""
    return settings.LANGUAGE_CODE


def supported(code: str) -> str:
    """The language of LANGUAGES that `code` asks for ('de-AT' asks for 'de'); empty where it is none of them."""
    try:
        return get_supported_language_variant(code.strip().lower()) if code.strip() else ""
    except LookupError:
        return ""


def reads(person: Any) -> str:
    """The code of the language a person reads: what they chose, else the house's."""
    return supported(person.language) or house_language()


def kept_code(code: str) -> str:
    """What an account keeps of a language: 'en' for every English, else the code as LANGUAGES has it."""
    found = supported(code) or house_language()
    return ENGLISH if found.partition("-")[0] == ENGLISH else found


def current() -> str:
    """The code of the language that is switched on, as an account keeps it."""
    return kept_code(get_language() or "")


def own_names() -> list[tuple[str, str]]:
    """(code, name in the language itself) of every language customers can choose."""
    return [(code, str(get_language_info(code)["name_local"]).capitalize()) for code, _ in settings.LANGUAGES]


def in_language(translations: Mapping[str, Mapping[str, str]], field: str, default: str) -> str:
    """A text of `translations` ({"de": {"name": ...}}) in the language that is switched on, else `default`."""
    said = translations.get(current(), {})
    return said.get(field) or default


def isolated(words: object) -> str:
    """Words from elsewhere (a name, a reference, a time) for the middle of a plain text: kept in one piece from right to left."""
    text = str(words or "")
    return f"{FIRST_STRONG}{text}{END}" if text and get_language_bidi() else text
