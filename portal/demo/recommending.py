"""The demo's question whether customers would recommend the company: three quarters in which it got a little better."""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from cases.models import User
from feedback.models import Recommendation, RecommendRound
from feedback.recommending import quarter_of, today
from portal.demo.people import Cast

PER_CENT, LIKELY = 50, 0.75
#: What was answered, quarter by quarter, the oldest first, and now and then why.
SCORES = ((3, 5, 6, 7, 8, 9), (4, 6, 7, 8, 9, 9), (5, 7, 8, 9, 9, 10))
WHY = {
    3: "I had to call twice to learn what happens.",
    6: "In the end it was solved. Nobody told me in between.",
    8: "Good people. The form asks a lot.",
    9: "One name, one number, and they called when they said.",
    10: "You knew before I did that the payment had failed.",
}


def ask(people: Cast, now: datetime, *, seed: int) -> None:
    """Answers of the three quarters before this one."""
    chance = random.Random(seed)  # noqa: S311 # nosec B311
    first, quarters = quarter_of(today(now)), []
    for _ in SCORES:
        first = quarter_of(first - timedelta(days=1))
        quarters.insert(0, first)
    for quarter, scores in zip(quarters, SCORES, strict=True):
        at = datetime.combine(quarter + timedelta(days=40), time(12), ZoneInfo(settings.COMPANY_TIME_ZONE))
        given = {
            "seed": f"{chance.getrandbits(128):032x}",
            "per_cent": PER_CENT,
            "population": 2 * len(people.customers),
        }
        made = RecommendRound.objects.create(quarter=quarter, drawn_at=at - timedelta(days=40), **given)
        Recommendation.objects.bulk_create(_row(made, person, scores, at, chance) for person in people.customers)


def _row(
    made: RecommendRound, person: User, scores: tuple[int, ...], at: datetime, chance: random.Random
) -> Recommendation:
    row = Recommendation(
        of=made, person=person, ask_on=at.date(), owed_at=at, asked_at=at, expires_at=at + timedelta(days=30)
    )
    if chance.random() < LIKELY:
        row.score, row.answered_at = chance.choice(scores), at + timedelta(days=1)
        row.why = WHY.get(row.score, "") if chance.random() < 0.5 else ""
    return row
