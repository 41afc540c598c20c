"""What the linter says: findings, the places they name, and the list of rules that make them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from escalation.lint.ground import Ground

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, slots=True)
class Key:
    """A place for a machine: an editor can link to it.

    `kind` is cell, entry, impact, level, step, topic, guideline, window, calendar, letter, fast_lane, upset or document.
    `category` is a topic or `*` for the row of all; `item` says which one of its kind (a step's number, an
    impact word, a calendar's name).
    """

    kind: str
    category: str | None = None
    severity: int | None = None
    tier: int | None = None
    item: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a protocol: where, what, and what to do. Errors block publishing, warnings do not."""

    severity: str
    code: str
    place: str
    sentence: str
    remedy: str
    key: Key

    @property
    def is_error(self) -> bool:
        return self.severity == ERROR

    def as_document(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.severity} {self.code}: {self.place}: {self.sentence} {self.remedy}"


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule hands back; the linter adds the rule's code and the place in words."""

    key: Key
    sentence: str
    remedy: str


Check = Callable[["Ground"], Iterable[Found]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of defect: its code, how bad it is, and the check that finds it."""

    code: str
    severity: str
    check: Check

    @property
    def says(self) -> str:
        """What it finds, in one sentence."""
        return (self.check.__doc__ or "").strip().split("\n")[0]


RULES: dict[str, Rule] = {}


def rule(code: str, severity: str = ERROR) -> Callable[[Check], Check]:
    """Puts a check on the list under its code."""

    def enter(check: Check) -> Check:
        if code in RULES:
            raise ValueError(f"The rule {code} stands twice.")
        RULES[code] = Rule(code, severity, check)
        return check

    return enter
