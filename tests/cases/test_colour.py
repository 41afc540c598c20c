"""Colours derived from a brand's: contrast held for any colour there is, and the same grounds as the stylesheet."""

import random
import re
from pathlib import Path

import pytest

from cases import colour
from cases.colour import GROUNDS, HOUSE, HOUSE_PALETTE, TEXT, pairs, palette, ratio

CSS = (Path(__file__).parents[2] / "static" / "css" / "tokens.css").read_text()
CORNERS = ["#000000", "#FFFFFF", "#FF0000", "#00FF00", "#0000FF", "#FFFF00", "#FF00FF", "#00FFFF", "#777777", "#FFCC00"]


def many(number: int, seed: int = 20261122) -> list[str]:
    dice = random.Random(seed)
    return CORNERS + [f"#{dice.randrange(256**3):06X}" for _ in range(number)]


def token(name: str) -> list[str]:
    """The light and the dark value of a property of tokens.css."""
    return re.findall(r"#[0-9A-Fa-f]{6}", re.search(rf"--{name}: *([^;]*);", CSS)[1])


def test_text_links_and_edges_keep_their_contrast_for_three_thousand_colours():
    lowest = {"text": 99.0, "hover": 99.0, "link": 99.0, "edge": 99.0}
    for one in many(3000):
        for theme in palette(one).themes:
            if one == HOUSE:
                continue
            grounds = GROUNDS[theme.name].values()
            lowest["text"] = min(lowest["text"], ratio(theme.on, theme.fill))
            lowest["hover"] = min(lowest["hover"], ratio(theme.on, theme.hover))
            lowest["link"] = min(lowest["link"], *(ratio(theme.link, ground) for ground in grounds))
            lowest["edge"] = min(lowest["edge"], *(ratio(theme.edge, ground) for ground in grounds))
    assert lowest["text"] >= 4.58
    assert lowest["hover"] >= 4.5
    assert lowest["link"] >= 4.5
    assert lowest["edge"] >= 3.0


def test_every_pair_of_the_table_fits_and_names_its_colours():
    for one in many(200, seed=7):
        for pair in pairs(palette(one)):
            assert pair.fits, (one, pair)
            assert pair.ratio == ratio(pair.colour, pair.ground)


def test_a_hover_can_be_told_from_what_it_was_where_the_scale_leaves_room():
    assert all(theme.hover != theme.fill for one in many(300, seed=3) for theme in palette(one).themes)


def test_a_link_that_can_be_read_stays_the_brand_s_own_colour():
    assert palette("#8A1F5C").light.link == "#8A1F5C"
    assert palette("#FFCC00").dark.link == "#FFCC00"


def test_a_link_keeps_its_hue_while_it_grows_darker():
    lightness, _, hue = colour._oklch(palette("#FFCC00").light.link)
    first, _, was = colour._oklch("#FFCC00")
    assert lightness < first and abs(hue - was) < 0.05


@pytest.mark.parametrize(
    ("one", "edged"),
    [("#FFCC00", ["light"]), ("#000000", ["dark"]), ("#FDFDFB", ["light"]), ("#0B4F8B", ["dark"]), ("#FF0066", [])],
)
def test_a_fill_that_is_hardly_seen_gets_an_edge(one, edged):
    assert [theme.name for theme in palette(one).themes if colour.is_edged(theme)] == edged


def test_text_is_white_or_pure_black():
    assert {theme.on for one in many(100) for theme in palette(one).themes if one != HOUSE} == {"#FFFFFF", "#000000"}


@pytest.mark.parametrize("wrong", ["", "#FFF", "FFCC00", "#FFCC0G", "#FFCC00;}", "red", "#FFCC00\n"])
def test_nothing_else_is_a_colour(wrong):
    assert not colour.is_colour(wrong)
    with pytest.raises(ValueError, match="is not a colour"):
        palette(wrong)


def test_grounds_text_and_the_house_s_own_colour_are_those_of_the_stylesheet():
    for name, ours in (("card", "card"), ("page", "ground"), ("raised", "neutral-fill")):
        assert [GROUNDS[theme][name] for theme in colour.THEMES] == token(ours)
    assert [TEXT[theme] for theme in colour.THEMES] == token("text")
    for part, ours in (("fill", "brand"), ("on", "on-brand"), ("hover", "brand-hover"), ("link_hover", "link-hover")):
        assert [getattr(theme, part) for theme in HOUSE_PALETTE.themes] == token(ours)
