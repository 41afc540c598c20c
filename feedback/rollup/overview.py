"""The dashboard's shares, read at once: what customers said, escalations, first contact and promises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from feedback.ease import EFFORTS, Ease, ease
from feedback.figures import EVERYTHING, MILESTONES, Escalations, Kept, Satisfaction, Scope
from feedback.first_contact import FirstContact
from feedback.intervals import Share
from feedback.measures import Counted
from feedback.periods import Period
from feedback.rollup.fresh import Fresh
from feedback.rollup.reading import Found, read

SCORES = (5, 4, 3, 2, 1)
KEYS = (
    "satisfied", "response", "came", *(f"score_{score}" for score in SCORES), "addressed", "partly", "heard", "easy", *EFFORTS,
    "low_in_time", "escalated", "at_first", "settled", "kept", *(f"kept_{name}" for name in MILESTONES),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Overview:
    """The same as `satisfaction`, `escalations`, `first_contact` and `promises` count, each by a query of its own."""

    said: Satisfaction
    up: Escalations
    first: FirstContact
    kept: Kept
    low: Counted  # low scores answered in time
    ease: Ease
    counted_to: datetime


def overview(period: Period, scope: Scope = EVERYTHING, *, at: datetime, state: Fresh | None = None) -> Overview:
    """All of it as of `at`, in four queries at most, whatever the number of cases; `state` as of `read`."""
    found = read(period, scope, at=at, keys=KEYS, splits=("topic", "team", "level"), state=state)
    eased = ease({key: found.of(key) for key in EFFORTS})
    return Overview(
        _said(found), _up(found), _first(found), _kept(found), found.of("low_in_time"), eased, found.counted_to
    )


def _said(found: Found) -> Satisfaction:
    satisfied, easy = found.of("satisfied"), found.of("easy")
    return Satisfaction(
        now=satisfied.now,
        before=satisfied.before,
        response=found.of("response").now,
        invited=found.of("came").now.hits,
        weeks=found.weeks("satisfied"),
        scores={score: found.of(f"score_{score}").now.hits for score in SCORES},
        addressed=found.of("addressed").now,
        partly=found.of("partly").now,
        csat_by_topic=found.by("topic", "satisfied"),
        csat_by_team=_teams(found, "satisfied"),
        csat_by_level=found.by("level", "satisfied"),
        by_topic=found.by("topic", "addressed"),
        by_team=_teams(found, "addressed"),
        by_level=found.by("level", "addressed"),
        heard=found.of("heard").now,
        heard_by_level=found.by("level", "heard"),
        easy=easy.now,
        easy_before=easy.before,
    )


def _teams(found: Found, key: str) -> dict[str, Share]:
    return {team: share for team, share in found.by("team", key).items() if team}


def _up(found: Found) -> Escalations:
    rate = found.of("escalated")
    return Escalations(rate.now, rate.before, found.weeks("escalated"), found.by("topic", "escalated"))


def _first(found: Found) -> FirstContact:
    """`settled` counts the young ones too."""
    share = found.of("at_first")
    young = found.of("settled").now.n - share.now.n
    return FirstContact(share.now, share.before, young, found.by("topic", "at_first"))


def _kept(found: Found) -> Kept:
    share = found.of("kept")
    return Kept(share.now, share.before, {name: found.of(f"kept_{name}").now for name in MILESTONES})
