"""What an act on a case would promise, before anybody presses the button; from the same arithmetic as the act."""

from __future__ import annotations

from datetime import datetime

from cases.models import Case
from escalation.book import NoProtocol, rules_of
from escalation.decision import NotNow, decide
from escalation.decision.chosen import movable
from escalation.decision.ladder import supervisor_clock, tier_clocks
from escalation.facts import Clock, Facts, Updated
from escalation.protocol import MissingCell
from escalation.turn import Turn


def would_promise(case: Case, kind: str, *, at: datetime) -> datetime | None:
    """When a clock of `kind` (reply or supervisor) started at `at` would fall due; None when no rule says."""
    facts = Facts(case.state, case.tier, case.severity, case.complexity, case.category.slug, case.owner_id, None, {})
    try:
        rules = rules_of(case.protocol)
        if kind == Clock.SUPERVISOR:
            return supervisor_clock(facts, rules, at).due
        return next((clock.due for clock in tier_clocks(facts, rules, at, kind)), None)
    except (MissingCell, NoProtocol):
        return None


def next_update(turn: Turn, *, at: datetime, by: int) -> datetime | None:
    """The latest next update the protocol would allow after one sent at `at`; None where none would be promised."""
    try:
        decision = decide(turn.facts(), Updated(at=at, now=at, by=by), turn.rules)
    except (NotNow, MissingCell):
        return None
    return next((clock.due for clock in decision.starts if clock.kind == Clock.UPDATE), None)


def latest_move(turn: Turn) -> datetime | None:
    """The latest instant the next promise could be moved to; None where none can be moved."""
    try:
        return movable(turn.facts(), turn.rules)[1]
    except (NotNow, MissingCell):
        return None
