"""Two people who keep the minutes of one meeting, tick off one action, or two beats: threads on PostgreSQL."""

from functools import partial

import pytest

from escalation.models import Notice
from feedback import meeting_letters, meetings
from feedback.meetings import Minutes, Planned
from feedback.models import Meeting, MeetingAction
from tests.cast import gather
from tests.feedback.test_meetings import AT, DAY, SOON, WEEK
from tests.races import at_once, tried

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_one_keeps_the_minutes_one_ticks_off_and_one_letter_goes(transactional_db):
    cast = gather()
    mara, dana = cast.tiers[2], cast.supervisor
    for number, team in enumerate((None, cast.teams[1])):
        minutes = [Minutes([dana], words, [Planned(words, mara, SOON)]) for words in ("First.", "Second.")]
        acts = [partial(tried, meetings.keep, team, WEEK, one, by=dana, at=AT) for one in minutes]
        outcomes = at_once(*acts)
        assert sorted(said == "done" for said in outcomes) == [False, True]
        assert any("has kept the minutes" in said for said in outcomes)
        assert Meeting.objects.count() == MeetingAction.objects.count() == number + 1
        assert Notice.objects.filter(kind=meeting_letters.ASSIGNED).count() == number + 1
    assert sorted(at_once(*[partial(meeting_letters.tell, AT + 20 * DAY)] * 3)) == [0, 0, 2]
    assert Notice.objects.filter(kind=meeting_letters.OVERDUE).count() == 2
    action = MeetingAction.objects.earliest("pk")
    ticks = [partial(tried, meetings.tick_off, action, f"By {by}", by=by, at=AT) for by in (mara, dana)]
    assert sorted(said == "done" for said in at_once(*ticks)) == [False, True]
