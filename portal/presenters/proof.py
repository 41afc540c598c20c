"""Why then? A deadline with its intervals: what counted, what did not, and that it adds up to the second."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from escalation.book import rules_of
from escalation.facts import Clock
from escalation.models import StageClock
from escalation.protocol import Rules
from escalation.worktime import Interval, Pause, Reckoning, reckon

#: What a running clock leads to, in the customer's words; other clocks are ours.
LEADS_TO = {
    Clock.REVIEW: _lazy("We decide how fast we must act"),
    Clock.ACKNOWLEDGE: _lazy("A specialist confirms they have it"),
    Clock.UPDATE: _lazy("The next word from us"),
    Clock.REPLY: _lazy("Our reply to you"),
    Clock.RESOLVE: _lazy("Answer or fix"),
    Clock.SUPERVISOR: _lazy("A supervisor replies"),
    Clock.CONFIRM: _lazy("Your time to say yes or no"),
    Clock.LAPSE: _lazy("Your time to answer our question"),
}
#: Times we count although they are the customer's own.
THEIRS = (Clock.CONFIRM, Clock.LAPSE)
WORDS = {
    "counted": pgettext_lazy("of opening hours", "Open"),
    "closed": pgettext_lazy("of opening hours", "Closed"),
    "paused": _lazy("We waited for your answer"),
}


def reckoning(clock: StageClock, rules: Rules) -> Reckoning:
    """The working of any clock, on the very version of the calendar it was started with.

    While it is stopped there is no due instant; the intervals then end where it was stopped.
    """
    pauses = clock.past_pauses()
    if clock.paused_at is not None:
        pauses.append(Pause(clock.paused_at, None, clock.pause_reason))
    return reckon(rules.by_label(clock.calendar), clock.started_at, clock.target, pauses)


def proof(clock: StageClock, team: str, rules: Rules | None = None) -> dict[str, Any] | None:
    """The working of a running clock in the form parts/proof.html takes; None while it is stopped.

    `team` names whose hours they are; `rules` are those of the clock's protocol, where they are at hand.
    """
    rules = rules or rules_of(clock.protocol)
    calendar, reckoned = rules.by_label(clock.calendar), reckoning(clock, rules)
    if reckoned.due is None:
        return None
    return {
        "start": clock.started_at,
        "due": reckoned.due,
        "target_seconds": clock.target,
        "calendar": calendar,
        "calendar_name": team,
        "rows": [_row(interval) for interval in reckoned.intervals],
    }


def proofs(clocks: Iterable[StageClock], team: str, rules: Rules) -> list[dict[str, Any]]:
    """Every running clock a customer knows of, the next promise first: {kind, title, theirs, proof}."""
    shown = [clock for clock in clocks if clock.outcome is None and clock.kind in LEADS_TO]
    shown = [clock for clock in shown if clock.told or clock.kind in THEIRS]
    rows = []
    for clock in sorted(shown, key=lambda clock: (not clock.promise, clock.due_at is None, clock.due_at)):
        working = proof(clock, team, rules)
        title = str(LEADS_TO[clock.kind])
        rows.append(
            {"kind": clock.kind, "title": title, "theirs": clock.kind in THEIRS, "proof": working, "clock": clock}
        )
    return rows


def _row(interval: Interval) -> dict[str, Any]:
    note = interval.note if interval.kind == "holiday" else str(WORDS[interval.kind])
    return {
        "start": interval.start, "end": interval.end, "kind": interval.kind, "note": note, "seconds": interval.seconds,
    }  # fmt: skip
