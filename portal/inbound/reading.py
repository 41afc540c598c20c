"""One message as it came, read without believing it: who says they wrote, to which case, whether a person did, and what."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from escalation import reply_address
from portal.inbound import bodies

#: Headers that say where the message was sent, its own words first.
SENT_TO = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
REFERS_TO = ("In-Reply-To", "References")
HEADER_MOST = 20_000  # characters of one header that are looked at
HEADERS_MOST = 20  # headers of one name that are looked at
REFERENCES_MOST = 100
#: The lines of 30 MB of files are 76 characters each; a line costs a header's or a part's memory at the most.
LINES_MOST, PART_LINES_MOST, HEAD_MOST = 500_000, 5_000, 128 * 1024
HEAD_ENDS = re.compile(rb"\r?\n\r?\n")
MACHINES = re.compile(r"^(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)([+.-].*)?@", re.IGNORECASE)
MESSAGE_ID = re.compile(r"<[^<>\s]{3,250}>")


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail server says that a letter of ours did not arrive: which one, to which cases it belonged, why, for good."""

    message_ids: tuple[str, ...]
    tokens: tuple[str, ...]
    why: str
    for_good: bool


@dataclass(frozen=True, slots=True)
class File:
    """A file as it came; nothing of it has been checked."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Received:
    """What a message says. `automatic` says what shows that no person wrote it; empty when nothing does.

    `sender` is one plain address in small letters, or empty where there is not exactly one. `forged` is what the
    mail server that took it in found, where it says so. `written` is what its `Date` says, None where that is nothing;
    `refers_to` are the ids of the messages it answers.
    """

    key: str
    sender: str
    name: str
    subject: str
    text: str
    automatic: str
    tokens: tuple[str, ...]
    files: tuple[File, ...]
    bounce: Bounce | None
    forged: bool
    written: datetime | None
    refers_to: tuple[str, ...]


def too_costly(raw: bytes) -> bool:
    """Whether a message has more lines, or more that could begin a part, than any that a person sends."""
    return raw.count(b"\n") > LINES_MOST or raw.count(b"\n--") > PART_LINES_MOST or len(head_of(raw)) > HEAD_MOST


def head_of(raw: bytes) -> bytes:
    """What stands before the first empty line, HEAD_MOST bytes and one at the most."""
    found = HEAD_ENDS.search(raw, 0, HEAD_MOST)
    return raw[: found.end()] if found else raw[: HEAD_MOST + 1]


def read(raw: bytes) -> Received:
    """Reads a message. May raise whatever the library raises for one that is no message at all."""
    message = _parsed(raw)
    sender, name = _sender(message)
    return Received(
        key=key_of(message, raw),
        sender=sender,
        name=name,
        subject=_line(message, "Subject")[:200],
        text=bodies.words(message),
        automatic=_automatic(message, sender),
        tokens=_tokens(message),
        files=tuple(_files(message)),
        bounce=_bounce(message),
        forged="dmarc=fail" in " ".join(_all(message, "Authentication-Results")).lower(),
        written=_written(message),
        refers_to=_refers_to(message),
    )


def _written(message: EmailMessage) -> datetime | None:
    try:
        found = parsedate_to_datetime(_line(message, "Date"))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _refers_to(message: EmailMessage) -> tuple[str, ...]:
    """The newest of them, which stand last."""
    return tuple(MESSAGE_ID.findall(" ".join(line for name in REFERS_TO for line in _all(message, name))))[
        -REFERENCES_MOST:
    ]


def _parsed(raw: bytes) -> EmailMessage:
    # The old rules keep a header that breaks every rule; the new ones raise for some.
    return cast(EmailMessage, message_from_bytes(raw, _class=EmailMessage, policy=policy.compat32))


def key_of(message: EmailMessage, raw: bytes) -> str:
    """What tells a message from every other: a hash of its Message-ID and sender, or of all of it where it has no id."""
    found = MESSAGE_ID.search(_line(message, "Message-ID"))
    known = f"{found[0]} {_line(message, 'From').lower()}".encode() if found else raw
    return hashlib.sha256(known).hexdigest()


def _all(message: EmailMessage, name: str) -> list[str]:
    return [" ".join(str(value)[:HEADER_MOST].split()) for value in message.get_all(name, [])[:HEADERS_MOST]]


def _line(message: EmailMessage, name: str) -> str:
    """One header as readable text on one line; empty where it is missing."""
    said = " ".join(_all(message, name)[:1])
    return bodies.clean(" ".join(_decoded(said).split()))


def _decoded(said: str) -> str:
    try:
        return str(make_header(decode_header(said)))
    except (LookupError, ValueError, HeaderParseError):
        return said


def _sender(message: EmailMessage) -> tuple[str, str]:
    """The one address it says it is from, and the name beside it."""
    # Addresses are read before names are decoded: a decoded name may look like an address.
    found = [pair for pair in getaddresses(_all(message, "From")) if pair[1]]
    if len(found) != 1:
        return "", ""
    name, address = found[0]
    try:
        validate_email(address)
    except ValidationError:
        return "", ""
    return address.lower(), bodies.clean(" ".join(_decoded(name).split()))[:150]


def _tokens(message: EmailMessage) -> tuple[str, ...]:
    """What looks like a token of ours in where it was sent and what it refers to."""
    sent_to = [address for _, address in getaddresses([line for name in SENT_TO for line in _all(message, name)])]
    ours = [address for address in sent_to if reply_address.is_ours(address)]
    return reply_address.tokens_in([*ours, *(line for name in REFERS_TO for line in _all(message, name))])


def _automatic(message: EmailMessage, sender: str) -> str:
    """What shows that a machine wrote it."""
    submitted = _line(message, "Auto-Submitted").lower()
    if submitted and not submitted.startswith("no"):
        return f"Auto-Submitted: {submitted[:40]}"
    precedence = _line(message, "Precedence").lower()
    if precedence in ("bulk", "list", "junk", "auto_reply"):
        return f"Precedence: {precedence}"
    for name in ("List-Id", "List-Unsubscribe", "X-Autoreply", "X-Autorespond", "X-Loop"):
        if _line(message, name):
            return f"It has {name}"
    if message.get_content_type() == "multipart/report":
        return "It is a mail server's report"
    if "<>" in _all(message, "Return-Path"):
        return "Nobody is to be answered (null sender)"
    if MACHINES.match(sender):
        return "The address is a machine's"
    return "It is from our own address" if sender and reply_address.is_ours(sender) else ""


def _files(message: EmailMessage) -> list[File]:
    parts = [part for part in bodies.leaves(message) if bodies.is_file(part)]
    return [File(_decoded(part.get_filename() or ""), bodies.bytes_of(part)) for part in parts]


def _bounce(message: EmailMessage) -> Bounce | None:
    """What a delivery report says (RFC 3464); None for every other message."""
    if message.get_content_type() != "multipart/report" or message.get_param("report-type") != "delivery-status":
        return None
    parts: Any = message.get_payload() if message.is_multipart() else None
    if not isinstance(parts, list):
        return None
    kinds = {part.get_content_type(): part for part in reversed(parts)}
    status = kinds.get("message/delivery-status")
    told = _fields(status)
    back = _returned(kinds)
    if status is None or back is None:
        return None
    ids = tuple(MESSAGE_ID.findall(" ".join(_all(back, "Message-ID"))))[:3]
    # The address it went to is not told again: it stands with the letter.
    code, said = told.get("status", "")[:10], told.get("diagnostic-code", "").partition(";")[2]
    why = " ".join(part for part in ("It came back:", code, bodies.clean(said)) if part)[:300]
    failed = told.get("action", "").lower() == "failed" and code.startswith("5")
    lines = [line for name in ("Reply-To", *REFERS_TO) for line in _all(back, name)]
    return Bounce(ids, reply_address.tokens_in(lines), why, failed)


def _fields(status: EmailMessage | None) -> dict[str, str]:
    """The fields of a report's groups, the last (the recipient's) winning."""
    groups: Any = status.get_payload() if status is not None and status.is_multipart() else []
    found: dict[str, str] = {}
    for group in groups if isinstance(groups, list) else []:
        found |= {name.lower(): " ".join(str(value).split()) for name, value in group.items()}
    return found


def _returned(kinds: dict[str, EmailMessage]) -> EmailMessage | None:
    """The head of the letter that came back."""
    if "message/rfc822" in kinds:
        inner: Any = kinds["message/rfc822"].get_payload() if kinds["message/rfc822"].is_multipart() else None
        return inner[0] if isinstance(inner, list) and inner else None
    if "text/rfc822-headers" in kinds:
        head = bodies.content_of(kinds["text/rfc822-headers"])
        return _parsed(head.encode())
    return None
