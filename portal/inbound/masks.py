"""Takes out of a mail what we once sent that lets somebody in: a quoted letter stands where colleagues and helpers read."""

from __future__ import annotations

import re
from urllib.parse import unquote

from portal.inbound.received import Ours

#: What stands in its place: the same word as for a card number (portal/sensitive.py).
REMOVED = "[removed]"
RUN = re.compile(r"\S+")
#: Every address of ours that holds a secret; a test holds this against portal/urls.py.
PATHS = ("follow", "share", "s", "i", "n", "cases/new/continue", "problems/confirm", "problems/leave", "unsubscribe")
EITHER = "|".join(PATHS)
#: Our own, which a program may have broken in two; and one whose first half a program has cut off.
OURS = re.compile(rf"/(?:{EITHER})/[\w.:~-]{{8,}}", re.ASCII | re.IGNORECASE)
BARE = re.compile(rf"[<(\[\"']{{0,3}}/?(?:{EITHER})/[\w.:~-]{{20,}}/?\S*", re.ASCII | re.IGNORECASE)
#: The same, broken over two lines: what stands behind the line's end is its other half.
BROKEN = re.compile(
    rf"(/(?:{EITHER})/[\w.:~-]{{0,42}})=?[ \t]?\n(?:[ \t]?>)*[ \t]?([\w.:~-]{{8,}})", re.ASCII | re.IGNORECASE
)
LINK = re.compile(r"[a-zA-Z]{2,10}://")
#: As our letters say it, in every language they are written in (a test holds this against the catalogues).
CODE = re.compile(
    r"((?:your code is|ihr code lautet|kodunuz|رمزك هو)[\s:>*]{1,10})\d{3}[\s\u00a0]?\d{3}(?!\d)", re.IGNORECASE
)
#: The part of an address that says which case an answer is for.
REPLY = re.compile(r"(?:(?<=\+)|(?<=reply\.))c[0-9]{1,30}x[0-9a-f]{8,64}(?=@)", re.IGNORECASE)


def mended(text: str, ours: Ours) -> str:
    """`text` with links of ours in one piece that a program has broken in two: else one half stays when lines go."""
    return BROKEN.sub(r"\1\2", text) if ours.host and ours.host in text.lower() else text


def without_secrets(text: str, ours: Ours) -> str:
    """`text` without links, codes and addresses of ours that hold a secret."""
    text = CODE.sub(rf"\1{REMOVED}", REPLY.sub(REMOVED, text))
    return RUN.sub(lambda found: _run(found[0], ours), text)


def _run(run: str, ours: Ours) -> str:
    """One run of signs without blanks. Other companies' filters wrap our links, in two or three spellings."""
    plain = unquote(unquote(run)) if "%" in run else run
    if ours.host and ours.host in plain.lower():
        link = LINK.search(run)
        is_wrapped = link is not None and not run[link.end() :].lower().startswith(ours.host)
        if is_wrapped or OURS.search(plain):
            return _cut(run, link.start() if link else 0)
        return run
    return REMOVED if BARE.fullmatch(plain) and not LINK.search(plain) else run


def _cut(run: str, start: int) -> str:
    """What stands before the link, and the bracket after it."""
    closing = {"<": ">", "(": ")", "[": "]"}.get(run[start - 1 : start], "")
    end = run.find(closing, start) if closing else -1
    rest = run[end:] if end >= 0 else ""
    # A second link may be glued to the first.
    return run[:start] + REMOVED + ("" if "/" in rest else rest)
