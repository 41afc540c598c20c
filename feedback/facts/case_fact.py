"""The facts of one case: a pure function of the case, its log, its promises and its survey."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime

from cases.lifecycle import State
from cases.models import Case
from escalation.facts import Clock
from escalation.models import Promise
from feedback.adherence import score, steps
from feedback.facts.climbing import (
    PASSED_UP,
    answered_at_once,
    came_back,
    passings_of,
    rises_of,
    spent_by,
    was_upset,
    went_unasked,
)
from feedback.facts.stages import Happened, Worked, is_ours, is_theirs, longest_silence, spent, stage_of
from feedback.models import CaseFact, FollowUp, LowScore, Survey

#: An answer was accepted, or nobody answered it until it closed: the first such move is when a case was settled.
SETTLES = (State.CONFIRMED, State.CLOSED)
#: What a progress update is in the log.
UPDATED = "updated"


def fact_of(
    case: Case,
    events: Sequence[Happened],
    promises: Iterable[str],
    survey: Survey | None,
    followed_at: datetime | None,
    worked: Worked,
    low: LowScore | None = None,
    interim: int | None = None,
    follow: FollowUp | None = None,
    post_mortems: int = 0,
) -> CaseFact:
    """The row for `case`, not saved. The same things given make the same row.

    `events` in their order, `promises` the statuses of what we promised in its ledger, `followed_at` when the first case that goes on
    from it was filed, `worked` the working seconds between two instants, `low` the answer owed to a low score, `interim`
    the last answer given while it was under way, `follow` the newest follow-up that was owed, `post_mortems` how many
    there are of it. ValueError for a case without a log.
    """
    if not events:
        raise ValueError(f"Case {case.pk} has no log.")
    statuses, last = list(promises), events[-1]
    fact = CaseFact(
        case=case,
        seq=last.seq,
        filed_at=case.filed_at,
        escalated_at=case.escalated_at,
        resolved_at=case.resolved_at,
        closed_at=case.closed_at,
        promises_kept=statuses.count(Promise.Status.KEPT),
        promises_broken=statuses.count(Promise.Status.BROKEN),
        stage=stage_of(last.data["to"]),
        post_mortems=post_mortems,
    )
    fact.longest_silence, fact.silent_since = longest_silence(events, worked)
    fact.stage_since = last.occurred_at if fact.stage else None
    for stage, seconds in spent(events).items():
        setattr(fact, f"in_{stage}", seconds)
    _went(fact, events)
    followed = score(steps(events))
    fact.steps_kept, fact.steps_required = followed.hits, followed.n
    _settled(fact, events, followed_at)
    _written(fact, events)
    _said(fact, survey)
    _owed(fact, low)
    fact.interim_score = interim
    _followed(fact, follow)
    return fact


def _went(fact: CaseFact, events: Sequence[Happened]) -> None:
    """What the log says of how it went."""
    kinds = [event.kind for event in events]
    severities = [event.data["severity"] for event in events]
    levels = [event.data["tier"] for event in events]
    fact.first_team = next((event.data["team"] for event in events if event.data["team"]), "")
    fact.severity_filed, fact.severity_worst, fact.level_top = severities[0], min(severities), max(levels)
    fact.went_down = sum(after < before for before, after in itertools.pairwise(levels))
    fact.replies, fact.rejections, fact.reopenings = (
        kinds.count(kind) for kind in ("answered", "rejected", "reopened")
    )
    fact.asked_supervisor = "supervisor_asked" in kinds
    fact.plan_failures = sum("plan_failed" in event.data for event in events)
    fact.assessed, fact.upset, fact.came_back = "assessed" in kinds, was_upset(events), came_back(events)
    fact.replied_low = any(one.kind == "answered" and one.data["tier"] == 1 for one in events)
    fact.back_low = came_back(events, low=True)
    if fact.escalated_at is not None:
        fact.spent, fact.rises, fact.answered_at_once = spent_by(events), rises_of(events), answered_at_once(events)
        fact.passings, fact.went_unasked = passings_of(events), went_unasked(events)
        fact.passed_at = max((one.occurred_at for one in events if one.kind == PASSED_UP), default=None)
    fact.replied_at = next((event.occurred_at for event in events if event.kind == "answered"), None)
    named = next((number for number, event in enumerate(events) if event.kind == "acknowledged"), None)
    fact.acknowledged_at = None if named is None else events[named].occurred_at
    before_a_name = events if named is None else events[: named + 1]
    fact.went_astray = any(
        after.data["team"] != before.data["team"] and after.data["tier"] <= before.data["tier"]
        for before, after in itertools.pairwise(before_a_name)
    )


def _settled(fact: CaseFact, events: Sequence[Happened], followed_at: datetime | None) -> None:
    """When it was settled first, how many words of ours that took, and when the customer was back."""
    settled = next((e for e in events if e.data["from"] == State.ANSWERED and e.data["to"] in SETTLES), None)
    until = settled.seq if settled else events[-1].seq + 1
    fact.touches = sum(is_ours(e) for e in events if e.seq < until)
    if settled is None:
        return
    fact.settled_at = settled.occurred_at
    back = [e.occurred_at for e in events if e.kind == "reopened" and e.seq > settled.seq]
    fact.back_at = min([*back[:1], *([followed_at] if followed_at else [])], default=None)


def _written(fact: CaseFact, events: Sequence[Happened]) -> None:
    """When the customer wrote last, and our progress updates with the times they named."""
    fact.wrote_at = max((one.occurred_at for one in events if is_theirs(one)), default=None)
    said = [one.data for one in events if one.kind == UPDATED]
    fact.updates = len(said)
    fact.updates_timed = sum((data.get("started") or {}).get(Clock.UPDATE) is not None for data in said)
    fact.updates_chosen = sum((data.get("args") or {}).get("next_at") is not None for data in said)


def _said(fact: CaseFact, survey: Survey | None) -> None:
    if survey is None:
        return
    fact.asked_at, fact.said_at = survey.invited_at, survey.answered_at
    if survey.answered_at:
        fact.score, fact.effort = survey.satisfaction, survey.effort
        fact.fixed, fact.heard = survey.fixed, survey.heard


def _owed(fact: CaseFact, low: LowScore | None) -> None:
    """By when a low score was owed an answer; what was withdrawn before its time was owed none."""
    if low is not None and (low.withdrawn_at is None or low.withdrawn_at > low.due_at):
        fact.low_due_at, fact.low_done_at = low.due_at, low.done_at


def _followed(fact: CaseFact, follow: FollowUp | None) -> None:
    """By when the customer was to be asked whether it is still fixed; what was skipped was not done."""
    if follow is not None:
        fact.follow_due_at, fact.follow_done_at = follow.due_at, follow.done_at if follow.was_made else None
