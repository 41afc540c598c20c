"""Every contrast ratio and every simulated colour distance of the palette, recomputed from tokens.css."""

import re
from itertools import combinations
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[2] / "static" / "css" / "tokens.css").read_text()
THEMES = ("light", "dark")

# Machado, Oliveira and Fernandes 2009, full severity, on linear light.
VISIONS = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
    "grey": ((0.2126, 0.7152, 0.0722),) * 3,
}


def palette(theme: str) -> dict[str, str]:
    """Token name to #RRGGBB in one theme; a token that names another takes its colour."""
    found = dict(
        re.findall(r"--([\w-]+): *(light-dark\([^;]*\)|#[0-9A-Fa-f]{6}|var\(--[\w-]+\));", CSS.split("@media")[0])
    )
    colours = {}
    for name, value in found.items():
        pair = re.findall(r"#[0-9A-Fa-f]{6}", value)
        if pair:
            colours[name] = pair[THEMES.index(theme)] if len(pair) == 2 else pair[0]
    for name, value in found.items():
        if value.startswith("var("):
            colours[name] = colours[value[6:-1]]
    return colours


def linear(colour: str) -> list[float]:
    """Linear red, green and blue, 0 to 1."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def ratio(one: str, other: str) -> float:
    """The WCAG contrast ratio of two colours."""
    lights = sorted(sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear(x), strict=True)) for x in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def oklab(rgb: list[float]) -> list[float]:
    """OKLab of linear light (Ottosson 2020)."""
    r, g, b = rgb
    cones = (
        0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b,
        0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b,
        0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b,
    )
    x, y, z = (max(cone, 0) ** (1 / 3) for cone in cones)
    return [
        0.2104542553 * x + 0.7936177850 * y - 0.0040720468 * z,
        1.9779984951 * x - 2.4285922050 * y + 0.4505937099 * z,
        0.0259040371 * x + 0.7827717662 * y - 0.8086757660 * z,
    ]


def distance(one: str, other: str, vision: str) -> float:
    """How far apart two colours look to someone with this vision."""
    seen = []
    for colour in (one, other):
        light = linear(colour)
        mixed = [sum(w * c for w, c in zip(line, light, strict=True)) for line in VISIONS[vision]]
        seen.append(oklab([min(max(part, 0), 1) for part in mixed]))
    return sum((a - b) ** 2 for a, b in zip(*seen, strict=True)) ** 0.5


# token, ground, ratio in light, ratio in dark. In light the card is white on a tint; in dark it is the lighter one.
RATIOS = [
    ("text", "card", 17.82, 13.94),
    ("text", "ground", 16.48, 15.58),
    ("muted", "card", 7.59, 8.15),
    ("muted", "ground", 7.02, 9.11),
    ("link", "card", 8.40, 8.91),
    ("link", "ground", 7.77, 9.96),
    ("on-brand", "brand", 8.40, 10.17),
    ("edge", "card", 4.69, 5.24),
    ("edge", "ground", 4.34, 5.86),
    ("neutral-ink", "neutral-fill", 8.12, 8.80),
    ("progress-ink", "progress-fill", 8.28, 8.57),
    ("good-ink", "good-fill", 7.66, 9.10),
    ("soon-ink", "soon-fill", 9.43, 6.39),
    ("late-ink", "late-fill", 7.65, 8.84),
    ("you-ink", "you-fill", 17.82, 15.58),
]
# token, theme, ratio, on the plain background of that theme (white, or the darkest).
ON_PLAIN = [
    ("link-hover", "light", 12.89),
    ("link-hover", "dark", 13.43),
    ("visited", "light", 10.06),
    ("visited", "dark", 9.68),
    ("error", "light", 7.65),
    ("error", "dark", 9.08),
    ("focus-ring", "light", 17.82),
    ("focus-glow", "dark", 12.80),
    ("series-1", "light", 7.86),
    ("series-2", "light", 3.77),
    ("series-3", "light", 14.44),
    ("series-4", "light", 5.83),
    ("series-3", "dark", 3.11),
]
PLAIN = {"light": "#FFFFFF", "dark": "#11151A"}
# The light fills: distance normal, protan, deutan, tritan, grey.
DISTANCES = {
    ("soon", "late"): (0.365, 0.401, 0.340, 0.322, 0.353),
    ("good", "soon"): (0.209, 0.237, 0.197, 0.205, 0.148),
    ("good", "late"): (0.515, 0.581, 0.472, 0.508, 0.501),
    ("progress", "soon"): (0.221, 0.250, 0.212, 0.198, 0.145),
}


@pytest.mark.parametrize(("token", "ground", "light", "dark"), RATIOS)
def test_words_stand_out_on_their_ground(token, ground, light, dark):
    for theme, expected in zip(THEMES, (light, dark), strict=True):
        colours = palette(theme)
        assert ratio(colours[token], colours[ground]) == pytest.approx(expected, abs=0.006), theme


@pytest.mark.parametrize(("token", "theme", "expected"), ON_PLAIN)
def test_colours_on_the_plain_background(token, theme, expected):
    assert ratio(palette(theme)[token], PLAIN[theme]) == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize("theme", THEMES)
def test_what_css_combines_is_readable(theme):
    """Pairs the sheets use that the table above does not list: words 4.5, drawn marks and edges 3."""
    colours = palette(theme)
    ink_on_disc = {"light": "#FFFFFF", "dark": "#11151A"}[theme]
    assert ratio(ink_on_disc, colours["good-edge"]) >= 4.5
    for ground in ("card", "ground"):
        for token in ("error", "visited", "link-hover", "you-fill", "late-fill"):
            assert ratio(colours[token], colours[ground]) >= 4.5, (token, ground)
        for family in ("neutral", "progress", "good", "soon", "late", "you"):
            assert ratio(colours[f"{family}-edge"], colours[ground]) >= 3, (family, ground)
    for fill in ("neutral-fill", "progress-fill", "good-fill"):
        assert ratio(colours["text"], colours[fill]) >= 4.5, fill
        assert ratio(colours["link"], colours[fill]) >= 4.5, fill


def test_focus_rings_differ_from_each_other():
    colours = palette("light")
    assert ratio(colours["focus-ring"], colours["focus-glow"]) == pytest.approx(12.45, abs=0.006)


@pytest.mark.parametrize("pair", DISTANCES)
def test_fills_stay_apart_in_every_vision(pair):
    light, dark = palette("light"), palette("dark")
    one, other = (f"{family}-fill" for family in pair)
    for vision, expected in zip(VISIONS, DISTANCES[pair], strict=True):
        assert distance(light[one], light[other], vision) == pytest.approx(expected, abs=0.002), vision
        assert distance(dark[one], dark[other], vision) >= 0.145, f"dark, {vision}"


@pytest.mark.parametrize("theme", THEMES)
def test_the_two_solid_tags_stay_apart(theme):
    colours = palette(theme)
    assert min(distance(colours["late-fill"], colours["you-fill"], vision) for vision in VISIONS) >= 0.12


@pytest.mark.parametrize(("theme", "coloured", "grey"), [("light", 0.133, 0.069), ("dark", 0.168, 0.106)])
def test_chart_series_stay_apart(theme, coloured, grey):
    colours = palette(theme)
    pairs = list(combinations([colours[f"series-{number}"] for number in range(1, 5)], 2))
    closest = min(distance(*pair, vision) for pair in pairs for vision in VISIONS if vision != "grey")
    assert closest == pytest.approx(coloured, abs=0.002)
    assert min(distance(*pair, "grey") for pair in pairs) == pytest.approx(grey, abs=0.002)
