"""Keeps files: on a form that is not sent, then with its case; and takes them away again.

Bytes are written before the row, and the row before the case's act: whatever is cut off in between leaves bytes or
rows that nobody points to, which `sweeping` takes away. A row whose bytes are missing cannot come about.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Sum

from cases.access import Viewer
from cases.files.checking import FILES_MOST, MEGABYTE, Checked
from cases.files.names import Unfit, no
from cases.models import Attachment, Case, Message, Note, User
from cases.models.attachment import DESCRIPTION_MOST, STORAGE, random_name

S = Attachment.State
CASE_FILES_MOST, CASE_BYTES_MOST = 60, 200 * MEGABYTE
PERSON_BYTES_MOST, PERSON_WINDOW = 100 * MEGABYTE, timedelta(days=1)
WAITS = timedelta(days=1)  # how long a file waits for its form to be sent


def waiting(draft: str) -> QuerySet[Attachment]:
    """The files of a form that is not sent yet, oldest first. `draft` is its secret key; nobody else has it."""
    return Attachment.objects.filter(draft=draft, case=None) if draft else Attachment.objects.none()


def keep(
    checked: Checked,
    *,
    draft: str,
    by: User | None,
    at: datetime,
    description: str = "",
    lasts: timedelta = WAITS,
    most: int = FILES_MOST,
) -> Attachment:
    """Keeps a file for the form `draft`, until it is sent or for `lasts`; the same file sent twice is kept once.

    Raises Unfit with a sentence where there is no room: `most` files on a form, and a day's worth for a person.
    """
    row = Attachment(
        draft=draft, expires_at=at + lasts, uploaded_by=by, name=checked.name, kind=checked.kind, at=at,
        description=description[:DESCRIPTION_MOST], state=S.CHECKING if settings.CLAMD else S.READY,
        check_at=at if settings.CLAMD else None,
    )  # fmt: skip
    row.stamp(checked.content)
    row.stored_as = _written(checked)
    try:
        with transaction.atomic():
            _room(row, most)
            row.save(force_insert=True)
    except IntegrityError:
        _remove(row.stored_as)
        return waiting(draft).get(sha256=row.sha256, name=row.name)
    except BaseException:
        _remove(row.stored_as)
        raise
    return row


def _written(checked: Checked) -> str:
    try:
        return storages[STORAGE].save(random_name(), ContentFile(checked.content))
    except OSError:
        raise Unfit(no("failed", checked.name)) from None


def _room(row: Attachment, most: int) -> None:
    """Whether the form and the person have room; the person's row is held, so that two at once count each other."""
    there = waiting(row.draft)
    if there.filter(sha256=row.sha256, name=row.name).exists():
        raise IntegrityError("The form has this file.")
    if row.uploaded_by_id:
        User.objects.select_for_update(of=("self",)).only("pk").get(pk=row.uploaded_by_id)
        recent = Attachment.objects.filter(uploaded_by=row.uploaded_by_id, at__gt=row.at - PERSON_WINDOW)
        if (recent.aggregate(all=Sum("size"))["all"] or 0) + row.size > PERSON_BYTES_MOST:
            raise Unfit(no("person_full", row.name))
    if there.count() >= most:
        raise Unfit(no("many", row.name, most=most), is_full=True)


def enclose(
    files: Iterable[Attachment], case: Case, *, message: Message | None = None, note: Note | None = None
) -> list[dict[str, str]]:
    """Gives waiting files to a case, with what was said; what the event says of them. Only inside the act's transaction,
    with the case held. Raises Unfit where one is gone or the case is full.
    """
    wanted = [file.pk for file in files]
    if not wanted:
        return []
    rows = list(Attachment.everything.select_for_update().filter(pk__in=wanted, case=None).order_by("at", "pk"))
    if len(rows) < len(set(wanted)):
        raise Unfit(no("gone", ""))
    held = Attachment.everything.filter(case=case).exclude(state=S.ERASED)
    size = (held.aggregate(all=Sum("size"))["all"] or 0) + sum(row.size for row in rows)
    if held.count() + len(rows) > CASE_FILES_MOST or size > CASE_BYTES_MOST:
        raise Unfit(no("case_full", rows[0].name))
    for row in rows:
        row.case, row.message, row.note, row.draft, row.expires_at = case, message, note, "", None
        row.is_drill = case.is_drill
        row.save(update_fields=["case", "message", "note", "draft", "expires_at", "is_drill"])
    return [row.fingerprint for row in rows]


def of_case(case: Case, *, internal: bool = False) -> QuerySet[Attachment]:
    """The files of a case that its customer sees, and with `internal` those of notes too; oldest first."""
    rows = Attachment.everything.filter(case=case).select_related("case", "uploaded_by").order_by("at", "pk")
    return rows if internal else rows.filter(note=None)


def visible_to(viewer: Viewer) -> QuerySet[Attachment]:
    """The files a person may take away: those of cases they may see; of notes only staff. Waiting ones nobody."""
    rows = Attachment.objects.filter(case__in=Case.objects.visible_to(viewer))
    return rows if viewer.is_staff else rows.filter(note=None)


def drop(draft: str, which: UUID | None = None) -> int:
    """Takes away what waits on a form, or only `which` of it; how many it were."""
    rows = waiting(draft).filter(pk=which) if which else waiting(draft)
    return discard(list(rows))


def prolong(draft: str, until: datetime) -> None:
    """The files of a draft that is worked on wait as long as the draft does."""
    waiting(draft).update(expires_at=until)


def discard(rows: Sequence[Attachment]) -> int:
    """Deletes waiting rows, then their bytes; one that was sent in the meantime stays."""
    gone = 0
    for row in rows:
        deleted, _ = Attachment.everything.filter(pk=row.pk, case=None).delete()
        if deleted:
            transaction.on_commit(partial(_remove, row.stored_as))
        gone += deleted
    return gone


def erase(files: Iterable[Attachment]) -> int:
    """Erases what files said: name, description and bytes. The row stays with the digest the log refers to.

    Waiting ones go altogether. The bytes go when the transaction that erases is through.
    """
    number = 0
    for row in files:
        if row.case_id is None:
            number += discard([row])
            continue
        name = row.stored_as
        row.name = row.description = row.sha256 = row.stored_as = ""
        row.state, row.check_at, row.uploaded_by = S.ERASED, None, None
        row.save(update_fields=["name", "description", "sha256", "stored_as", "state", "check_at", "uploaded_by"])
        transaction.on_commit(partial(_remove, name))
        number += 1
    return number


def _remove(name: str) -> None:
    """Bytes go; that they are gone already is no fault, and that they could not go is the sweep's business."""
    if name:
        try:
            storages[STORAGE].delete(name)
        except OSError:
            pass
