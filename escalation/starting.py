"""A reviewed version that starts later: ordered beforehand, put in force by the beat, never left out in silence.

When its time comes it is checked like any other. What cannot start stays a reviewed draft that says why, and its
authors get a letter. docs/protocol.md.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime

from cases.models import User
from escalation import letters, publishing
from escalation.lint.versions import errors_of
from escalation.models import Notice, ProtocolVersion
from escalation.publishing import START_OFF, NotPublishable
from escalation.reviews import may_decide, responsible
from escalation.steps import Step

log = logging.getLogger("milepost.beat")
KIND = "not_started"
#: No start further ahead: what nobody looked at for so long should be read anew.
FURTHEST = timedelta(days=366)


def order(version: ProtocolVersion, starts: datetime, *, by: User, at: datetime) -> ProtocolVersion:
    """Has a reviewed version start at `starts`. Raises NotPublishable with what stands in the way."""
    if not at < starts <= at + FURTHEST:
        raise NotPublishable("Choose a start in the future, at most a year ahead.")
    try:
        with transaction.atomic():
            held = publishing.publishable(version, errors_of(starts))
            if held.starts_at is not None and held.starts_by != by:
                raise NotPublishable(f"{held.starts_by} has it start already. Take that back first.")
            held.starts_at, held.starts_by, held.not_started = starts, by, ""
            held.save(update_fields=["starts_at", "starts_by", "not_started"])
            return held
    except IntegrityError:
        raise NotPublishable(
            "Another version of this protocol has a start already. Take that one back first."
        ) from None


def waiting(key: str) -> ProtocolVersion | None:
    """The version of a protocol that has a start ahead."""
    return _ordered().filter(key=key).first()


def told_of() -> QuerySet[ProtocolVersion]:
    """Versions that have a start ahead or could not start: what the authors' home names."""
    reviewed = ProtocolVersion.objects.filter(status=ProtocolVersion.Status.REVIEWED)
    return reviewed.filter(Q(starts_at__isnull=False) | ~Q(not_started=""))


def _ordered() -> QuerySet[ProtocolVersion]:
    return ProtocolVersion.objects.filter(status=ProtocolVersion.Status.REVIEWED, starts_at__isnull=False)


# The step of the beat -----------------------------------------------------------------------------------------


def due(at: datetime) -> QuerySet[ProtocolVersion]:
    """Versions whose time has come."""
    return _ordered().filter(starts_at__lte=at)


def start(at: datetime) -> int:
    """Puts one of them in force, by order of whoever ordered it. What cannot start says why and holds up no other."""
    version = due(at).order_by("starts_at", "pk").first()
    if version is None:
        return 0
    try:
        with transaction.atomic():
            held = publishing.hold(version)
            if due(at).filter(pk=held.pk).exists():  # else another beat was faster, or somebody took it back
                _may_still_order(held.starts_by)
                publishing.publish(held, by=held.starts_by, at=at, errors=errors_of(at))  # type: ignore[arg-type]
    except NotPublishable as why:
        _leave(version, why.sentences, at)
    except OperationalError:
        raise  # the database's trouble, not this version's: the next round tries again
    except Exception:
        log.exception("The version %s could not be checked.", version.label)
        _leave(version, ["It could not be checked: something failed inside. Try to publish it by hand."], at)
    return 1


def _may_still_order(by: User | None) -> None:
    if by is None or not may_decide(by):
        raise NotPublishable("Whoever ordered the start may not publish a protocol any more. Somebody who may has to.")


def _leave(version: ProtocolVersion, why: Sequence[str], at: datetime) -> None:
    """It stays what it was; why is kept, and told to those who can do something about it."""
    with transaction.atomic():
        held = due(at).select_for_update(of=("self",)).filter(pk=version.pk).first()
        if held is None:
            return  # thrown away, changed or taken back meanwhile
        held.not_started, held.starts_at = "\n".join(why), None
        held.save(update_fields=["not_started", "starts_at"])
        people = {person.pk: person for person in (*responsible(), *([held.starts_by] if held.starts_by else ()))}
        Notice.objects.bulk_create(
            [_letter(held, person, at) for person in people.values() if person.is_active], ignore_conflicts=True
        )


def _letter(version: ProtocolVersion, person: User, at: datetime) -> Notice:
    return letters.to_staff(KIND, f"{version.pk}:{at.isoformat()}", person, {"version": version.pk}, at)


def compose(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the letter says; NotNeeded when the version has been dealt with meanwhile."""
    version = ProtocolVersion.objects.filter(pk=notice.data.get("version")).exclude(not_started="").first()
    if version is None or version.status != ProtocolVersion.Status.REVIEWED:
        raise letters.NotNeeded("The version has been dealt with meanwhile.")
    return {
        "protocol": version.document["name"],
        "number": version.number,
        "why": version.not_started.splitlines(),
        "page": f"{settings.BASE_URL}/console/escalation/protocolversion/{version.pk}/change/",
    }


def compose_off(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the letter says to whoever had a version start, when somebody else's act ended that."""
    there = ProtocolVersion.objects.filter(pk=notice.data["version"]).exists()
    where = f"{notice.data['version']}/change/" if there else ""
    return {
        "protocol": notice.data["protocol"],
        "number": notice.data["number"],
        "by": notice.data["by"],
        "starts": letters.spell(parse_datetime(notice.data["starts"]), letters.zone_of(notice.person)),
        "there": there,
        "page": f"{settings.BASE_URL}/console/escalation/protocolversion/{where}",
    }


COMPOSERS = {KIND: compose, START_OFF: compose_off}
STEPS: Sequence[Step] = (Step("versions that start", due, start),)
