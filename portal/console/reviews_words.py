"""The pack of a review as the page says it: shares in words, levels and clocks by name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cases.models import Severity
from cases.models.case import Impact
from escalation.facts import Clock
from escalation.reviews import day_of
from feedback.review_pack import AT_ONCE
from portal.console.protocol_words import Names

Pack = Mapping[str, Any]


def share(counted: Pack) -> dict[str, str]:
    """{value: '12%' (or 'too few to say', or '-'), of: '3 of 25', range: '4% to 30%'}."""
    hits, n = counted["hits"], counted["n"]
    if not n:
        return {"value": "-", "of": "none", "range": ""}
    of = f"{hits:,} of {n:,}"
    if counted["low"] is None:
        return {"value": "Too few to say", "of": of, "range": ""}
    return {"value": percent(hits / n), "of": of, "range": f"{percent(counted['low'])} to {percent(counted['high'])}"}


def percent(part: float) -> str:
    return f"{100 * part:.0f}%"


def told(pack: Pack, names: Names) -> dict[str, Any]:
    """What console/review_pack.html takes."""
    climbs, asked = pack["climbs"], pack["expectations"]
    return {
        "cases": pack["cases"],
        "versions": [one["label"] for one in pack["versions"]],
        "levels": [_level(row) for row in pack["levels"]],
        "missed": [_clock(row) for row in _worst_first(pack["clocks"]) if row["missed"]["hits"]],
        "kept": [_clock(row) for row in pack["clocks"] if not row["missed"]["hits"]],
        "climbs": climbs["total"],
        "moves": [
            {"name": "Late: a missed time moved it, not a person", "share": share(climbs["late"])},
            {"name": "False: it need not have come up", "share": share(climbs["false"])},
            {"name": "Sent back down by the level it came to", "share": share(climbs["returned"])},
        ],
        "false_why": climbs["false_why"],
        "at_once": int(AT_ONCE.total_seconds() // 3600),
        "overridden": share(pack["guidelines"]["overridden"]),
        "rules": [row | {"share": share(row["overridden"])} for row in pack["guidelines"]["rules"]],
        "said": {when: share(asked["said"][when]) for when in ("now", "before")},
        "filed": asked["filed"],
        "impacts": [_impact(row, asked["filed"], names) for row in asked["impacts"]],
        "trend": [_quarter(row) for row in asked["trend"]],
    }


def _quarter(row: Pack) -> dict[str, Any]:
    """One quarter of what customers ask for; the last day is the one before its end."""
    since, until = (datetime.fromisoformat(row[name]) for name in ("since", "until"))
    shares = [share(row[name]) for name in ("said", "asked", "early", "slow")]
    return {"first": day_of(since), "last": day_of(until) - timedelta(days=1), "filed": row["filed"], "shares": shares}


def _worst_first(rows: list[Pack]) -> list[Pack]:
    """As the pack has them, but those that are too few to say anything last."""
    return sorted(rows, key=lambda row: row["missed"]["low"] is None)


def _level(row: Pack) -> dict[str, Any]:
    return {**row, "acknowledged": share(row["acknowledged"])}


def _clock(row: Pack) -> dict[str, Any]:
    name: str = Clock.NAMES.get(row["clock"]) or row["clock"]
    return {"name": name[0].upper() + name[1:], "level": row["level"], "share": share(row["missed"])}


def _impact(row: Pack, filed: Mapping[str, int], names: Names) -> dict[str, Any]:
    target = row["target"]
    said: dict[str, Any] = {"words": str(Impact(row["impact"]).label), "now": _part(row["now"], filed["now"])}
    said |= {"before": _part(row["before"], filed["before"]), "in_time": share(row["answered_in_time"]), "target": ""}
    if target:
        times = [names.spell(target[name], target["calendar"]) for name in ("acknowledge", "update", "resolve")]
        word = str(Severity(target["severity"]).label)
        said["target"] = f"{word}: a name within {times[0]}, news every {times[1]}, an answer within {times[2]}"
    return said


def _part(number: int, of: int) -> str:
    return f"{number:,} ({percent(number / of)})" if of else f"{number:,}"
