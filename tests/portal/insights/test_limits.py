"""The limits of chance in a weekly line: what is drawn, what the table says and what the title says are one and the same."""

import re
from xml.etree import ElementTree

import pytest

from feedback.intervals import Share
from feedback.unusual import limits, outside
from portal import charts
from portal.insights.drawing import point, steady, top_of
from portal.insights.limits import HEAD, chance_of, drawn_with
from tests.portal.insights.scene import DATES

SVG = "{http://www.w3.org/2000/svg}"
#: Eight weeks above the middle, one of them far above, one of too few to show, and seven below it.
WEEKS = [*[Share(55, 100)] * 7, Share(90, 100), Share(2, 4), *[Share(45, 100)] * 7]


def picture(weeks, **more):
    chance = chance_of(weeks)
    drawn = charts.line(
        [point(one) for one in weeks], [str(n) for n, _ in enumerate(weeks)], key="k", title="t", desc="d", name="n",
        **drawn_with(chance), **more,
    )  # fmt: skip
    root = ElementTree.fromstring(drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" '))
    return root, [one for one in root.iter() if one.get("class")]


def test_diamonds_are_the_weeks_the_title_counts():
    whole = sum(WEEKS, Share())
    chance = chance_of(WEEKS)
    assert steady("Kept", WEEKS) == "Kept: unusual, 1 week far above the middle and 8 weeks in a row above the middle"
    assert chance.odd == set(range(8)) and outside(WEEKS[7], whole) == "up"
    assert [chance.words(number).endswith(": unusual") for number in range(len(WEEKS))] == [True] * 8 + [False] * 8
    assert chance.words(8) == "" and chance.limits[8] is None  # too few: not even its limits say how few
    low, high = limits(100, whole)
    assert chance.words(9) == f"{low}% to {high}%" and chance.highest == high / 100
    _, marks = picture(WEEKS)
    diamonds = [one for one in marks if one.get("class") == "mark odd s1"]
    assert len(diamonds) == 8 + 1  # and one in the legend
    assert sum(one.tag == f"{SVG}circle" for one in marks) == 7


def test_the_lines_lie_where_the_numbers_say():
    _, marks = picture(WEEKS)
    chance = chance_of(WEEKS)
    grid = [float(re.match(r"M\S+ (\S+)H", one.get("d"))[1]) for one in marks if one.get("class") == "grid"]
    zero, one_ = max(grid), min(grid)

    def level(share):
        return zero - (zero - one_) * share

    (middle, _) = (one for one in marks if one.get("class") == "middle")
    assert float(re.match(r"M\S+ (\S+)H", middle.get("d"))[1]) == pytest.approx(level(chance.middle), abs=0.1)
    stairs = [one.get("d") for one in marks if one.get("class") == "limit"][:2]
    for end, drawn in enumerate(stairs):
        assert drawn.count("M") == 2  # the week of too few leaves a gap
        levels = [float(y) for y in re.findall(r"(?:M\S+ |V)([\d.]+)", drawn)]
        assert levels == pytest.approx([level(one[end]) for one in chance.limits if one], abs=0.1)
        across = [float(x) for x in re.findall(r"H([\d.]+)", drawn)]
        assert across == sorted(across) and len(across) == 15


@pytest.mark.parametrize(
    "weeks", [[Share(1, 2)] * 3, [Share(3, 4)] * 9, [Share(9, 9)] * 9, [Share(0, 9)] * 9, [Share(3, 9)]]
)
def test_where_nothing_can_be_said_nothing_is_drawn(weeks):
    assert chance_of(weeks) is None
    _, marks = picture(weeks)
    assert not {one.get("class") for one in marks} & {"limit", "middle", "mark odd s1"}


def test_the_scale_holds_the_limits():
    weeks = [Share(1, 12), Share(0, 8), Share(2, 30)]
    assert top_of([point(one) for one in weeks], chance_of(weeks)) >= chance_of(weeks).highest
    assert top_of([], None) == 0.1


@pytest.mark.django_db
def test_they_stand_in_the_table_beside_and_in_the_words(manager):
    found = {chart["table"]["caption"]: chart for chart in manager.get("/insights/", DATES).context["charts"]}
    for name in ("Satisfied by week", "Escalated by week"):
        table = found[name]["table"]
        assert table["head"][-1] == HEAD
        said = [(row[3], row[4]) for row in table["rows"]]
        assert any(limit for _, limit in said) and all(bool(interval) == bool(limit) for interval, limit in said)
        assert "By chance alone a week lies between the dashed lines" in found[name]["desc"]
        assert 'class="limit"' in found[name]["svg"]
