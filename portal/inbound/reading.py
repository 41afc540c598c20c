"""Has one message read by a process of its own, so that none can hold up the clocks that run in ours, or end them.

A message is what a stranger sends. The libraries that take one apart can be made to work for minutes, and while they
do so no other thread of their process runs.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, replace
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from portal.inbound.received import Bounce, File, Ours, Received, unpacked

__all__ = ["Bounce", "File", "Received", "TooCostly", "Unreadable", "head_of", "read", "too_costly"]

#: Without the packages of the site, and with nothing of where it is started but the project: it begins in a twentieth of a second.
READER = (sys.executable, "-P", "-s", "-S", "-B", "-m", "portal.inbound.reader")
ROOT = Path(__file__).resolve().parents[2]
WALL_MOST = 15.0  # seconds; its own limits (reader.py) end it sooner, unless it waits
#: The lines of 30 MB of files are 76 characters each; a line costs a header's or a part's memory at the most.
LINES_MOST, PART_LINES_MOST, HEAD_MOST = 500_000, 5_000, 512 * 1024
HEAD_ENDS = re.compile(rb"\r?\n\r?\n")
KIND = re.compile(rb"[A-Za-z]{1,60}")


class Unreadable(Exception):
    """A message that cannot be read, now or ever; the sentence says why, without a word of the message."""


class TooCostly(Unreadable):
    """One that takes more time or memory than any that a person sends."""


def too_costly(raw: bytes) -> bool:
    """Whether a message has more lines, or more that could begin a part, than any that a person sends."""
    return raw.count(b"\n") > LINES_MOST or raw.count(b"\n--") > PART_LINES_MOST or len(head_of(raw)) > HEAD_MOST


def head_of(raw: bytes) -> bytes:
    """What stands before the first empty line, HEAD_MOST bytes and one at the most."""
    found = HEAD_ENDS.search(raw, 0, HEAD_MOST)
    return raw[: found.end()] if found else raw[: HEAD_MOST + 1]


def read(raw: bytes) -> Received:
    """Reads a message. Raises Unreadable for what cannot be read, and OSError when no process can be started: not its fault."""
    code, said = _asked(raw)
    if code == 1 and KIND.fullmatch(said):
        raise Unreadable(f"It could not be read ({said.decode()}).")
    if code != 0:
        raise TooCostly("It could not be read: it took too much time or memory.")
    try:
        return _checked(unpacked(said))
    except (ValueError, KeyError, TypeError):
        raise Unreadable("It could not be read: what was read of it is not whole.") from None


def _asked(raw: bytes) -> tuple[int, bytes]:
    """What the reader answers, and how it ended; a signal is a number below 0."""
    # Nothing of our environment goes along: it holds passwords.
    known = {name: value for name, value in os.environ.items() if name == "LD_LIBRARY_PATH"}
    with subprocess.Popen(
        [*READER, json.dumps(asdict(ours()))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=known | {"PYTHONPATH": str(ROOT)},
        close_fds=True,
    ) as reader:
        try:
            said, _ = reader.communicate(raw, timeout=WALL_MOST)
        except subprocess.TimeoutExpired:
            return -signal.SIGKILL, b""
        finally:
            # Also when we are stopped meanwhile: none stays behind.
            with suppress(ProcessLookupError):
                reader.kill()
    return reader.returncode, said


def ours() -> Ours:
    """What is ours, as the settings say."""
    name, sends_as = parseaddr(settings.DEFAULT_FROM_EMAIL)
    answers_to = parseaddr(settings.INBOUND_ADDRESS)[1].lower()
    mailboxes = tuple(dict.fromkeys(one for one in (answers_to, sends_as.lower()) if one))
    return Ours(answers_to, mailboxes, name, urlsplit(settings.BASE_URL).netloc.lower())


def _checked(mail: Received) -> Received:
    """With a sender only where it is an address that may have an account."""
    try:
        validate_email(mail.sender)
    except ValidationError:
        return replace(mail, sender="", name="")
    return mail
