"""Protocols shipped with Milepost, as JSON files: reading and installing them, carrying them in and out, presets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps

from escalation.packs.exchange import FORMAT, calendars_of, check_pack, export_pack, import_pack

__all__ = (
    "FORMAT", "PACKS", "Preset", "calendars_of", "check_pack", "export_pack", "import_pack", "install", "presets", "read_pack",
)  # fmt: skip

HERE = Path(__file__).parent
#: File names without `.json`, and what they are for.
PACKS = {
    "five_tier": "Five levels, office hours; critical cases round the clock. What a fresh installation has.",
    "saas_24x7": "A software service: four levels, urgent cases round the clock with people on duty, skills.",
    "small_team": "Two levels, office hours; critical cases every day.",
}
GetModel = Callable[[str, str], Any]


def read_pack(name: str) -> dict[str, Any]:
    """A shipped pack by its file name without `.json`."""
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Preset:
    """Steps somebody can start from: `level` says which one they are meant for, `says` what happens."""

    key: str
    level: int
    name: str
    says: str
    steps: tuple[dict[str, Any], ...]

    @property
    def needs_specialists(self) -> bool:
        return any("{specialists}" in step["target"] for step in self.steps)

    def fitted(self, team: str, specialists: str = "") -> list[dict[str, Any]]:
        """The steps as a document, for a level's team; ValueError when it needs a specialist team and gets none."""
        if self.needs_specialists and not specialists:
            raise ValueError("Choose the specialist team that takes over.")
        return [dict(step, target=step["target"].format(team=team, specialists=specialists)) for step in self.steps]


def presets() -> tuple[Preset, ...]:
    """The shipped presets, in the order of their levels."""
    rows: Any = read_pack("presets")
    return tuple(Preset(**row | {"steps": tuple(row["steps"])}) for row in rows)


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
