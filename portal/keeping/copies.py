"""A copy of everything that is a person's: asked for on a page, made by the queue, else by the beat, gone after a week.

The queue is only a doorbell: a row that nobody has taken for a while is made by the beat, and so is one whose maker died.
"""

from __future__ import annotations

import logging
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import F
from django_q.tasks import async_task

from cases.models import DataCopy, User
from cases.snapshot import snapshot
from escalation.letters import NotNeeded, spell, zone_of
from escalation.models import Notice
from escalation.steps import Step
from portal import clock
from portal.keeping import content

log = logging.getLogger("milepost.copies")
S = DataCopy.State
KIND = "data_ready"
KEPT = timedelta(days=7)
#: Without a sign of life for so long the queue does not run, or whoever made it has died.
SILENT = timedelta(minutes=2)
LONGEST = 540  # seconds the queue gives one copy; settings keep a task from being offered again before that
MOST_TRIES = 3


def folder() -> Path:
    """Where copies lie: nobody but the server's own account may look in."""
    made: Path = settings.DATA_DIR / "copies"
    made.mkdir(mode=0o700, parents=True, exist_ok=True)
    return made


def ask(person: User, *, at: datetime) -> DataCopy:
    """A copy that will be made; while one is being made, that one."""
    try:
        with transaction.atomic():
            row = DataCopy.objects.create(user=person, asked_at=at, heard_at=at)
    except IntegrityError:
        return DataCopy.objects.get(user=person, state__in=DataCopy.UNFINISHED)
    async_task("portal.keeping.copies.make", row.pk, timeout=LONGEST, task_name=f"copy-{row.pk}")
    return row


def newest(person: User) -> DataCopy | None:
    """The last copy the person asked for."""
    return DataCopy.objects.filter(user=person).first()


def open_file(person: User, pk: int, *, at: datetime) -> Path | None:
    """The file of a copy for who asked for it, while it is kept; None for everybody and everything else."""
    row = DataCopy.objects.filter(user=person, pk=pk, state=S.DONE, expires_at__gt=at).first()
    path = folder() / row.file if row else None
    return path if path and path.is_file() else None


def make(pk: int) -> None:
    """Makes a copy that was asked for, once: whoever is offered it a second time finds it taken."""
    at = clock.now()
    free = models.Q(state=S.WAITING) | models.Q(state=S.RUNNING, heard_at__lte=at - timedelta(seconds=LONGEST))
    mine = DataCopy.objects.filter(free, pk=pk, tries__lt=MOST_TRIES)
    if not mine.update(state=S.RUNNING, heard_at=at, tries=F("tries") + 1):
        return
    row = DataCopy.objects.select_related("user").get(pk=pk)
    name = f"{secrets.token_urlsafe(32)}.zip"
    path = folder() / name
    try:
        _write(row.user, path, at)
    except Exception:
        # What is in a person's texts must not get into a log with the error.
        log.error("Copy %s could not be made.", pk, exc_info=settings.DEBUG)
        path.unlink(missing_ok=True)
        over = S.FAILED if row.tries >= MOST_TRIES else S.WAITING
        DataCopy.objects.filter(pk=pk, state=S.RUNNING, tries=row.tries).update(state=over, heard_at=at)
        return
    if not _finish(row, name, path.stat().st_size, clock.now()):
        path.unlink(missing_ok=True)


def _write(person: User, path: Path, at: datetime) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out, snapshot():
        content.write(person, out, at=at)


def _finish(row: DataCopy, name: str, size: int, at: datetime) -> bool:
    """The file is there: says so and owes the letter; False when it is somebody else's by now, or the person is gone."""
    with transaction.atomic():
        done: dict[str, Any] = {"state": S.DONE, "file": name, "size": size, "finished_at": at, "expires_at": at + KEPT}
        mine = DataCopy.objects.filter(pk=row.pk, state=S.RUNNING, tries=row.tries, user__erased_at=None)
        if not mine.update(heard_at=at, **done):
            return False
        Notice.objects.get_or_create(
            key=f"{KIND}:{row.pk}:{row.user_id}:email",
            defaults={"kind": KIND, "recipient": row.user, "to_customer": True, "data": {"copy": row.pk}}
            | {"owed_at": at, "next_at": at},
        )
    return True


def compose(notice: Notice, now: datetime) -> dict[str, Any]:
    """The letter that a copy is ready. Raises NotNeeded when it has been removed already."""
    row = DataCopy.objects.filter(pk=notice.data["copy"], state=S.DONE, expires_at__gt=now).first()
    if row is None:
        raise NotNeeded("The copy is not kept any more.")
    return {"until": spell(row.expires_at, zone_of(notice.person)), "page": f"{settings.BASE_URL}/account/data/"}


def left_alone(at: datetime) -> models.QuerySet:
    """Copies nobody is making: the queue does not run, or whoever made it has died."""
    silent = models.Q(state=S.WAITING, heard_at__lte=at - SILENT)
    dead = models.Q(state=S.RUNNING, heard_at__lte=at - timedelta(seconds=LONGEST))
    return DataCopy.objects.filter(silent | dead)


def make_one(at: datetime) -> int:
    """Makes the one that waits longest; one whose tries are used up has failed."""
    row = left_alone(at).order_by("heard_at").first()
    if row is None:
        return 0
    if row.tries >= MOST_TRIES:
        DataCopy.objects.filter(pk=row.pk, tries=row.tries).update(state=S.FAILED)
    else:
        make(row.pk)
    return 1


def expired(at: datetime) -> models.QuerySet:
    """Copies whose week is over."""
    return DataCopy.objects.filter(state=S.DONE, expires_at__lte=at)


def remove_expired(at: datetime) -> int:
    """Removes the files of copies whose week is over; how many it were."""
    rows = list(expired(at)[:100])
    for row in rows:
        remove(row)
    return len(rows)


def remove(row: DataCopy) -> None:
    """Takes the file of a copy away. The row says that there was one."""
    if row.file:
        (folder() / row.file).unlink(missing_ok=True)
    DataCopy.objects.filter(pk=row.pk).update(state=S.GONE, file="", size=0)


def trouble(row: DataCopy, now: datetime) -> bool:
    """Whether a copy takes longer than it should."""
    return row.state in DataCopy.UNFINISHED and now - row.heard_at > timedelta(seconds=LONGEST)


STEPS = (Step("copies", left_alone, make_one), Step("old copies", expired, remove_expired))
