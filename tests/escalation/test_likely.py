"""What is likely to be missed: the rule against a count by hand, and its record judged only by what was known then."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation import likely
from escalation.likely import HIGH, LEAST, LOOK_BACK, LOW, RAISED, TRIED_AT, Chance, Past, Record, Step
from tests.cast import MONDAY

HOUR = timedelta(hours=1)
GROUPS = [("update", 1, 1), ("update", 1, 2), ("update", 2, 1), ("resolve", 1, 1)]


def step(hours, took, group=GROUPS[0], *, case=1, length=8):
    """A step due `length` hours after it began, `hours` before MONDAY; `took` is the share it took, above 1: missed."""
    start = MONDAY - hours * HOUR
    due = start + length * HOUR
    return Step(case, group, start, due, start + min(took, 1) * (due - start), took > 1)


steps = st.builds(
    step,
    st.integers(9, 24 * 7 * 24),
    st.sampled_from([0.1, 0.5, 0.75, 0.76, 0.9, 1.0, 2.0]),
    st.sampled_from(GROUPS),
    case=st.integers(1, 5),
)


def by_hand(known, group, used):
    """Counted row by row."""
    for one in (group, (group[0], group[1], None), (group[0], 0, None)):
        like = [s for s in known if one[0] == s.group[0] and one[1] in (0, s.group[1]) and one[2] in (None, s.group[2])]
        late = [s for s in like if s.used > used]
        if len(late) >= likely.LEAST:
            return sum(s.missed for s in late), len(late), one
    return None


@patch.object(likely, "LEAST", 2)
@given(st.lists(steps, max_size=60), st.sampled_from(GROUPS), st.sampled_from([0.0, 0.3, 0.75, 0.95]))
def test_a_chance_is_a_count_of_those_that_were_still_open_so_late(known, group, used):
    now = MONDAY
    lately = [one for one in known if one.ended_at > now - LOOK_BACK]
    found = likely.lately(known, now).chance(group, used)
    assert (found and (found.missed, found.like, found.group)) == by_hand(lately, group, used)


@patch.object(likely, "LEAST", 2)
@given(st.lists(steps, max_size=60), st.dictionaries(st.integers(1, 5), st.integers(1, 2000), max_size=3))
def test_the_record_is_the_rule_asked_on_that_day(known, broke):
    now = MONDAY
    known.sort(key=lambda one: one.ended_at)
    breaks = {case: [now - hours * HOUR] for case, hours in broke.items()}
    bands = {LOW: [0, 0], RAISED: [0, 0], HIGH: [0, 0]}
    for one in known:
        look = one.started_at + TRIED_AT * (one.due_at - one.started_at)
        if one.used <= TRIED_AT or look <= now - LOOK_BACK:
            continue
        then = [other for other in known if look - LOOK_BACK <= other.ended_at < look]
        seen = by_hand(then, one.group, TRIED_AT)
        if seen is not None:
            before = one.case in breaks and breaks[one.case][0] < look
            band = Chance(*seen, before=before).band
            bands[band][0] += one.missed
            bands[band][1] += 1
    assert likely.tried_on(known, breaks, now).bands == {band: tuple(found) for band, found in bands.items()}


@pytest.mark.parametrize(
    ("missed", "before", "band"),
    [
        (1, False, LOW),
        (2, False, RAISED),
        (4, False, RAISED),
        (5, False, HIGH),
        (1, True, RAISED),
        (2, True, HIGH),
        (9, True, HIGH),
    ],
)
def test_a_band_by_the_chance_and_one_higher_for_a_case_that_broke_a_promise(missed, before, band):
    assert Chance(missed, 10, GROUPS[0], before).band == band


def test_when_the_rule_says_nothing_and_when_it_does_not_help():
    past = Past()
    for number in range(LEAST - 1):
        past.add(step(100 + number, 2.0))
    assert past.chance(GROUPS[0], 0.5) is None
    past.add(step(90, 2.0, GROUPS[1]))
    assert past.chance(GROUPS[0], 0.5) == Chance(10, 10, ("update", 1, None))
    few = Record({LOW: (0, 20), RAISED: (0, 0), HIGH: (5, 9)})
    assert not few.known and few.helps
    assert not Record({LOW: (4, 20), RAISED: (1, 10), HIGH: (1, 5)}).helps
    assert Record({LOW: (4, 40), RAISED: (0, 0), HIGH: (0, 0)}).helps
