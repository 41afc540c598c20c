"""What the linter says of a version, each finding with the address of its place in the editor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from escalation.lint.finding import Key
from escalation.lint.versions import lint_version
from escalation.models import ProtocolVersion
from escalation.protocol import ANY, Protocol

#: Kinds of places that are one page each, and where they stand on the version's page.
SINGLE = {
    "entry": "entry", "impact": "impact", "topic": "topics", "window": "windows", "fast_lane": "fast-lane", "upset": "upset", "document": "own",
}  # fmt: skip


def edit_url(pk: int, part: str, **place: Any) -> str:
    """The address of one page of the editor; `place` names what is edited there."""
    address = reverse("admin:escalation_protocolversion_edit", args=[pk, part])
    known = {name: value for name, value in place.items() if value is not None}
    return f"{address}?{urlencode(known)}" if known else address


def findings(version: ProtocolVersion, protocol: Protocol, at: datetime) -> list[dict[str, Any]]:
    """Everything the linter found, errors first."""
    return [{"finding": one, "url": place_url(version.pk, protocol, one.key)} for one in lint_version(version, at)]


def counted(rows: Sequence[dict[str, Any]]) -> str:
    """'3 errors, 2 warnings'; 'Nothing found' when there is nothing."""
    errors = sum(row["finding"].is_error for row in rows)
    parts = [(errors, "error"), (len(rows) - errors, "warning")]
    said = [f"{number} {word}{'' if number == 1 else 's'}" for number, word in parts if number]
    return ", ".join(said) or "Nothing found"


def place_url(pk: int, protocol: Protocol, key: Key) -> str:
    """The page on which a place is changed; empty for what a protocol's editor cannot mend."""
    level = key.tier if key.tier and 1 <= key.tier <= protocol.top else None
    if key.kind == "cell" and level and key.severity in (1, 2, 3, 4):
        rows = {row for row, _, _ in protocol.matrix}
        topic = next((row for row in protocol.lineage(key.category or ANY) if row in rows), ANY)
        return edit_url(pk, "cell", topic=topic, severity=key.severity, level=level)
    if key.kind == "level":
        return edit_url(pk, "level", level=level) if level else edit_url(pk, "levels")
    if key.kind == "step" and level:
        number = int(key.item) if key.item and key.item.isdecimal() else 0
        there = 1 <= number <= len(protocol.tier(level).steps)
        return edit_url(pk, "step", level=level, step=number) if there else edit_url(pk, "steps", level=level)
    if key.kind == "guideline":
        ids = [rule.id for rule in protocol.guidelines]
        place = ids.index(key.item) + 1 if key.item in ids else None
        return edit_url(pk, "guideline", rule=place) if place else edit_url(pk, "guidelines")
    if key.kind == "calendar":
        return reverse("admin:escalation_calendarversion_changelist")
    return edit_url(pk, SINGLE[key.kind]) if key.kind in SINGLE else ""
