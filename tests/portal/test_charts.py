"""The pictures: everything stands where its number says, words are escaped, gaps stay gaps."""

import re
from xml.etree import ElementTree

import pytest

from portal.charts import Point, bars, dots, histogram, line, percent, stacked
from portal.insights.drawing import BINS, bins
from portal.insights.tables import Cell
from portal.templatetags.figures import cells_of

HOUR = 3600


class TestCharts:
    HALF = Point(0.5, 0.3, 0.7)

    def test_a_gap_where_too_few_answered(self):
        drawn = line([self.HALF, None, self.HALF, self.HALF], list("abcd"), key="k", title="T", desc="D", name="N")
        assert drawn.count("<circle") == 3
        assert (drawn.count("<polyline"), drawn.count('class="band'), drawn.count('class="whisker')) == (1, 1, 1)

    def test_words_are_escaped(self):
        evil = '<script>&"'
        for drawn in (
            line([self.HALF], [evil], key="k", title=evil, desc=evil, name=evil),
            dots([(evil, evil, self.HALF)], key="k", title=evil, desc=evil),
            bars([(evil, 1)], key="k", title=evil, desc=evil),
            histogram([1], [evil, evil], [(0.5, evil)], key="k", title=evil, desc=evil),
            stacked([(evil, evil, [1])], [evil], key="k", title=evil, desc=evil),
        ):
            assert "<script>" not in drawn
            assert drawn.count("&lt;script&gt;&amp;&quot;") >= 3

    def test_a_share_stands_at_its_height(self):
        """The middle of the scale lies half way between its ends."""
        drawn = line([Point(0, 0, 0), self.HALF, Point(1, 1, 1)], list("abc"), key="k", title="T", desc="D", name="N")
        low, middle, high = (float(y) for y in re.findall(r'cy="([\d.]+)"', drawn))
        assert middle == pytest.approx((low + high) / 2)
        assert low > high

    def test_bars_begin_at_nothing(self):
        drawn = bars([("a", 40), ("b", 20), ("c", 0)], key="k", title="T", desc="D")
        whole, half = (float(w) for w in re.findall(r'<rect [^>]*width="([\d.]+)"', drawn))
        assert half == pytest.approx(whole / 2, abs=0.1)
        assert "40 · 67%" in drawn and "0 · 0%" in drawn

    def test_parts_make_up_the_whole_bar(self):
        """A quarter, nothing and three quarters: two parts side by side, each with its count, and three names above."""
        drawn = stacked([("a", "4 cases", [1, 0, 3])], ["x", "y", "z"], key="k", title="T", desc="D")
        parts = re.findall(r'class="part p(\d)" x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="16"', drawn)
        (one, x_one, w_one), (three, x_three, w_three) = ((int(n), float(x), float(w)) for n, x, w in parts)
        assert (one, three) == (1, 3)
        assert x_three == pytest.approx(x_one + w_one + 2, abs=0.1)
        assert (w_three + 2) / (w_one + 2) == pytest.approx(3, abs=0.02)
        assert drawn.count('height="15"') == 3  # the names
        assert ">1</text>" in drawn and ">3</text>" in drawn and ">0</text>" not in drawn

    def test_a_count_that_has_no_room_is_left_to_the_table(self):
        drawn = stacked([("a", "1,000 cases", [1, 999])], ["x", "y"], key="k", title="T", desc="D")
        long = stacked([("Executive customer service manager", "1 open", [1])], ["x"], key="k", title="T", desc="D")
        assert 'class="tight"' in long and 'class="tight"' not in drawn, "no name runs out of its card on a phone"
        assert drawn.count('height="16"') == 2
        assert ">999</text>" in drawn and ">1</text>" not in drawn

    def test_a_bar_of_too_few_is_not_drawn(self):
        drawn = stacked([("a", "3 cases", None)], ["x", "y"], key="k", title="T", desc="D")
        assert 'height="16"' not in drawn and "too few to show" in drawn

    def test_nothing_to_draw_is_drawn(self):
        assert "<svg" in line([], [], key="k", title="T", desc="D", name="N")
        assert "<svg" in histogram([0, 0], ["0", "1", "2"], [], key="k", title="T", desc="D")

    @pytest.mark.parametrize(
        ("share", "words"), [(0, "0%"), (0.001, "under 1%"), (0.125, "13%"), (0.999, "over 99%"), (1, "100%")]
    )
    def test_percent_never_rounds_to_none_or_all(self, share, words):
        assert percent(share) == words

    def test_bins_hold_everything_once(self):
        times = sorted([*range(0, 40 * HOUR, HOUR), 4000 * HOUR])
        step, counts = bins(times)
        assert sum(counts) == len(times)
        assert (len(counts), counts[-1]) == (BINS + 1, 1)
        assert step * BINS > 36 * HOUR


def test_cells_escape_whatever_stands_in_them():
    bad = "<b>\"'&"
    one = Cell(
        bad, f"/a?x={bad}", 0.5, under=bad, also=bad, of=bad, of_url=f"/o?{bad}", mark=bad, act=bad, act_url=f"/t?{bad}"
    )
    plain = Cell(bad, of=bad)
    said = cells_of([one, plain], bad)
    assert "<b>" not in said and "&amp;" in said and said.count("&lt;b&gt;") == 12
    cells = ElementTree.fromstring(f"<tr>{said}</tr>")
    assert ["".join(td.itertext()) for td in cells] == [f"{bad * 3}of {bad}{bad * 2}: {bad}", f"{bad}of {bad}"]
    assert [a.get("href") for a in cells.iter("a")] == [f"/a?x={bad}", f"/o?{bad}", f"/t?{bad}"]
