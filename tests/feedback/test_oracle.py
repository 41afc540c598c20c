"""Two computations that share nothing say the same: the registry and plain SQL, on the told cases."""

import pytest

from feedback.facts import build
from feedback.measures import MEASURES, count
from tests.feedback.oracle_sql import SQL, second
from tests.feedback.story import AT, PERIOD

pytestmark = pytest.mark.django_db


def test_every_figure_has_its_second_computation():
    assert set(SQL) == set(MEASURES)


@pytest.mark.parametrize("key", MEASURES)
def test_told_cases(story, key):
    while build.take_touched(AT):
        pass
    for period in (PERIOD, PERIOD.before(), *PERIOD.weeks()):
        (found,) = count([key], period, at=AT).values()
        now = found[key].now
        assert (now.hits, now.n) == second(key, period, AT)
