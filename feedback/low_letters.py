"""The letters about low scores: a supervisor's answer to the customer, and to supervisors the word that some came and that answers are late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, QuerySet
from django.utils.translation import gettext as _

from cases import brand
from cases.access import Viewer, supervisors
from cases.holding import not_held
from cases.languages import isolated
from cases.spelling import spell
from escalation.letters import NotNeeded, to_staff, zone_of
from escalation.models import Heartbeat, Notice
from escalation.steps import Step
from feedback.low_scores import KIND, OPEN, to_answer
from feedback.models import LowScore
from feedback.pulse import office

NEW, LATE = "low_scores_new", "low_scores_late"
#: Of what came supervisors are told in one letter an hour at most.
ONE_IN = timedelta(hours=1)
BATCH = 200


def compose_answer(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the customer reads: the supervisor's own words, from the supervisor."""
    row = LowScore.objects.select_related("by").get(case=notice.of_case)
    if row.by is None:
        raise NotNeeded("The answer was taken back.")
    name = row.by.first_name
    sender = _("%(name)s at %(company)s") % {"name": name, "company": brand.current().from_name}
    return {"words": row.words, "by": isolated(name), "sender": sender}


def _owe(kind: str, rows: QuerySet[LowScore], mark: str, since: Callable[[LowScore], datetime], *, at: datetime) -> int:
    """One letter to each supervisor about a batch of `rows`, each told of once by `mark`; returns how many rows.

    A row that is owed anew is told of anew, so its number alone is no key: `since` is when it came to be so.
    """
    held = list(not_held(rows.order_by("due_at", "pk")[:BATCH]))
    if held:
        said = {"rows": [row.pk for row in held]}
        about = f"{held[0].pk}:{since(held[0]):%Y%m%d%H%M}"
        letters = [to_staff(kind, about, person, said, at) for person in supervisors().order_by("pk")]
        Notice.objects.bulk_create(letters, ignore_conflicts=True)
        LowScore.objects.filter(pk__in=said["rows"]).update(**{mark: at})
    return len(held)


# New ------------------------------------------------------------------------------------------------------------


def to_announce(at: datetime) -> QuerySet[LowScore]:
    """Low scores no supervisor was told of yet; none within an hour of the last letter, so that many are one."""
    lately = Heartbeat.objects.filter(role=NEW, last_loop__gt=at - ONE_IN)
    return LowScore.objects.filter(OPEN, ~Exists(lately), announced_at=None)


def announce(at: datetime) -> int:
    """Owes each supervisor one letter about those that came, while the office is open; what comes by night waits.

    Each is told of once, and late ones by their own letter. How many rows; 0 while the office is closed.
    """
    if office(at).due(at, 1) > at + timedelta(seconds=1):
        return 0
    with transaction.atomic():
        number = _owe(NEW, to_announce(at), "announced_at", lambda row: row.since, at=at)
        if number:
            Heartbeat.objects.update_or_create(role=NEW, defaults={"last_loop": at, "last_success": at})
    return number


def compose_new(notice: Notice, now: datetime) -> dict[str, Any]:
    """How many came and by when the first is owed, no names. Raises NotNeeded when all of them were answered."""
    rows = list(to_answer(Viewer(notice.person)).filter(pk__in=notice.data["rows"]))
    if not rows:
        raise NotNeeded("They have been answered meanwhile.")
    due = spell(rows[0].due_at, zone_of(notice.person))
    return {"number": len(rows), "due": due, "page": f"{settings.BASE_URL}/console/feedback/"}


# Late -----------------------------------------------------------------------------------------------------------


def to_tell(at: datetime) -> QuerySet[LowScore]:
    """Answers that are late and nobody was told of."""
    return LowScore.objects.filter(OPEN, due_at__lte=at, told_at=None)


def tell(at: datetime) -> int:
    """Owes each supervisor one letter about a batch of them, each told of once; returns how many rows."""
    with transaction.atomic():
        return _owe(LATE, to_tell(at), "told_at", lambda row: row.due_at, at=at)


def compose_late(notice: Notice, now: datetime) -> dict[str, Any]:
    """How many wait past their time, no names. Raises NotNeeded when all that it is about were answered."""
    rows = to_answer(Viewer(notice.person)).filter(pk__in=notice.data["rows"])
    number = rows.count()
    if not number:
        raise NotNeeded("They have been answered meanwhile.")
    return {"number": number, "page": f"{settings.BASE_URL}/console/feedback/"}


COMPOSERS = {KIND: compose_answer, NEW: compose_new, LATE: compose_late}
STEPS = (
    Step("new low scores", to_announce, announce),
    Step("late low scores", to_tell, tell),
)
