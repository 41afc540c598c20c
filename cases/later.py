"""Tables of the drafts and files of the same release: they are asked here only, whether they are there yet or not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.files.storage import storages
from django.db.models import Q, TextField
from django.db.models.functions import Cast

from cases.files import drop
from cases.models import Case, User


def _table(name: str) -> Any:
    return apps.all_models["cases"].get(name)


def drafts_of(person: User) -> Iterable[Any]:
    """What the person has begun to tell us and has not sent."""
    table = _table("draft")
    return table.objects.filter(owner=person, case=None).order_by("pk") if table else ()


def drop_drafts(person: User) -> None:
    """Deletes drafts of the person, and those nobody holds in which their address stands, with the files that wait there.

    A file added before signing in is nobody's by its row: only its draft leads to it.
    """
    table = _table("draft")
    if table is not None:
        theirs = table.objects.annotate(said=Cast("answers", TextField())).filter(
            Q(owner=person) | Q(owner=None, said__icontains=person.email)
        )
        for draft in theirs:
            drop(draft.files_key)
        theirs.delete()


def drafts_over(at: datetime) -> Any:
    """Drafts nobody may come back to; None where there are no drafts."""
    table = _table("draft")
    return table.objects.filter(expires_at__lte=at) if table else None


def files_of(case: Case) -> Sequence[Any]:
    """The files of a case that its customer sees, oldest first."""
    table = _table("attachment")
    if table is None:
        return ()
    found: Sequence[Any] = table.objects.filter(case=case, note=None, state="ready").order_by("at", "pk")
    return found


def bytes_of(pk: str) -> bytes | None:
    """The bytes of a file, or None where they are lost."""
    file = _table("attachment").objects.get(pk=pk)
    try:
        return bytes(file.content())
    except OSError:
        return None


def files_about(person: User, cases: Sequence[int]) -> list[Any]:
    """Every file of these cases and what the person has added elsewhere or not sent yet."""
    table = _table("attachment")
    if table is None:
        return []
    return list(table.everything.filter(case__in=cases)) + list(
        table.everything.filter(uploaded_by=person).exclude(case__in=cases)
    )


def remove_bytes(name: str) -> None:
    """Takes the bytes kept under `name` away; that they are gone already is no fault."""
    if name:
        storages["attachments"].delete(name)
