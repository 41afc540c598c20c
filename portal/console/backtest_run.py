"""Runs the back-tests that are asked for in the console: small ones in the request, the others by the queue."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django_q.tasks import async_task

from cases.models import User
from escalation.backtest import Window, back_test, trial_of
from escalation.book import NoProtocol
from escalation.models import BackTest, Heartbeat, ProtocolVersion
from escalation.protocol import ProtocolError
from feedback import counterfactual
from portal import clock, queue

log = logging.getLogger("milepost.backtest")
#: As many cases as a page may try while a person waits for it: a few seconds.
IN_REQUEST = 1000
#: Seconds the queue gives one run; settings keep a task from being offered again before that.
LONGEST = 540
#: Without a sign of life for so long a run has died, or the queue does not run.
SILENT = timedelta(minutes=3)
EVERY = 1.0  # seconds between two notes of how far it is


def ask(version: ProtocolVersion, days: int, *, by: User, at: datetime) -> BackTest:
    """A new run over the cases filed in the last `days` days: done when it returns if it is small, else queued."""
    row = BackTest(version=version, since=at - timedelta(days=days), until=at, asked_by=by, asked_at=at, heard_at=at)
    row.save(force_insert=True)
    if len(Window(row.since, row.until, at).cases(version.key)) <= IN_REQUEST:
        run(row.pk)
        row.refresh_from_db()
    else:
        async_task("portal.console.backtest_run.run", row.pk, timeout=LONGEST, task_name=f"backtest-{row.pk}")
    return row


def run(pk: int) -> None:
    """Runs what was asked for, once: a task that is offered twice finds it begun."""
    with transaction.atomic():
        row = BackTest.objects.select_for_update(of=("self",)).select_related("version").get(pk=pk)
        if row.state != BackTest.State.WAITING:
            return
        row.state, row.heard_at = BackTest.State.RUNNING, clock.now()
        row.save(update_fields=["state", "heard_at"])
    try:
        trial = trial_of(row.version)
        window = Window(row.since, row.until, row.asked_at)
        row.result = back_test(
            window, trial, company_zone=settings.COMPANY_TIME_ZONE, key=row.version.key, progress=Notes(row).note
        )
        row.digest, row.progress, row.state = trial.digest, 1.0, BackTest.State.DONE
    except (ProtocolError, NoProtocol) as why:
        row.state, row.error = BackTest.State.FAILED, str(why)[:300]
    except Exception as why:
        log.exception("Back-test %s failed.", pk)
        row.state, row.error = BackTest.State.FAILED, f"It could not be finished: {type(why).__name__}."
    row.heard_at = row.finished_at = clock.now()
    row.save(update_fields=["state", "progress", "digest", "result", "error", "heard_at", "finished_at"])
    counterfactual.finished(pk)


class Notes:
    """Writes beside a run how far it is, at most once a second."""

    def __init__(self, row: BackTest) -> None:
        self.row, self.said = row, 0.0

    def note(self, share: float) -> None:
        if time.monotonic() - self.said >= EVERY:
            self.said = time.monotonic()
            self.row.progress, self.row.heard_at = min(share, 1.0), clock.now()
            self.row.save(update_fields=["progress", "heard_at"])


def trouble(row: BackTest, now: datetime) -> str:
    """Why an unfinished run does not go on, in a sentence; empty when all is well."""
    if row.state not in BackTest.UNFINISHED or now - row.heard_at < SILENT:
        return ""
    if row.state == BackTest.State.RUNNING:
        return "It stopped before it was finished. Nothing is lost: ask for it again."
    alive = Heartbeat.objects.filter(role=queue.ROLE, last_loop__gte=now - SILENT).exists()
    if alive:
        return "It waits behind other work of the queue."
    return (
        f"More than {IN_REQUEST:,} cases are tried by the queue, which is not running. Start it, or run "
        f"“manage.py backtest --draft {row.version.label}”."
    )
