"""The demo's pulse: four months in which most of the company said how manageable their work was."""

from __future__ import annotations

import random
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings

from cases.models import User
from feedback.pulse import answer_pulse, month_of, today_at
from portal.demo.people import Cast

MONTHS, LIKELY = 4, 0.8
#: How often each answer was given, month by month, the oldest first: a hard month, and then more hands.
SCORES = ((2, 3, 3, 4, 4, 5), (1, 2, 2, 3, 3, 4), (2, 3, 3, 4, 4, 4), (2, 3, 4, 4, 5, 5))
WORDS = (
    "Two evenings ran long because nobody could take the case after six.",
    "Hand-overs on Friday were clear, that helped a lot.",
    "Fewer pages at night than the month before.",
    "I would like one morning a week without the phone.",
)


def answer_months(people: Cast, now: datetime, *, seed: int) -> None:
    """The answers of the months before `now`, each given by somebody in the middle of its month."""
    chance = random.Random(seed)  # noqa: S311 # nosec B311
    staff = [*people.supervisors, *(one for members in people.members.values() for one in members)]
    for month, scores in zip(_months_before(now), SCORES, strict=True):
        at = datetime.combine(month.replace(day=20), time(12), ZoneInfo(settings.COMPANY_TIME_ZONE))
        answering = [one for one in staff if chance.random() < LIKELY]
        for number, one in enumerate(answering):
            words = chance.choice(WORDS) if number % 5 == 2 else ""
            _answer(one, chance.choice(scores), words, month, at)


def _answer(by: User, score: int, words: str, month: date, at: datetime) -> None:
    answer_pulse(score=score, words=words, month=month, by=by, at=at)


def _months_before(now: datetime) -> list[date]:
    found = [month_of(today_at(now, settings.COMPANY_TIME_ZONE))]
    for _ in range(MONTHS):
        found.append(month_of(date.fromordinal(found[-1].toordinal() - 1)))
    return found[:0:-1]
