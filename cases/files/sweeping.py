"""What has to be done to files by and by: ask the scanner, take away what nobody sent, and bytes nobody points to."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import QuerySet

from cases.files.keeping import discard
from cases.files.scanning import NoScanner, is_harmful
from cases.models import Attachment
from cases.models.attachment import STORAGE

log = logging.getLogger("milepost.files")
S = Attachment.State
BATCH = 100
LEASE = timedelta(minutes=2)  # nobody else asks about a file for that long
STRAY_AFTER = timedelta(days=1)


def to_scan(at: datetime) -> QuerySet[Attachment]:
    """Files a scanner has to look at now."""
    return Attachment.everything.filter(state=S.CHECKING, check_at__lte=at)


def scan_one(at: datetime) -> int:
    """Asks about the file that waits longest; 0 when there is none. One that cannot be asked about waits on."""
    file = to_scan(at).order_by("check_at", "pk").first()
    if file is None:
        return 0
    mine = to_scan(at).filter(pk=file.pk).update(check_at=at + LEASE)
    if mine:
        _settle(file)
    return 1


def _settle(file: Attachment) -> None:
    try:
        harmful = bool(settings.CLAMD) and is_harmful(file.content(), settings.CLAMD)
    except (NoScanner, FileNotFoundError) as error:
        log.error("File %s is not checked yet: %s", file.pk, error if isinstance(error, NoScanner) else "no bytes")
        return
    _said(file, S.REFUSED if harmful else S.READY)


def _said(file: Attachment, state: str) -> None:
    """Takes down what the scanner said, unless the file was erased or taken away meanwhile."""
    with transaction.atomic():
        row = Attachment.everything.select_for_update().filter(pk=file.pk, state=S.CHECKING).first()
        if row is None:
            return
        row.state, row.check_at = state, None
        row.stored_as = "" if state == S.REFUSED else row.stored_as
        row.save(update_fields=["state", "check_at", "stored_as"])
    if state == S.REFUSED:
        storages[STORAGE].delete(file.stored_as)


def forgotten(at: datetime) -> QuerySet[Attachment]:
    """Files of forms that were never sent, and whose time is over."""
    return Attachment.everything.filter(case=None, expires_at__lte=at)


def discard_forgotten(at: datetime) -> int:
    """Takes a batch of them away; how many it were."""
    return discard(list(forgotten(at).order_by("pk")[:BATCH]))


def discard_strays(at: datetime) -> int:
    """Deletes bytes older than a day that no row points to: of an upload that was cut off. How many it were."""
    storage, gone = storages[STORAGE], 0
    for folder in _folders(storage):
        names = [f"{folder}/{name}" for name in storage.listdir(folder)[1]]
        known = set(Attachment.everything.filter(stored_as__in=names).values_list("stored_as", flat=True))
        for name in names:
            if name not in known and storage.get_modified_time(name) < at - STRAY_AFTER:
                storage.delete(name)
                gone += 1
    return gone


def _folders(storage: object) -> Iterator[str]:
    """The folders `random_name` makes; anything else in the storage is not ours to touch."""
    try:
        folders, _ = storage.listdir("")  # type: ignore[attr-defined]
    except FileNotFoundError:
        return
    yield from sorted(name for name in folders if len(name) == 2)
