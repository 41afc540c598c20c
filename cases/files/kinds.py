"""Which kinds of file are kept, and how a file's content tells which kind it is; its name is only compared."""

from __future__ import annotations

import re
from dataclasses import dataclass

import puremagic

from cases.files.names import Unfit, ending, no


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file: the endings its name may have, and how it is named to a browser."""

    endings: tuple[str, ...]
    mime: str
    is_picture: bool = False

    @property
    def ending(self) -> str:
        """The ending a name without one is given."""
        return self.endings[0]


_OPEN = "application/vnd.oasis.opendocument"
_OFFICE = "application/vnd.openxmlformats-officedocument"
#: All that is kept. What is not here and why: docs/attachments.md.
KINDS: dict[str, Kind] = {
    "jpeg": Kind(("jpg", "jpeg", "jfif"), "image/jpeg", is_picture=True),
    "png": Kind(("png", "apng"), "image/png", is_picture=True),
    "gif": Kind(("gif",), "image/gif", is_picture=True),
    "webp": Kind(("webp",), "image/webp", is_picture=True),
    "pdf": Kind(("pdf",), "application/pdf"),
    "text": Kind(("txt", "log", "csv", "tsv", "md", "json", "yaml", "yml", "ini", "conf"), "text/plain; charset=utf-8"),
    "docx": Kind(("docx",), f"{_OFFICE}.wordprocessingml.document"),
    "xlsx": Kind(("xlsx",), f"{_OFFICE}.spreadsheetml.sheet"),
    "pptx": Kind(("pptx",), f"{_OFFICE}.presentationml.presentation"),
    "odt": Kind(("odt",), f"{_OPEN}.text"),
    "ods": Kind(("ods",), f"{_OPEN}.spreadsheet"),
    "odp": Kind(("odp",), f"{_OPEN}.presentation"),
}
#: For a file input's `accept`: a help when choosing, never the check.
ENDINGS = tuple(f".{one}" for kind in KINDS.values() for one in kind.endings)
STARTS = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"%PDF-", "pdf"),
    (b"PK\x03\x04", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
)
#: What a browser that guesses takes for a page, at the start of a text after white space. A comment ends at its first
#: end and is never taken up again: with two ways to read the same comments a few dozen of them would take years.
PAGE = re.compile(
    r"(?is)^[\s\ufeff]*+(?:<!--(?:(?!-->).)*+-->\s*+)*+<(!doctype|html|head|body|script|iframe|svg|style|title|table|div|h1|font|img|a|b|br|p|\?xml)[\s>/]"
)
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")  # escape is in logs with colours


def detect(name: str, content: bytes) -> str:
    """A key of KINDS, or "zip" for what has to be looked into. Raises Unfit for everything else."""
    for start, kind in STARTS:
        if content.startswith(start):
            if kind == "ole":
                _old_office(name, content)
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    if content[4:8] == b"ftyp" and content[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"heif", b"avif"):
        raise Unfit(no("heic", name))
    _must_be_text(name, content)
    return "text"


def fits(name: str, kind: str) -> bool:
    """Whether the name's ending is one of the kind's; a name without one fits all."""
    return ending(name) in ("", *KINDS[kind].endings)


def _old_office(name: str, content: bytes) -> None:
    """A file of an office program before 2007, or a new one behind a password, which is wrapped alike."""
    raise Unfit(no("password" if "EncryptedPackage".encode("utf-16-le") in content else "old_office", name))


def decoded(content: bytes) -> str | None:
    """The text of a text file, or None where it is none: UTF-8, UTF-16 with its mark, or the Windows letters."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        codes: tuple[str, ...] = ("utf-16",)
    else:
        codes = ("utf-8-sig", "cp1252")
    for code in codes:
        try:
            return content.decode(code)
        except UnicodeDecodeError:
            continue
    return None


def _must_be_text(name: str, content: bytes) -> None:
    text = decoded(content)
    if text is None or CONTROLS.search(text) or _is_known_binary(content):
        raise Unfit(no("kind", name))
    if PAGE.match(text[:4096]) or text.startswith("#!"):
        raise Unfit(no("program", name))


def _is_known_binary(content: bytes) -> bool:
    """Formats that look like text but are none: what puremagic knows by a sign of their own at the start."""
    try:
        found = puremagic.magic_string(content[:4096])
    except (puremagic.PureError, ValueError):
        return False
    return any(
        match.byte_match and len(match.byte_match) >= 4 and match.confidence >= 0.8 and not _plain(match)
        for match in found
    )


def _plain(match: puremagic.PureMagicWithConfidence) -> bool:
    return match.mime_type.startswith("text/") or match.extension.lstrip(".") in KINDS["text"].endings
