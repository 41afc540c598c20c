"""From one brand colour the others, each with enough contrast: arithmetic only, nothing is read or kept.

Text on the brand's fill is white or pure black, whichever stands out more; links are the brand colour made darker or
lighter (OKLCH lightness, hue and as much chroma as the screen has) until they can be read on every ground; a fill that
hardly differs from the page gets an edge in the colour of text. Status colours are never touched. docs/brand.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

Linear = tuple[float, float, float]

WHITE, BLACK = "#FFFFFF", "#000000"
THEMES = ("light", "dark")
#: What a page is made of in each theme; static/css/tokens.css has the same, and a test compares them.
GROUNDS = {
    "light": {"card": "#FFFFFF", "page": "#F5F6F8", "raised": "#EBEEF1"},
    "dark": {"card": "#1A2028", "page": "#11151A", "raised": "#242C35"},
}
TEXT = {"light": "#14181D", "dark": "#E9EDF2"}
#: The ratios of WCAG 2.2: words (1.4.3), and what shows where a control is (1.4.11).
WORDS, SHAPES = 4.5, 3.0
STEP = 0.01  # of OKLCH lightness, 0 black to 1 white
HOVER = 0.07
HEX = re.compile(r"#[0-9A-Fa-f]{6}")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two colours that meet on a page: their names, their contrast ratio, and the least it may be (0: none)."""

    theme: str
    over: str
    under: str
    colour: str
    ground: str
    ratio: float
    least: float

    @property
    def fits(self) -> bool:
        return self.ratio >= self.least


@dataclass(frozen=True, slots=True)
class Theme:
    """The derived colours of one theme, each `#RRGGBB`; `edge` is the fill itself where that can be seen."""

    name: str
    fill: str
    on: str
    edge: str
    hover: str
    link: str
    link_hover: str


@dataclass(frozen=True, slots=True)
class Palette:
    """All that follows from one colour."""

    colour: str
    light: Theme
    dark: Theme

    @property
    def themes(self) -> tuple[Theme, Theme]:
        return self.light, self.dark


#: The colour static/css/tokens.css is made for, with a lighter one chosen by hand for dark; it needs no sheet of its own.
HOUSE = "#0B4F8A"
HOUSE_PALETTE = Palette(
    HOUSE,
    Theme("light", HOUSE, WHITE, HOUSE, "#06335A", HOUSE, "#06335A"),
    Theme("dark", "#8FC4F8", "#08131F", "#8FC4F8", "#C3E0FC", "#8FC4F8", "#C3E0FC"),
)


def is_colour(text: str) -> bool:
    """Whether it is `#RRGGBB`."""
    return HEX.fullmatch(text) is not None


@lru_cache(maxsize=64)
def palette(colour: str) -> Palette:
    """The palette of `#RRGGBB`. Raises ValueError for anything else."""
    if not is_colour(colour):
        raise ValueError(f"{colour!r} is not a colour like #0B4F8A.")
    colour = colour.upper()
    return HOUSE_PALETTE if colour == HOUSE else Palette(colour, _theme("light", colour), _theme("dark", colour))


def pairs(found: Palette) -> Iterator[Pair]:
    """Every pair that meets on a page, light theme first; what is under its least is edged, see `Theme.edge`."""
    for theme in found.themes:
        grounds = GROUNDS[theme.name]
        yield _pair(theme, "Text", "the button", theme.on, theme.fill, WORDS)
        yield _pair(theme, "Text", "the button pointed at", theme.on, theme.hover, WORDS)
        yield _pair(theme, "Link", "card", theme.link, grounds["card"], WORDS)
        yield _pair(theme, "Link", "page", theme.link, grounds["page"], WORDS)
        yield _pair(theme, "Button’s edge", "card", theme.edge, grounds["card"], SHAPES)
        yield _pair(theme, "Button’s edge", "page", theme.edge, grounds["page"], SHAPES)


def is_edged(theme: Theme) -> bool:
    """Whether the fill alone would hardly be seen on the page, so that the button has an edge."""
    return theme.edge != theme.fill


def ratio(one: str, other: str) -> float:
    """The WCAG contrast ratio of two colours, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


# Deriving -----------------------------------------------------------------------------------------------------


def _theme(name: str, colour: str) -> Theme:
    on = max(WHITE, BLACK, key=lambda one: ratio(one, colour))
    seen = min(ratio(colour, ground) for ground in GROUNDS[name].values()) >= SHAPES
    link = _readable(name, colour)
    return Theme(
        name=name,
        fill=colour,
        on=on,
        edge=colour if seen else TEXT[name],
        hover=_hover(colour, on),
        link=link,
        link_hover=_shifted(link, -HOVER if name == "light" else HOVER),
    )


def _readable(name: str, colour: str) -> str:
    """The nearest colour of the same hue that can be read on every ground of the theme; black or white at the last."""
    grounds = GROUNDS[name].values()
    lightness, chroma, hue = _oklch(colour)
    step = -STEP if name == "light" else STEP
    found = colour
    while min(ratio(found, ground) for ground in grounds) < WORDS:
        lightness += step
        found = _rgb(lightness, chroma, hue)
    return found


def _hover(colour: str, on: str) -> str:
    """A little further from the text on it; from the end of the scale a little nearer, as far as it stays readable."""
    away = -HOVER if on == WHITE else HOVER
    moved = _shifted(colour, away)
    if moved in (colour, WHITE, BLACK):
        nearer = _shifted(colour, -2 * away)
        return nearer if ratio(nearer, on) >= WORDS else colour
    return moved


def _shifted(colour: str, by: float) -> str:
    lightness, chroma, hue = _oklch(colour)
    return _rgb(lightness + by, chroma, hue)


def _pair(theme: Theme, over: str, under: str, colour: str, ground: str, least: float) -> Pair:
    return Pair(theme.name, over, under, colour, ground, ratio(colour, ground), least)


# Colour spaces: sRGB and OKLCH (Björn Ottosson, 2020) ---------------------------------------------------------


def _linear(colour: str) -> Linear:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return r, g, b


def _luminance(colour: str) -> float:
    r, g, b = _linear(colour)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _oklch(colour: str) -> tuple[float, float, float]:
    """Lightness 0 to 1, chroma from 0, hue in radians."""
    r, g, b = _linear(colour)
    x = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    y = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    z = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    lightness = 0.2104542553 * x + 0.7936177850 * y - 0.0040720468 * z
    green_red = 1.9779984951 * x - 2.4285922050 * y + 0.4505937099 * z
    blue_yellow = 0.0259040371 * x + 0.7827717662 * y - 0.8086757660 * z
    return lightness, math.hypot(green_red, blue_yellow), math.atan2(blue_yellow, green_red)


def _rgb(lightness: float, chroma: float, hue: float) -> str:
    """`#RRGGBB`, with chroma taken out until a screen can show it; beyond the ends it is black or white."""
    if lightness <= 0:
        return BLACK
    if lightness >= 1:
        return WHITE
    for percent in range(100, -1, -2):
        linear = _from_oklch(lightness, chroma * percent / 100, hue)
        if all(-1e-4 <= part <= 1 + 1e-4 for part in linear):
            break
    return "#" + "".join(f"{round(255 * _gamma(min(max(part, 0), 1))):02X}" for part in linear)


def _from_oklch(lightness: float, chroma: float, hue: float) -> Linear:
    green_red, blue_yellow = chroma * math.cos(hue), chroma * math.sin(hue)
    x = (lightness + 0.3963377774 * green_red + 0.2158037573 * blue_yellow) ** 3
    y = (lightness - 0.1055613458 * green_red - 0.0638541728 * blue_yellow) ** 3
    z = (lightness - 0.0894841775 * green_red - 1.2914855480 * blue_yellow) ** 3
    return (
        4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z,
        -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z,
        -0.0041960863 * x - 0.7034186147 * y + 1.7076147010 * z,
    )


def _gamma(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
