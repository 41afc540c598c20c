"""Runs an act on many cases: a few in the request, more by the queue, and on where it was killed."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django_q.tasks import async_task

from cases.models import User
from escalation.models import BulkRun, Heartbeat
from feedback import bulk
from portal import clock, queue

log = logging.getLogger("milepost.bulk")
#: As many cases as are done while a person waits.
IN_REQUEST = 25
#: Seconds the queue gives one run; settings keep a task from being offered again before that.
LONGEST = 540
#: Without a sign of life for so long a run has died, or the queue does not run.
SILENT = timedelta(minutes=3)


def ask(name: str, cases: dict[int, int], given: dict[str, Any], *, form_key: str, by: User, at: datetime) -> BulkRun:
    """A new run, or the one this form began before: done when it returns if it is small, else queued."""
    row = bulk.begin(name, cases, given, form_key=form_key, by=by, at=at)
    if row.state == BulkRun.State.WAITING:
        go_on(row)
    return row


def go_on(row: BulkRun) -> None:
    """Does what is left of a run, here or in the queue."""
    if row.rows.filter(state="waiting").count() <= IN_REQUEST:
        run(row.pk)
    else:
        async_task("portal.console.bulk_run.run", row.pk, timeout=LONGEST, task_name=f"bulk-{row.pk}")


def run(pk: int) -> None:
    """What the queue calls. A task that is offered twice finds the rows that are left, or none."""
    bulk.carry_on(BulkRun.objects.get(pk=pk), now=clock.now)


def trouble(row: BulkRun, now: datetime) -> str:
    """Why an unfinished run does not go on, in a sentence; empty when all is well."""
    if row.state not in BulkRun.UNFINISHED or now - row.heard_at < SILENT:
        return ""
    if Heartbeat.objects.filter(role=queue.ROLE, last_loop__gte=now - SILENT).exists():
        return "It stopped, or waits behind other work of the queue. Nothing is done twice: you can let it go on."
    return f"More than {IN_REQUEST} cases are done by the queue, which is not running. Nothing is lost."
