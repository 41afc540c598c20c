"""One file as it came from outside: whether it is of a kind we keep, and what of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import BinaryIO

from cases.files.kinds import KINDS, detect, fits
from cases.files.names import Unfit, no, safe_name
from cases.files.office import looked_into
from cases.files.pictures import redrawn

MEGABYTE = 1024 * 1024
SIZE_MOST = 10 * MEGABYTE  # bytes of one file
FILES_MOST = 5  # in one form
#: Names in a PDF that run something or carry files. A name can be disguised; this is no scanner for viruses.
ACTIVE_PDF = re.compile(rb"/(JavaScript|Launch|EmbeddedFiles?|RichMedia)\b")
LOCKED_PDF = re.compile(rb"/Encrypt\b")
END_WITHIN = 2048  # bytes from the end in which a PDF says that it ends


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that may be kept: its safe name, its kind (a key of KINDS), and the bytes to keep."""

    name: str
    kind: str
    content: bytes


def check(name: str, file: BinaryIO) -> Checked:
    """What may be kept of a file called `name`. Raises Unfit with a sentence that names it.

    `name` is what the sender's machine calls it, and is not believed; reading stops one byte after the limit.
    """
    content = file.read(SIZE_MOST + 1)
    if not content:
        raise Unfit(no("empty", name))
    if len(content) > SIZE_MOST:
        raise Unfit(no("size", name, most=SIZE_MOST // MEGABYTE))
    kind = detect(name, content)
    if kind == "zip":
        kind = looked_into(name, content)
    if not fits(safe_name(name), kind):
        raise Unfit(no("ending", name))
    if kind == "pdf":
        _sound_pdf(name, content)
    if KINDS[kind].is_picture:
        content = redrawn(name, content, kind)
    return Checked(safe_name(name, KINDS[kind].ending), kind, content)


def _sound_pdf(name: str, content: bytes) -> None:
    if LOCKED_PDF.search(content):
        raise Unfit(no("password", name))
    if ACTIVE_PDF.search(content):
        raise Unfit(no("active", name))
    if b"%%EOF" not in content[-END_WITHIN:]:
        raise Unfit(no("broken", name))
