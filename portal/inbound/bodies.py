"""The words of a message: its text or what its HTML says, without what it quotes. Nothing here looks at a table."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

from mailparser_reply import EmailReplyParser

#: Characters that are looked at: more than anything we keep, and little enough for the quote finder's expressions.
TEXT_MOST = 20_000
HTML_MOST = 500_000
PARTS_MOST = 100
#: HTML is read in steps (characters) for so long (seconds), and what is still open at its end only when it is short.
HTML_STEP, HTML_SECONDS, HTML_OPEN = 8_000, 2.0, 2_000
#: Of the languages customers write in, those the quote finder knows.
LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pl", "da", "sv", "tr", "ja", "ko", "zh", "cs", "he"]
BLOCKS = ("p", "div", "br", "tr", "li", "h1", "h2", "h3", "table", "ul", "ol")
UNSEEN = ("script", "style", "head", "title", "blockquote")
#: Tags inside what is not read: more say nothing, and cost as much again at every tag that ends.
DEEPEST = 500
EMPTY = ("br", "img", "hr", "meta", "link", "input", "wbr", "col")


def words(message: EmailMessage) -> str:
    """What the sender wrote above what they quote, as plain text; all of it where nothing stands above."""
    whole = _plain(message)[:TEXT_MOST]
    said = (EmailReplyParser(languages=LANGUAGES).parse_reply(_unfolded(whole)) or "").strip()
    kept = "\n".join(line for line in said.splitlines() if not line.lstrip().startswith(">")).strip()
    return clean(kept or whole)


def _unfolded(text: str) -> str:
    """Long runs of blank lines and blanks say nothing, and cost the quote finder much."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return "\n".join(line for number, line in enumerate(lines) if line or not number or lines[number - 1])


def clean(text: str) -> str:
    """`text` without characters that are no text."""
    return "".join(c for c in text if c in "\n\t" or c.isprintable()).strip()


def _plain(message: EmailMessage) -> str:
    texts = [part for part in leaves(message) if not is_file(part)]
    plain = [content_of(part) for part in texts if part.get_content_type() == "text/plain"]
    if any(text.strip() for text in plain):
        return "\n\n".join(plain)
    return "\n\n".join(from_html(content_of(part)) for part in texts if part.get_content_type() == "text/html")


def leaves(message: EmailMessage) -> Iterator[EmailMessage]:
    """Its parts that have no parts; a message inside it is one of them, and is not looked into."""
    waiting = [message]
    for _ in range(PARTS_MOST):
        if not waiting:
            return
        part = waiting.pop(0)
        # Asked of a part without parts, the library reads its text by a charset that may be nonsense.
        inner = part.get_payload() if part.is_multipart() else None
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting = [one for one in inner if isinstance(one, EmailMessage)] + waiting
        else:
            yield part


def is_file(part: EmailMessage) -> bool:
    """Whether a part is a file the sender added; pictures of a signature have no name or stand in the text."""
    if part.get_content_disposition() == "attachment":
        return True
    return bool(part.get_filename()) and part.get_content_maintype() != "text" and not part["Content-ID"]


def bytes_of(part: EmailMessage) -> bytes:
    """What a part holds, out of the spelling it was sent in; empty for a part of parts."""
    try:
        found: Any = part.get_payload(decode=True)
    except ValueError:
        # The library asks the charset while it looks, and some raise for what they do not know.
        part.del_param("charset")
        found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def content_of(part: EmailMessage) -> str:
    """The text of a part; what its sender calls a charset may be nonsense."""
    body = bytes_of(part)[:HTML_MOST]
    try:
        return body.decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):  # no charset at all, or one that does not know how to leave out what is wrong
        return body.decode("utf-8", "replace")


class _Text(HTMLParser):
    """Collects what a reader of the HTML would see, without what it quotes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self.hidden: list[str] = []  # what is open inside the part that is not read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in EMPTY and tag != "br":
            return
        quotes = any("gmail_quote" in (value or "") for name, value in attrs if name in ("class", "id"))
        if self.hidden or tag in UNSEEN or quotes:
            if tag not in EMPTY and len(self.hidden) < DEEPEST:
                self.hidden.append(tag)
        elif tag in BLOCKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.hidden:
            while self.hidden.pop() != tag:
                pass
        elif tag in BLOCKS and not self.hidden:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.said.append(" ".join(data.split("\n")))


def from_html(html: str) -> str:
    """What HTML says, as lines of text; of HTML that is all quotation all of its text but scripts."""
    parser, until = _Text(), time.monotonic() + HTML_SECONDS
    for start in range(0, len(html), HTML_STEP):
        parser.feed(html[start : start + HTML_STEP])
        if time.monotonic() > until:
            break
    # What was never finished is gone through once for each of its signs: long, it is no text that anybody wrote.
    if len(parser.rawdata) <= HTML_OPEN:
        parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.said).split("\n"))
    return "\n".join(line for line in lines if line)
