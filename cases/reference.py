"""Case references people can read out: no look-alike characters, and a check that catches a slip of the key."""

from __future__ import annotations

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
BASE = len(ALPHABET)
# A prime above the base: one wrong character or two swapped neighbours always change the remainder.
PRIME = 887
CHECK_LENGTH = 2


class BadReference(ValueError):
    """What was typed cannot be a reference of ours; the message is for the person who typed it."""


def check_for(body: str) -> str:
    """The two check characters of `body`."""
    number = 0
    for character in body:
        number = number * BASE + ALPHABET.index(character)
    first, second = divmod(number % PRIME, BASE)
    return ALPHABET[first] + ALPHABET[second]


def make_reference(prefix: str, length: int = 4) -> str:
    """A random reference such as `MP-7K4M-29`; `length` is that of the first group."""
    body = ""
    # A reference that began with the prefix could not be read when the prefix is left out.
    while not body or (prefix and body.startswith(prefix)):
        body = "".join(secrets.choice(ALPHABET) for _ in range(length))
    return f"{prefix}-{body}-{check_for(body)}"


def read_reference(typed: str, prefix: str) -> str:
    """The reference meant by `typed`: case, spaces and dashes do not matter, the prefix may be left out.

    Raises BadReference when the characters or the check do not fit.
    """
    text = "".join(character for character in typed.upper() if character.isalnum())
    text = text.removeprefix(prefix.upper())
    body, check = text[:-CHECK_LENGTH], text[-CHECK_LENGTH:]
    fits = len(body) >= 4 and all(character in ALPHABET for character in text)
    if not fits or check_for(body) != check:
        raise BadReference(f"Check the reference. It looks like {prefix}-7K4M-29.")
    return f"{prefix}-{body}-{check}"
