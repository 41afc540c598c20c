"""Sixty cases worked out by hand: every row of the registry, and the plain SQL beside it."""

import pytest

from feedback.facts import build
from feedback.measures import MEASURES, count
from feedback.models import CaseFact
from tests.feedback.oracle_sql import second
from tests.feedback.story import AT, PERIOD
from tests.feedback.story_more import AT_MORE, BY_HAND_MORE, MARCH, telling_more
from tests.feedback.test_facts import BY_HAND

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def sixty(django_db_setup, django_db_blocker):
    with telling_more(django_db_blocker) as told:
        while build.take_touched(AT_MORE):
            pass
        yield told


def test_they_are_sixty(sixty):
    assert len([name for name in sixty.cases if name[0] not in "pxd"]) == 53 and len(sixty.cases) == 60


@pytest.mark.parametrize("key", MEASURES)
def test_every_row_by_hand_and_by_plain_sql(sixty, key):
    for period, at, by_hand in ((PERIOD, AT, BY_HAND), (MARCH, AT_MORE, BY_HAND_MORE)):
        (found,) = count([key], period, at=at).values()
        now = found[key].now
        assert now == by_hand[key]
        assert (now.hits, now.n) == second(key, period, at)


def test_a_word_of_each(sixty):
    """All that can be told of a case is told of one at least; nobody went to another team of the same level here."""
    none = {key for key, share in BY_HAND_MORE.items() if not share.hits}
    assert none == {"astray"}
    exhausted = CaseFact.objects.get(pk=sixty.cases["f8"].pk)
    # At level 5 the review was missed, then the name, and on the 25th the answer: three times nobody was left above.
    assert (exhausted.level_top, exhausted.plan_failures, exhausted.promises_broken) == (5, 3, 2)
    assert CaseFact.objects.get(pk=sixty.cases["f2"].pk).went_down == 1
    assert CaseFact.objects.get(pk=sixty.cases["f10"].pk).stage == ""
