"""What the pages of meetings say: the parts of the pack in words, an action with its tag, and the desk's lines."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from cases.models import Resolution, User
from escalation.models import Promise
from escalation.permits import Actor
from feedback import climbs, meetings, post_mortems
from feedback.meeting_pack import Pack, Part, Rose
from feedback.models import Meeting, MeetingAction
from portal.console import improvements_show, learning, low_scores
from portal.console.reviews_desk import AMBER, PLAIN, Line
from portal.console.words import clock_name, make_tag
from portal.insights.words import few_words, interval_words, outcome_words, share_words

#: Why a level rose, as a column of the sheet has it.
WHY = {
    climbs.MISSED: "a time was missed",
    climbs.ASKED: "the customer asked for a supervisor",
    climbs.RISK: "placed higher by risk",
    climbs.REOPENED: "by hand, after it was opened again",
    climbs.BY_HAND: "by hand",
}
OUTCOMES = {str(value): str(label) for value, label in Resolution.Outcome.choices}
NAMED = 3  # late actions that the desk names


def name_of(one: Meeting) -> str:
    """'Payments: 12 Jan to 18 Jan 2026'."""
    return f"Minutes: {one.team or 'all teams'}, week of {one.week:%-d %b %Y}"


def actions_of(one: Meeting) -> QuerySet[MeetingAction]:
    return one.actions.select_related("meeting", "owner", "done_by").order_by("due_on", "pk")


def action_row(one: MeetingAction, user: User, now: datetime) -> dict[str, Any]:
    """An action as a list shows it."""
    if one.done_at:
        tag = make_tag("tick", "good", "Done")
    elif meetings.is_late(one, now):
        tag = make_tag("diamond", "late", "Overdue")
    else:
        tag = make_tag("half", "progress", "Open")
    mine = one.owner_id == user.pk
    return {"one": one, "tag": tag, "mine": mine, "page": reverse("admin:meeting_action", args=[one.pk])}


def pack_of(found: Pack, user: User, now: datetime) -> dict[str, Any]:
    """What the sheet takes besides the minutes."""
    return {
        "title": f"Meeting pack: {found.team or 'all teams'}",
        "pack": found,
        "first": found.week.first,
        "last": found.week.last,
        "rose": [rose_row(one) for one in found.rose.rows],
        "rating": {
            "words": share_words(found.satisfied),
            "interval": interval_words(found.satisfied),
            "n": found.satisfied.n,
            "few": few_words(found.satisfied, "answer"),
            "shown": found.satisfied.shown,
        },
        "scores": [{"score": score, "n": n} for score, n in found.scores.items()],
        "lessons": [
            {"title": "New", "part": found.written, "rows": [learning.row(one, now) for one in found.written.rows]},
            {"title": "Answered", "part": found.answered, "rows": [learning.row(one, now) for one in found.answered.rows]},
        ],
        "actions": [action_row(one, user, now) for one in found.actions.rows],
        "low": [low_scores.row_of(one, now) for one in found.low.rows],
        "missed": [missed_row(one) for one in found.missed.rows],
        "look_backs": [
            {"one": one, "late": post_mortems.is_overdue(one, now)} for one in found.look_backs.rows
        ],
        "to_decide": [improvements_show.row(one, now) for one in found.to_decide.rows],
        "left_out": left_out(found),
    }  # fmt: skip


def rose_row(one: Rose) -> dict[str, Any]:
    """One case that went up, in words."""
    steps = [f"{rise.was} to {rise.to}, {WHY[rise.why]}" for rise in one.rises]
    return {
        "case": one.case,
        "steps": steps,
        "who": one.who or "Milepost",
        "stands": outcome_words(one.case.state, one.outcome, OUTCOMES),
        "at": one.last_at,
    }


def missed_row(one: Promise) -> dict[str, Any]:
    return {"one": one, "what": clock_name(one.clock.kind)}


def left_out(found: Pack) -> int:
    """How many entries of cases stand in no list: restricted, or not for this reader."""
    parts: tuple[Part[Any], ...] = (found.rose, found.comments, found.low, found.missed, found.look_backs)
    return sum(part.hidden for part in parts)


# Around the cases ---------------------------------------------------------------------------------------------


def desk(actor: Actor, now: datetime) -> list[Line]:
    """What meetings gave this person to do: what is late by name, the rest as a number."""
    rows = list(meetings.mine(actor.user))
    late = [one for one in rows if meetings.is_late(one, now)]
    found: list[Line] = [
        {
            "tone": AMBER,
            "text": f"An action of a meeting was to be done by {one.due_on:%-d %b}: {one.text}",
            "url": reverse("admin:meeting_action", args=[one.pk]),
            "label": "Tick it off",
        }
        for one in late[:NAMED]
    ]
    if rest := len(rows) - len(late[:NAMED]):
        have = "1 action of a meeting is" if rest == 1 else f"{rest} actions of meetings are"
        found.append({"tone": PLAIN, "text": f"{have} yours.", "url": reverse("admin:meetings"), "label": "See"})
    return found
