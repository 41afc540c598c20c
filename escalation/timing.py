"""Pure arithmetic on open clocks: start, pause, resume, and what a raised severity does to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from escalation.altered import altered
from escalation.facts import Clock, ClockFact, Facts, Outcome
from escalation.protocol import Cell, Rules
from escalation.worktime import Calendar, Pause

PROMISES = (Clock.REVIEW, Clock.ACKNOWLEDGE, Clock.UPDATE, Clock.REPLY, Clock.CONFIRM)
TOLD = (*PROMISES, Clock.RESOLVE, Clock.SUPERVISOR)
#: Timers the case waits on; nobody is warned that they run.
UNWARNED = (Clock.CONFIRM, Clock.SURVEY, Clock.CLOSING, Clock.STEP, Clock.JUSTIFY)
#: Due soon: the smaller of a fifth of the allowance and two working hours.
SOON_SHARE, SOON_MOST = 5, 2 * 3600


def cell_of(facts: Facts, rules: Rules) -> Cell:
    """The matrix row that governs the case where it stands."""
    cell = rules.protocol.cell(facts.category, facts.severity, facts.tier)
    percent = rules.protocol.upset.update_percent
    # Who is upset hears from us more often; every other time is as it was.
    return replace(cell, update=max(1, cell.update * percent // 100)) if facts.is_upset and percent < 100 else cell


def target_of(cell: Cell, kind: str) -> int | None:
    """The allowance of a kind of clock in a matrix row; a reply is owed as fast as an acknowledgment."""
    return getattr(cell, Clock.ACKNOWLEDGE if kind == Clock.REPLY else kind)


def on_calendar(clock: ClockFact, calendar: Calendar, lead: int | None = None) -> ClockFact:
    """The clock with its due and warning instants counted on `calendar`, past pauses left out.

    `lead` is the warning's distance from the due instant in seconds of working time.
    """
    if clock.paused_at is not None:
        return altered(clock, due=None, warn=None, calendar=calendar.label)
    before = _lead(clock.kind, clock.target, lead)
    due = _reached(calendar, clock, clock.target)
    warn = _reached(calendar, clock, clock.target - before) if before else None
    return altered(clock, due=due, warn=warn, calendar=calendar.label)


def _reached(calendar: Calendar, clock: ClockFact, seconds: int) -> datetime | None:
    if clock.pauses:
        return calendar.due_paused(clock.started_at, seconds, clock.pauses)
    return calendar.due(clock.started_at, seconds)


def _lead(kind: str, target: int, lead: int | None) -> int:
    """Seconds of working time before the due instant at which the clock warns; 0 when it does not."""
    lead = min(target // SOON_SHARE, SOON_MOST) if lead is None else lead
    return lead if kind not in UNWARNED and 0 < lead < target else 0


def started(
    kind: str, rules: Rules, calendar_key: str, target: int, at: datetime, *, lead: int | None = None
) -> ClockFact:
    """A clock of `kind` running from `at` for `target` seconds of working time."""
    calendar = rules.calendar(calendar_key, at)
    before = _lead(kind, target, lead)
    return ClockFact(
        kind=kind,
        started_at=at,
        target=target,
        calendar=calendar.label,
        due=calendar.due(at, target),
        warn=calendar.due(at, target - before) if before else None,
        promise=kind in PROMISES,
        told=kind in TOLD,
    )


def round_the_clock(kind: str, rules: Rules, seconds: int, at: datetime) -> ClockFact:
    """A timer that counts every second."""
    return started(kind, rules, "always", seconds, at)


def paused(clock: ClockFact, at: datetime, reason: str) -> ClockFact:
    """The clock stopped at `at`, for a reason the customer can read. It has no due instant until it goes on."""
    return altered(clock, paused_at=at, pause_reason=reason, due=None, warn=None)


def resumed(clock: ClockFact, at: datetime, rules: Rules) -> ClockFact:
    """The clock going on at `at` with what was left of its target."""
    if clock.paused_at is None:
        return clock
    stood = Pause(clock.paused_at, at, clock.pause_reason)
    running = altered(clock, pauses=(*clock.pauses, stood), paused_at=None, pause_reason="")
    going = on_calendar(running, rules.by_label(clock.calendar))
    # Where the time of the warning came before the stop, it was given then: nothing is due in the past.
    return altered(going, warn=None) if going.warn is not None and going.warn < at else going


def reopen_until(settled: datetime, rules: Rules) -> datetime:
    """The last instant at which a case that is settled at `settled` can be opened again."""
    return settled + timedelta(seconds=rules.protocol.windows.reopen)


def ending(clock: ClockFact, rules: Rules) -> dict[str, datetime]:
    """What a letter says of a case that `clock` closes by itself: when, and until when it can then be opened again."""
    return {} if clock.due is None else {"closes": clock.due, "reopen_until": reopen_until(clock.due, rules)}


def cheaper(
    before: Facts, after: Facts, rules: Rules, at: datetime
) -> tuple[dict[str, str], tuple[ClockFact, ...], tuple[ClockFact, ...]]:
    """What a new severity or topic does to open clocks: (ends, starts, changed)."""
    if before.severity == after.severity and before.category == after.category:
        return {}, (), ()
    return brought_forward(before, after, rules, at)


def sooner(fresh: ClockFact, clock: ClockFact) -> bool:
    return fresh.due is not None and clock.due is not None and fresh.due < clock.due


def brought_forward(
    before: Facts, after: Facts, rules: Rules, at: datetime
) -> tuple[dict[str, str], tuple[ClockFact, ...], tuple[ClockFact, ...]]:
    """What the matrix row of `after` does to the open clocks of `before`: (ends, starts, changed).

    A promise may come earlier, never later: where the new target would end sooner, counted from `at`, a new
    clock replaces the old one. A stopped clock keeps what it has spent and gets the smaller target.
    """
    ends: dict[str, str] = {}
    starts: list[ClockFact] = []
    changed: list[ClockFact] = []
    cell = cell_of(after, rules)
    for kind in (Clock.ACKNOWLEDGE, Clock.REPLY, Clock.UPDATE, Clock.RESOLVE, Clock.REFER_UP):
        clock, target = before.clock(kind), target_of(cell, kind)
        if clock is None or target is None:
            continue
        fresh = started(kind, rules, cell.calendar, target, at)
        fresh = altered(fresh, promise=clock.promise, told=clock.told)
        if clock.paused_at is not None and fresh.calendar == clock.calendar:
            # What is spent is spent: a second more, or it would have fallen due before it was stopped.
            spent = rules.by_label(clock.calendar).worked(clock.started_at, clock.paused_at, clock.pauses)
            if max(target, spent + 1) < clock.target:
                changed.append(altered(clock, target=max(target, spent + 1)))
        elif clock.paused_at is not None and not sooner(fresh, resumed(clock, at, rules)):
            continue  # on another calendar, but what is spent makes the old one end first
        elif clock.paused_at is not None:
            ends[kind] = Outcome.CANCELLED
            starts.append(paused(fresh, at, clock.pause_reason))
        elif sooner(fresh, clock):
            ends[kind] = Outcome.CANCELLED
            starts.append(fresh)
    return ends, tuple(starts), tuple(changed)
