"""The beat: one round of everything the engine does, called by `manage.py beat` and by django-q2's one schedule."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import Exists, Min, QuerySet

from cases.chain import make_anchor
from escalation import (
    account_letters,
    beside,
    digest,
    drafts,
    follow,
    letters,
    mail_letters,
    outbox,
    reaching,
    reviews,
    sharing,
    starting,
    sweep,
)
from escalation import erasing as leaving
from escalation.models import Heartbeat
from escalation.steps import Step, look
from feedback import (
    figure_views,
    follow_up_acts,
    follow_ups,
    improvement_letters,
    interim,
    invitations,
    lesson_letters,
    low_letters,
    meeting_letters,
    post_mortem_letters,
    post_mortems,
    problem_letters,
    quality_letters,
    quality_weeks,
    recommending,
    retros,
    today_letters,
    training_letters,
)
from feedback.facts import build as facts
from feedback.rollup import keep as rollups
from portal import clock, file_steps
from portal.console import start
from portal.inbound import fetching
from portal.insights import digesting, mailing
from portal.keeping import copies, erasing, retention

log = logging.getLogger("milepost.beat")
ROLE, LETTERS, KEEPING = "beat", "letters", "keeping"
# The engine owes the survey's invitation; what it says is known in a room the engine does not know.
letters.register(invitations.INVITATION, invitations.compose_invitation)
letters.register(invitations.REMINDER, invitations.compose_reminder)
letters.register(follow.KIND, follow.compose_code)
letters.register(digest.KIND, digest.compose)
letters.register(copies.KIND, copies.compose)
for kind in (leaving.ASKED, leaving.LAST):
    letters.register(kind, leaving.compose)
letters.register(drafts.KIND, drafts.compose)
letters.register(reviews.KIND, reviews.compose)
letters.register(mail_letters.WHERE, mail_letters.compose_where)
composers = starting.COMPOSERS | account_letters.COMPOSERS | problem_letters.COMPOSERS | sharing.COMPOSERS
composers |= lesson_letters.COMPOSERS | quality_letters.COMPOSERS | low_letters.COMPOSERS | interim.COMPOSERS
composers |= post_mortem_letters.COMPOSERS | today_letters.COMPOSERS | {start.KIND: start.compose}
composers |= improvement_letters.COMPOSERS | meeting_letters.COMPOSERS | training_letters.COMPOSERS
composers |= follow_up_acts.COMPOSERS | recommending.COMPOSERS
composers |= mailing.COMPOSERS | digesting.COMPOSERS
for kind, composer in composers.items():
    letters.register(kind, composer)
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
    lag: float = 0.0  # seconds the oldest due clock had been waiting


def database_time() -> datetime:
    """The instant every rule of a round is given: the database's clock, so that a worker's clock cannot matter."""
    if connection.vendor != "postgresql":
        return clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return clock.shifted(cursor.fetchone()[0])


def beat(*roles: str, heart: bool = True) -> Round:
    """One round of the hands named by `roles` (all of them when none is named), each with its heartbeat.

    `heart` False leaves the heartbeats alone: the queue rings the same round, and must not hide a dead loop.
    """
    parts = []
    for role in roles or HANDS:
        parts.append(_round(role))
        if heart:
            write_heartbeat(role, parts[-1])
    whole = parts[-1]
    for part in parts[:-1]:
        whole.done |= part.done
        whole.failed |= part.failed
    return whole


def _round(role: str) -> Round:
    """Asks once what this hand has to do and works it off in batches; a step that fails costs only itself."""
    round_ = Round(database_time())
    for step in look(HANDS[role], round_.at):
        try:
            if step.due is sweep.due_cases:
                round_.lag = _lag(round_.at)
            if done := _work(step, round_):
                round_.done[step.name] = done
        except Exception as error:
            log.exception("The step “%s” failed.", step.name)
            round_.failed[step.name] = f"{type(error).__name__}: {error}"
    return round_


def _lag(at: datetime) -> float:
    """Seconds the oldest due clock has been waiting."""
    oldest = sweep.due_cases(at).aggregate(first=Min("wake_at"))["first"]
    return (at - oldest).total_seconds() if oldest else 0.0


def _work(step: Step, round_: Round) -> int:
    total, until = 0, time.monotonic() + STEP_MOST
    while done := step.work(round_.at):
        total += done
        if time.monotonic() > until:
            break
        # A long round tells the time anew, so that leases and letters are stamped when they happen.
        round_.at = database_time()
    return total


def anchor_folder() -> Path:
    """Where anchors are written outside the database."""
    return settings.DATA_DIR / "anchors"


def write_heartbeat(role: str, round_: Round) -> None:
    """Says that a hand is alive; `last_success` only when every step went well."""
    note = "; ".join(f"{k}: {v}" for k, v in round_.failed.items())[:300]
    row = Heartbeat(role=role, last_loop=round_.at, last_success=round_.at, lag=round_.lag, note=note)
    if round_.failed:
        row.last_success = None
    changed = ["last_loop", "lag", "note"] + ([] if round_.failed else ["last_success"])
    Heartbeat.objects.bulk_create([row], update_conflicts=True, unique_fields=["role"], update_fields=changed)


def _no_anchor(at: datetime) -> QuerySet:
    """The beat's own row, while there is no anchor of the last day."""
    fresh = Heartbeat.objects.filter(role="anchor", last_loop__gt=at - ANCHOR_EVERY)
    return Heartbeat.objects.filter(role=ROLE).filter(~Exists(fresh))


def _anchor(at: datetime) -> int:
    """Writes the head of the log outside the database; once, so the step is done with 0 left."""
    make_anchor(at, anchor_folder())
    write_heartbeat("anchor", Round(at))
    return 0


#: What each hand of the engine does. They run side by side, so that a mail server that hangs delays no clock.
HANDS: dict[str, tuple[Step, ...]] = {
    ROLE: (
        *sweep.STEPS,
        *beside.STEPS,
        *reaching.STEPS,
        *starting.STEPS,
        *reviews.STEPS,
        *invitations.STEPS,
        *interim.STEPS,
        *recommending.STEPS,
        *low_letters.STEPS,
        *today_letters.STEPS,
        *figure_views.STEPS,
        *retros.STEPS,
        *follow_ups.STEPS,
        *lesson_letters.STEPS,
        *improvement_letters.STEPS,
        *meeting_letters.STEPS,
        *drafts.STEPS,
        Step("anchor", _no_anchor, _anchor),
    ),
    LETTERS: (*digest.STEPS, *outbox.STEPS, *file_steps.STEPS),
    # What may take a minute and is late for nobody: neither clocks nor letters wait for it.
    # The quality sample is drawn from the facts, so it comes after them.
    KEEPING: (
        *facts.STEPS,
        *rollups.STEPS,
        *post_mortems.STEPS,
        *quality_weeks.STEPS,
        *recommending.DRAWING,
        *fetching.STEPS,
        *copies.STEPS,
        *erasing.STEPS,
        *retention.STEPS,
    ),
}
#: The hands whose silence is an alarm: a long copy is none.
WATCHED = (ROLE, LETTERS)
#: The queue rings once a minute; a back-test may hold it up a little. Where it never ran it is not used.
QUEUE, QUEUE_LATE_AFTER = "queue", timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Silent:
    """A hand that has not gone round well for `since`; timedelta.max: never yet."""

    role: str
    since: timedelta


def silent(at: datetime, hearts: Mapping[str, Heartbeat] | None = None) -> list[Silent]:
    """The hands of the engine that are silent, and the queue where it has ever run; empty while all are well.

    `hearts`: the heartbeats by role, where they have been read already.
    """
    rows = Heartbeat.objects.in_bulk() if hearts is None else hearts
    found = [_silent(role, rows.get(role), at, LATE_AFTER) for role in WATCHED]
    if QUEUE in rows:
        found.append(_silent(QUEUE, rows[QUEUE], at, QUEUE_LATE_AFTER))
    return [one for one in found if one is not None]


def _silent(role: str, row: Heartbeat | None, at: datetime, after: timedelta) -> Silent | None:
    since = at - row.last_success if row and row.last_success else timedelta.max
    return Silent(role, since) if since > after else None


def is_late(at: datetime) -> bool:
    """Whether deadlines or letters may be missing. The queue only rings the same bell once more: without it nothing is late."""
    return any(one.role in WATCHED for one in silent(at))
