"""The sweep: whatever is due is found, decided and written in batches; cost follows what is due.

Steps: (1) missed clocks and warnings, by the cases' alarm instants; (2) open cases whose owner is no longer
here; (3) open cases no clock would ever wake. A case that cannot be handled is set aside with its error.
Running it twice at once, killing it, or not running it for days loses and doubles nothing.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import models, transaction

from cases.holding import not_held
from cases.lifecycle import OPEN
from cases.models import Case, Event
from escalation.directory import Directory
from escalation.facts import OwnerLost
from escalation.models import Alert, SetAside
from escalation.steps import Step
from escalation.store import flush, lock_due, turns_of, update_rows
from escalation.turn import Turn

log = logging.getLogger("milepost.sweep")
BATCH = 500
#: How long a set-aside case waits before the next try: 1, 4, 16, then 60 minutes.
WAITS, LONGEST_WAIT = [timedelta(minutes=m) for m in (1, 4, 16)], timedelta(hours=1)
SHOWN_AFTER = 3  # tries, from which on supervisors see it in red


def due_cases(now: datetime) -> models.QuerySet:
    """Cases whose alarm instant has come."""
    return Case.everything.filter(wake_at__lte=now)


def sweep_batch(now: datetime, limit: int = BATCH) -> int:
    """Handles up to `limit` due cases and returns how many there were; 0 when nothing is due."""
    try:
        return _sweep(now, limit)
    except Exception:
        log.exception("A batch could not be handled; trying its cases one by one.")
        return _one_by_one(now, limit)


def _sweep(now: datetime, limit: int, only: int | None = None) -> int:
    """One batch in one transaction; `only` names the one case to look at."""
    with transaction.atomic():
        turns = lock_due(now, limit, only=only)
        good, bad = _settle_each(turns, now)
        flush(good, now)
        _forgive(good)
        _set_aside(bad, now)
        return len(turns)


def _settle_each(turns: list[Turn], now: datetime) -> tuple[list[Turn], list[tuple[Case, Exception]]]:
    """Decides each case; one that fails costs only itself."""
    good, bad = [], []
    for turn in turns:
        try:
            turn.settle(now)
            if not turn.events:
                # Its alarm instant was early (a retry, an edit by hand): set it right.
                turn.set_alarm_instants()
            good.append(turn)
        except Exception as error:
            log.exception("Case %s could not be handled.", turn.case.pk)
            bad.append((turn.case, error))
    quiet = [turn.case for turn in good if not turn.events]
    update_rows(Case, ("wake_at", "promise_at"), quiet)
    return good, bad


def _one_by_one(now: datetime, limit: int) -> int:
    """After a batch failed as a whole: each case in a transaction of its own, so that the culprit is found."""
    ids = list(due_cases(now).order_by("severity", "wake_at").values_list("pk", flat=True)[:limit])
    for case_id in ids:
        try:
            _sweep(now, 1, only=case_id)
        except Exception as error:
            with transaction.atomic():
                _set_aside([(Case.everything.get(pk=case_id), error)], now)
    return len(ids)


def _set_aside(bad: list[tuple[Case, Exception]], now: datetime) -> None:
    """Takes cases out of the way for a while and, after a few tries, shows them in red."""
    for case, error in bad:
        # Read again, and held: the turn changed the row in memory before it failed, a person may change it now.
        fresh = Case.everything.select_for_update(of=("self",)).get(pk=case.pk)
        row, _ = SetAside.objects.get_or_create(
            case=fresh, defaults={"error": "", "tries": 0, "first_at": now, "retry_at": now}
        )
        row.tries += 1
        row.error = f"{type(error).__name__}: {error}"[:500]
        row.retry_at = now + (WAITS[row.tries - 1] if row.tries <= len(WAITS) else LONGEST_WAIT)
        row.save(update_fields=["tries", "error", "retry_at"])
        fresh.wake_at = row.retry_at
        update_rows(Case, ("wake_at",), [fresh])
        if row.tries >= SHOWN_AFTER:
            alarm(fresh, "engine_error", f"The clocks of this case cannot be run: {error}"[:300], now)


def _forgive(good: list[Turn]) -> None:
    """Forgets the failures of cases that could be handled after all."""
    healed = [turn.case.pk for turn in good if getattr(turn.case, "set_aside", None)]
    if healed:
        SetAside.objects.filter(case__in=healed).delete()
        Alert.everything.filter(case__in=healed, kind="engine_error", cleared_at__isnull=True).delete()


def alarm(case: Case, kind: str, text: str, now: datetime) -> None:
    """Raises a red alarm once; while it stands a second one changes nothing."""
    Alert.everything.bulk_create(
        [Alert(case=case, is_drill=case.is_drill, kind=kind, text=text, raised_at=now)], ignore_conflicts=True
    )


def ownerless(now: datetime) -> models.QuerySet:
    """Open cases whose owner has been deactivated."""
    return Case.everything.filter(owner__is_active=False, state__in=OPEN, is_history=False)


def free_ownerless(now: datetime) -> int:
    """Gives cases of people who are gone back to their team, in red, and tells the lead."""
    with transaction.atomic():
        gone = ownerless(now).select_related("category").order_by("pk")[:BATCH]
        gone = not_held(gone)
        # One directory for all: what one case is given counts for the next.
        directory = Directory.load(now, holds=True)
        freed = [turn for case in gone if (turn := _freed(case, now, directory))]
        flush(freed, now)
        return len(freed)


def _freed(case: Case, now: datetime, directory: Directory) -> Turn | None:
    """One case without its lost owner; None when it cannot be handled, which must not hold up the others."""
    try:
        (turn,) = turns_of([case], now, directory=directory)
        gone = case.owner_id or 0
        turn.settle(now)
        # What was due may have moved the case to people who are there.
        if turn.case.owner_id == gone:
            at = max(now, turn.last.at) if turn.last else now
            turn.take(OwnerLost(at=at, now=at, user=gone), by=None, role=Event.Role.ENGINE)
        return turn
    except Exception:
        log.exception("Case %s cannot be freed of its lost owner.", case.pk)
        return None


def clockless(now: datetime) -> models.QuerySet:
    """Open cases that nothing will ever wake, and nobody has been alarmed about."""
    alarmed = Alert.everything.filter(case=models.OuterRef("pk"), kind="no_clock", cleared_at__isnull=True)
    asleep = Case.everything.filter(state__in=OPEN, wake_at__isnull=True, is_history=False)
    return asleep.filter(~models.Exists(alarmed))


def alarm_clockless(now: datetime) -> int:
    """Raises the alarm for open cases without a future promise."""
    cases = list(clockless(now)[:BATCH])
    for case in cases:
        alarm(case, "no_clock", "No promise is running on this open case. Send an update or pass it up.", now)
    return len(cases)


STEPS = (
    Step("missed clocks", due_cases, sweep_batch),
    Step("lost owners", ownerless, free_ownerless),
    Step("cases without a clock", clockless, alarm_clockless),
)
