"""Takes out of a text what only its case and its people may know, before it becomes the draft of an article.

Pure. It masks more than it must: a person reads the draft before anybody else does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

NAME, MAIL, PHONE, REFERENCE, NUMBER, LINK = "[name]", "[e-mail]", "[phone]", "[reference]", "[number]", "[link]"
_MAIL = re.compile(r"[^\s@<>()\[\],;:\"]+@[^\s@<>()\[\],;:\"]+\.\w{2,}")
_LINK = re.compile(r"\b(?:https?://|www\.)\S+", re.I)
_REFERENCE = re.compile(r"\b[A-Z]{1,6}-[0-9A-Z]{4,8}-[0-9A-Z]{2}\b", re.I)
_ACCOUNT = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[0-9A-Z]{4}){2,7}(?:[ ]?[0-9A-Z]{1,3})?\b")
_PHONE = re.compile(r"(?<![\w.])(?:\+|00|\(0|0)[\d\s()/.-]{6,}\d")
_NUMBER = re.compile(r"\b\d(?:[ -]?\d){5,}\b|\b(?=[\w-]*\d{4})[\w-]*\d[\w-]*\b")
SHORTEST = 2  # letters of a name


def masked(text: str, names: Iterable[str]) -> str:
    """`text` without mail addresses, links, references, phone and other long numbers, and without any of `names`."""
    for pattern, word in ((_MAIL, MAIL), (_LINK, LINK), (_REFERENCE, REFERENCE), (_ACCOUNT, NUMBER)):
        text = pattern.sub(word, text)
    text = _NUMBER.sub(NUMBER, _PHONE.sub(PHONE, text))
    parts = {part for name in names for part in re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", name)}
    parts = {part for part in parts if len(part) >= SHORTEST}
    if parts:
        either = "|".join(re.escape(part) for part in sorted(parts, key=len, reverse=True))
        text = re.sub(rf"(?<!\w)(?:{either})(?:['’]s)?(?!\w)", NAME, text, flags=re.I)
        text = re.sub(rf"{re.escape(NAME)}(?:\s+{re.escape(NAME)})+", NAME, text)
    return text
