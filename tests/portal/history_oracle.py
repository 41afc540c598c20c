"""What a ServiceNow export says of its incidents, read off its rows by nothing but csv: no mapping, import or rule of the product.

How rows are to be read is written in docs/import.md; this is that page told a second time.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace as Row
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
WAITING = {"Awaiting User Info": "customer", "Awaiting Evidence": "customer", "Awaiting Vendor": "partner"}
WORKING = ("Active", "Awaiting Problem")
#: What the parts of a case's life are called in its facts.
STAGES = {
    "new": "in_review", "judged": "in_acknowledgment", "work": "in_work", "customer": "in_waiting_customer",
    "partner": "in_waiting_partner", "answered": "in_confirmation",
}  # fmt: skip


def incidents(path: Path) -> dict[str, Row]:
    """Every incident whose rows run forwards, by its number."""
    packed = path.suffix == ".gz"
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8-sig") if packed else path.open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            rows[row["number"]].append(row)
    found = {number: _lived(mine) for number, mine in rows.items()}
    return {number: one for number, one in found.items() if one is not None}


def _instant(text: str, after: datetime | None = None) -> datetime:
    local = datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=LONDON)
    at = local.astimezone(UTC)
    if after is not None and at < after:
        at = local.replace(fold=1).astimezone(UTC)  # the hour that comes twice
    return at


def _lived(rows: list[dict[str, str]]) -> Row | None:
    """One incident from its first row to its last; None when its times run backwards."""
    filed = _instant(rows[0]["opened_at"])
    one = Row(
        filed_at=filed, customer=next((r["caller_id"] for r in rows if r["caller_id"] != "?"), "?"), state="new",
        severity=int(rows[0]["priority"][0]), topic=rows[0]["category"], replies=0, rejections=0, reopenings=0,
        severity_filed=int(rows[0]["priority"][0]), severity_worst=int(rows[0]["priority"][0]), judged_at=None, last=filed,
        replied_at=None, resolved_at=None, closed_at=None, settled_at=None, back_at=None, spent=Counter(), hand_overs=0, owner=None,
    )  # fmt: skip
    for row in rows:
        at = _instant(row["sys_updated_at"], one.last)
        if at < one.last:
            return None
        if one.state in STAGES:
            one.spent[STAGES[one.state]] += int((at - one.last).total_seconds())
        one.last = at
        _turned(one, row["incident_state"], row, at)
    return one


def _turned(one: Row, state: str, row: dict[str, str], at: datetime) -> None:
    """What one row changes."""
    goes_on = state not in ("Resolved", "Closed")
    if goes_on and one.state == "answered":
        one.state, one.rejections, one.resolved_at = "work", one.rejections + 1, None
    elif goes_on and one.state == "closed":
        one.state, one.reopenings = "work", one.reopenings + 1
        one.resolved_at = one.closed_at = None
        if one.settled_at and one.back_at is None:
            one.back_at = at
    if one.state == "closed":
        return  # a word after the end changes nothing
    begins = state in WORKING or state in WAITING
    owner = row["assigned_to"] if row["assigned_to"] != "?" else f"group {row['assignment_group']}"
    taken = one.state in ("new", "judged") and begins
    if owner != one.owner and not taken and (one.owner or state == "New"):
        one.hand_overs, one.owner = one.hand_overs + 1, owner
    severity, topic = int(row["priority"][0]), row["category"]
    if (one.state == "new" and state != "New") or (severity, topic) != (one.severity, one.topic):
        one.judged_at = one.judged_at or at
        one.severity, one.topic, one.severity_worst = severity, topic, min(severity, one.severity_worst)
        one.state = "judged" if one.state == "new" else one.state
    if begins:
        if one.state == "judged":
            one.owner = owner
        one.state = WAITING.get(state, "work")
    if state == "Resolved" or (state == "Closed" and one.state not in ("customer", "answered")):
        if one.state != "answered":
            one.replies, one.replied_at = one.replies + 1, one.replied_at or at
            one.owner = one.owner or owner  # who answers has it
        one.state = "answered"
    if state == "Closed":
        if one.state == "answered":
            one.resolved_at = at
            one.settled_at = one.settled_at or at
        one.state, one.closed_at = "closed", at


def reviewed(found: Iterable[Row], due: Callable[[Row], datetime]) -> tuple[int, int]:
    """(judged first before the time owed, all that were judged, or known by a later row to be late): at that instant it is over."""
    ended = [(one, due(one)) for one in found]
    ended = [(one, end) for one, end in ended if one.judged_at is not None or one.last > end]
    return sum(one.judged_at is not None and one.judged_at < end for one, end in ended), len(ended)
