"""The letters of improvements: to customers, once, what we changed because of them; to who
proposed one, the decision; to leaders, once, that decisions are late."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from cases.access import AUDIT, WORK
from cases.languages import in_language, isolated
from cases.spelling import day_words
from escalation.letters import NotNeeded, to_staff, zone_of
from escalation.models import Notice
from escalation.steps import Step
from feedback.improvements import DECIDE, NEWS, deciders, overdue, to_decide, to_tell
from feedback.models import Improvement

LATE, DECIDED = "improvements_overdue", "improvement_decided"
#: One of these opens an improvement in the console.
READS = (WORK, AUDIT, DECIDE)
BATCH = 100


# To customers -------------------------------------------------------------------------------------------------


def news_notices(one: Improvement, *, at: datetime) -> None:
    """One letter owed to each customer it came from who wants news; to nobody twice."""
    owed = []
    for person in to_tell(one).order_by("pk"):
        notice = to_staff(NEWS, str(one.pk), person, {"improvement": one.pk}, at)
        notice.to_customer = True
        owed.append(notice)
    Notice.objects.bulk_create(owed, ignore_conflicts=True)


def compose_news(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the letter to a customer says, in their language where the sentence was written in it."""
    one = Improvement.objects.filter(pk=notice.data["improvement"]).exclude(sentence="").first()
    if one is None or one.done_at is None:
        raise NotNeeded("It is not published any more.")
    local = one.done_at.astimezone(ZoneInfo(zone_of(notice.person)))
    return {
        "sentence": in_language(one.translations, "sentence", one.sentence),
        "since": isolated(day_words(local, with_year=True)),
        "link": f"{settings.BASE_URL}/improvements/" if settings.PUBLIC_IMPROVEMENTS else "",
    }


# To who proposed it -------------------------------------------------------------------------------------------


def decided_notice(one: Improvement, *, at: datetime) -> None:
    """A letter owed to who proposed it; not to who decided on an idea of their own."""
    if one.proposed_by_id != one.decided_by_id:
        owed = to_staff(DECIDED, str(one.pk), one.proposed_by, {"improvement": one.pk}, at)
        Notice.objects.bulk_create([owed], ignore_conflicts=True)


def compose_decided(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the letter says: yes or no, and where the reason stands. NotNeeded for who may not read it there any more."""
    one = Improvement.objects.filter(pk=notice.data["improvement"]).select_related("decided_by").first()
    if one is None or not any(notice.person.has_perm(name) for name in READS):
        raise NotNeeded("It is not there any more, or not for this person's eyes.")
    page = f"{settings.BASE_URL}/console/feedback/improvements/{one.pk}/"
    return {"one": one, "agreed": one.state != Improvement.State.DECLINED, "page": page}


# To leaders ---------------------------------------------------------------------------------------------------


def late(at: datetime) -> QuerySet[Improvement]:
    """Decisions that are late and of which nobody was told."""
    return overdue(at).filter(overdue_told_at=None)


def tell(at: datetime) -> int:
    """One letter to each leader about a batch of late decisions; each is told of once. How many decisions."""
    with transaction.atomic():
        # Whoever comes second finds them told of.
        rows = list(late(at).select_for_update()[:BATCH])
        if rows:
            numbers = [one.pk for one in rows]
            Improvement.objects.filter(pk__in=numbers).update(overdue_told_at=at)
            owed = [to_staff(LATE, str(numbers[0]), one, {"improvements": numbers}, at) for one in deciders()]
            Notice.objects.bulk_create(owed, ignore_conflicts=True)
    return len(rows)


def compose_late(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the letter to a leader says: how many still wait."""
    waiting = to_decide().filter(pk__in=notice.data["improvements"]).count()
    if not waiting:
        raise NotNeeded("All of them have been decided meanwhile.")
    return {"waiting": waiting, "page": f"{settings.BASE_URL}/console/feedback/improvements/"}


COMPOSERS = {NEWS: compose_news, LATE: compose_late, DECIDED: compose_decided}
STEPS = (Step("late decisions", late, tell),)
