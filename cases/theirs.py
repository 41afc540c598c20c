"""Drafts and files of a person: what a copy of their data takes along and what being erased takes away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.core.files.storage import storages
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from cases.files import drop
from cases.models import Attachment, Case, Draft, User


def drafts_of(person: User) -> Iterable[Draft]:
    """What the person has begun to tell us and has not sent."""
    return Draft.objects.filter(owner=person, case=None).order_by("pk")


def drop_drafts(person: User) -> None:
    """Deletes drafts of the person, and those nobody holds in which their address stands, with the files that wait there.

    A file added before signing in is nobody's by its row: only its draft leads to it.
    """
    theirs = Draft.objects.annotate(said=Cast("answers", TextField())).filter(
        Q(owner=person) | Q(owner=None, said__icontains=person.email)
    )
    for draft in theirs:
        drop(draft.files_key)
    theirs.delete()


def files_of(case: Case) -> QuerySet[Attachment]:
    """The files of a case that its customer sees, oldest first."""
    return Attachment.objects.filter(case=case, note=None, state=Attachment.State.READY).order_by("at", "pk")


def files_elsewhere(person: User) -> QuerySet[Attachment]:
    """What the person sent with their messages on cases of others, oldest first."""
    sent = Attachment.objects.filter(uploaded_by=person, state=Attachment.State.READY, message__from_customer=True)
    return sent.exclude(case__customer=person).order_by("at", "pk")


def bytes_of(pk: str) -> bytes | None:
    """The bytes of a file, or None where they are lost."""
    try:
        return bytes(Attachment.objects.get(pk=pk).content())
    except OSError:
        return None


def files_about(person: User, cases: Sequence[int]) -> list[Attachment]:
    """Every file of these cases and what the person has added elsewhere or not sent yet."""
    about = Q(case__in=cases) | Q(uploaded_by=person)
    return list(Attachment.everything.filter(about).order_by("at", "pk"))


def remove_bytes(name: str) -> None:
    """Takes the bytes kept under `name` away; that they are gone already is no fault."""
    if name:
        storages["attachments"].delete(name)
