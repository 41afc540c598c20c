"""Two supervisors who answer one lesson, join two to each other, score one case, or two beats: threads on PostgreSQL."""

from functools import partial

import pytest

from cases.models import TouchedCase
from escalation.models import Heartbeat, Notice
from feedback import lesson_letters, lessons, quality, quality_weeks, retros, rubric
from feedback.facts.build import rebuild
from feedback.lessons import Answer
from feedback.models import Lesson, QualityReview, QualityWeek, Retro
from tests.cast import MONDAY, gather
from tests.feedback.learners import DAY, HOUR, went_up
from tests.races import at_once, tried

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
AT = MONDAY + 2 * HOUR


@pytest.fixture
def cast(transactional_db):
    return gather()


def test_of_two_answers_one_counts_and_the_other_is_shown_it(cast):
    for number in range(4):
        one = lessons.write(f"Lesson {number}", "tool", by=cast.tiers[1], at=AT)
        answer = partial(tried, lessons.answer, one, by=cast.supervisor, at=AT)
        outcomes = at_once(*[partial(answer, Answer("declined", words)) for words in ("First.", "Second.")])
        kept = Lesson.objects.get(pk=one.pk).answer
        assert sorted(said == "done" for said in outcomes) == [False, True]
        assert any(f"“{kept}”" in said for said in outcomes)
        assert Notice.objects.filter(key__startswith=f"{lesson_letters.ANSWERED}:{one.pk}:").count() == 1


def test_two_joined_to_each_other_leave_one_open(cast):
    for number in range(4):
        one, other = (lessons.write(f"{word} {number}", "tool", by=cast.tiers[1], at=AT) for word in ("One", "Other"))
        joins = [
            partial(tried, lessons.answer, a, Answer("joined", "Same.", joined_to=b), by=cast.supervisor, at=AT)
            for a, b in ((one, other), (other, one))
        ]
        assert sorted(said == "done" for said in at_once(*joins)) == [False, True]
        assert Lesson.objects.filter(pk__in=(one.pk, other.pk), outcome="open").count() == 1


def test_two_beats_ask_tell_and_draw_once(cast):
    case = went_up(cast)
    Heartbeat.objects.create(role="beat", last_loop=AT, last_success=AT)
    at_once(*[partial(retros.ask, AT)] * 3)
    assert Retro.objects.filter(case=case).count() == 2
    lessons.write("Words", "tool", by=cast.tiers[1], at=AT)
    assert sorted(at_once(*[partial(lesson_letters.tell, AT + 8 * DAY)] * 3)) == [0, 0, 1]
    rebuild([case.pk], at=AT)
    TouchedCase.objects.all().delete()
    at_once(*[partial(quality_weeks.draw_week, AT + 10 * DAY)] * 3)
    assert QualityWeek.objects.count() == QualityReview.objects.count() == 1
    review, scores = QualityReview.objects.get(), dict.fromkeys(rubric.KEYS, 2)
    acts = [
        partial(tried, quality.score, review, scores, "Good.", by=by, at=AT) for by in (cast.supervisor, cast.tiers[5])
    ]
    cast.teams[5].members.add(review.person)
    assert sorted(said == "done" for said in at_once(*acts)) == [False, True]
