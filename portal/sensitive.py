"""Finds what should not be sent to us: card numbers and passwords in a text, and takes them out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

REMOVED = "[removed]"
#: 13 to 19 digits, in groups as they stand on a card; no more digits before or after.
DIGITS = re.compile(r"(?<![\d-])\d(?:[ \-\u00a0]?\d){12,18}(?![ -]?\d)")
WORDS = (
    "password", "passwort", "passphrase", "kennwort", "passcode", "pwd", "şifre", "sifre", "parola",
    "كلمة المرور", "كلمة السر", "الرقم السري",
)  # fmt: skip
NAMED = "|".join(re.escape(word) for word in WORDS)
#: “password: hunter2”, “my password is hunter2”: after a sign anything, after a word only what has a digit in it.
SECRET = re.compile(
    rf"(?:\b(?:{NAMED})\w{{0,4}}\s*[:=：]\s*(?P<after>\S{{4,}}))"
    rf"|(?:\b(?:{NAMED})\w{{0,4}}\s+(?:is|ist|lautet|هي|هو)\s+(?P<word>(?=\S*\d)\S{{4,}}))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Find:
    """One place in a text: `kind` is card or password."""

    kind: str
    start: int
    end: int
    words: str


def look(text: str) -> list[Find]:
    """What looks like a card number or a password in `text`, in order; never overlapping."""
    found = [Find("card", m.start(), m.end(), m[0]) for m in DIGITS.finditer(text) if _luhn(m[0])]
    for m in SECRET.finditer(text):
        group = "after" if m["after"] else "word"
        found.append(Find("password", m.start(group), m.end(group), m[group]))
    kept: list[Find] = []
    for one in sorted(found, key=lambda find: find.start):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return [one for one in kept if one.words != REMOVED]


def _luhn(text: str) -> bool:
    """The check every card number passes; a row of one digit passes it too and is none."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    doubled = [d * 2 - 9 if d > 4 else d * 2 for d in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def without(text: str) -> str:
    """`text` with every find replaced."""
    for one in reversed(look(text)):
        text = text[: one.start] + REMOVED + text[one.end :]
    return text


def new_finds(texts: Mapping[str, str], known: Mapping[str, object], names: Iterable[str]) -> list[Find]:
    """The finds in the fields `names` that the kept answers do not hold already: those were asked about before."""
    found = []
    for name in names:
        before = str(known.get(name, ""))
        found += [one for one in look(texts.get(name, "")) if one.words not in before]
    return found


def question(finds: Iterable[Find]) -> str:
    """What is asked about them."""
    kinds = {one.kind for one in finds}
    if kinds == {"card"}:
        return _("This looks like a card number. Remove it?")
    if kinds == {"password"}:
        return _("This looks like a password. Remove it?")
    return _("This looks like a card number and a password. Remove them?")


def masked(find: Find) -> str:
    """Enough to recognise it by: the last four signs of a number, the length of a password."""
    if find.kind == "card":
        return "•••• " + "".join(sign for sign in find.words if sign.isdigit())[-4:]
    return find.words[:1] + "•" * 6
