"""The languages customers read: which there are, which one somebody gets, and marks that keep words whole in each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Q
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


def reading(code: str, name: str) -> Q:
    """The condition on an account's language, a field that `name` leads to, that its person reads `code`; empty: whatever.

    Who chose none of LANGUAGES reads the house's.
    """
    house = kept_code(house_language())
    if not code or code != house:
        return Q(**{name: code}) if code else Q()
    others = {kept_code(one) for one, _ in settings.LANGUAGES} - {house}
    return ~Q(**{f"{name}__in": sorted(others)})


def kept_code(code: str) -> str:
    """What an account keeps of a language: 'en' for every English, else the code as LANGUAGES has it."""
    found = supported(code) or house_language()
    return ENGLISH if found.partition("-")[0] == ENGLISH else found


def current() -> str:
    """The code of the language that is switched on, as an account keeps it."""
    return kept_code(get_language() or "")


def own_names() -> list[tuple[str, str]]:
    """(code, name in the language itself) of every language customers can choose."""
    return [(code, _own_name(code)) for code, _ in settings.LANGUAGES]


def _own_name(code: str) -> str:
    # Nobody looks for "British English" in a list.
    name = str(get_language_info(ENGLISH if code.partition("-")[0] == ENGLISH else code)["name_local"])
    return name[:1].upper() + name[1:]


def in_language(translations: Mapping[str, Mapping[str, str]], field: str, default: str) -> str:
    """A text of `translations` ({"de": {"name": ...}}) in the language that is switched on, else `default`."""
    said = translations.get(current(), {})
    return said.get(field) or default


def isolated(words: object) -> str:
    """Words from elsewhere (a name, a reference, a time) for the middle of a plain text: kept in one piece from right to left."""
    text = str(words or "")
    return f"{FIRST_STRONG}{text}{END}" if text and get_language_bidi() else text


def written() -> set[str]:
    """The languages, by what stands before the dash, our sentences are written in: English, and those with a catalogue."""
    bases = {code.partition("-")[0] for code, _ in settings.LANGUAGES}
    places = [Path(place) for place in settings.LOCALE_PATHS]
    with_catalogue = {code for code in bases for place in places if (place / code / "LC_MESSAGES/django.mo").exists()}
    return with_catalogue | {ENGLISH}
