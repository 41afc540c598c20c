"""Draws the quality review's sample of each week, once, from a seed that is kept (R084).

Who can be drawn: cases of customers settled in the week that somebody of ours had at the end. The sample is drawn two days after the
week, when most customers have said how they found it. Seed and population are kept with it: `again` draws it anew.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, QuerySet

from cases.models import TouchedCase
from escalation.models import Heartbeat
from escalation.steps import Step
from feedback.models import CaseFact, QualityReview, QualityWeek, Survey
from feedback.periods import Period
from feedback.retros import SETTLED
from feedback.sampling import Candidate, Drawn, draw, weight

BEAT = "beat"
AFTER, DAY = timedelta(days=2), timedelta(days=1)
LONG_SILENCE = 16 * 3600  # seconds of working time without a word of ours


def newest(at: datetime) -> Period:
    """The last week, Monday to Sunday in the company's zone, whose sample may be drawn at `at`."""
    zone = settings.COMPANY_TIME_ZONE
    today = (at - AFTER).astimezone(ZoneInfo(zone)).date()
    monday = today - timedelta(days=today.weekday() + 7)
    return Period(monday, monday + 6 * DAY, zone)


def population(week: Period) -> dict[int, list[str]]:
    """The cases that can be drawn, each with why it weighs more than others."""
    facts = CaseFact.objects.filter(
        case__resolved_at__gte=week.start, case__resolved_at__lt=week.end, case__state__in=SETTLED,
        case__is_history=False, case__customer__is_staff=False, case__owner__isnull=False,
    )  # fmt: skip
    # An answer given without a name is shown beside no case, so it may not be a reason either.
    hidden = set(Survey.objects.filter(case__in=facts.values("pk"), is_anonymous=True).values_list("case", flat=True))
    return {fact.pk: reasons(fact, score_known=fact.pk not in hidden) for fact in facts.order_by("pk")}


def reasons(fact: CaseFact, *, score_known: bool = True) -> list[str]:
    """Why a case weighs more, by the keys of WEIGHTS."""
    found = {
        "low_score": score_known and fact.score in Survey.LOW,
        "broken_promise": fact.promises_broken > 0,
        "passed_up": fact.escalated_at is not None,
        "long_silence": fact.longest_silence >= LONG_SILENCE,
    }
    return [key for key, holds in found.items() if holds]


def due(at: datetime) -> QuerySet:
    """The beat's own row, while the last week has no sample; none where none is wanted."""
    row = QualityWeek.objects.filter(monday=newest(at).first)
    # A query that asks for nothing could not be put into the beat's one question: no hand has an empty name.
    role = BEAT if any(settings.QUALITY_SAMPLE.values()) else ""
    return Heartbeat.objects.filter(role=role).filter(~Exists(row))


def draw_week(at: datetime, seed: str = "") -> int:
    """Draws the sample of the last week, whoever else tries at the same time; done with 0 left.

    It waits while facts of that week are still to be made: a case without them could not be drawn.
    """
    week = newest(at)
    if TouchedCase.objects.filter(at__lt=week.end).exists():
        return 0
    found = population(week)
    size = settings.QUALITY_SAMPLE
    with transaction.atomic():
        row, fresh = QualityWeek.objects.get_or_create(
            monday=week.first,
            defaults={
                "seed": seed or secrets.token_hex(16), "by_chance": size["by_chance"], "by_risk": size["by_risk"],
                "population": [[case, weight(why)] for case, why in found.items()], "drawn_at": at,
            },
        )  # fmt: skip
        if fresh:
            _pick(row, found)
    return 0


def again(week: QualityWeek) -> list[Drawn]:
    """The sample drawn anew from what is kept: always the same."""
    cases = [Candidate(case, weighs) for case, weighs in week.population]
    return draw(cases, week.seed, by_chance=week.by_chance, by_risk=week.by_risk)


def differing(week: QualityWeek) -> bool:
    """Whether the cases of a week's reviews are not those its seed draws."""
    kept = set(week.reviews.values_list("case", "by_chance"))
    return kept != {(one.case, one.by_chance) for one in again(week)}


def _pick(week: QualityWeek, found: dict[int, list[str]]) -> None:
    owners = dict(CaseFact.objects.filter(pk__in=found).values_list("pk", "case__owner"))
    QualityReview.objects.bulk_create(
        QualityReview(
            week=week, case_id=one.case, person_id=owners[one.case], by_chance=one.by_chance, reasons=found[one.case]
        )
        for one in again(week)
    )


STEPS = (Step("quality sample", due, draw_week),)
