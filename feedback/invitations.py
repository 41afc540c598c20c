"""The letters that ask how we did: the invitation, one reminder, and when neither is wanted any more.

The invitation is an owed notice of the engine (kind `survey`: an hour after a yes, a day after silence, by the
protocol); this room adds its link and choices. The reminder is owed here. No letter records an answer.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from cases.models import AccessLink, Case, TouchedCase
from escalation import letters
from escalation.models import Notice
from escalation.steps import Step
from feedback.asks import claim, may_be_asked
from feedback.models import Ask, Survey
from feedback.surveys import ASKABLE

LINK_LASTS = timedelta(days=30)
#: After a silence of ours that is longer a reminder would be stranger than none.
REMIND_WITHIN = timedelta(days=14)
INVITATION, REMINDER = "survey", "survey_reminder"
BATCH = 200


def compose_invitation(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the invitation needs; raises NotNeeded when the person has answered or was asked a short while ago."""
    case = notice.of_case
    with transaction.atomic():
        claim(notice.person, Ask.Kind.SURVEY, case.pk, at=now)
        _check_wanted(case, notice)
        survey, _ = Survey.everything.get_or_create(case=case, defaults={"is_drill": case.is_drill})
        survey.invited_at = now
        survey.save(update_fields=["invited_at"])
        TouchedCase.note([case.pk], now)
    return _choices(notice, now, lasts=LINK_LASTS)


def compose_reminder(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the reminder needs; its link ends when the invitation's does."""
    _check_wanted(notice.of_case, notice)
    claim(notice.person, Ask.Kind.SURVEY, notice.of_case.pk, at=now)
    invited = Survey.objects.get(case=notice.of_case).invited_at or now
    zone = letters.zone_of(notice.person)
    return _choices(notice, now, lasts=invited + LINK_LASTS - now) | {"asked": letters.spell(invited, zone)}


def _choices(notice: Notice, now: datetime, *, lasts: timedelta) -> dict[str, Any]:
    token = AccessLink.issue(AccessLink.Purpose.SURVEY, notice.of_case, user=notice.person, at=now, lasts=lasts)
    url = f"{settings.BASE_URL}/s/{token}/"
    choices = [{"label": label, "url": f"{url}?score={score}"} for score, label in Survey.Satisfaction.choices]
    return {"choices": choices, "secrets": [token]}


def _check_wanted(case: Case, notice: Notice) -> None:
    if case.state not in ASKABLE:
        raise letters.NotNeeded("The case is open again.")
    if not may_be_asked(notice.person) or case.is_history:
        raise letters.NotNeeded("This person is not asked.")
    if Survey.everything.filter(case=case, answered_at__isnull=False).exists():
        raise letters.NotNeeded("The customer has answered already.")
    earlier = Notice.everything.filter(case=case, kind=notice.kind, state=Notice.State.SENT).exclude(pk=notice.pk)
    if earlier.exists():
        # A case that was opened again and is settled once more: each is asked about once.
        raise letters.NotNeeded("The customer was asked about this case before.")


# The reminder ---------------------------------------------------------------------------------------------------


def to_remind(now: datetime) -> QuerySet[Survey]:
    """Surveys whose invitation went out some days ago without an answer; none when reminders are switched off."""
    days = settings.SURVEY["reminder_days"]
    wait = timedelta(days=days) if days else REMIND_WITHIN  # nobody is both older and younger than that
    unanswered = Survey.objects.filter(answered_at__isnull=True, reminded_at__isnull=True, case__state__in=ASKABLE)
    sent = Notice.objects.filter(case=OuterRef("case"), kind=INVITATION, state=Notice.State.SENT)
    when = {"invited_at__lte": now - wait, "invited_at__gt": now - REMIND_WITHIN}
    return unanswered.filter(Exists(sent), **when)


def owe_reminders(now: datetime) -> int:
    """Owes a batch of reminders, each once whoever else owes it at the same time; returns how many."""
    surveys = list(to_remind(now).select_related("case").order_by("invited_at")[:BATCH])
    with transaction.atomic():
        Notice.everything.bulk_create([_reminder(survey, now) for survey in surveys], ignore_conflicts=True)
        Survey.objects.filter(pk__in=[survey.pk for survey in surveys]).update(reminded_at=now)
    return len(surveys)


def _reminder(survey: Survey, now: datetime) -> Notice:
    case = survey.case
    return Notice(
        key=f"{REMINDER}:{case.pk}",
        kind=REMINDER,
        case=case,
        event_seq=case.event_seq,
        to_customer=True,
        recipient_id=case.customer_id,
        owed_at=now,
        next_at=now,
    )


STEPS = (Step("survey reminders", to_remind, owe_reminders),)
