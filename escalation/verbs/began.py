"""Which saved replies a message began with, written down with the message they became, and the times they named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cases.models import Message, ReplyRevision, ReplyUse
from cases.replies import is_unchanged

MOST = 5  # replies in one message; who inserts more has not sent any of them unchanged
_WRITTEN = re.compile(r"(\d{1,15})\.([a-z]{2,8})")
_SECONDS = re.compile(r"[0-9]{1,10}")  # since 1970; more would lie beyond 2286


@dataclass(frozen=True, slots=True)
class Began:
    """A revision, by id, in a language."""

    revision: int
    language: str

    def __str__(self) -> str:
        return f"{self.revision}.{self.language}"


def read_began(text: str) -> tuple[Began, ...]:
    """What a form carries along, '12.en 15.de'. It comes from a browser: what cannot be read is left out."""
    found = (_WRITTEN.fullmatch(part) for part in text.split())
    return tuple(dict.fromkeys(Began(int(one[1]), one[2]) for one in found if one))[:MOST]


def write_instant(instant: datetime) -> str:
    """The time a reply named as the next update's, for a form to carry along, to the second."""
    return str(int(instant.timestamp()))


def read_instants(text: str) -> tuple[datetime, ...]:
    """What forms carried along of `write_instant`. It comes from a browser: what cannot be read is left out."""
    found = [part for part in dict.fromkeys(text.split()) if _SECONDS.fullmatch(part)]
    return tuple(datetime.fromtimestamp(int(part), UTC) for part in found[:MOST])


def note_uses(message: Message, began: Sequence[Began]) -> None:
    """Keeps what `message` began with. A revision or a language that is not there was not the beginning of anything."""
    if not began:
        return
    known = ReplyRevision.objects.in_bulk([one.revision for one in began])
    first = {
        one.revision: one
        for one in reversed(began)
        if one.revision in known and one.language in known[one.revision].texts
    }
    ReplyUse.objects.bulk_create(
        ReplyUse(
            case_id=message.case_id,
            is_drill=message.is_drill,
            message=message,
            revision=known[one.revision],
            language=one.language,
            unchanged=is_unchanged(known[one.revision].texts[one.language], message.text),
            at=message.at,
        )
        for one in first.values()
    )
