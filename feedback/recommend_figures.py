"""What came of asking customers whether they would recommend us: the score of each quarter, how many answered, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from django.db.models import Count, Q

from feedback.intervals import Share
from feedback.models import Recommendation, RecommendRound
from feedback.nps import DETRACTOR, PROMOTER, Nps

SHOWN = 8  # quarters: two years
WORDS_MOST = 50
#: Who works here by now is no customer's voice.
FROM_CUSTOMERS = Q(person__is_staff=False, asked_at__isnull=False)


@dataclass(frozen=True, slots=True)
class Quarter:
    """One round. `response`: answered of asked."""

    round: RecommendRound
    nps: Nps
    response: Share

    @property
    def first(self) -> date:
        return self.round.quarter


def quarters() -> list[Quarter]:
    """The newest rounds, the oldest of them first; an answer counts in the quarter it was asked in. Two queries."""
    rounds = list(RecommendRound.objects.order_by("-quarter")[:SHOWN])[::-1]
    rows = Recommendation.objects.filter(FROM_CUSTOMERS, of__in=rounds).order_by()
    found: dict[int, dict[int | None, int]] = {one.pk: {} for one in rounds}
    for of, score, n in rows.values_list("of", "score").annotate(n=Count("pk")):
        found[of][score] = n
    return [_quarter(one, found[one.pk]) for one in rounds]


def _quarter(one: RecommendRound, counted: dict[int | None, int]) -> Quarter:
    given = {score: n for score, n in counted.items() if score is not None}
    ups = sum(n for score, n in given.items() if score >= PROMOTER)
    downs = sum(n for score, n in given.items() if score <= DETRACTOR)
    n = sum(given.values())
    return Quarter(one, Nps(ups, n - ups - downs, downs), Share(n, sum(counted.values())))


def words(quarter: Quarter) -> list[Recommendation]:
    """What they wrote in a quarter, in an order that says nothing; nothing where too few answered."""
    if not quarter.nps.shown:
        return []
    rows = Recommendation.objects.filter(FROM_CUSTOMERS, of=quarter.round).exclude(why="").select_related("person")
    return sorted(rows, key=lambda row: sha256(f"{quarter.round.seed}:{row.pk}".encode()).digest())[:WORDS_MOST]
