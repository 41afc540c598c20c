"""Meetings: the week's pack as the rows have it, minutes kept once, actions with an owner and a day, and who is told."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.db import IntegrityError, transaction

from cases.models import Case, Category, Event
from escalation.letters import NotNeeded, compose
from escalation.models import Notice, Promise
from escalation.verbs import Refused
from feedback import lessons, meeting_letters, meeting_pack, meetings
from feedback.meetings import Minutes, Planned
from feedback.models import Lesson, Meeting, MeetingAction, Survey
from feedback.surveys import answer_survey
from portal import beat
from tests.cast import MONDAY, gather
from tests.feedback.learners import DAY, HOUR, went_up
from tests.portal import improvement_stories

pytestmark = pytest.mark.django_db
#: The Wednesday after the week of MONDAY.
AT = MONDAY + 9 * DAY
WEEK = date(2026, 1, 12)
SOON = date(2026, 1, 30)


@pytest.fixture
def cast():
    return gather()


def refused(field, act, *args, **more):
    """The sentence of a refusal that names `field`; nothing was changed by it."""
    before = [list(model.objects.order_by("pk").values()) for model in (Meeting, MeetingAction, Notice)]
    with pytest.raises(Refused) as why:
        act(*args, **more)
    assert why.value.field == field, str(why.value)
    assert before == [list(model.objects.order_by("pk").values()) for model in (Meeting, MeetingAction, Notice)]
    return str(why.value)


def kept(cast, *, team=None, week=WEEK, at=AT, owner=None, due=SOON, **more):
    action = Planned("Write the line in the playbook", owner or cast.tiers[2], due)
    said = Minutes([cast.supervisor, cast.tiers[1]], "Refunds stay on level 1.", [action])
    return meetings.keep(team, week, said, by=more.get("by", cast.supervisor), at=at)


def test_minutes_are_kept_once_and_every_action_has_an_owner_and_a_day(cast):
    tom, mara, dana, own = cast.tiers[1], cast.tiers[2], cast.supervisor, cast.teams[1]
    assert meetings.last_week(AT) == WEEK and not meetings.is_over(WEEK + 7 * DAY, AT)
    fine = Planned("Write it", mara, SOON)
    for field, minutes in (
        ("people", Minutes([], "Yes.", [fine])),
        ("people", Minutes([cast.customer], "Yes.", [fine])),
        ("decided", Minutes([dana], "  ", [fine])),
        ("decided", Minutes([dana], "y" * 4001, [fine])),
        ("decided", Minutes([dana], "Yes.", [fine] * 9)),
        ("text_2", Minutes([dana], "Yes.", [fine, Planned(" ", mara, SOON)])),
        ("owner_1", Minutes([dana], "Yes.", [Planned("Write it", None, SOON)])),
        ("owner_1", Minutes([dana], "Yes.", [Planned("Write it", cast.customer, SOON)])),
        ("due_on_1", Minutes([dana], "Yes.", [Planned("Write it", mara, None)])),
        ("due_on_1", Minutes([dana], "Yes.", [Planned("Write it", mara, AT.date() - DAY)])),
        ("due_on_1", Minutes([dana], "Yes.", [Planned("Write it", mara, date(2028, 1, 1))])),
    ):
        refused(field, meetings.keep, own, WEEK, minutes, by=dana, at=AT)
    good = Minutes([tom], "Yes.", [fine, Planned("Mine", tom, SOON)])
    refused("week", meetings.keep, own, WEEK + DAY, good, by=tom, at=AT)
    refused("week", meetings.keep, own, WEEK + 7 * DAY, good, by=tom, at=AT)
    # One's own team's, or as one who leads.
    refused("", meetings.keep, cast.teams[2], WEEK, good, by=tom, at=AT)
    refused("", meetings.keep, None, WEEK, good, by=tom, at=AT)
    row = meetings.keep(own, WEEK, good, by=tom, at=AT)
    assert "has kept the minutes of this meeting already" in refused("", meetings.keep, own, WEEK, good, by=dana, at=AT)
    assert kept(cast, by=cast.manager).team is None, "a leader holds the meeting of all; another one of the same week"
    assert [meetings.readable(one).count() for one in (tom, mara, dana, cast.manager)] == [1, 0, 2, 2]
    # Mara reads no minutes of the team and still sees what is hers to do.
    assert {one.meeting_id for one in meetings.mine(mara)} == {row.pk, Meeting.objects.get(team=None).pk}
    assert not meetings.readable(mara).exists() and meetings.actions_for(mara).count() == 2
    for broken in (
        {"owner": None}, {"due_on": None}, {"text": ""}, {"done_at": AT}, {"note": "Done"},
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            MeetingAction.objects.filter(pk=row.actions.earliest("pk").pk).update(**broken)


def test_the_owner_is_told_once_and_ticks_it_off_with_a_note(cast):
    mara, ana = cast.tiers[2], cast.mate
    assert meeting_letters.STEPS[0] in beat.HANDS[beat.ROLE]
    row = kept(cast)
    action = row.actions.get()
    (letter,) = Notice.objects.filter(kind=meeting_letters.ASSIGNED)
    assert letter.recipient == mara
    mail = compose(letter, AT)
    assert "30 January" in mail.text and f"/console/learning/meetings/actions/{action.pk}/" in mail.text
    assert "playbook" not in mail.text, "words lie where they can be erased"
    late = AT.replace(year=2026, month=1, day=31)
    assert not meeting_letters.to_tell(late - DAY).exists() and meeting_letters.tell(late - DAY) == 0
    assert [meeting_letters.tell(late), meeting_letters.tell(late + HOUR)] == [1, 0]
    (overdue,) = Notice.objects.filter(kind=meeting_letters.OVERDUE)
    assert overdue.recipient == mara and "not ticked off" in compose(overdue, late).text
    assert meetings.is_late(action, late) and not meetings.is_late(action, late - DAY)
    refused("note", meetings.tick_off, action, " ", by=mara, at=late)
    refused("note", meetings.tick_off, action, "y" * 501, by=mara, at=late)
    refused("", meetings.tick_off, action, "Not mine", by=ana, at=late)
    done = meetings.tick_off(action, " Line 3  of the playbook. ", by=mara, at=late)
    assert (done.note, done.done_by, done.done_at) == ("Line 3 of the playbook.", mara, late)
    assert "“Line 3 of the playbook.”" in refused("", meetings.tick_off, action, "Me too", by=cast.supervisor, at=late)
    assert not meetings.mine(mara).exists()
    for notice in (letter, overdue):
        with pytest.raises(NotNeeded):
            compose(notice, late)
    # Of one whose owner has left, supervisors read.
    kept(cast, week=WEEK - 7 * DAY, owner=ana)
    ana.is_active = False
    ana.save(update_fields=["is_active"])
    assert meeting_letters.tell(late) == 1
    told = Notice.objects.filter(kind=meeting_letters.OVERDUE).exclude(pk=overdue.pk)
    assert [one.recipient for one in told] == [cast.supervisor]


def test_the_pack_says_what_the_week_was_and_hides_what_is_restricted(cast):
    tom, mara, dana = cast.tiers[1], cast.tiers[2], cast.supervisor
    up = went_up(cast, at=MONDAY + DAY, title="Charged twice")
    plain = cast.file(at=MONDAY + 2 * DAY, title="Only filed")
    went_up(cast, at=MONDAY - 7 * DAY, title="The week before")
    secret = went_up(cast, at=MONDAY + DAY, title="Zq7 secret")
    private = Category.objects.create(slug="private", name="Private", is_restricted=True, position=99)
    Case.objects.filter(pk=secret.pk).update(category=private)
    for case, score in ((up, 1), (secret, 2)):
        answer_survey(case, satisfaction=score, at=MONDAY + 3 * DAY, comment=f"{case.customer.name}: Zq7 was slow")
    lesson = lessons.write("Say which date counts.", "article", case=up, by=tom, at=MONDAY + 4 * DAY)
    lessons.write("Zq7 lesson", "article", case=secret, by=dana, at=MONDAY + 4 * DAY)
    lessons.write("Next week", "article", case=up, by=tom, at=MONDAY + 8 * DAY)
    idea = improvement_stories.idea(cast, up, at=MONDAY - 30 * DAY)
    earlier = kept(cast, week=WEEK - 7 * DAY, due=AT.date()).actions.get()
    found = meeting_pack.pack(dana, None, WEEK, at=AT + 2 * DAY)
    (rose,) = found.rose.rows
    # Counted a second way: every event whose level is higher than the one before it.
    log = list(Event.objects.filter(case=up).order_by("seq").values_list("data__tier", flat=True))
    steps = [(was, to) for was, to in pairwise(log) if to > was]
    assert rose.case == up and [(one.was, one.to) for one in rose.rises] == steps == [(1, 2)]
    assert (rose.who, rose.rises[0].why, rose.outcome) == (tom.name, "by_hand", "fixed")
    assert (found.rose.n, found.rose.hidden, found.filed) == (2, 1, 3)
    assert found.satisfied.n == 2 and found.scores == {5: 0, 4: 0, 3: 0, 2: 1, 1: 1}
    (comment,) = found.comments.rows
    assert comment.words == "[name]: Zq7 was slow" and found.comments.hidden == 1
    assert [one.case for one in found.low.rows] == [up] and found.low.n == 2
    assert found.written.rows == [lesson] and found.written.n == 2 and not found.answered.rows
    assert found.actions.rows == [earlier] and found.to_decide.rows == [idea]
    assert {name: found.late[name] for name in ("actions", "to_decide")} == {"actions": 1, "to_decide": 1}
    # Nothing of the restricted case is in it, not for a supervisor who may see it either.
    assert "secret" not in repr(found) and not any(secret.pk == one.case.pk for one in found.rose.rows)
    # By team: the level it left and the level it came to both look at it, a third one does not.
    for level, n in ((1, 2), (2, 2), (3, 0)):
        assert meeting_pack.pack(dana, cast.teams[level], WEEK, at=AT).rose.n == n
    # Who works on no case reads numbers and masked words, and no case; not the ones they filed themselves either.
    Case.objects.filter(pk=plain.pk).update(customer=cast.manager)
    leader = meeting_pack.pack(cast.manager, None, WEEK, at=AT)
    assert (leader.rose.n, leader.rose.rows, leader.low.rows) == (2, [], []) and leader.comments.rows[0].words
    # A comment without a name stands in no list of one week.
    Survey.objects.filter(case=up).update(is_anonymous=True)
    again = meeting_pack.pack(dana, None, WEEK, at=AT)
    assert (again.comments.rows, again.unnamed) == ([], 1)
    # Answered in the week, and a broken promise by the team that had the case when it was given.
    answered = lessons.write("Old", "tool", case=up, by=mara, at=MONDAY - 9 * DAY)
    lessons.answer(answered, lessons.Answer("declined", "Why not."), by=dana, at=MONDAY + DAY)
    clock = up.clocks.filter(kind="resolve").order_by("pk").first()
    Promise.objects.create(
        case=up, clock=clock, made_at=MONDAY, due_at=MONDAY + 2 * DAY, status="broken", settled_at=MONDAY + 2 * DAY
    )
    had = Event.objects.get(case=up, seq=clock.started_seq).data["team"]
    of = {team.slug: meeting_pack.pack(dana, team, WEEK, at=AT) for team in cast.teams.values()}
    assert {slug for slug, one in of.items() if one.missed.rows} == {had}
    assert meeting_pack.pack(dana, None, WEEK, at=AT).answered.rows == [answered]
    assert Lesson.objects.count() == 4 and timedelta(0) <= AT - MONDAY
