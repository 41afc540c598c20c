"""The headers of a message, of which everybody may write as many and as long ones as they like. No Django here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses

from portal.inbound.bodies import SLOW, clean

HEADER_MOST = 20_000  # characters of one header that are looked at
SAID_MOST = 2_000  # characters of one that people read
HEADERS_MOST = 20  # headers of one name that are looked at
REFERENCES_MOST = 100
REFERS_TO = ("In-Reply-To", "References")
MESSAGE_ID = re.compile(r"<[!-;=?-~]{3,250}>")
ADDRESS = re.compile(r"[^\s<>()\[\],;:\"@]{1,100}@[a-z0-9.-]{1,200}")
#: What looks like a token of ours (escalation/reply_address.py makes it): a wrong one is told from none.
LOOSE = re.compile(r"(?<=[+.])c[0-9]{1,30}x[0-9a-f]{8,64}(?=@)", re.IGNORECASE)


def every(message: Message, name: str) -> list[str]:
    """All headers of one name, each on one line, as they are spelled."""
    found = [str(value)[:HEADER_MOST] for value in message.get_all(name, [])[:HEADERS_MOST]]
    # Bytes that are no text in any charset must not reach a table.
    return [" ".join(one.encode("utf-8", "replace").decode().split()) for one in found]


def line(message: Message, name: str) -> str:
    """One header as readable text on one line; empty where it is missing."""
    return readable(" ".join(every(message, name)[:1]))


def readable(said: str) -> str:
    return clean(" ".join(decoded(said).split()))


def decoded(said: str) -> str:
    """`said` with its encoded words read; as it is where they cannot be."""
    said = said[:SAID_MOST]
    if any(f"=?{charset}" in said.lower() for charset in SLOW):
        return said
    try:
        return str(make_header(decode_header(said)))
    except (LookupError, ValueError, HeaderParseError):
        return said


def from_(message: Message) -> tuple[str, str]:
    """The one address it says it is from, in small letters, and the name beside it; nothing where it is not one."""
    # Addresses are read before names are decoded: a decoded name may look like an address.
    found = [pair for pair in getaddresses([one[:SAID_MOST] for one in every(message, "From")]) if pair[1]]
    if len(found) != 1:
        return "", ""
    name, address = found[0]
    return address.lower(), readable(name)[:150]


def references(message: Message) -> tuple[str, ...]:
    """The ids it refers to; the newest, which stand last."""
    said = " ".join(one for name in REFERS_TO for one in every(message, name))
    return tuple(MESSAGE_ID.findall(said))[-REFERENCES_MOST:]


def addresses_in(lines: Iterable[str]) -> list[str]:
    """What looks like an address, in small letters: enough to find our own."""
    return [found[0] for one in lines for found in ADDRESS.finditer(one.lower())]


def tokens_in(texts: Iterable[str]) -> tuple[str, ...]:
    """What looks like a token in addresses of ours and in ids that are referred to; each once, in order."""
    return tuple(dict.fromkeys(found[0].lower() for text in texts for found in LOOSE.finditer(text)))
