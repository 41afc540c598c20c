"""What a message says, and how the process that reads it hands it over. Plain data: no Django, no clock."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Ours:
    """What the reader has to know of us: the mailbox answers go to, all our mailboxes, our name, our site's host."""

    mailbox: str
    mailboxes: tuple[str, ...]
    name: str
    host: str


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
    `refers_to` are the ids of the messages it answers. `left_out` says, for staff and in a few words each, what of the
    message is in neither `text` nor `files`; the quotation of a letter of ours is not named. No text holds a link or
    a code that we sent.
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
    left_out: tuple[str, ...] = ()


def packed(mail: Received) -> tuple[bytes, list[bytes]]:
    """A message as one line of JSON, and the bytes of its files, which follow it as they are."""
    said: dict[str, Any] = {name: getattr(mail, name) for name in Received.__slots__}
    said["written"] = mail.written.isoformat() if mail.written else None
    said["bounce"] = asdict(mail.bounce) if mail.bounce else None
    said["files"] = [(file.name, len(file.content)) for file in mail.files]
    return json.dumps(said).encode() + b"\n", [file.content for file in mail.files]


def unpacked(said: bytes) -> Received:
    """The other way round. Raises ValueError, KeyError or TypeError for what is not whole."""
    line, _, rest = said.partition(b"\n")
    told = json.loads(line)
    files, at = [], 0
    for name, size in told["files"]:
        files.append(File(name, rest[at : at + size]))
        at += size
    if at != len(rest):
        raise ValueError("The files are not whole.")
    bounce = told["bounce"]
    return Received(
        **told
        | {name: tuple(told[name]) for name in ("tokens", "refers_to", "left_out")}
        | {
            "files": tuple(files),
            "bounce": Bounce(**bounce | {name: tuple(bounce[name]) for name in ("message_ids", "tokens")})
            if bounce
            else None,
            "written": datetime.fromisoformat(told["written"]) if told["written"] else None,
        }
    )
