"""Protocols shipped with Milepost, as JSON files, and the function that installs one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps

HERE = Path(__file__).parent
GetModel = Callable[[str, str], Any]


def read_pack(name: str) -> dict[str, Any]:
    """A shipped pack by its file name without `.json`."""
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


def install(pack: dict[str, Any], *, at: datetime, get_model: GetModel = apps.get_model) -> None:
    """Puts a pack's teams, topics, calendars and protocol in place, published; what is there stays.

    Used by the first migration with that moment's models, so it names only fields the first tables have.
    """
    for row in pack["teams"]:
        get_model("cases", "Team").objects.get_or_create(slug=row["slug"], defaults=row)
    for position, row in enumerate(pack["categories"], start=1):
        values = row | {"position": position}
        get_model("cases", "Category").objects.get_or_create(slug=row["slug"], defaults=values)
    for key, document in pack["calendars"].items():
        _publish(get_model("escalation", "CalendarVersion"), key, document, at)
    _publish(get_model("escalation", "ProtocolVersion"), pack["key"], pack["protocol"], at)


def _publish(model: Any, key: str, document: dict[str, Any], at: datetime) -> None:
    """Version 1 of a document, in force; nothing when the key has a version already."""
    if not model.objects.filter(key=key).exists():
        model.objects.create(
            key=key, number=1, label=f"{key}@1", status="published", document=document, made_at=at, published_at=at
        )
