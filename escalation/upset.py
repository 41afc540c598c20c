"""Whether a customer's words sound upset: by the words a protocol lists, nothing learned, nothing guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from unicodedata import normalize

from escalation.protocol import Upset

#: Letters people type for one another.
_SAME = str.maketrans({"’": "'", "`": "'", "´": "'", "ʼ": "'", "\u00a0": " "})


def plain(text: str) -> str:
    """The text as it is compared: small letters without marks, one space between words."""
    # Turkish writes a capital dotted I, whose small letter must not become two.
    small = normalize("NFKD", text.translate(_SAME).replace("İ", "i").replace("I", "i").casefold())
    return " ".join("".join(c for c in small.replace("ı", "i") if not _is_mark(c)).split())


def _is_mark(letter: str) -> bool:
    return "\u0300" <= letter <= "\u036f" or "\u064b" <= letter <= "\u0652"


@lru_cache(maxsize=64)
def _finder(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """One expression for all words, each whole; longer ones first."""
    known = sorted({plain(word) for word in words if plain(word)}, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, known))})(?!\w)") if known else None


def sounds_upset(text: str, rules: Upset) -> bool:
    """Whether the text has one of the words, in whatever language, as a whole word."""
    finder = _finder(tuple(_all(rules.words.values())))
    return bool(finder and finder.search(plain(text)))


def _all(lists: Iterable[tuple[str, ...]]) -> Iterable[str]:
    return (word for words in lists for word in words)
