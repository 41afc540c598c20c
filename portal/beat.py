"""The beat: one round of everything the engine does, called by `manage.py beat` and by django-q2's one schedule."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from cases.chain import make_anchor
from escalation import follow, letters, outbox, sweep
from escalation.models import Heartbeat
from escalation.steps import Step, look
from feedback.surveys import compose_invitation
from portal import clock

log = logging.getLogger("milepost.beat")
ROLE, LETTERS = "beat", "letters"
# The engine owes the survey's invitation; what it says is known in a room the engine does not know.
letters.register("survey", compose_invitation)
letters.register(follow.KIND, follow.compose_code)
#: What each hand of the engine does. They run side by side, so that a mail server that hangs delays no clock.
HANDS: dict[str, tuple[Step, ...]] = {ROLE: sweep.STEPS, LETTERS: outbox.STEPS}
ANCHOR_EVERY = timedelta(days=1)
#: The red bar appears when the engine has not gone round well for this long.
LATE_AFTER = timedelta(minutes=2)
#: Seconds one step may go on in one round: letters that are tried again and again must not hold up the clocks.
STEP_MOST = 3.0


@dataclass(slots=True)
class Round:
    """What one round did: rows handled by step, and steps that failed with why."""

    at: datetime
    done: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def database_time() -> datetime:
    """The instant every rule of a round is given: the database's clock, so that a worker's clock cannot matter."""
    if connection.vendor != "postgresql":
        return clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return clock.shifted(cursor.fetchone()[0])


def beat(*roles: str) -> Round:
    """One round of the hands named by `roles` (all of them when none is named), each with its heartbeat."""
    whole = Round(database_time())
    for role in roles or HANDS:
        part = _round(role)
        whole.done |= part.done
        whole.failed |= part.failed
        whole.at = part.at
    if ROLE in (roles or HANDS):
        _anchor(whole.at)
    return whole


def _round(role: str) -> Round:
    """Asks once what this hand has to do, works it off in batches, writes its heartbeat."""
    round_ = Round(database_time())
    for step in look(HANDS[role], round_.at):
        try:
            round_.done[step.name] = _work(step, round_)
        except Exception as error:
            log.exception("The step “%s” failed.", step.name)
            round_.failed[step.name] = f"{type(error).__name__}: {error}"
    write_heartbeat(role, round_)
    return round_


def _work(step: Step, round_: Round) -> int:
    total, until = 0, time.monotonic() + STEP_MOST
    while done := step.work(round_.at):
        total += done
        if time.monotonic() > until:
            break
        # A long round tells the time anew, so that leases and letters are stamped when they happen.
        round_.at = database_time()
    return total


def _anchor(at: datetime) -> None:
    """Once a day the head of the log is written outside the database."""
    last = Heartbeat.objects.filter(role="anchor").first()
    if last and at - last.last_loop < ANCHOR_EVERY:
        return
    make_anchor(at, anchor_folder())
    Heartbeat.objects.update_or_create(role="anchor", defaults={"last_loop": at, "last_success": at})


def anchor_folder() -> Path:
    """Where anchors are written outside the database."""
    return settings.DATA_DIR / "anchors"


def write_heartbeat(role: str, round_: Round) -> None:
    """Says that the engine is alive; `last_success` only when every step went well."""
    row = {"last_loop": round_.at, "note": "; ".join(f"{k}: {v}" for k, v in round_.failed.items())[:300]}
    if not round_.failed:
        row["last_success"] = round_.at
    Heartbeat.objects.update_or_create(role=role, defaults=row)


def lateness(at: datetime) -> timedelta | None:
    """How long ago the engine last went round well; None when it never has."""
    row = Heartbeat.objects.filter(role=ROLE).first()
    return at - row.last_success if row and row.last_success else None


def is_late(at: datetime) -> bool:
    """Whether supervisors must be warned that deadlines may be missing."""
    late = lateness(at)
    return late is None or late > LATE_AFTER
