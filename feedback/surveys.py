"""The survey of a settled case: who is asked, what is recorded, and how long an answer can be changed.

The invitation is an owed notice of the engine (kind `survey`); this room adds its link and choices, and says
when it is not needed after all. Opening the link records nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from cases.lifecycle import State
from cases.models import AccessLink, Case
from escalation import letters
from escalation.models import Notice
from escalation.verbs import Refused
from feedback.models import Survey

LINK_LASTS = timedelta(days=30)
CHANGE_WITHIN = timedelta(days=7)
ONE_IN = timedelta(days=14)  # at most one survey per person in this time
ASKABLE = (State.CONFIRMED, State.FEEDBACK, State.CLOSED)


def answer_survey(
    case: Case,
    *,
    satisfaction: int | None,
    at: datetime,
    fixed: bool | None = None,
    comment: str = "",
    may_contact: bool | None = None,
) -> Survey:
    """Records or, within seven days, changes the answer. Raises Refused with a sentence."""
    if case.state not in ASKABLE:
        raise Refused("This case is open again. Tell us on the case page; we ask you about it when it is settled.")
    if satisfaction not in Survey.Satisfaction.values:
        raise Refused("Choose how satisfied you are.")
    with transaction.atomic():
        Case.everything.select_for_update().get(pk=case.pk)
        survey, _ = Survey.everything.get_or_create(case=case, defaults={"is_drill": case.is_drill})
        if survey.answered_at and at - survey.answered_at > CHANGE_WITHIN:
            raise Refused("This answer can no longer be changed. Tell us anyway, on the case page.")
        survey.satisfaction, survey.fixed = satisfaction, fixed
        survey.comment, survey.may_contact = comment.strip(), may_contact
        if survey.answered_at is None:
            survey.answered_at = at
        else:
            survey.changed_at = at
        survey.save(update_fields=["satisfaction", "fixed", "comment", "may_contact", "answered_at", "changed_at"])
    return survey


def compose_invitation(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the invitation needs; raises NotNeeded when the person has answered or was asked a short while ago."""
    case = notice.of_case
    _check_wanted(case, notice, now)
    survey, _ = Survey.everything.get_or_create(case=case, defaults={"is_drill": case.is_drill})
    survey.invited_at = now
    survey.save(update_fields=["invited_at"])
    token = AccessLink.issue(AccessLink.Purpose.SURVEY, case, user=notice.person, at=now, lasts=LINK_LASTS)
    url = f"{settings.BASE_URL}/s/{token}/"
    choices = [{"label": label, "url": f"{url}?score={score}"} for score, label in Survey.Satisfaction.choices]
    return {"choices": choices, "secrets": [token]}


def _check_wanted(case: Case, notice: Notice, now: datetime) -> None:
    if case.state not in ASKABLE:
        raise letters.NotNeeded("The case is open again.")
    if notice.person.is_staff:
        raise letters.NotNeeded("Staff are not surveyed.")
    if Survey.everything.filter(case=case, answered_at__isnull=False).exists():
        raise letters.NotNeeded("The customer has answered already.")
    asked = Survey.objects.filter(case__customer=notice.person, invited_at__gt=now - ONE_IN).exclude(case=case)
    if asked.exists():
        raise letters.NotNeeded("The customer was asked about another case a short while ago.")
