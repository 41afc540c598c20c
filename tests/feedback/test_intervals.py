"""The arithmetic of figures against published tables and sums done by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.intervals import FEWEST, Share, change, difference, kaplan_meier, keep_back, wilson

# Freireich and others 1963, weeks in remission: 6-MP (a plus: still in remission) and placebo.
TREATED = [(t, True) for t in (6, 6, 6, 7, 10, 13, 16, 22, 23)]
TREATED += [(t, False) for t in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)]
PLACEBO = [(t, True) for t in (1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)]


@pytest.mark.parametrize(
    ("n", "low", "high"),
    # The table of the design: the interval around an observed 80 %.
    [(5, 38, 96), (10, 49, 94), (20, 58, 92), (30, 63, 90), (50, 67, 89), (100, 71, 87), (200, 74, 85), (400, 76, 84)],
)
def test_wilson_around_four_in_five(n, low, high):
    found = wilson(n * 4 // 5, n)
    assert [round(100 * end) for end in found] == [low, high]


def test_wilson_of_newcombe_s_table():
    """Newcombe 1998, table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    for hits, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)


def test_wilson_stays_a_share():
    for n in range(1, 60):
        for hits in range(n + 1):
            low, high = wilson(hits, n)
            assert 0 <= low <= hits / n <= high <= 1
            mirrored = wilson(n - hits, n)
            assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((low, high))


@pytest.mark.parametrize("wrong", [(1, 0), (-1, 5), (6, 5), (0, 0)])
def test_no_share_no_interval(wrong):
    with pytest.raises(ValueError, match="no share"):
        wilson(*wrong)


def test_difference_of_newcombe_s_table():
    """Newcombe 1998 (II), method 10: 56/70 against 48/80, and 9/10 against 3/10."""
    assert difference(Share(56, 70), Share(48, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert difference(Share(9, 10), Share(3, 10)) == pytest.approx((0.1705, 0.8090), abs=5e-5)


def test_words_for_change():
    assert change(Share(56, 70), Share(48, 80)) == "up"
    assert change(Share(48, 80), Share(56, 70)) == "down"
    assert change(Share(9, 13), Share(4, 5)) == ""
    assert change(Share(4, 4), Share(0, 100)) is None


def test_fewer_than_five_say_nothing():
    assert (Share(4, 4).value, Share(4, 4).interval) == (None, None)
    assert Share(4, 5).value == 0.8


def test_kaplan_meier_of_the_published_trial():
    curve = kaplan_meier(TREATED)
    published = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    assert {step.time: round(step.open, 4) for step in curve.steps} == published
    # Greenwood's standard errors of the same table.
    errors = [round(step.open * math.sqrt(step.spread), 4) for step in curve.steps]
    assert errors == [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    assert (curve.quantile(0.5), curve.quantile(0.9)) == (23, None)
    assert curve.interval(0.5) == (13, None)
    assert (curve.n, curve.ended, curve.censored) == (21, 9, 12)


def test_kaplan_meier_without_open_ones_is_the_plain_quantile():
    curve = kaplan_meier(PLACEBO)
    assert (curve.quantile(0.5), curve.quantile(0.9)) == (8, 17)
    assert curve.interval(0.5) == (4, 11)
    for n in range(1, 40):
        times = [(float(t), True) for t in range(1, n + 1)]
        for share in (0.1, 0.25, 0.5, 0.9):
            assert kaplan_meier(times).quantile(share) == math.ceil(share * n - 1e-9), (n, share)


def test_closing_nothing_improves_nothing():
    """Cases left open make the median later or unknown, never earlier."""
    answered = [(float(t), True) for t in (1, 2, 3, 4, 5)]
    assert kaplan_meier(answered).quantile(0.5) == 3
    assert kaplan_meier([*answered, (6.0, False), (7.0, False)]).quantile(0.5) == 4
    assert kaplan_meier([*answered, *[(9.0, False)] * 6]).quantile(0.5) is None


def test_what_ends_comes_before_what_is_lost_at_one_instant():
    assert kaplan_meier([(5, True), (5, False)]).steps[0].open == 0.5


def test_nothing_and_nonsense():
    assert kaplan_meier([]).quantile(0.5) is None
    with pytest.raises(ValueError, match="below 0"):
        kaplan_meier([(-1, True)])


@given(st.dictionaries(st.integers(0, 9), st.integers(0, 12), max_size=6), st.sets(st.integers(0, 9)))
def test_from_the_whole_and_what_is_shown_nobody_computes_a_small_part(sizes, unseen):
    """What is left of the whole is nothing, or of five and more and of two parts at least, or nothing is shown beside it."""
    parts = {key: Share(0, n) for key, n in sizes.items()}
    more = keep_back(parts, unseen)
    shown = {key for key, one in parts.items() if one.shown and key not in unseen and key not in more}
    left = [one.n for key, one in parts.items() if key not in shown and one.n]
    assert not left or not shown or (len(left) > 1 and sum(left) >= FEWEST)
    # No more than it takes: without the largest that is kept back something could be computed.
    if more:
        largest = max(parts[key].n for key in more)
        rest = sorted(left)
        rest.remove(largest)
        assert len(rest) < 2 or sum(rest) < FEWEST
