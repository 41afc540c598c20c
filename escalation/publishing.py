"""The road of a version: drawn up, reviewed by another person, published, retired. The same for protocols and calendars.

Every function is one transaction that holds the rows of the key. Nothing here touches a case: who was promised
something keeps the version they were promised it under.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction

from cases.models import User
from cases.models.event import stamp
from escalation import letters
from escalation.book import forget
from escalation.models import CalendarVersion, ProtocolVersion
from escalation.models.protocol import Version
from escalation.protocol import ProtocolError
from escalation.reading import parse
from escalation.worktime import Calendar

V = TypeVar("V", bound=Version)
START_OFF = "start_off"
S = Version.Status


class NotPublishable(ValueError):
    """The step is not possible; `sentences` say why, one each. Nothing has changed."""

    def __init__(self, *sentences: str) -> None:
        self.sentences = sentences
        super().__init__(" ".join(sentences))


class Overtaken(NotPublishable):
    """Somebody else changed the draft since the page was shown."""


def in_force(model: type[V], key: str) -> V | None:
    """The version new cases or clocks get: of a protocol the published one, of a calendar the newest published."""
    return model._default_manager.filter(key=key, status=S.PUBLISHED).order_by("-number").first()


def draft(
    model: type[V], key: str, *, document: Mapping[str, Any] | None = None, note: str = "", by: User, at: datetime
) -> V:
    """A new draft under `key`, from `document` or from what is in force.

    Raises NotPublishable when neither is there, or when somebody drew up the first of a new key at the same moment.
    """
    try:
        return _drafted(model, key, document, note, by, at)
    except IntegrityError:
        # A key nobody has used has no rows to hold, so two may give the first number at the same moment.
        if not model._default_manager.filter(key=key).exists():
            raise
        raise NotPublishable(
            f"Somebody drew up the first version of “{key}” at the same moment. Look at theirs before you send yours again."
        ) from None


def _drafted(model: type[V], key: str, document: Mapping[str, Any] | None, note: str, by: User, at: datetime) -> V:
    with transaction.atomic():
        list(_of_key(model, key))  # held; who waited here must count again what is there now
        last = model._default_manager.filter(key=key).aggregate(last=models.Max("number"))["last"] or 0
        base = in_force(model, key)
        if document is None and base is None:
            raise NotPublishable(f"Nothing is in force under “{key}” to draw up from.")
        content = dict(document if document is not None else base.document)  # type: ignore[union-attr]
        made = model(
            key=key,
            number=last + 1,
            document=_readable(model, key, content),
            made_at=at,
            made_by=by,
            hands=[by.pk],
            note=note.strip(),
            based_on=base.label if base else "",
        )
        made.save(force_insert=True)
        return made


def roll_back(version: V, *, by: User, at: datetime) -> V:
    """A draft with the document of an earlier version: going back is a new version, reviewed like any other.

    Not from a draft: whoever drew that up could then review their own work under another's name.
    """
    if version.status not in (S.PUBLISHED, S.RETIRED):
        raise NotPublishable(f"{version.label} was never in force. There is nothing to go back to.")
    return draft(type(version), version.key, document=version.document, note=f"Back to {version.label}.", by=by, at=at)


def change(version: V, document: Mapping[str, Any], *, seen: int, by: User, at: datetime) -> V:
    """Replaces a draft's document. `seen` is the revision the person looked at.

    A change of a reviewed draft takes it back to a draft. Raises Overtaken, or NotPublishable with what cannot be read.
    """
    with transaction.atomic():
        held = hold(version)
        _is_open(held)
        if held.revision != seen:
            raise Overtaken("Somebody changed this draft while you were writing. Look at it, then send yours again.")
        held.document = _readable(type(held), held.key, dict(document))
        _start_is_off(held, by, at)
        held.hands = sorted({*held.hands, by.pk})
        held.revision += 1
        held.save(update_fields=["document", "hands", "revision", *held.back_to_draft()])
        return held


def describe(version: V, note: str, *, by: User, at: datetime) -> V:
    """Says why this version is being made. Whoever reviewed it read another reason: it is a draft again.

    The reason stays with the version, so whoever wrote it has a hand in it.
    """
    with transaction.atomic():
        held = hold(version)
        _is_open(held)
        if held.note != note.strip():
            _start_is_off(held, by, at)
            held.note = note.strip()
            held.hands = sorted({*held.hands, by.pk})
            held.revision += 1
            held.save(update_fields=["note", "hands", "revision", *held.back_to_draft()])
        return held


def review(version: V, *, seen: int, by: User, at: datetime) -> V:
    """A second person has read it. Raises NotPublishable for anybody who changed it themselves."""
    with transaction.atomic():
        held = hold(version)
        if held.status != S.DRAFT:
            raise NotPublishable(f"{held.label} is not a draft any more.")
        if held.revision != seen:
            raise Overtaken("The draft was changed while you were reading. Read it again, then approve it.")
        if by.pk in held.hands or by.pk == held.made_by_id:
            raise NotPublishable("You changed this draft yourself. Somebody else has to review it.")
        if not held.note:
            raise NotPublishable("Nobody has said why this version is made. Write it first: it stays with the version.")
        held.status, held.reviewed_by, held.reviewed_at = S.REVIEWED, by, at
        held.save(update_fields=["status", "reviewed_by", "reviewed_at"])
        return held


Check = Callable[[Version], Sequence[str]]


def publish(version: V, *, by: User, at: datetime, errors: Check, since: datetime | None = None) -> V:
    """Puts a reviewed version in force for what begins from now on; the one before is retired.

    `errors` gives the linter's errors, a sentence each; any of them stops it. Of calendars all versions stay
    in force for the clocks that were started with them; `since` is the instant from which clocks are, if not `at`.
    """
    with transaction.atomic():
        held = publishable(version, errors)
        if isinstance(held, ProtocolVersion):
            of_key = ProtocolVersion.objects.filter(key=held.key, status=S.PUBLISHED)
            of_key.update(status=S.RETIRED)
        held.status, held.published_at, held.published_by = S.PUBLISHED, since or at, by
        held.save(update_fields=["status", "published_at", "published_by"])
        forget()
        return held


def publishable(version: V, errors: Check) -> V:
    """The version, held, once nothing stands in the way of publishing it. Raises NotPublishable with what does."""
    held = hold(version)
    if held.status == S.DRAFT:
        raise NotPublishable("A second person has to review it first.")
    if held.status != S.REVIEWED:
        raise NotPublishable(f"{held.label} was published before.")
    base = in_force(type(held), held.key)
    if base is not None and base.label != held.based_on:
        raise NotPublishable(
            f"{base.label} was published after this draft was drawn up from {held.based_on or 'nothing'}. "
            "Draw it up anew, so that nothing of it is lost."
        )
    if found := errors(held):
        raise NotPublishable(*found)
    return held


def discard(version: Version, *, by: User, at: datetime) -> None:
    """Throws a draft away. Raises NotPublishable for anything that was published."""
    with transaction.atomic():
        held = hold(version)
        _is_open(held)
        _start_is_off(held, by, at)
        held.delete()


def take_start_back(version: ProtocolVersion, *, by: User, at: datetime) -> ProtocolVersion:
    """Takes back that a version starts by itself; it stays reviewed. Raises NotPublishable when it has started."""
    with transaction.atomic():
        held = hold(version)
        if held.status in (S.PUBLISHED, S.RETIRED):
            raise NotPublishable(f"{held.label} has come into force already.")
        if held.starts_at is None:
            raise NotPublishable("There is no start to take back: somebody took it back or changed the draft.")
        _start_is_off(held, by, at)
        held.starts_at, held.starts_by = None, None
        held.save(update_fields=["starts_at", "starts_by"])
        return held


def _start_is_off(held: Version, by: User, at: datetime) -> None:
    """Whoever had a version start is told when somebody else's act ends that: they count on it."""
    if not isinstance(held, ProtocolVersion) or held.starts_at is None:
        return
    if held.starts_by is None or held.starts_by == by:
        return
    said = {
        "protocol": held.document["name"], "number": held.number, "by": str(by),
        "starts": stamp(held.starts_at), "version": held.pk,
    }  # fmt: skip
    letters.to_staff(START_OFF, f"{held.pk}:{stamp(at)}", held.starts_by, said, at).save(force_insert=True)


def _of_key(model: type[V], key: str) -> models.QuerySet[V]:
    """All versions under a key, held: numbers are given and versions put in force one after the other."""
    return model._default_manager.select_for_update().filter(key=key).order_by("number")


def hold(version: V) -> V:
    """The version as it is now, with all of its key held until the transaction ends. Raises NotPublishable."""
    rows = {row.pk: row for row in _of_key(type(version), version.key)}
    if version.pk not in rows:
        raise NotPublishable("This draft was thrown away.")
    return rows[version.pk]


def _is_open(version: Version) -> None:
    if version.status not in (S.DRAFT, S.REVIEWED):
        raise NotPublishable(f"{version.label} was published and stays as it is. Make a new version.")


def _readable(model: type[Version], key: str, document: dict[str, Any]) -> dict[str, Any]:
    """The document, once it can be read. Raises ProtocolError or CalendarError with the place."""
    if model is CalendarVersion:
        Calendar.from_document(document | {"label": key})
    elif model is ProtocolVersion:
        parse(key, document)
    else:
        raise ProtocolError(f"{model.__name__} is not a version of rules.")
    return document
