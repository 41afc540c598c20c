"""The back-test's check of itself: under the rules a case was recorded under, its rerun is its record, exactly."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from escalation.backtest.record import OWN, Entry, Record
from escalation.backtest.rerun import Rerun, Step
from escalation.facts import NAMES
from escalation.replay import Difference, parted


def differences(rerun: Rerun) -> Iterator[Difference]:
    """Where the rerun parts from the record: the first place, since everything after it follows from it."""
    ref = rerun.record.ref
    if rerun.stuck:
        yield Difference(ref, None, "its course", "recorded", f"not possible: {rerun.stuck}")
        return
    for entry, step in zip_longest(rerun.record.entries, rerun.steps):
        found = list(_apart(rerun.record, entry, step))
        if found:
            yield from found
            return


def _apart(record: Record, entry: Entry | None, step: Step | None) -> Iterator[Difference]:
    ref = record.ref
    if step is None or entry is None:
        yield Difference(ref, entry.seq if entry else None, "what happened", _said(entry), _found(step))
        return
    if step.decision is None or step.why:
        yield Difference(ref, entry.seq, "what happened", _said(entry), f"not possible: {step.refusal or step.why}")
        return
    happening = step.happening
    if step.entry is not None:
        same = step.entry is entry
    else:
        same = entry.kind in OWN and record.happening(entry) == happening
    if not same:
        yield Difference(ref, entry.seq, "what happened", _said(entry), _found(step))
        return
    for what, recorded, found in parted(entry.data, entry.once, step.decision, step.after):
        yield Difference(ref, entry.seq, what, recorded, found)


def _said(entry: Entry | None) -> str:
    return f"“{entry.kind}” {entry.data['args']} at {entry.at:%Y-%m-%d %H:%M:%S}" if entry else "nothing"


def _found(step: Step | None) -> str:
    if step is None:
        return "nothing"
    happening = step.happening
    return f"“{NAMES[type(happening)]}” {happening.arguments()} at {happening.at:%Y-%m-%d %H:%M:%S}"
