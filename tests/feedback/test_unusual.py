"""What makes a week of a line unusual: the limits against the whole sum, the run against a plain search, and both against chance."""

import math
import random

from hypothesis import given
from hypothesis import strategies as st

from feedback.intervals import Share
from feedback.unusual import CHANCE, IN_A_ROW, at_least, limits, odd, outside, runs


@given(st.integers(1, 120), st.data())
def test_the_limits_are_the_exact_chance(n, data):
    hits = data.draw(st.integers(0, n))
    whole = Share(data.draw(st.integers(1, 99)), 100)
    share = whole.hits / 100
    chances = [math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1)]
    more, fewer = sum(chances[hits:]), sum(chances[: hits + 1])
    if hits > share * n:
        assert math.isclose(at_least(hits, n, share), more, rel_tol=1e-6)
    if min(abs(more - CHANCE), abs(fewer - CHANCE)) > 1e-9:
        said = "up" if more < CHANCE else "down" if fewer < CHANCE else ""
        assert outside(Share(hits, n), whole) == said
    # Hits and misses changed about, up is down.
    turned = outside(Share(n - hits, n), Share(100 - whole.hits, 100))
    assert turned == {"up": "down", "down": "up", "": ""}[outside(Share(hits, n), whole)]


@given(st.integers(1, 150), st.integers(1, 999))
def test_between_the_limits_lies_all_that_is_not_outside(n, of):
    whole = Share(of, 1000)
    low, high = limits(n, whole)
    assert [outside(Share(hits, n), whole) == "" for hits in range(n + 1)] == [low <= h <= high for h in range(n + 1)]


def test_limits_of_many_are_three_standard_deviations_and_of_all_or_none_there_are_none():
    low, high = limits(1_000_000, Share(1, 2))
    assert abs(low - 498_500) < 3 and abs(high - 501_500) < 3
    assert [limits(9, whole) for whole in (Share(), Share(0, 45), Share(45, 45))] == [None] * 3
    assert limits(0, Share(1, 2)) is None


@given(st.lists(st.sampled_from([30, 44, 50, 56, 80]), min_size=1, max_size=30))
def test_odd_is_what_the_words_count(hits):
    shares, whole = [Share(one, 100) for one in hits], Share(50, 100)
    found = odd(shares, whole)
    long = [
        set(range(start, start + IN_A_ROW))
        for start in range(len(hits) - IN_A_ROW + 1)
        if {one > 50 for one in hits[start : start + IN_A_ROW]} in ({True}, {False})
        and 50 not in hits[start : start + IN_A_ROW]
    ]
    assert found == set().union(*long) | {number for number, share in enumerate(shares) if outside(share, whole)}
    assert bool(long) == (max(runs(shares, whole).values()) >= IN_A_ROW)


@given(st.lists(st.sampled_from([30, 49, 50, 51, 80]), min_size=1, max_size=20))
def test_a_run_is_the_longest_one_on_one_side(hits):
    found = runs([Share(one, 100) for one in hits], Share(50, 100))
    for way, on in (("up", lambda one: one > 50), ("down", lambda one: one < 50)):
        longest = max(
            (end - start for start in range(len(hits)) for end in range(start, len(hits) + 1) if all(map(on, hits[start:end]))),
            default=0,
        )  # fmt: skip
        assert found[way] == longest


def test_nothing_is_unusual_of_all_or_none_and_seldom_by_chance():
    assert {outside(Share(hits, 9), Share(hits * 5, 45)) for hits in (0, 9)} == {""}
    assert outside(Share(40, 1_000_000), Share(200, 2_000_000)) == "down"  # large numbers, no overflow
    chance, alarms = random.Random(7), 0
    for _ in range(400):
        weeks = [Share(sum(chance.random() < 0.8 for _ in range(40)), 40) for _ in range(12)]
        whole = sum(weeks, Share())
        alarms += any(outside(one, whole) for one in weeks) or max(runs(weeks, whole).values()) >= IN_A_ROW
    assert alarms < 20
