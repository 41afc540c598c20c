"""What HTML says, as lines of text. Tags are taken out by hand, each byte looked at once: a parser of whole pages takes minutes for some."""

from __future__ import annotations

import html
import re

BLOCKS = frozenset(
    ("p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "pre", "hr", "blockquote")
)
#: What no reader sees; where the end of one is missing only its tag goes, so that nothing a person wrote is hidden.
UNSEEN = ("script", "style", "title")
#: No expression here crosses the next "<": each looks at every character once.
TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9:]{0,30})(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*>|<[/!?a-zA-Z][^<>]*>")
#: A number that no character has, and that costs much to read.
LONG_NUMBER = re.compile(r"&#[0-9a-zA-Z]{9,};?")


def from_html(source: str) -> str:
    """The lines that a reader of the HTML sees; those of a quotation begin with "> ", as in a mail of plain text."""
    lines: list[str] = []
    said: list[str] = []
    depth = 0
    for tag, ends, text in _pieces(source):
        said.append(text)
        if tag in BLOCKS:
            _end_line(lines, said, depth)
        if tag == "blockquote":
            depth = max(0, depth + (-1 if ends else 1))
    _end_line(lines, said, depth)
    return "\n".join(lines)


def _end_line(lines: list[str], said: list[str], depth: int) -> None:
    line = " ".join(html.unescape(LONG_NUMBER.sub("", "".join(said))).split())
    said.clear()
    if line:
        lines.append(f"> {line}" if depth else line)


def _pieces(source: str):
    """Each tag with what stands before it: (its name, whether it ends something, the text); the rest at the end."""
    small, at, missing = source.lower(), 0, set()
    begun = 0
    while (found := source.find("<", at)) >= 0:
        ends, name = _skipped(small, found, missing)
        if not ends:
            tag = TAG.match(source, found)
            if tag is None:
                at = found + 1  # a "<" that begins no tag is a sign like others
                continue
            ends, name = tag.end(), (tag[1] or "").lower()
        yield name, small.startswith("</", found), source[begun:found]
        begun = at = ends
    yield "", False, source[begun:]


def _skipped(small: str, at: int, missing: set[str]) -> tuple[int, str]:
    """Where a comment, or something nobody sees, that begins at `at` is over; 0 where none does. Looks for no end twice in vain."""
    if small.startswith("<!--", at):
        return _after(small, at + 4, "-->", missing), ""
    for name in UNSEEN:
        if small.startswith(f"<{name}", at) and small[at + 1 + len(name) : at + 2 + len(name)] in (
            ">",
            " ",
            "\n",
            "\t",
        ):
            closed = _after(small, at, f"</{name}", missing)
            return (small.find(">", closed) + 1 or len(small)) if closed else 0, name
    return 0, ""


def _after(small: str, at: int, end: str, missing: set[str]) -> int:
    found = -1 if end in missing else small.find(end, at)
    if found < 0:
        missing.add(end)
        return 0
    return found + len(end)
