"""Runs a back-test over many cases, a chunk at a time, on every core there is; nothing is written.

Steps for each case: (1) live it again under the rules it was recorded under and compare with the record;
(2) live it again under the rules being tried; (3) count both and note how they differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min

from cases.models import Case
from cases.snapshot import snapshot
from cases.spread import on_all_cores
from escalation.backtest.changed import Change, change_of
from escalation.backtest.figures import Course, figures_of
from escalation.backtest.record import CHUNK, Record, read
from escalation.backtest.rerun import Rerun
from escalation.backtest.result import Outcome
from escalation.backtest.rules import Trial
from escalation.backtest.selfcheck import differences
from escalation.backtest.told import Emptiness, Listeners, Staff
from escalation.book import NoProtocol, rules_of
from escalation.models import ProtocolVersion
from escalation.protocol import MissingCell, Rules

WEEK = timedelta(days=7)
#: Fewer cases than this are done before a second process has started.
ALONE = 3000


@dataclass(frozen=True, slots=True)
class Window:
    """Cases filed from `since` (inclusive) until `until` (exclusive), followed up to `now`."""

    since: datetime
    until: datetime
    now: datetime

    def cases(self, key: str = "") -> list[int]:
        """Ids of the cases, drills left out: of the protocol `key` where it has any, else all of them."""
        found = Case.objects.filter(filed_at__gte=self.since, filed_at__lt=self.until).order_by("pk")
        own = list(found.filter(protocol__startswith=f"{key}@").values_list("pk", flat=True)) if key else []
        return own or list(found.values_list("pk", flat=True))

    def weeks(self, ids: Sequence[int]) -> float:
        """Its length in weeks, from the first of these cases on; never less than a day, so that a rate can be given."""
        found = Case.objects.filter(filed_at__gte=self.since, filed_at__lt=self.until)
        first = found.aggregate(first=Min("filed_at"))["first"] if ids else None
        begins = max(self.since, first or self.since)
        return max(min(self.until, self.now) - begins, timedelta(days=1)) / WEEK


class Bench:
    """What one process needs to try cases: the rules in use, who stands where, and what was found so far."""

    def __init__(self, window: Window, trial: Trial | None, labels: Sequence[str], company_zone: str) -> None:
        self.window, self.trial = window, trial
        self.staff = Staff.load(window.since, company_zone)
        self.books: dict[str, Rules] = {}
        for label in labels:
            try:
                self.books[label] = rules_of(label)
            except NoProtocol:
                continue
        known = frozenset(target for rules in self.books.values() for target in rules.protocol.targets())
        self.heard = {label: Listeners(self.staff, rules.protocol) for label, rules in self.books.items()}
        self.sure = {label: Emptiness(self.staff, rules.protocol, known) for label, rules in self.books.items()}
        if trial:
            self.trial_heard = Listeners(self.staff, trial.rules.protocol)
            self.trial_sure = Emptiness(self.staff, trial.rules.protocol, known)

    def chunk(self, ids: Sequence[int]) -> Outcome:
        """Tries these cases in one moment of the database."""
        outcome = Outcome(tried=self.trial is not None)
        with snapshot():
            aside = set(Case.objects.filter(pk__in=ids, set_aside__isnull=False).values_list("pk", flat=True))
            for record in read(ids):
                if record.case in aside:
                    outcome.unread["the engine has set them aside with an error"] += 1
                else:
                    self._case(record, outcome)
        return outcome

    def _case(self, record: Record, outcome: Outcome) -> None:
        missing = {entry.protocol for entry in record.entries} - self.books.keys()
        if missing or not record.entries:
            outcome.note_difference(f"{record.ref}: its protocol {', '.join(sorted(missing))} does not exist")
            outcome.unread["their protocol does not exist"] += 1
            return
        rules = self.books[record.entries[0].protocol]
        outcome.protocols[record.protocol] += 1
        outcome.history += record.history
        old, before = self.as_recorded(record, rules)
        apart = next(differences(old), None)
        if apart:
            outcome.note_difference(str(apart))
        outcome.old.add(before)
        if self.trial is None:
            return
        _, after = self.as_tried(record, rules)
        outcome.new.add(after)
        outcome.new_climbs += max(0, len(after.climbs) - len(before.climbs))
        change = change_of(record.ref, before, after)
        if change:
            outcome.note_change(change)

    def as_recorded(self, record: Record, rules: Rules) -> tuple[Rerun, Course]:
        """One case under the rules it was promised under, from version to version. It comes first: see `Record.looks`."""
        rerun = Rerun(record, rules, self.books, self.sure[rules.protocol.label]).run(self.window.now)
        return rerun, figures_of(rerun, self.heard[rules.protocol.label])

    def as_tried(self, record: Record, recorded: Rules) -> tuple[Rerun, Course]:
        """The same case under the tried rules; `recorded` are those it was filed under."""
        assert self.trial is not None
        rules = self.trial.rules
        rerun = Rerun(record, rules, None, self.trial_sure)
        rerun.run(self.window.now, filed_with(record, recorded, rules))
        return rerun, figures_of(rerun, self.trial_heard)


@dataclass(frozen=True, slots=True)
class Tried:
    """One case tried: its course as recorded and as it would be, what both came to, and how they differ."""

    old: Rerun
    new: Rerun
    before: Course
    after: Course
    change: Change | None


def try_one(case: Case, trial: Trial, *, now: datetime, company_zone: str) -> Tried:
    """One case under its own rules and under those of `trial`; nothing is sent or written. Raises NoProtocol."""
    (record,) = read([case.pk])
    bench = Bench(
        Window(case.filed_at, now, now), trial, sorted({entry.protocol for entry in record.entries}), company_zone
    )
    missing = {entry.protocol for entry in record.entries} - bench.books.keys()
    if missing:
        raise NoProtocol(f"The protocol version “{min(missing)}” does not exist.")
    rules = bench.books[record.entries[0].protocol]
    (old, before), (new, after) = bench.as_recorded(record, rules), bench.as_tried(record, rules)
    return Tried(old, new, before, after, change_of(record.ref, before, after))


def filed_with(record: Record, recorded: Rules, tried: Rules) -> dict[str, Any] | None:
    """What a case is filed with where the tried rules give the customer's words another severity; else None."""
    data = dict(record.entries[0].data) if record.entries else {}
    try:
        before, after = (rules.protocol.severity_for(data["impact"]) for rules in (recorded, tried))
    except (KeyError, MissingCell):
        return None
    return data | {"severity": after} if before != after else None


def back_test(
    window: Window,
    trial: Trial | None,
    *,
    company_zone: str,
    key: str = "",
    progress: Callable[[float], None] = lambda share: None,
    alone: bool = False,
) -> dict[str, Any]:
    """The result, as JSON's kinds. `trial` None: only the check of what is published against the record.

    `key` is the protocol whose cases are meant, `company_zone` where people are who name no zone of their own;
    `alone` keeps it to this process.
    """
    ids = window.cases(key)
    labels = sorted(ProtocolVersion.objects.values_list("label", flat=True))
    chunks = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
    whole, done = Outcome(tried=trial is not None), 0
    benches: list[Bench] = []  # one a process, made there: it reads from the database

    def chunk(some: Sequence[int]) -> Outcome:
        if not benches:
            benches.append(Bench(window, trial, labels, company_zone))
        return benches[0].chunk(some)

    with on_all_cores(chunk, alone=alone or len(ids) < ALONE) as do:
        for number, part in enumerate(do(chunks)):
            whole.join(part)
            done += len(chunks[number])
            progress(done / len(ids))
    return whole.as_json(window.weeks(ids))
