"""What a progress report says, line by line: one value for the paper and for the table, so that they cannot differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from escalation.models import Promise, StageClock

MILESTONES, PROMISES, OWNERS, PAUSES, HAPPENED, REMEDIES = (
    "milestones", "promises", "owners", "pauses", "happened", "remedies",
)  # fmt: skip
#: The parts of a report in their order, by the heading they stand under.
PARTS = {
    MILESTONES: _lazy("The milestones"),
    PROMISES: _lazy("What we promised"),
    OWNERS: _lazy("Who had the case"),
    PAUSES: _lazy("When our clock stood still"),
    HAPPENED: _lazy("What has happened"),
    REMEDIES: _lazy("What was given"),
}
#: How a promise of the ledger ended, in a word.
STATUS = {
    Promise.Status.OPEN: pgettext_lazy("of a promise", "Open"),
    Promise.Status.KEPT: pgettext_lazy("of a promise", "Kept"),
    Promise.Status.MOVED: pgettext_lazy("of a promise", "Moved"),
    Promise.Status.BROKEN: pgettext_lazy("of a promise", "Missed"),
    Promise.Status.STOPPED: pgettext_lazy("of a promise", "Stopped"),
    Promise.Status.DROPPED: pgettext_lazy("of a promise", "Not needed any more"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing a report says: when (and until when), what, by whom, what was promised and whether it was kept."""

    part: str
    at: datetime | None
    what: str
    until: datetime | None = None
    who: str = ""
    promised: datetime | None = None
    kept: str = ""
    text: str = ""
    number: int | None = None  # of a milestone, or of an event of the log


@dataclass(frozen=True, slots=True)
class Report:
    """One case as it stands: what it is, in labels and values, and its lines in the order of PARTS."""

    reference: str
    title: str
    facts: Sequence[tuple[str, str]]
    lines: Sequence[Line] = field(default=())

    def of(self, part: str) -> list[Line]:
        return [line for line in self.lines if line.part == part]


def kept_words(kept: bool | None) -> str:
    """'Kept' or 'Missed'; nothing while it is not known."""
    if kept is None:
        return ""
    return str(STATUS[Promise.Status.KEPT if kept else Promise.Status.BROKEN])


def owners(spans: Iterable[tuple[datetime, str]], end: datetime | None) -> list[Line]:
    """Who had the case from when to when. `spans`: (instant, name) after each event, oldest first; `end`: of the case."""
    found: list[tuple[datetime, str]] = []
    for at, name in spans:
        if not found or found[-1][1] != name:
            found.append((at, name))
    ends = [at for at, _name in found[1:]] + [end]
    return [
        Line(OWNERS, at, name or _("No one by name yet"), until=until)
        for (at, name), until in zip(found, ends, strict=True)
        if until is None or until > at
    ]


def pauses(clocks: Iterable[StageClock], words: str = "") -> list[Line]:
    """When the clocks of promises stood still and why, each time once; `words` stand for the reason where given."""
    found: dict[tuple[datetime, datetime | None], str] = {}
    for clock in clocks:
        if clock.told:
            found |= {(pause.start, pause.end): pause.reason for pause in clock.past_pauses() if pause.end}
            if clock.paused_at is not None:
                found[clock.paused_at, None] = clock.pause_reason
    ordered = sorted(found.items(), key=lambda one: (one[0][0], one[0][1] is None, one[0][1]))
    return [Line(PAUSES, start, words or reason, until=end) for (start, end), reason in ordered]


def promised(rows: Iterable[Promise], leads_to: dict[str, str], *, reasons: bool) -> list[Line]:
    """The ledger of what the customer was told, oldest first, each with how it ended."""
    ordered = sorted(rows, key=lambda one: (one.made_at, one.due_at, one.pk))
    return [
        Line(
            PROMISES, one.made_at, leads_to.get(one.clock.kind, one.clock.kind), until=one.settled_at,
            promised=one.due_at, kept=str(STATUS[Promise.Status(one.status)]), text=one.reason if reasons else "",
        )
        for one in ordered
    ]  # fmt: skip
