"""Saved replies on the page of an act: which are offered, filled from the case, and put into the text. Never sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from cases.models import ReplyRevision
from cases.replies import ENGLISH, OF_UPDATES, added, fill, in_order, language_of
from escalation import saved_replies
from escalation.turn import Turn
from escalation.verbs.began import MOST, Began, read_began, read_instants, write_instant
from portal.console import forms

PRESS = "insert"  # the button's name; its value is a key
GONE = "That reply is not offered any more. Nothing was inserted."


@dataclass(frozen=True, slots=True)
class Text:
    """A reply in one language, filled. `marked` names the language where it is not the customer's.

    `names` is the time of the next update where it names one, as forms carry it.
    """

    key: str
    language: str
    text: str
    marked: str = ""
    names: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """One reply to choose; the customer's language stands first."""

    title: str
    texts: list[Text]


@dataclass(frozen=True, slots=True)
class Group:
    """The offers of one topic, under its name."""

    name: str
    offers: list[Offer] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Inserted:
    """What pressing Insert did, in a sentence."""

    words: str
    done: bool


def offers_for(verb: str, form: forms.ActForm, turn: Turn, frame: dict[str, Any]) -> list[Group]:
    """What is offered for `verb`, the most special topic first, with every placeholder filled that is known."""
    if not isinstance(form, forms.Replying):
        return []
    case = turn.case
    lineage = turn.rules.protocol.lineage(case.category.slug)
    rows = saved_replies.offers(verb, level=case.tier, lineage=lineage)
    wanted, names, due = language_of(case.customer.language), saved_replies.languages(), next_update(form)
    known = {
        code: saved_replies.values(case, by=frame["actor"].user, next_update=due, language=code)
        for code in {wanted, ENGLISH}
    }
    first = [row for row in rows if case.is_upset and row.calms]
    calming = [Group("To calm first", [offer(row, known, wanted, names, due) for row in first])] if first else []
    groups = groupby((row for row in rows if row not in first), key=lambda row: row.topic)
    return calming + [
        Group(str(topic or "Every topic"), [offer(row, known, wanted, names, due) for row in some])
        for topic, some in groups
    ]


def offer(
    row: ReplyRevision,
    known: dict[str, dict[str, str]],
    wanted: str,
    names: dict[str, str],
    due: datetime | None,
) -> Offer:
    """A revision as it would be inserted; `due` is what its `{next_update}` is filled with."""
    written = write_instant(due) if due else ""
    texts = [
        Text(
            key=str(Began(row.pk, code)),
            language=code,
            text=fill(text, known[code]),
            marked=names.get(code, code) if code != wanted else "",
            names=written if f"{{{OF_UPDATES}}}" in text else "",
        )
        for code, text in in_order(row.texts, wanted)
    ]
    return Offer(row.title, texts)


def next_update(form: forms.Replying) -> datetime | None:
    """When the customer next hears from us, as far as this form says: what was typed, else what is suggested."""
    if not isinstance(form, forms.Update):
        return None
    return form.guess().get("next_at") or form.shown() or form.initial.get("next_at")


def insert(form: forms.Replying, key: str, groups: Sequence[Group]) -> Inserted:
    """Puts the chosen text after what was typed. What was typed stays, in this field and in all others."""
    texts = [(one.title, text) for group in groups for one in group.offers for text in one.texts]
    title, chosen = next(((title, text) for title, text in texts if text.key == key), ("", None))
    typed, began = form.data.get(form.WORDS, ""), read_began(form.data.get("began", ""))
    named = [write_instant(one) for one in read_instants(form.data.get("inserted", ""))]
    if chosen is None:
        form.insert(typed, " ".join(map(str, began)), " ".join(named))
        return Inserted(GONE, done=False)
    # A text that was taken out again was not the beginning of anything.
    before = [str(one) for one in began] if typed.strip() else []
    form.insert(added(typed, chosen.text), carried(before, key), carried(named if typed.strip() else [], chosen.names))
    return Inserted(f"“{title}” is in the text. Nothing is sent yet: read it, change it, then send.", done=True)


def carried(before: Sequence[str], new: str) -> str:
    """What a form carries along, with `new` after it: each once, and no more than a message can name."""
    return " ".join(list(dict.fromkeys([*before, *filter(None, [new])]))[:MOST])
