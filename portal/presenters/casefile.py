"""Everything a page says of one case, read in as few queries as it takes, whatever has happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case as CaseOf
from django.db.models import Count, IntegerField, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from cases.lifecycle import SETTLED, State
from cases.models import Attachment, Case, Event, Message
from cases.models.case import CaseQuerySet
from escalation.book import rules_of
from escalation.lateness import with_ledger
from escalation.models import Promise, StageClock
from escalation.protocol import Protocol, Rules


def page_query(cases: CaseQuerySet) -> CaseQuerySet:
    """The cases of a door with all that their page needs of the row itself."""
    said = Message.everything.filter(case=OuterRef("pk"), kind=Message.Kind.UPDATE).order_by()
    counted = said.values("case").annotate(n=Count("pk")).values("n")
    updates = Coalesce(Subquery(counted), 0, output_field=IntegerField())
    rows = cases.with_people().select_related("survey").annotate(updates=updates, files_said=_files_said())
    return with_ledger(rows)


def _files_said() -> Coalesce:
    """A number that changes when a file of the case does without the log: checked, or erased."""
    weights = {Attachment.State.CHECKING: 1, Attachment.State.REFUSED: 1000, Attachment.State.ERASED: 1000_000}
    weight = CaseOf(*(When(state=state, then=Value(n)) for state, n in weights.items()), default=Value(0))
    files = Attachment.everything.filter(case=OuterRef("pk")).order_by().values("case").annotate(n=Sum(weight))
    return Coalesce(Subquery(files.values("n")), 0, output_field=IntegerField())


@dataclass(frozen=True)
class CaseFile:
    """One case with its clocks in the order they started, the version it was promised under, and names."""

    case: Any
    clocks: tuple[StageClock, ...]
    rules: Rules
    partner: str = ""
    other: str = ""

    @classmethod
    def load(cls, case: Any) -> CaseFile:
        """Reads the file of a case that came from `page_query`: clocks with what was shown of them, protocol."""
        shown = Promise.everything.filter(clock=OuterRef("pk")).order_by("-made_at", "-pk")
        clocks = StageClock.everything.filter(case=case).order_by("started_seq", "pk")
        clocks = clocks.annotate(shown_due=Subquery(shown.values("due_at")[:1]))
        return cls(case, tuple(clocks), rules_of(case.protocol), **named_in([case])[case.pk])

    @property
    def protocol(self) -> Protocol:
        """The version of the protocol the case was promised under."""
        return self.rules.protocol

    def of(self, *kinds: str) -> list[Any]:
        """The clocks of `kinds`, oldest first."""
        return [clock for clock in self.clocks if clock.kind in kinds]

    def open(self, kind: str) -> Any:
        """The open clock of a kind, or None."""
        return next((clock for clock in self.of(kind) if clock.outcome is None), None)

    @property
    def promise(self) -> StageClock | None:
        """The clock of the case's one next promise, or None when none is open."""
        return next((clock for clock in self.clocks if clock.promise and clock.outcome is None), None)

    @property
    def settled_at(self) -> datetime | None:
        return self.case.settled_at

    @property
    def reopen_until(self) -> datetime | None:
        """The last instant at which the customer can open a settled case again."""
        return reopen_until(self.case, self.protocol.windows.reopen)


def reopen_until(case: Case, window: int) -> datetime | None:
    """When the time to open a settled case again is over; `window` in seconds."""
    settled = case.settled_at
    return settled + timedelta(seconds=window) if settled and case.state in SETTLED else None


def named_in(cases: list[Any]) -> dict[int, dict[str, str]]:
    """Per case the company we wait for and the case it was joined to: one query, and only where they are said."""
    found = {case.pk: {"partner": "", "other": ""} for case in cases}
    wanted = [case.pk for case in cases if case.state in (State.WAITING_PARTNER, State.MERGED)]
    if wanted:
        told = Event.everything.filter(Q(kind="waits_for_partner") | Q(kind="merged"), case__in=wanted).order_by("seq")
        for pk, kind, data in told.values_list("case_id", "kind", "data"):
            arguments = data.get("args", {})
            if kind == "merged":
                found[pk]["other"] = arguments.get("into", "")
            else:
                found[pk]["partner"] = arguments.get("partner", "")
    return found
