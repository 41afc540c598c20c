"""References that can be read out over a telephone: every single slip is noticed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.reference import ALPHABET, BadReference, check_for, make_reference, read_reference

bodies = st.text(ALPHABET, min_size=4, max_size=7)


def whole(body: str) -> str:
    return f"MP-{body}-{check_for(body)}"


def test_looks_as_promised():
    reference = make_reference("MP")
    prefix, body, check = reference.split("-")
    assert (prefix, len(body), len(check)) == ("MP", 4, 2)
    assert set(body + check) <= set(ALPHABET)
    assert not set("01ILOU") & set(ALPHABET)


@given(bodies)
def test_reads_what_it_wrote_however_it_is_typed(body):
    reference = whole(body)
    for typed in (reference, reference.lower(), f"  {reference.replace('-', ' ')} ", reference.replace("-", "")):
        assert read_reference(typed, "MP") == reference


@given(bodies.filter(lambda body: not body.startswith("MP")))
def test_the_prefix_may_be_left_out(body):
    assert read_reference(f"{body}{check_for(body)}", "MP") == whole(body)


def test_none_is_made_that_could_not_be_read_without_its_prefix():
    """With a prefix of one letter one in thirty would begin with it."""
    for _ in range(300):
        reference = make_reference("M")
        assert read_reference(reference.removeprefix("M-"), "M") == reference


@given(bodies, st.integers(0, 8), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(body, place, other):
    right = body + check_for(body)
    place %= len(right)
    if right[place] != other:
        with pytest.raises(BadReference):
            read_reference(f"MP-{right[:place]}{other}{right[place + 1 :]}", "MP")


@given(bodies, st.integers(0, 6))
def test_two_swapped_neighbours_are_noticed(body, place):
    place %= len(body) - 1
    swapped = body[:place] + body[place + 1] + body[place] + body[place + 2 :]
    if swapped != body:
        with pytest.raises(BadReference):
            read_reference(f"MP-{swapped}-{check_for(body)}", "MP")


@pytest.mark.parametrize("typed", ["", "MP", "-", "MP-7K4-2", "MP-OOOO-00", "ß" * 8, "٣٤٥٦٧٨", "x" * 5000, "<script>"])
def test_what_cannot_be_one_gets_a_sentence(typed):
    with pytest.raises(BadReference, match="Check the reference"):
        read_reference(typed, "MP")
