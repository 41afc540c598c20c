"""What happens to where a case stands among the others, and to whom it is brought to mind: no clock hears it."""

from __future__ import annotations

from dataclasses import dataclass

from escalation.happening import Happening


@dataclass(frozen=True, slots=True)
class TopicChanged(Happening):
    """A person puts the case under another topic; how urgent it is stays."""

    category: str
    by: int


@dataclass(frozen=True, slots=True)
class Reminded(Happening):
    """A person reminds who has the case; nothing about it changes."""

    by: int
