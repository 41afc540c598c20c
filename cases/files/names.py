"""Names of files made safe, and the sentence for each thing that can be wrong with a file; each names the file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from cases.models.attachment import NAME_MOST

#: Signs that turn the reading direction or join letters unseen: "gpj.exe" could read as "exe.jpg".
UNSEEN = set(
    "\u061c\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
#: Signs that mean something to a file system, a shell or a header.
UNWELCOME = set('<>:"/\\|?*;`$%')
#: Names that Windows keeps for devices.
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
ENDING_MOST = 10  # characters
#: Inside a name these could pass for its ending where the true one is hidden, as "photo.exe.jpg" is on many desktops.
INNER = re.compile(
    r"(?i)\.(?=(exe|com|bat|cmd|scr|pif|js|jse|vbs|wsf|hta|ps1|msi|lnk|jar|html?|xhtml|svg|php|py|sh)(\.|$))"
)


class Unfit(ValueError):
    """The file is not kept; the message is the sentence for who sent it. Other files of the form are not touched.

    `is_full`: the form has all the files it can have, whatever comes next.
    """

    def __init__(self, sentence: str, *, is_full: bool = False) -> None:
        self.is_full = is_full
        super().__init__(sentence)


def ending(name: str) -> str:
    """The last part of a name, in small letters and without the dot; empty when there is none."""
    stem, dot, last = name.rpartition(".")
    return last.lower() if dot and stem and len(last) <= ENDING_MOST and last.isalnum() else ""


def safe_name(typed: str, fallback: str = "") -> str:
    """`typed` without folders, control and direction signs, at most NAME_MOST characters with its ending.

    `fallback` is the ending a name without one gets.
    """
    last = PurePosixPath(typed.replace("\\", "/")).name
    plain = unicodedata.normalize("NFC", last)
    kept = "".join("_" if c in UNWELCOME else c for c in plain if not _unseen(c))
    stem = " ".join(kept.split()).strip(". ")
    has = ending(stem)
    if has:
        stem = stem[: -len(has) - 1].rstrip(". ")
    stem = INNER.sub("_", stem)
    if not stem or stem.lower() in DEVICES:
        stem = f"{_('file')} {stem}".strip()
    last = has or fallback
    room = NAME_MOST - len(last) - 1
    return f"{stem[:room].rstrip()}.{last}" if last else stem[:NAME_MOST]


def _unseen(sign: str) -> bool:
    return sign in UNSEEN or unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn")


def no(why: str, name: str, **more: object) -> str:
    """The sentence for `why` a file is not kept; it names the file."""
    return SENTENCES[why]() % {"name": safe_name(name) or _("file"), **more}


SENTENCES: dict[str, Callable[[], str]] = {
    "empty": lambda: _("“%(name)s” is empty. Choose it again, or another file."),
    "size": lambda: _("“%(name)s” is larger than %(most)s MB. Send a smaller one, or only the part that shows it."),
    "kind": lambda: _(
        "“%(name)s” is not a kind of file we can take. Send a picture (JPG, PNG, GIF, WebP), a PDF, a text, "
        "or a Word, Excel, PowerPoint or OpenDocument file."
    ),
    "heic": lambda: _("“%(name)s” is in a format that many computers cannot show. Save it as JPG and send that."),
    "old_office": lambda: _("“%(name)s” is in an old format. Save it as DOCX, XLSX, PPTX or PDF and send that."),
    "archive": lambda: _("“%(name)s” holds other files, which we cannot look into. Send them one by one."),
    "program": lambda: _(
        "“%(name)s” is a web page or a program, which we do not take. Send a picture of it, or a PDF."
    ),
    "macro": lambda: _("“%(name)s” holds a program (macros). Save it without macros, or as PDF, and send that."),
    "active": lambda: _("“%(name)s” holds a program or other files inside. Print it to a new PDF and send that."),
    "ending": lambda: _(
        "“%(name)s” is not what its name says. Give it the right ending, or save it anew, and send that."
    ),
    "password": lambda: _("“%(name)s” is protected by a password, so we cannot open it. Send it without one."),
    "broken": lambda: _("“%(name)s” cannot be read: it may be damaged. Save it anew and send that."),
    "pixels": lambda: _("“%(name)s” has too many dots for us to open. Send it in a smaller size."),
    "unpacked": lambda: _("“%(name)s” is too large inside. Send a smaller one, or a PDF of it."),
    "many": lambda: _("“%(name)s” is one too many: at most %(most)s files at once. Send it with another message."),
    "case_full": lambda: _("“%(name)s” does not fit any more: this case has all the files it can hold."),
    "person_full": lambda: _("“%(name)s” does not fit today: you have sent as much as we take in a day. Try tomorrow."),
    "gone": lambda: _("A file of yours is not there any more. Choose it again."),
    "failed": lambda: _("“%(name)s” could not be stored. Try again."),
    "unsaid": lambda: _("Say what “%(name)s” shows."),
}
