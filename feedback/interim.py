"""The interim question: one press while an escalated case is under way, after the milestones the setting names.

Off unless `SURVEY_INTERIM` names milestones. It is asked under the cap of `feedback.asks`, and an answer is no activity on
the case: no event, no clock, nothing the case is sorted by. docs/survey.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case as Choose
from django.db.models import Exists, IntegerField, OuterRef, QuerySet, Value, When
from django.utils.translation import gettext as _

from cases.lifecycle import ACTIVE, State
from cases.models import AccessLink, Case, TouchedCase
from escalation import letters
from escalation.facts import Clock, Outcome
from escalation.models import Notice, StageClock
from escalation.steps import Step
from escalation.verbs import Refused
from feedback.asks import claim, may_be_asked
from feedback.models import Ask, Interim
from feedback.surveys import will_be_anonymous

KIND = "survey_interim"
#: What ends each milestone that may be asked after.
MILESTONES = {Clock.REVIEW: 1, Clock.ACKNOWLEDGE: 2, Clock.UPDATE: 3, Clock.REPLY: 3}

#: It is asked so long after the milestone, and not when more than a day has gone by.
AFTER, AT_MOST = timedelta(hours=1), timedelta(days=1)
LINK_LASTS = timedelta(days=14)
BATCH = 200


def kinds() -> tuple[str, ...]:
    """The clocks whose end is followed by the question; one that does not exist while it is switched off."""
    wanted = settings.SURVEY["interim"]
    return tuple(kind for kind, number in MILESTONES.items() if number in wanted) or ("",)


def to_ask(at: datetime) -> QuerySet[StageClock]:
    """Milestones of escalated cases that were reached lately and that nobody was asked about, with their number."""
    number = Choose(*(When(kind=k, then=Value(n)) for k, n in MILESTONES.items()), output_field=IntegerField())
    rows = StageClock.objects.filter(
        kind__in=kinds(), ended_at__lte=at - AFTER, ended_at__gt=at - AT_MOST, outcome=Outcome.MET,
        case__escalated_at__isnull=False, case__state__in=ACTIVE, case__is_history=False,
    ).annotate(milestone=number)  # fmt: skip
    return rows.filter(~Exists(Interim.objects.filter(case=OuterRef("case"), milestone=OuterRef("milestone"))))


def owe(at: datetime) -> int:
    """Owes a batch of questions, each once whoever else owes it at the same time; returns how many milestones."""
    found = list(to_ask(at).select_related("case").order_by("ended_at", "pk")[:BATCH])
    owed = {(row.case_id, row.milestone): row.case for row in found}  # type: ignore[attr-defined]
    with transaction.atomic():
        rows = [Interim(case=case, milestone=number, owed_at=at) for (_pk, number), case in owed.items()]
        Interim.objects.bulk_create(rows, ignore_conflicts=True)
        notices = [_notice(case, number, at) for (_pk, number), case in owed.items()]
        Notice.objects.bulk_create(notices, ignore_conflicts=True)
    return len(found)


def _notice(case: Case, number: int, at: datetime) -> Notice:
    return Notice(
        key=f"{KIND}:{case.pk}:{number}", kind=KIND, case=case, event_seq=case.event_seq, to_customer=True,
        recipient_id=case.customer_id, data={"milestone": number}, owed_at=at, next_at=at,
    )  # fmt: skip


def compose(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the letter needs. Raises NotNeeded when the case is settled, or the person is not to be asked now."""
    case, number = notice.of_case, notice.data["milestone"]
    if case.state not in ACTIVE:
        raise letters.NotNeeded("The case is not under way any more.")
    if not may_be_asked(notice.person):
        raise letters.NotNeeded("This person is not asked.")
    with transaction.atomic():
        claim(notice.person, Ask.Kind.INTERIM, f"{case.pk}:{number}", at=now)
        Interim.objects.filter(case=case, milestone=number).update(asked_at=now)
    token = AccessLink.issue(AccessLink.Purpose.INTERIM, case, user=notice.person, at=now, lasts=LINK_LASTS)
    url = f"{settings.BASE_URL}/i/{token}/"
    choices = [{"label": label, "url": f"{url}?score={score}"} for score, label in Interim.Score.choices]
    return {"choices": choices, "secrets": [token]}


# Answering ------------------------------------------------------------------------------------------------------


def asked(case: Case) -> Interim | None:
    """The question that was asked last."""
    return Interim.objects.filter(case=case, asked_at__isnull=False).order_by("-asked_at", "-pk").first()


def closed_why(case: Case) -> str:
    """Why the question cannot be answered any more, in a sentence; empty while it can."""
    if case.state in ACTIVE:
        return ""
    if case.state == State.ANSWERED:
        return _("Your case has an answer now. We ask you about it when it is settled.")
    if case.state == State.MERGED:
        return _("This case was joined to another one. We go on with it there.")
    return _("This case is finished. If it came back, open it again or start a new case.")


def answer_interim(case: Case, *, score: int | None, at: datetime) -> Interim:
    """Records or, while the case is under way, changes the answer. Raises Refused with a sentence."""
    if score not in Interim.Score.values:
        raise Refused(_("Choose one of the answers."))
    with transaction.atomic():
        held = Case.objects.select_for_update().get(pk=case.pk)
        row = asked(held)
        if row is None or (why := closed_why(held)):
            raise Refused(why if row else _("Nobody asked this."))
        if row.answered_at is None:
            row.is_anonymous = will_be_anonymous()
        row.score, row.answered_at = score, at
        row.save(update_fields=["score", "answered_at", "is_anonymous"])
        # Figures count it anew; the case itself is not touched.
        TouchedCase.note([held.pk], at)
    return row


COMPOSERS = {KIND: compose}
STEPS = (Step("interim questions", to_ask, owe),)
