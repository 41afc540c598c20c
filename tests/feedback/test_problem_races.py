"""Two people who speak, follow or save at once: threads on PostgreSQL."""

from __future__ import annotations

from functools import partial

import pytest

from cases import brand
from cases.brand import Draft, NotKept
from cases.models import BrandRevision
from escalation.models import Notice
from escalation.verbs import Refused
from feedback import problem_acts
from feedback.models import KnownProblem, ProblemFollower
from feedback.problem_letters import NEWS
from tests.cast import MONDAY, gather
from tests.portal.problem_stories import ended, opened, said
from tests.races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
AT = MONDAY


@pytest.fixture
def cast(transactional_db):
    return gather()


def tried(act, *args, **more):
    """The act's outcome as a word."""
    try:
        act(*args, **more)
    except (Refused, NotKept) as why:
        return str(why).split(".")[0]
    return "done"


def fresh(problem):
    """The row as another browser's request reads it."""
    return KnownProblem.objects.get(pk=problem.pk)


def owed(problem):
    return Notice.objects.filter(kind=NEWS, key__startswith=f"{NEWS}:{problem.pk}:")


def test_of_two_updates_at_once_one_is_said_and_the_other_told_so(cast):
    for _ in range(4):
        problem = opened(cast, at=AT)
        problem_acts.follow(problem, by=cast.customer, at=AT)
        outcomes = at_once(*[partial(tried, said, cast, fresh(problem), at=AT, seen=1) for _ in range(2)])
        assert sorted(outcomes)[1] == "done" and sorted(outcomes)[0].startswith("Somebody has said more")
        assert problem.updates.count() == 2
        assert owed(problem).filter(data__number=2).count() == 1


def test_who_follows_while_it_is_being_said_gets_every_word_once(cast):
    for _ in range(4):
        problem = opened(cast, at=AT)
        follow = partial(tried, problem_acts.follow, problem, by=cast.other, at=AT)
        at_once(follow, follow, partial(tried, said, cast, fresh(problem), at=AT, seen=1))
        assert ProblemFollower.objects.filter(problem=problem).count() == 1
        assert sorted(owed(problem).values_list("data__number", flat=True)) in ([1, 2], [2])


def test_an_end_and_an_update_at_once_leave_it_over_or_open_but_never_both(cast):
    for _ in range(4):
        problem = opened(cast, at=AT)
        at_once(partial(tried, ended, cast, fresh(problem), at=AT), partial(tried, said, cast, fresh(problem), at=AT))
        problem.refresh_from_db()
        assert problem.updates.count() == problem.latest
        assert problem.is_over == (problem.next_update_at is None)


def test_of_two_brands_saved_at_once_one_counts(cast):
    for number in range(4):
        drafts = [Draft(name=name, colour="#112233") for name in ("One", "Two")]
        saves = [partial(tried, brand.change, draft, seen=number, by=cast.supervisor, at=AT) for draft in drafts]
        assert sorted(outcome[:8] for outcome in at_once(*saves)) == ["Somebody", "done"]
    assert list(BrandRevision.objects.values_list("number", flat=True)) == [1, 2, 3, 4]
