"""One message as it came, taken apart without believing it. Runs in a process of its own (reading.py): no Django here."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parsedate_to_datetime
from typing import cast

from portal.inbound.bodies import Bodies, clean
from portal.inbound.bounces import bounce_of
from portal.inbound.headers import MESSAGE_ID, addresses_in, decoded, every, from_, line, references, tokens_in
from portal.inbound.masks import mended, without_secrets
from portal.inbound.quotes import without_quotes
from portal.inbound.received import File, Ours, Received

#: Where a message was sent, its own words first.
SENT_TO = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
MACHINES = re.compile(r"^(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)([+.-].*)?@", re.IGNORECASE)
FAILED = re.compile(r"\bdmarc\s*=\s*fail\b")
DEPTH_MOST = 3  # messages in messages
TEXT_FILE_MOST = 5_000_000  # bytes
OUR_LETTER = "an attached letter of ours, which holds a link that opens the case"


def parse(raw: bytes, ours: Ours) -> Received:
    """Reads a message. May raise whatever the library raises for one that is no message at all."""
    message = parsed(raw)
    sender, name = from_(message)
    bodies = Bodies(message)
    tokens = _tokens(message, ours)
    said, unsure = without_quotes(mended(bodies.text, ours), answers=bool(tokens), ours=ours)
    automatic = _automatic(message, sender, ours)
    files, dropped = _files(bodies, ours)
    return Received(
        key=_key(message, raw, bodies, automatic),
        sender=sender,
        name=without_secrets(name, ours),
        subject=without_secrets(line(message, "Subject"), ours)[:200],
        text=without_secrets(said, ours),
        automatic=automatic,
        tokens=tokens,
        files=files,
        bounce=bounce_of(message),
        forged=_is_forged(message),
        written=_written(message),
        refers_to=references(message),
        left_out=(*bodies.left_out, *unsure, *dropped),
    )


def parsed(raw: bytes) -> EmailMessage:
    # The old rules keep a header that breaks every rule; the new ones raise for some.
    return cast(EmailMessage, message_from_bytes(raw, _class=EmailMessage, policy=policy.compat32))


def _key(message: EmailMessage, raw: bytes, bodies: Bodies, automatic: str) -> str:
    """What tells a message from every other, and is the same however often and by whatever way it came.

    Its id is not enough: scanners use one for everything they send, and who knows an id could come first with it.
    """
    found = MESSAGE_ID.search(line(message, "Message-ID"))
    about = [found[0]] if found else [line(message, name) for name in ("Date", "Subject", "To")]
    if not any(about):
        return hashlib.sha256(raw).hexdigest()
    whole = hashlib.sha256()
    for part in (*about, line(message, "From").lower(), automatic, bodies.text):
        whole.update(hashlib.sha256(part.encode("utf-8", "replace")).digest())
    for name, content in bodies.files:
        whole.update(hashlib.sha256(name.encode("utf-8", "replace")).digest() + hashlib.sha256(content).digest())
    return whole.hexdigest()


def _tokens(message: EmailMessage, ours: Ours) -> tuple[str, ...]:
    """What looks like a token of ours in where it was sent and what it refers to."""
    sent_to = [one for name in SENT_TO for one in addresses_in(every(message, name))]
    return tokens_in([*(one for one in sent_to if _is_ours(one, ours)), *references(message)])


def _is_ours(mailbox: str, ours: Ours) -> bool:
    name, _, host = ours.mailbox.rpartition("@")
    theirs, _, there = mailbox.rpartition("@")
    return there == host and theirs.partition("+")[0] == name


def _automatic(message: EmailMessage, sender: str, ours: Ours) -> str:
    """What shows that a machine wrote it."""
    submitted = line(message, "Auto-Submitted").lower()
    if submitted and not submitted.startswith("no"):
        return f"Auto-Submitted: {submitted[:40]}"
    precedence = line(message, "Precedence").lower()
    if precedence in ("bulk", "list", "junk", "auto_reply"):
        return f"Precedence: {precedence}"
    for name in ("List-Id", "List-Unsubscribe", "X-Autoreply", "X-Autorespond", "X-Loop"):
        if line(message, name):
            return f"It has {name}"
    if message.get_content_type() == "multipart/report":
        return "It is a mail server's report"
    if "<>" in every(message, "Return-Path"):
        return "Nobody is to be answered (null sender)"
    if MACHINES.match(sender):
        return "The address is a machine's"
    return "It is from our own address" if sender and _is_ours(sender, ours) else ""


def _is_forged(message: EmailMessage) -> bool:
    """What the server that took the message in found: the one that wrote the topmost result, and no other.

    A result further down is a sender's or another server's; one that bears our server's name and says “fail” without
    being its own makes the message wait, which harms nobody but its sender.
    """
    results = [result.lower() for result in every(message, "Authentication-Results")]
    names = [result.partition(";")[0].split(" ")[0] for result in results]
    return any(FAILED.search(result) for result, name in zip(results, names, strict=True) if name == names[0])


def _written(message: EmailMessage) -> datetime | None:
    try:
        found = parsedate_to_datetime(line(message, "Date"))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _files(bodies: Bodies, ours: Ours) -> tuple[tuple[File, ...], tuple[str, ...]]:
    """The files; not an attached letter of ours with its link, for who reads the case may open its files."""
    secret = {number for number, inner in bodies.inner if _holds_secret(inner, ours)}
    kept = [file for number, file in enumerate(bodies.files) if number not in secret]
    return _named(kept, ours), (OUR_LETTER,) if secret else ()


def _holds_secret(message: Message, ours: Ours, depth: int = 0) -> bool:
    """Whether a message's words, or those of one inside it, hold what lets somebody in; too deep to be seen is yes."""
    bodies = Bodies(message)
    text = mended(bodies.text, ours)
    if depth > DEPTH_MOST or without_secrets(text, ours) != text:
        return True
    return any(_holds_secret(inner, ours, depth + 1) for _, inner in bodies.inner)


def _without_secrets(content: bytes, ours: Ours) -> bytes:
    """A file of text as the message's own words; every other as it is."""
    try:
        text = content.decode() if len(content) <= TEXT_FILE_MOST else ""
    except UnicodeDecodeError:
        return content
    plain = without_secrets(mended(text, ours), ours)
    return plain.encode() if plain != text else content


def _named(files: list[tuple[str, bytes]], ours: Ours) -> tuple[File, ...]:
    return tuple(
        File(clean(without_secrets(decoded(name), ours)).replace("\n", " "), _without_secrets(content, ours))
        for name, content in files
    )
