"""Two cohorts: each side is what the registries say of it, the rule of the mix, and the cases behind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.cohorts import MIX_FROM, MIX_MOST, Cohort, Compared, cases_behind, compare
from feedback.durations import DURATIONS, times
from feedback.facts import build
from feedback.figures import Scope
from feedback.measures import MEASURES, count
from tests.feedback.oracle_sql import second
from tests.feedback.story import AT, PERIOD, SATISFIED
from tests.feedback.story_more import AT_MORE, BY_HAND_MORE, MARCH, telling_more

pytestmark = pytest.mark.django_db
MIXES = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 200), max_size=4)


@pytest.fixture(scope="module")
def sixty(django_db_setup, django_db_blocker):
    with telling_more(django_db_blocker) as told:
        while build.take_touched(AT_MORE):
            pass
        yield told


def test_each_side_is_what_the_registries_say(sixty):
    """January beside March, by hand (satisfied 9 of 13 in both) and by plain SQL, at one instant."""
    found = compare(Cohort(PERIOD), Cohort(MARCH), list(MEASURES), list(DURATIONS), at=AT_MORE)
    assert found.shares["satisfied"] == (SATISFIED, BY_HAND_MORE["satisfied"])
    for number, period in enumerate((PERIOD, MARCH)):
        for key, pair in found.shares.items():
            assert (pair[number].hits, pair[number].n) == second(key, period, AT_MORE)
        for key, timed in times(DURATIONS, period, at=AT_MORE).items():
            assert found.times[key][number] == timed.now
    assert found.sizes == (20, 33)
    assert found.mix[0] == {"orders": 12, "billing": 5, "account": 3}
    assert found.comparable is None  # 20 are too few


def test_teams_and_versions(sixty):
    scope = Scope(topic="orders")
    found = compare(Cohort(PERIOD, scope), Cohort(PERIOD, scope, "five-tier@1"), ["escalated", "kept"], [], at=AT)
    (plain,) = count(["escalated", "kept"], PERIOD, scope, at=AT).values()
    for key, pair in found.shares.items():
        assert pair == (plain[key].now, plain[key].now)  # all of it is under the one version there is
    none = compare(Cohort(PERIOD, scope), Cohort(PERIOD, scope, "five-tier@9"), ["escalated"], ["time_resolve"], at=AT)
    assert (none.shares["escalated"][1].n, none.times["time_resolve"][1].n, none.distance) == (0, 0, None)


def test_the_cases_behind(sixty):
    side = Cohort(PERIOD, version="five-tier@1")
    assert cases_behind(side, "escalated", "hits", at=AT).count() == 9
    assert cases_behind(Cohort(PERIOD, version="five-tier@9"), "escalated", "of", at=AT).count() == 0
    for key, part in (("luck", "of"), ("kept", "some")):
        with pytest.raises(LookupError):
            cases_behind(side, key, part, at=AT)


@given(MIXES, MIXES)
def test_the_rule_of_the_mix(first, other):
    """Half the sum of the differences of the parts; the same whichever side comes first; told from thirty on each."""
    found, turned = Compared({}, {}, (first, other)), Compared({}, {}, (other, first))
    assert found.distance == (pytest.approx(turned.distance) if turned.distance is not None else None)
    if not first or not other:
        assert found.distance is None and found.comparable is None
        return
    assert 0 <= found.distance <= 1 + 1e-9
    assert (found.distance < 1e-9) == all(
        first.get(key, 0) * sum(other.values()) == other.get(key, 0) * sum(first.values()) for key in {*first, *other}
    )
    if not set(first) & set(other):
        assert found.distance == pytest.approx(1)
    enough = min(sum(first.values()), sum(other.values())) >= MIX_FROM
    assert found.comparable == ((found.distance < MIX_MOST) if enough else None)
