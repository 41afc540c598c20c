"""What of a mail's text its sender wrote: all of it but the letter of ours that it quotes.

No language is asked for: a letter of ours is known by our address, and by the signs that mail programs put before its
lines. What is not surely ours stays, for it may be what the sender wants us to read. Every line is looked at a few times.
"""

from __future__ import annotations

import re
from functools import lru_cache

from portal.inbound.received import Ours

LINE_MOST = 300  # characters of a line that are looked at
ABOVE_MOST = 3  # lines of "On Monday Milepost <...> wrote:"
LABEL = re.compile(r"[\s*]*[^\W\d_][\w .'’-]{0,20}\*?[ \u00a0]?[:：]\*?(?: |\u00a0|\t|$)(.*)")
BLOCK_LEAST, BLOCK_MOST = 3, 8  # lines of "From: Sent: To: Subject:"
TIME = re.compile(r"(?<!\d)\d{1,2}[:.]\d\d(?!\d)")
DATE = re.compile(r"(?<!\d)\d{4}(?!\d)|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
RULE = re.compile(r"\s*(?:[-_*=]{5,}|-{2,}[^-]{3,60}-{2,})\s*")
UNNAMED = "lines that begin with “>” (taken for a quotation)"


def without_quotes(text: str, *, answers: bool, ours: Ours) -> tuple[str, tuple[str, ...]]:
    """`text` without the letter of ours that it quotes, and what was left out that may have been the sender's own.

    `answers`: the message was sent to the address of a case, so what it quotes is taken for ours.
    """
    lines = text.split("\n")
    looked = [line[:LINE_MOST] for line in lines]
    end = next((number for number in range(len(lines)) if _is_whole_letter(looked, number, ours)), len(lines))
    while end < len(lines) and end and (not looked[end - 1].strip() or RULE.fullmatch(looked[end - 1])):
        end -= 1
    marked = [number for number in range(end) if _is_marked(looked[number])]
    heads = _head(looked, marked)
    if not marked or not (answers or any(_names(ours, looked[number]) for number in (*marked, *heads))):
        return "\n".join(lines[:end]).strip(), ()
    begins = min(heads, default=0)
    kept = [
        line for number, line in enumerate(lines[:end]) if number < begins or not (number in heads or _is_marked(line))
    ]
    return "\n".join(kept).strip(), () if heads else (UNNAMED,)


def _is_marked(line: str) -> bool:
    return line.lstrip().startswith(">")


def _names(ours: Ours, line: str) -> bool:
    """Whether an address of ours or our site stands in a line."""
    small = line.lower()
    return (bool(ours.host) and f"://{ours.host}" in small) or _address_in(ours, small) is not None


def _address_in(ours: Ours, small: str) -> re.Match[str] | None:
    return _addresses(ours.mailboxes).search(small)


@lru_cache(maxsize=4)
def _addresses(mailboxes: tuple[str, ...]) -> re.Pattern[str]:
    either = "|".join(
        rf"{re.escape(name)}(?:\+[\w.-]{{1,100}})?@{re.escape(host)}(?![\w.-]{{0,100}}\w)"
        for name, _, host in (mailbox.partition("@") for mailbox in mailboxes)
    )
    return re.compile(rf"(?<![\w.+-])(?:{either})")


# --- A letter of ours without signs before its lines, as Outlook quotes: all below its head is ours


def _is_whole_letter(lines: list[str], number: int, ours: Ours) -> bool:
    return _is_block(lines, number, ours) or _is_named_head(lines, number, ours)


def _is_block(lines: list[str], number: int, ours: Ours) -> bool:
    """Whether “From: us, Sent:, To:, Subject:” begins here, in whatever language."""
    first = LABEL.fullmatch(lines[number])
    if not first or not _is_from_us(first[1], ours):
        return False
    labels, dated = 1, False
    for line in lines[number + 1 : number + BLOCK_MOST]:
        found = LABEL.fullmatch(line)
        labels += found is not None
        dated = dated or bool(DATE.search(line) and TIME.search(line))
        if line.strip() and not found and labels >= BLOCK_LEAST:
            break
    return labels >= BLOCK_LEAST and dated


def _is_from_us(value: str, ours: Ours) -> bool:
    return _address_in(ours, value.lower()) is not None or value.strip(" *\"'") == ours.name != ""


def _is_named_head(lines: list[str], number: int, ours: Ours) -> bool:
    """Whether “On Monday Milepost <our address> wrote:” begins here and what follows has no signs before its lines."""
    joined = ""
    for last in range(number, min(number + ABOVE_MOST, len(lines))):
        if not lines[last].strip() or _is_marked(lines[last]):
            return False
        joined += f"{lines[last].strip()} "
        if joined.rstrip().endswith((":", "：")):
            starts = DATE.search(lines[number]) or _address_in(ours, lines[number].lower())
            if not (starts and _is_head(joined) and _in_brackets(joined, ours)):
                return False
            after = next((lines[below] for below in range(last + 1, len(lines)) if lines[below].strip()), "")
            return not _is_marked(after)
    return False


def _in_brackets(joined: str, ours: Ours) -> bool:
    found = _address_in(ours, joined.lower())
    return found is not None and joined[: found.start()].rstrip().lower().removesuffix("mailto:")[-1:] in (
        "<",
        "[",
        "(",
    )


def _is_head(joined: str) -> bool:
    """Whether it says who wrote and when: an address, or a day and a time."""
    return bool(
        joined.rstrip().endswith((":", "：")) and ("@" in joined or (DATE.search(joined) and TIME.search(joined)))
    )


# --- A letter with signs before its lines


def _head(lines: list[str], marked: list[int]) -> set[int]:
    """The lines above the first quotation that say who wrote it; none where none does."""
    for number in marked:
        last = number - 1
        if last >= 0 and not lines[last].strip():
            last -= 1
        if last < 0 or _is_marked(lines[last]):
            continue
        first, joined = last, lines[last].strip()
        while not DATE.search(joined) and last - first + 1 < ABOVE_MOST and first and DATE.search(lines[first - 1]):
            first -= 1
            joined = f"{lines[first].strip()} {joined}"
        if _is_head(joined):
            return set(range(first, last + 1))
    return set()
