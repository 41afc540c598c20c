"""Two beats, two writers, two presses at once: threads on PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from cases.models import Note
from escalation.models import Notice
from escalation.verbs import Refused
from feedback import alternatives, post_mortem_acts, post_mortems
from feedback.facts.build import take_touched
from feedback.models import Ground, Measure, PostMortem, TroubledCase
from tests.cast import gather
from tests.portal import post_mortem_stories as stories
from tests.races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(transactional_db):
    return gather()


def tried(act, *args, **more):
    """The act's outcome as a word."""
    try:
        act(*args, **more)
    except Refused as why:
        return str(why).split(".")[0]
    return "done"


def test_two_beats_and_a_person_open_one_and_tell_once(cast):
    for day in range(3):
        case, late = stories.failed(cast, at=stories.MONDAY + timedelta(days=7 * day))
        while take_touched(late):
            pass
        assert TroubledCase.objects.filter(case=case).exists()
        by_hand = partial(tried, post_mortem_acts.open_by_hand, case, "Look.", by=cast.supervisor, at=late)
        look = partial(post_mortems.take_lines, late)
        at_once(look, look, by_hand, partial(post_mortems.look_at, case.pk, at=late))
        found = PostMortem.objects.get(case=case)
        failures = case.events.filter(data__has_key="plan_failed").count()
        assert Ground.objects.filter(case=case, cause="exhausted").count() == failures == 1
        assert found.grounds.count() == Ground.objects.filter(case=case).count() == 3
        tell = partial(post_mortems.tell, late + timedelta(days=20))
        at_once(tell, tell)
        assert Notice.objects.filter(kind="post_mortem_overdue", data__post_mortem=found.pk).count() == 1


def test_of_two_writers_one_is_told_and_of_two_answers_one_counts(cast):
    found, case, late = stories.opened(cast)
    writes = [
        partial(tried, post_mortem_acts.write, found, stories.WRITTEN, seen=1, by=by, at=late)
        for by in (cast.supervisor, cast.tiers[5])
    ]
    assert sorted(word[:8] for word in at_once(*writes)) == ["Somebody", "done"]
    offers = [partial(stories.offered, cast, found, late, form_key="k") for _ in range(2)]
    first, second = at_once(*offers)
    assert first == second and found.alternatives.count() == 1
    answers = [
        partial(tried, alternatives.answer, case, word, seen=first.pk, by=cast.customer, at=late)
        for word in ("accepted", "declined", "accepted")
    ]
    at_once(*answers)
    first.refresh_from_db()
    assert first.answer in ("accepted", "declined")
    assert Note.objects.filter(case=case, text__startswith="The customer ").count() == 1
    assert Measure.objects.filter(kind="customer").count() == (first.answer == "accepted")


def test_closing_and_writing_at_once_leave_one_of_the_two(cast):
    found, case, late = stories.opened(cast)
    stories.offered(cast, found, late)
    found = stories.written(cast, found, late)
    close = partial(tried, post_mortem_acts.close, found, seen=found.number, by=cast.supervisor, at=late)
    write = partial(tried, post_mortem_acts.write, found, stories.WRITTEN, seen=found.number, by=cast.tiers[5], at=late)
    outcomes = at_once(close, write, close)
    assert outcomes.count("done") == 1
    found.refresh_from_db()
    assert (found.closed_at is None) == (outcomes[1] == "done")
    assert case.post_mortems.count() == 1
