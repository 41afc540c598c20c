"""Imports what `reading` found, batch by batch; safe to repeat and to run twice at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, OperationalError, transaction

from escalation.book import rules_in_force
from escalation.history import PastCase, PastStep, Recorded, record
from escalation.protocol import Rules
from portal.history.mapping import Legend
from portal.history.names import NOBODY, Names
from portal.history.reading import Harvest, Incident, Problem, Said

BATCH = 500
TRIES = 5  # a batch is tried again when another import wrote some of it meanwhile


@dataclass
class Report:
    """What an import did."""

    cases: int = 0
    events: int = 0
    known: int = 0
    clocks: Counter[tuple[str, str]] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)

    def add(self, done: Recorded, lines: dict[str, int]) -> None:
        self.cases += done.cases
        self.events += done.events
        self.known += len(done.known)
        self.clocks += done.clocks
        self.problems += [Problem(lines[past.ref], past.ref, why) for past, why in done.refused]


def import_harvest(
    harvest: Harvest,
    legend: Legend,
    *,
    clock: Callable[[], datetime],
    dry_run: bool = False,
    progress: Callable[[float], None] = lambda share: None,
) -> Report:
    """Writes every incident of a harvest; with `dry_run` does all the work and undoes it.

    `clock` is asked once a batch for the instant it is written down. Raises NoProtocol when none is published.
    """
    report = Report(problems=list(harvest.problems))
    rules, names = rules_in_force(), Names(legend.origin)
    lines = {one.number: one.line for one in harvest.incidents}
    done = 0
    for batch in _batches(harvest.incidents):
        report.add(_batch(batch, rules, names, legend, clock(), dry_run), lines)
        done += len(batch)
        progress(done / len(harvest.incidents))
    report.problems.sort(key=lambda problem: problem.line)
    return report


def _batches(incidents: Sequence[Incident]) -> Iterator[Sequence[Incident]]:
    for start in range(0, len(incidents), BATCH):
        yield incidents[start : start + BATCH]


def _batch(
    batch: Sequence[Incident], rules: Rules, names: Names, legend: Legend, written: datetime, dry_run: bool
) -> Recorded:
    """One transaction. The second of two imports that met finds the first one's cases when it tries again."""
    for tries_left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                names.meet(_people(batch), {step.category for one in batch for step in one.steps})
                past = [_past(one, names, legend) for one in batch]
                done = record(past, rules, names.categories, origin=legend.origin, written=written)
                transaction.set_rollback(dry_run)
        except (IntegrityError, OperationalError):
            names.forget()
            if not tries_left:
                raise
        else:
            if dry_run:
                names.forget()
            return done
    raise AssertionError("The last try returns or raises.")


def _people(batch: Sequence[Incident]) -> Iterator[tuple[str, str]]:
    for one in batch:
        yield "customer", one.customer
        for step in one.steps:
            yield _owner(step)
            yield _actor(step)


def _owner(step: Said) -> tuple[str, str]:
    """Who has it: the person, else one that stands for the group."""
    if step.owner:
        return "staff", step.owner
    return ("group", step.group) if step.group else ("staff", NOBODY)


def _actor(step: Said) -> tuple[str, str]:
    return ("staff", step.actor) if step.actor else _owner(step)


def _past(one: Incident, names: Names, legend: Legend) -> PastCase:
    return PastCase(
        ref=one.number,
        customer=names.person("customer", one.customer),
        title=one.title,
        description=f"Taken over from {legend.origin}, where it was {one.number}. Its texts were not part of the file.",
        opened_at=one.opened,
        steps=[
            PastStep(
                at=step.at,
                state=step.state,
                severity=step.severity,
                category=names.topic(step.category),
                owner=names.person(*_owner(step)),
                actor=names.person(*_actor(step)),
                partner=legend.partner,
                heard=legend.heard,
            )
            for step in one.steps
        ],
    )
