"""The words and the files of a message: of every alternative one, of everything else all, and what of it is left out."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from email.message import Message
from email.policy import compat32
from typing import Any

from portal.inbound.markup import from_html

#: Characters and bytes of a message's texts that are looked at: more than anything we keep.
TEXT_MOST = 200_000
HTML_MOST = 500_000
PARTS_MOST = 100
#: Pictures in the text up to this many bytes, and no larger than a logo, belong to a signature.
ICON_MOST = 10_000
LOGO_WIDTH, LOGO_HEIGHT = 400, 150
#: How much longer than the plain text the other one is where the plain one is “Your program cannot show this”.
STUB, STUB_MOST = 4, 200
#: Says who wrote it to programs, and nothing to people.
SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
SEALED = ("application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted")
MANY_PARTS = f"everything after its first {PARTS_MOST} parts"
LONG = "the end of a very long text"
ENCRYPTED = "its words: they are encrypted"
NO_FILE = "a file that could not be read"
WRITTEN = ("text/plain", "text/html")
#: Charsets that are none people write in, and that take minutes to read.
SLOW = ("punycode", "idna", "undefined", "unicode_escape", "raw_unicode_escape")
FORMS = str.maketrans(dict.fromkeys("\u00a0\u2007\u202f\u3000", " ") | dict.fromkeys("\v\f\x85\u2028\u2029", "\n"))


class Bodies:
    """What is found in a message: `text` as written, quotations and all, `files` with their names, `left_out`."""

    def __init__(self, message: Message) -> None:
        self.left_out: list[str] = []
        self.files: list[tuple[str, bytes]] = []
        self.inner: list[tuple[int, Message]] = []  # the messages among the files, each with its place there
        self._others: set[int] = set()
        self._room = HTML_MOST
        self._parts = leaves(message)
        self._first = next((part for part in self._parts if is_written(part)), None)
        if len(self._parts) > PARTS_MOST:
            self._leave_out(MANY_PARTS)
            self._parts = self._parts[:PARTS_MOST]
        self._known = {id(part) for part in self._parts}
        text = clean(self._said(message))
        if len(text) > TEXT_MOST:
            self._leave_out(LONG)
        self.text = text[:TEXT_MOST]
        for part in self._parts:
            self._keep(part)

    def _leave_out(self, what: str) -> None:
        if what not in self.left_out:
            self.left_out.append(what)

    # --- Words

    def _said(self, part: Message) -> str:
        """What a part says; of alternatives the first of plain text that says something, else the first that does."""
        inner = inside(part)
        if part.get_content_maintype() != "multipart" or inner is None:
            return self._words(part)
        said = [(one.get_content_type(), self._said(one)) for one in inner]
        said = [(kind, text) for kind, text in said if text.strip()]
        if part.get_content_type() == "multipart/alternative" and said:
            self._others |= {id(one) for one in inner}
            return _best(said)
        return "\n\n".join(text for _, text in said)

    def _words(self, part: Message) -> str:
        if id(part) not in self._known or self.is_file(part):
            return ""
        text = content_of(part, self._room)
        self._room -= len(text)
        if self._room <= 0:
            self._leave_out(LONG)
        return from_html(text) if part.get_content_type() == "text/html" else text

    # --- Files

    def is_file(self, part: Message) -> bool:
        """Whether a part is no text of the message: it says so, or has a name and does not stand where the text does."""
        return not is_written(part) or (part is not self._first and bool(part.get_filename()))

    def _keep(self, part: Message) -> None:
        kind = part.get_content_type()
        if not self.is_file(part) or kind in SIGNATURES or self._is_said_otherwise(part):
            return
        if kind in SEALED:
            self._leave_out(ENCRYPTED)
            return
        if part.get_content_maintype() == "message":
            self._keep_message(part)
            return
        content = part.get_payload(decode=True)
        content = content if isinstance(content, bytes) else b""
        if part["Content-ID"] and part.get_content_maintype() == "image" and is_icon(content):
            return
        if content or part.get_filename():
            self.files.append((name_of(part), content))

    def _is_said_otherwise(self, part: Message) -> bool:
        """One of the alternatives, as an invitation's for calendars, with no name: not a file to its sender."""
        is_other = id(part) in self._others and part.get_content_maintype() == "text" and bool(self.text)
        return is_other and not part.get_filename() and part.get_content_disposition() != "attachment"

    def _keep_message(self, part: Message) -> None:
        inner = inside(part) or []
        try:
            whole = [one.as_bytes(policy=compat32) for one in inner]
        except (ValueError, LookupError, TypeError, AttributeError):
            whole = []
        if not whole:
            self._leave_out(NO_FILE)
            return
        self.inner += [(len(self.files), one) for one in inner]
        name = part.get_filename() or inner[0]["Subject"] or "message"
        # A mail is text, and kept as that: what is called .eml opens a mail program with whatever is in it.
        self.files.append((f"{str(name)[:200].removesuffix('.eml')}.eml.txt", b"\n".join(whole)))


def _best(said: list[tuple[str, str]]) -> str:
    """Of alternatives the plain text; the first other one where the plain text only says that there is more."""
    plain = next((text for kind, text in said if kind == "text/plain"), "")
    other = next((text for kind, text in said if kind != "text/plain"), "")
    written = sum(len(line) for line in other.split("\n") if not line.startswith(">"))
    return other if not plain or written > STUB * len(plain) + STUB_MOST else plain


def is_written(part: Message) -> bool:
    """Whether a part is words of the message: also one that says it has parts, and has none that can be found."""
    kind = part.get_content_type()
    return part.get_content_disposition() != "attachment" and (kind in WRITTEN or kind.startswith("multipart/"))


def leaves(message: Message) -> list[Message]:
    """Its parts that have no parts, up to one more than PARTS_MOST; a message inside it is one of them."""
    found: list[Message] = []
    for part in _walk(message):
        found.append(part)
        if len(found) > PARTS_MOST:
            break
    return found


def inside(part: Message) -> list[Message] | None:
    """The parts of a part, None where it has none."""
    # Asked for what it holds, one without parts would read its text by a charset that may be nonsense.
    held: Any = part.get_payload() if part.is_multipart() else None
    return [one for one in held if isinstance(one, Message)] if isinstance(held, list) else None


def _walk(part: Message) -> Iterator[Message]:
    inner = inside(part)
    if part.get_content_maintype() == "multipart" and inner is not None:
        for one in inner:
            yield from _walk(one)
    else:
        yield part


def is_icon(content: bytes) -> bool:
    """Whether a picture is small enough to belong to a signature; a small picture of a large window does not."""
    if len(content) > ICON_MOST:
        return False
    width, height = 0, 0
    if content.startswith(b"\x89PNG") and len(content) >= 24:
        width, height = int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    elif content.startswith(b"GIF8") and len(content) >= 10:
        width, height = int.from_bytes(content[6:8], "little"), int.from_bytes(content[8:10], "little")
    return width < LOGO_WIDTH or height < LOGO_HEIGHT


def name_of(part: Message) -> str:
    """What the sender calls a file, as it is spelled; else what kind it is."""
    name = part.get_filename()
    kind = part.get_content_type()
    return str(name)[:1000] if name else f"{part.get_content_maintype()}{mimetypes.guess_extension(kind) or ''}"


def content_of(part: Message, most: int = HTML_MOST) -> str:
    """The text of a part, `most` bytes of it; what its sender calls a charset may be nonsense."""
    body = part.get_payload(decode=True)
    if not isinstance(body, bytes):
        return ""
    body, charset = body[: max(0, most)], str(part.get_content_charset() or "utf-8")
    try:
        return body.decode("utf-8" if charset.lower().replace("-", "_") in SLOW else charset, "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")


def clean(text: str) -> str:
    """`text` without characters that are no text; what joins letters and smileys stays."""
    flat = text.replace("\r\n", "\n").replace("\r", "\n").translate(FORMS)
    kept = "".join(c for c in flat if c in "\n\t\u200c\u200d" or c.isprintable())
    lines = [line.rstrip() for line in kept.split("\n")]
    # One empty line says as much as many.
    return "\n".join(line for n, line in enumerate(lines) if line or not n or lines[n - 1]).strip()
