"""The rules of saved replies: which are offered, how placeholders are filled, and what is wrong with a text.

Pure: no database, no clock. Two things are filled in. `{reference}` is known of the case and put in when the reply is
inserted. `[[what you did]]` is a gap only the person who writes can fill: while one stands in a text it is not sent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from cases.words import forbidden_in, instead_of

#: The verbs a reply may be offered for, in staff's words.
ACTS = {"update": "Send update", "answer": "Propose answer", "wait_customer": "Ask the customer"}
ENGLISH = "en"
TITLE_MOST = 80  # characters
TEXT_MOST = 2000  # characters
LONG_READ = 900  # characters; longer than this people read only the beginning

#: Placeholder -> what stands there, in words.
PLACEHOLDERS = {
    "customer_name": "the customer’s first name",
    "reference": "the reference of the case",
    "owner_name": "the first name of who has the case",
    "my_name": "your first name",
    "next_update": "when the customer next hears from us",
    "company": "our name",
}
#: Known only while an update is written: after a question or an answer nothing is promised by us.
OF_UPDATES = "next_update"

SLOT = re.compile(r"\{([^{}\n]*)\}")
GAP = re.compile(r"\[\[(?!\s)[^\[\]\n]+\]\]")
GAP_MOST = 100  # characters with its brackets
_HOLE = re.compile(rf"{GAP.pattern}|\{{[^{{}}\n]*\}}")
# A gap is one all the same when somebody began to fill it: over several lines, with brackets of its own, or with one of
# its closing ones gone. After the opening ones comes a letter, so that no program's text is taken for one.
_BEGUN = r"\[\[(?=[^\W\d_])[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]{0,2}"
_LEFT = re.compile(rf"{GAP.pattern}|{_BEGUN}|\{{(?:{'|'.join(PLACEHOLDERS)})\}}")
_SIGNS = str.maketrans("", "", "{}[]")


# Filling ------------------------------------------------------------------------------------------------------


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with every placeholder filled, in one pass: what a value says is never read as a placeholder.

    A placeholder without a value becomes a gap, so that it cannot be sent unseen.
    """
    return SLOT.sub(lambda found: _value(found[1].strip(), values), text)


def _value(name: str, values: Mapping[str, str]) -> str:
    # Nobody's name needs braces; with them a customer could make a text that looks unfilled.
    value = " ".join(values.get(name, "").translate(_SIGNS).split()) if name in PLACEHOLDERS else ""
    missing = PLACEHOLDERS.get(name, name).translate(_SIGNS)[:100].strip()
    return value or f"[[{missing or 'to be filled in'}]]"


def unfilled(text: str) -> list[str]:
    """What still has to be filled in or taken out before `text` may be sent, each once, as it stands there."""
    return list(dict.fromkeys(found[0] for found in _LEFT.finditer(text)))


def not_sendable(text: str) -> str:
    """Why `text` may not be sent yet, in a sentence; empty when it may."""
    left = unfilled(text)
    if not left:
        return ""
    named = ", ".join(f"“{shortened(one)}”" for one in left[:3]) + (" and more" if len(left) > 3 else "")
    return f"Still to be filled in: {named}. Write what belongs there, or take it out. Nothing was sent."


def shortened(text: str) -> str:
    """A piece of text as an error may name it: one line, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= GAP_MOST else f"{line[: GAP_MOST - 1]}…"


def added(typed: str, reply: str) -> str:
    """What was typed, then the reply after an empty line: nothing of one's own is lost by inserting."""
    return f"{typed.rstrip()}\n\n{reply}" if typed.strip() else reply


def is_unchanged(template: str, sent: str) -> bool:
    """Whether `sent` is the reply as it was written, whatever (but something) stands in its placeholders and gaps."""
    first, *middle = _HOLE.split(template)
    if not middle:
        return sent == template
    *middle, last = middle
    at = len(first)
    for literal in middle:
        found = sent.find(literal, at + 1)
        if found < 0:
            return False
        at = found + len(literal)
    return sent.startswith(first) and sent.endswith(last) and at < len(sent) - len(last)


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether it is a gap: for showing where something is still to be written."""
    at = 0
    for found in GAP.finditer(text):
        yield text[at : found.start()], False
        yield found[0], True
        at = found.end()
    yield text[at:], False


# Choosing -----------------------------------------------------------------------------------------------------

R = TypeVar("R")


def offered(rows: Iterable[R], *, act: str, level: int, lineage: Sequence[str]) -> list[R]:
    """Those of `rows` (revisions) that fit, the most special topic first, then by title.

    `lineage` is the case's topic and those above it, nearest first, by slug; what names no topic comes last.
    """
    found: list[tuple[int, str, R]] = []
    for row in rows:
        each: Any = row
        slug = each.topic.slug if each.topic else None
        if act in each.acts and level <= each.up_to_level and (slug is None or slug in lineage):
            found.append((len(lineage) if slug is None else lineage.index(slug), each.title.casefold(), row))
    return [row for *_, row in sorted(found, key=lambda one: one[:2])]


def language_of(code: str) -> str:
    """'de' for 'de-AT'."""
    return code.strip().lower().replace("_", "-").partition("-")[0]


def in_order(texts: Mapping[str, str], wanted: str) -> list[tuple[str, str]]:
    """(language, text) to offer to a reader of `wanted`: theirs first, then English."""
    return [(code, texts[code]) for code in dict.fromkeys((language_of(wanted), ENGLISH)) if texts.get(code)]


# Checking -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants a reply to be. `topic` is a category's id, None for all; `texts` by language.

    `calms`: offered first while the customer is upset.
    """

    title: str
    topic: int | None
    acts: tuple[str, ...]
    up_to_level: int
    texts: Mapping[str, str]
    calms: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a draft, in a sentence; `field` is the draft's, of a text with its language. `stops`: not saved."""

    field: str
    sentence: str
    stops: bool = True


def check(draft: Draft, languages: Mapping[str, str]) -> list[Finding]:
    """Everything there is to say about a draft; `languages` are those customers are written to, by code."""
    found = [*_about(draft)]
    for code, text in draft.texts.items():
        if text:
            found += [Finding(f"texts.{code}", *said) for said in _of_text(text, code, draft.acts)]
    if not draft.texts.get(ENGLISH):
        missing = "Write the English text: customers whose language has no text are offered it."
        return [*found, Finding(f"texts.{ENGLISH}", missing)]
    return [*found, *_between(draft.texts, languages)]


def _about(draft: Draft) -> Iterator[Finding]:
    if not draft.title.strip():
        yield Finding("title", "Give it a title: colleagues choose by it.")
    if len(draft.title) > TITLE_MOST:
        yield Finding("title", f"The title is too long: at most {TITLE_MOST} characters.")
    if not draft.acts or not set(draft.acts) <= set(ACTS):
        yield Finding("acts", "Choose what it is offered for.")
    if draft.up_to_level < 1:
        yield Finding("up_to_level", "Choose up to which level it is offered.")


def _of_text(text: str, language: str, acts: Collection[str]) -> Iterator[tuple[str, bool]]:
    for word in forbidden_in(text, language):
        plain = instead_of(word)
        yield f"Customers never read the word “{word}” from us." + (f" Say “{plain}”." if plain else ""), True
    yield from _of_marks(text)
    if f"{{{OF_UPDATES}}}" in text and set(acts) - {"update"}:
        yield (
            f"The time of {{{OF_UPDATES}}} is known only for updates. Take it out, or offer this for updates alone.",
            True,
        )
    if len(text) > TEXT_MOST:
        yield f"Too long: {len(text):,} characters, at most {TEXT_MOST:,}.", True
    elif len(text) > LONG_READ:
        yield f"Long: {len(text):,} characters. Most people read the first {LONG_READ} at most.", False


def _of_marks(text: str) -> Iterator[tuple[str, bool]]:
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    bare = GAP.sub(lambda gap: " " if SLOT.search(gap[0]) is None else gap[0].strip("[]"), text)
    if any(SLOT.search(gap[0]) for gap in GAP.finditer(text)):
        yield "A placeholder in braces cannot stand inside “[[ ]]”: it is filled by itself.", True
    for name in dict.fromkeys(SLOT.findall(bare)):
        if name not in PLACEHOLDERS:
            yield f"No placeholder is called {{{name}}}. Known are {known}.", True
    rest = SLOT.sub(" ", bare)
    if "{" in rest or "}" in rest:
        yield "Braces stand in pairs around a placeholder, on one line, and nowhere else.", True
    if "[[" in rest or "]]" in rest or any(len(gap) > GAP_MOST for gap in GAP.findall(text)):
        yield "A gap is “[[”, a few words on one line without a space first, and “]]”.", True


def _between(texts: Mapping[str, str], languages: Mapping[str, str]) -> Iterator[Finding]:
    """What the texts of one reply say of each other."""
    wanted = set(SLOT.findall(texts[ENGLISH]))
    for code, name in languages.items():
        if not texts.get(code):
            yield Finding(
                f"texts.{code}", f"No {name} text. Who reads {name} is offered the English one, marked so.", stops=False
            )
        elif set(SLOT.findall(texts[code])) != wanted:
            yield Finding(f"texts.{code}", f"The {name} text has other placeholders than the English one.", stops=False)
