"""What a happening is: something that took place, as a decision hears of it. `escalation.facts` has them all."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened at `at`, written down at `now` (later only when the engine catches up)."""

    at: datetime
    now: datetime

    def arguments(self) -> dict[str, Any]:
        """Everything but the two instants, for the log; `revive` is the way back."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("at", "now")}
