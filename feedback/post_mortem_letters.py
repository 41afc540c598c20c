"""The letters around post-mortems: it is overdue, the customer answered, and the way to answer in the apology itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings

from cases.models import User
from escalation import letters
from escalation.models import Notice
from feedback.models import Alternative, PostMortem

OVERDUE, ANSWERED, APOLOGY = "post_mortem_overdue", "alternative_answered", "apology"


def page_of(post_mortem: PostMortem) -> str:
    """Its address in the console, in full."""
    return f"{settings.BASE_URL}/console/postmortems/{post_mortem.pk}/"


def overdue_notices(post_mortem: PostMortem, people: Iterable[User], *, at: datetime) -> None:
    """Owes each of `people` the letter that it is overdue, once."""
    said = {"post_mortem": post_mortem.pk}
    owed = [letters.to_staff(OVERDUE, str(post_mortem.pk), person, said, at) for person in people]
    Notice.objects.bulk_create(owed, ignore_conflicts=True)


def answered_notice(offer: Alternative, person: User, *, at: datetime) -> None:
    """Owes `person` the letter that the customer answered."""
    owed = letters.to_staff(ANSWERED, str(offer.pk), person, {"alternative": offer.pk}, at)
    Notice.objects.bulk_create([owed], ignore_conflicts=True)


def compose_overdue(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the letter says; NotNeeded when it was closed meanwhile."""
    found = PostMortem.objects.filter(pk=notice.data["post_mortem"], closed_at=None).select_related("case").first()
    if found is None:
        raise letters.NotNeeded("It has been closed meanwhile.")
    return {"post_mortem": found, "about": found.case.reference, "page": page_of(found)}


def compose_answered(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the letter says; NotNeeded when the offer is gone."""
    found = Alternative.objects.filter(pk=notice.data["alternative"]).select_related("case", "post_mortem").first()
    if found is None:
        raise letters.NotNeeded("The offer is not there any more.")
    return {
        "about": found.case.reference,
        "accepted": found.answer == Alternative.Answer.ACCEPTED,
        "page": page_of(found.post_mortem),
    }


def compose_apology(notice: Notice, now: datetime) -> dict[str, Any]:
    """The page where the customer answers an alternative, for the letter of the message that offered one."""
    offer = Alternative.objects.filter(message=notice.data.get("message")).first() if notice.case_id else None
    if offer is None or offer.answer:
        return {"alternative": ""}
    assert notice.case is not None
    return {"alternative": f"{settings.BASE_URL}/c/{notice.case.reference}/alternative/"}


COMPOSERS = {OVERDUE: compose_overdue, ANSWERED: compose_answered, APOLOGY: compose_apology}
