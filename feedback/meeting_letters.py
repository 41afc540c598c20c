"""The letters of meetings: an action is yours, and it is overdue. They name no words: those lie where they can be erased."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from cases.access import Viewer, supervisors
from cases.models import User
from escalation.letters import NotNeeded, to_staff
from escalation.models import Notice
from escalation.reviews import day_of
from escalation.steps import Step
from feedback.models import MeetingAction

ASSIGNED, OVERDUE = "meeting_action", "meeting_action_late"
BATCH = 100


def assigned_notices(actions: Iterable[MeetingAction], *, by: User, at: datetime) -> None:
    """A letter owed to each owner for each action, but for what somebody gave themselves."""
    owed = [
        to_staff(ASSIGNED, str(one.pk), one.owner, {"action": one.pk}, at) for one in actions if one.owner_id != by.pk
    ]
    Notice.objects.bulk_create(owed, ignore_conflicts=True)


def to_tell(at: datetime) -> QuerySet[MeetingAction]:
    """Overdue actions nobody was told of."""
    return MeetingAction.objects.filter(Q(done_at=None, told_at=None), due_on__lt=day_of(at))


def tell(at: datetime) -> int:
    """Owes one letter for each, in the transaction that notes it; two beats at once owe one. How many actions."""
    with transaction.atomic():
        rows = list(to_tell(at).select_for_update(of=("self",)).select_related("owner").order_by("pk")[:BATCH])
        owed = []
        for one in rows:
            # Of one whose owner has left, supervisors read.
            people = [one.owner] if Viewer(one.owner).works else list(supervisors().order_by("pk"))
            owed += [to_staff(OVERDUE, str(one.pk), person, {"action": one.pk}, at) for person in people]
        MeetingAction.objects.filter(pk__in=[one.pk for one in rows]).update(told_at=at)
        Notice.objects.bulk_create(owed, ignore_conflicts=True)
    return len(rows)


def compose(notice: Notice, now: datetime) -> dict[str, Any]:
    """What either letter says: the day and the page."""
    found = MeetingAction.objects.filter(pk=notice.data["action"]).select_related("meeting", "meeting__team").first()
    if found is None:
        raise NotNeeded("The action is not there any more.")
    if found.done_at is not None:
        raise NotNeeded("It is done meanwhile.")
    page = f"{settings.BASE_URL}/console/learning/meetings/actions/{found.pk}/"
    return {"action": found, "of": str(found.meeting.team or "all teams"), "page": page}


COMPOSERS = {ASSIGNED: compose, OVERDUE: compose}
STEPS = (Step("overdue actions of meetings", to_tell, tell),)
