"""The process that reads one message: its bytes come in on stdin, what it says goes out on stdout.

It has no Django, no settings, no secrets, no files it may write, and little time and memory: whatever a message does to
the libraries that take it apart, it does here.
"""

from __future__ import annotations

import json
import resource
import sys

from portal.inbound.parsing import parse
from portal.inbound.received import Ours, packed

CPU_MOST = 10  # seconds
MEMORY_MOST = 512 * 1024 * 1024  # bytes
LIMITS = (
    (resource.RLIMIT_CPU, CPU_MOST),
    (resource.RLIMIT_AS, MEMORY_MOST),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_CORE, 0),
)


def bound() -> None:
    """Sets the limits; a system that does not know one, or allows less already, keeps its own."""
    for kind, most in LIMITS:
        try:
            resource.setrlimit(kind, (most, most))
        except (ValueError, OSError):
            continue


def main() -> int:
    """Reads one message. 1: it could not be read; stdout then has only the kind of error, never a word of the message."""
    bound()
    told = json.loads(sys.argv[1])
    ours = Ours(told["mailbox"], tuple(told["mailboxes"]), told["name"], told["host"])
    try:
        line, files = packed(parse(sys.stdin.buffer.read(), ours))
    except Exception as error:
        sys.stdout.write(type(error).__name__)
        return 1
    sys.stdout.buffer.write(line)
    for content in files:
        sys.stdout.buffer.write(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
