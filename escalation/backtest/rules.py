"""The rules that are tried: a version of the protocol, with drafts of calendars in the place of those in force."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from escalation.book import DEFAULT, NoProtocol, calendars
from escalation.models import CalendarVersion, ProtocolVersion
from escalation.protocol import ProtocolError, Rules
from escalation.reading import parse
from escalation.worktime import Calendar, CalendarError

ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Trial:
    """Rules to try. `digest` is the sha256 of every document that was tried, so that a decision can cite it."""

    label: str
    rules: Rules
    digest: str
    calendars: tuple[str, ...] = ()


def find(word: str, key: str = DEFAULT) -> ProtocolVersion:
    """The version a person names: `3` (of the protocol `key`) or `five-tier@3`. Raises NoProtocol with a sentence."""
    name, _, number = word.rpartition("@")
    found = None
    if number.isdecimal() and len(number) < 10:
        found = ProtocolVersion.objects.filter(key=name or key, number=int(number)).first()
    if found is None:
        raise NoProtocol(f"There is no version “{word}” of the protocol. Name one as in {key}@2, or by its number.")
    return found


def trial_of(version: ProtocolVersion, drafts: Sequence[CalendarVersion] = ()) -> Trial:
    """The rules of `version` as if they had always been in force, `drafts` of calendars likewise.

    Raises ProtocolError with a sentence when a document cannot be read.
    """
    known = calendars()
    documents = [version.document]
    for draft in drafts:
        try:
            calendar = Calendar.from_document(draft.document | {"label": draft.label})
        except CalendarError as why:
            raise ProtocolError(f"The calendar {draft.label} cannot be used: {why}") from None
        known[draft.key] = ((ALWAYS, calendar),)
        documents.append(draft.document)
    said = json.dumps(documents, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Trial(
        label=version.label,
        rules=Rules(parse(version.label, version.document), known),
        digest=hashlib.sha256(said.encode()).hexdigest(),
        calendars=tuple(draft.label for draft in drafts),
    )


def find_calendar(label: str) -> CalendarVersion:
    """The calendar version `label`, whatever its status. Raises NoProtocol with a sentence."""
    found = CalendarVersion.objects.filter(label=label).first()
    if found is None:
        raise NoProtocol(f"There is no calendar version “{label}”. Name one as in office@2.")
    return found
