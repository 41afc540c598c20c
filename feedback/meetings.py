"""Team meetings: who reads and holds which, the minutes kept once, and the actions that come of them (R120).

A meeting is about one week of one team, or of all together. Its minutes say who was there and what was decided; an action
has an owner and a day, and is ticked off with a word on what came of it. docs/meetings.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from cases.access import AUDIT, WORK, teams_of, workers
from cases.models import Team, User
from escalation.reviews import day_of
from escalation.verbs import Refused
from feedback.improvements import DECIDE, deciders
from feedback.meeting_letters import assigned_notices
from feedback.models import Meeting, MeetingAction

SUPERVISE = "cases.supervise"
DECIDED_MOST, ACTION_MOST, NOTE_MOST = 4000, 300, 500  # characters
ACTIONS_MOST = 8
FURTHEST = timedelta(days=366)
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Planned:
    """An action as somebody types it; a part that is missing is refused by name."""

    text: str
    owner: User | None
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Minutes:
    """What is kept of a meeting."""

    people: Sequence[User]
    decided: str
    actions: Sequence[Planned] = ()


# Who ----------------------------------------------------------------------------------------------------------


def leads(user: User) -> bool:
    """Whether somebody holds meetings of every team and of all together: supervisors, and leaders."""
    return user.has_perm(SUPERVISE) or user.has_perm(DECIDE)


def sees_all(user: User) -> bool:
    return leads(user) or user.has_perm(AUDIT)


def teams_for(user: User) -> QuerySet[Team]:
    """The teams whose meetings somebody reads: their own, or every team."""
    return (Team.objects.all() if sees_all(user) else teams_of(user).distinct()).order_by("name", "pk")


def may_hold(user: User, team: Team | None) -> bool:
    """Whether somebody may keep the minutes: their own team's, or as one who leads."""
    if leads(user):
        return True
    return team is not None and user.has_perm(WORK) and teams_of(user).filter(pk=team.pk).exists()


def readable(user: User) -> QuerySet[Meeting]:
    """The meetings somebody may read about, the newest week first."""
    rows = Meeting.objects.select_related("team", "by")
    return rows if sees_all(user) else rows.filter(team__in=teams_of(user).values("pk"))


def choices_for(team: Team | None, user: User) -> QuerySet[User]:
    """Who may have been there: of a team its people, who leads it, and supervisors; of all together everybody."""
    everybody = Q(pk__in=workers().values("pk")) | Q(pk__in=deciders().values("pk"))
    found = User.objects.filter(everybody | Q(pk=user.pk))
    if team is not None:
        near = Q(pk__in=team.members.order_by().values("pk")) | Q(pk=team.lead_id) | Q(pk=user.pk)
        found = found.filter(near | Q(pk__in=deciders().values("pk")))
    return found.order_by("name", "pk")


# Weeks --------------------------------------------------------------------------------------------------------


def last_week(at: datetime) -> date:
    """The Monday of the last week that is over, where the company is."""
    today = day_of(at)
    return today - timedelta(days=today.weekday()) - WEEK


def is_over(week: date, at: datetime) -> bool:
    """Whether `week` is a Monday whose seven days are over."""
    return week.weekday() == 0 and week <= last_week(at)


def of_week(team: Team | None, week: date) -> Meeting | None:
    """The minutes of that week, if they were kept."""
    return Meeting.objects.filter(team=team, week=week).select_related("team", "by").first()


# Minutes ------------------------------------------------------------------------------------------------------


def keep(team: Team | None, week: date, said: Minutes, *, by: User, at: datetime) -> Meeting:
    """Keeps the minutes of a meeting, once; owners of actions are owed a letter. Raises Refused naming the field.

    The field of an action's part is "text_1", "owner_1" or "due_on_1", counted from 1.
    """
    if not may_hold(by, team):
        raise Refused("Only people of the team, and those who lead, keep its minutes.")
    if not is_over(week, at):
        raise Refused("Choose a week that is over, by its Monday.", field="week")
    _check(team, said, by, at)
    try:
        with transaction.atomic():
            row = Meeting.objects.create(team=team, week=week, decided=said.decided.strip(), by=by, at=at)
            row.people.set(said.people)
            actions = [
                MeetingAction(meeting=row, text=" ".join(one.text.split()), owner=one.owner, due_on=one.due_on)
                for one in said.actions
                if one.owner and one.due_on  # as checked
            ]
            assigned_notices(MeetingAction.objects.bulk_create(actions), by=by, at=at)
    except IntegrityError:
        first = of_week(team, week)
        if first is None:
            raise
        raise Refused(
            f"{first.by} has kept the minutes of this meeting already. What you typed is still below; nothing of it was kept."
        ) from None
    return row


def _check(team: Team | None, said: Minutes, by: User, at: datetime) -> None:
    known = set(choices_for(team, by).filter(pk__in=[one.pk for one in said.people]).values_list("pk", flat=True))
    if not said.people or any(one.pk not in known for one in said.people):
        raise Refused("Choose who was there.", field="people")
    decided = said.decided.strip()
    if not decided or len(decided) > DECIDED_MOST:
        raise Refused(f"Write what was decided, in at most {DECIDED_MOST:,} characters.", field="decided")
    if len(said.actions) > ACTIONS_MOST:
        raise Refused(f"At most {ACTIONS_MOST} actions: more than that nobody does.", field="decided")
    here = set(
        workers().filter(pk__in=[one.owner.pk for one in said.actions if one.owner]).values_list("pk", flat=True)
    )
    for number, one in enumerate(said.actions, 1):
        if not one.text.strip() or len(one.text) > ACTION_MOST:
            raise Refused(f"Say what action {number} is, in at most {ACTION_MOST} characters.", field=f"text_{number}")
        if one.owner is None or one.owner.pk not in here:
            raise Refused(f"Choose who does action {number}: one colleague.", field=f"owner_{number}")
        if one.due_on is None or not day_of(at) <= one.due_on <= day_of(at + FURTHEST):
            raise Refused(
                f"Choose the day by which action {number} is done: from today on, at most a year ahead.",
                field=f"due_on_{number}",
            )


# Actions ------------------------------------------------------------------------------------------------------


def open_actions(user: User, team: Team | None = None) -> QuerySet[MeetingAction]:
    """Actions not ticked off of the meetings somebody may read, of one team or of all; the first due first."""
    rows = MeetingAction.objects.filter(done_at=None, meeting__in=readable(user).order_by().values("pk"))
    rows = rows.filter(meeting__team=team) if team else rows
    return rows.select_related("meeting", "meeting__team", "owner").order_by("due_on", "pk")


def mine(user: User) -> QuerySet[MeetingAction]:
    """What somebody has to do, the first due first."""
    rows = MeetingAction.objects.filter(owner=user, done_at=None)
    return rows.select_related("meeting", "meeting__team", "owner").order_by("due_on", "pk")


def actions_for(user: User) -> QuerySet[MeetingAction]:
    """Every action somebody may open: their own, and those of the meetings they read."""
    found = Q(owner=user) | Q(meeting__in=readable(user).order_by().values("pk"))
    return MeetingAction.objects.filter(found).select_related("meeting", "meeting__team", "owner", "done_by")


def is_late(one: MeetingAction, at: datetime) -> bool:
    """Not ticked off though its day is over."""
    return one.done_at is None and one.due_on < day_of(at)


def may_tick(one: MeetingAction, user: User) -> bool:
    """Whether somebody may say that it is done: whose it is, and those who lead."""
    return one.owner_id == user.pk or leads(user)


def tick_off(action: MeetingAction, note: str, *, by: User, at: datetime) -> MeetingAction:
    """It is done, and what came of it. Raises Refused; of two who tick it off the second is shown the first."""
    note = " ".join(note.split())
    if not note or len(note) > NOTE_MOST:
        raise Refused(f"Say what came of it, in at most {NOTE_MOST} characters.", field="note")
    with transaction.atomic():
        held = MeetingAction.objects.select_for_update(of=("self",)).select_related("done_by").get(pk=action.pk)
        if not may_tick(held, by):
            raise Refused("Only whose it is, and those who lead, can say that it is done.")
        if held.done_at is not None:
            raise Refused(f"{held.done_by} has ticked this off already: “{held.note}”")
        held.note, held.done_by, held.done_at = note, by, at
        held.save(update_fields=["note", "done_by", "done_at"])
    return held
