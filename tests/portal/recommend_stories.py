"""Somebody who was asked whether they would recommend us."""

from __future__ import annotations

from datetime import timedelta

from cases.models import User
from cases.models.door import hash_token
from feedback.models import Recommendation, RecommendRound
from portal import clock


def asked_to_recommend(person: User) -> str:
    """Asks `person` now; the secret of their link."""
    token, now = "n" * 43, clock.now()
    given = {"seed": "5d4", "per_cent": 5, "population": 1, "drawn_at": now}
    of, _ = RecommendRound.objects.get_or_create(quarter=now.date().replace(day=1), defaults=given)
    when = {"ask_on": now.date(), "owed_at": now, "asked_at": now, "expires_at": now + timedelta(days=30)}
    Recommendation.objects.create(of=of, person=person, token_hash=hash_token(token), **when)
    return token
