"""Two presses in one instant count once, and two people in one instant both count: threads on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from feedback.models import PulseMonth, PulseTally, PulseTurn
from feedback.pulse import Numbers, answer_pulse, ask_later
from tests.cast import gather, person
from tests.races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
AT, JANUARY = datetime(2026, 1, 12, 10, tzinfo=UTC), date(2026, 1, 1)


@pytest.fixture
def cast(transactional_db):
    return gather()


def answer(by, score=4, words=""):
    return answer_pulse(score=score, words=words, month=JANUARY, by=by, at=AT)


def counted() -> int:
    return sum(Numbers.of(row).n for row in PulseTally.objects.all())


def test_a_double_press_counts_once(cast):
    people = [cast.mate, *cast.tiers.values()]
    for number, one in enumerate(people, start=1):
        results = at_once(lambda one=one: answer(one, 5, "First."), lambda one=one: answer(one, 1, "Second."))
        assert sorted(results) == [False, True]
        assert counted() == number == len(PulseMonth.objects.get().words)


def test_the_month_s_very_first_answers_all_count(cast):
    people = [cast.mate, cast.supervisor, *cast.tiers.values()]
    for number in range(5):
        people.append(person(f"more{number}@example.com", f"More {number}", is_staff=True))
        people[-1].groups.set(cast.mate.groups.all())
        cast.teams[1].members.add(people[-1])
    assert at_once(*[lambda one=one: answer(one, words="Same.") for one in people]) == [True] * 12
    assert counted() == 12 and PulseMonth.objects.get().words == ["Same."] * 12
    assert PulseTurn.objects.filter(answered=True).count() == 12


def test_not_now_and_the_answer_at_once_leave_the_answer(cast):
    for one in cast.tiers.values():
        at_once(lambda one=one: answer(one), lambda one=one: ask_later(by=one, at=AT))
        turn = PulseTurn.objects.get(user=one)
        assert (turn.answered, turn.hidden_until) == (True, None)
    assert counted() == 5
