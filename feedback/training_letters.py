"""The letter to who is given training; what went wrong and on which cases stands on its page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from cases.access import Viewer
from escalation.letters import NotNeeded, to_staff
from escalation.models import Notice
from feedback.models import Training

ASSIGNED = "training_assigned"


def assigned_notice(training: Training, at: datetime) -> Notice:
    """The letter owed to whose it is."""
    return to_staff(ASSIGNED, str(training.pk), training.person, {"training": training.pk}, at)


def compose(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the letter says; NotNeeded once it is done, or for who works on cases no more."""
    found = Training.objects.filter(pk=notice.data["training"], done_at=None).select_related("topic", "by").first()
    if found is None or not Viewer(notice.person).works:
        raise NotNeeded("It is done, or its person works on cases no more.")
    return {"training": found, "page": f"{settings.BASE_URL}/console/training/{found.pk}/"}


COMPOSERS = {ASSIGNED: compose}
