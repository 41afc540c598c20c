"""Charts drawn on the server as SVG: a line with its band, dots with their interval, bars, a histogram.

Colours come from the classes of static/css/parts/insights.css, so light, dark and print need no second drawing.
Every label is text; every picture says in words what it shows. Shares are 0 to 1, sizes are in SVG units (about px).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

NOTHING = mark_safe("")
HALF, WIDE = 360, 840  # widths of a chart in half a page, or on a phone, and in a whole page
LEGEND = 22  # a line of legend
LETTER = 9.8  # units a letter takes where letters are largest, on a phone


@dataclass(frozen=True, slots=True)
class Point:
    """A share with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Area:
    """The rectangle data is drawn in; `top` is the value at its upper edge, `bottom` at its lower one."""

    left: float
    right: float
    high: float
    low: float
    top: float = 1.0
    bottom: float = 0.0

    def y(self, value: float) -> float:
        return self.low - (self.low - self.high) * (value - self.bottom) / (self.top - self.bottom)

    def x(self, value: float) -> float:
        """Where `value` lies on a scale from 0 at the left to `top` at the right."""
        return self.left + (self.right - self.left) * value / self.top


def picture(width: float, height: float, *, key: str, title: str, desc: str, parts: Iterable[SafeString]) -> SafeString:
    """The SVG around `parts`; `key` makes the ids of its words unique on a page."""
    return format_html(
        '<svg class="{size}" viewBox="0 0 {w} {h}" role="img" aria-labelledby="{k}-title {k}-desc">'
        '<title id="{k}-title">{title}</title><desc id="{k}-desc">{desc}</desc>{parts}</svg>',
        size="for-wide" if width == WIDE else "for-half", w=num(width), h=num(height), k=key, title=title, desc=desc, parts=joined(parts),
    )  # fmt: skip


def line(
    points: Sequence[Point | None],
    labels: Sequence[str],
    *,
    key: str,
    title: str,
    desc: str,
    name: str,
    width: int = HALF,
    height: int = 250,
    top: float = 1.0,
    bottom: float = 0.0,
    words: Callable[[float], str] | None = None,
    under: Callable[[Sequence[float], Area], SafeString] | None = None,
    odd: Collection[int] = (),
) -> SafeString:
    """A share over time with its interval as a band; None (too few to say) leaves a gap. `name` labels the line.

    `words` says a value of the scale where that is no percent. `under` draws below the line, given where the points stand, and has
    room for a legend above the area; the points that are `odd`, by number, are diamonds.
    """
    room = LEGEND if under else 0
    # Room at the right end for half of the last label, so that it is not cut.
    area = Area(60, width - 30, 34 + room, height + room - 34, top, bottom)
    places = [area.left + (area.right - area.left) * (i + 0.5) / max(1, len(points)) for i in range(len(points))]
    runs = list(_runs(points))
    parts = [_scale(area, words), _under(places, labels, area)]
    parts += [_band(run, places, points, area) for run in runs]
    parts += [under(places, area)] if under else []
    parts += [_path(run, places, points, area) for run in runs]
    parts += [(diamond if i in odd else _dot)(places[i], area.y(one.value)) for i, one in enumerate(points) if one]
    parts.append(format_html('<text class="key" x="{}" y="16">{}</text>', num(area.left), name))
    return picture(width, height + room, key=key, title=title, desc=desc, parts=parts)


def dots(
    rows: Sequence[tuple[str, str, Point | None]],
    *,
    key: str,
    title: str,
    desc: str,
    width: int = HALF,
    missing: str = "too few to show",
) -> SafeString:
    """One row for each (label, count in words, share): the share as a dot on its interval, from 0 to 100 %."""
    gap, height = 46, 46 * len(rows) + 34
    area = Area(8, width - 74, 0, height - 28)  # a dot at either end stays whole
    parts = [_percents_below(area)]
    for number, (label, count, point) in enumerate(rows):
        y = number * gap + 16
        parts.append(format_html('<text x="4" y="{}">{} <tspan class="soft">{}</tspan></text>', num(y), label, count))
        if point is None:
            parts.append(format_html('<text class="soft" x="4" y="{}">{}</text>', num(y + 21), missing))
        else:
            parts.append(_stretch("grid", area.left, area.right, y + 16))
            parts.append(_stretch("whisker s1", area.x(point.low), area.x(point.high), y + 16))
            parts.append(_dot(area.x(point.value), y + 16))
            parts.append(_text(width - 4, y + 21, percent(point.value), anchor="end", strong=True))
    return picture(width, height, key=key, title=title, desc=desc, parts=parts)


def columns(
    points: Sequence[Point | None],
    labels: Sequence[str],
    *,
    key: str,
    title: str,
    desc: str,
    name: str,
    width: int = HALF,
    height: int = 250,
) -> SafeString:
    """An upright bar for each share with its interval as a line; None (too few to say) leaves its place empty."""
    area = Area(60, width - 24, 34, height - 34)
    each = (area.right - area.left) / max(1, len(points))
    places = [area.left + each * (i + 0.5) for i in range(len(points))]
    wide = min(each * 0.6, 40)
    parts = [_scale(area), _under(places, labels, area)]
    for place, point in zip(places, points, strict=True):
        if point is None:
            parts.append(_text(place, area.low - 6, "–", anchor="middle"))
            continue
        y = area.y(point.value)
        parts.append(_rect(place - wide / 2, y, wide, area.low - y))
        ends = num(area.y(point.high)), num(area.y(point.low))
        # Once in the colour of the card, so that it is seen inside the bar too.
        parts += [
            format_html('<path class="{}" d="M{} {}V{}"/>', kind, num(place), *ends)
            for kind in ("reach under", "reach")
        ]
    parts.append(format_html('<text class="key" x="{}" y="16">{}</text>', num(area.left), name))
    return picture(width, height, key=key, title=title, desc=desc, parts=parts)


def bars(rows: Sequence[tuple[str, int]], *, key: str, title: str, desc: str, width: int = HALF) -> SafeString:
    """One horizontal bar for each (label, count), all of them parts of one whole."""
    whole = sum(count for _, count in rows) or 1
    gap, height = 46, 46 * len(rows) + 4
    # From 0, and the longest bar leaves room for its own words.
    area = Area(4, width - 112, 0, height, max([1, *(count for _, count in rows)]))
    parts = []
    for number, (label, count) in enumerate(rows):
        y = number * gap + 16
        length = area.x(count) - area.left
        parts.append(_text(4, y, label))
        if count:
            parts.append(_rect(area.left, y + 6, length, 18))
        words = f"{count:,} · {percent(count / whole)}"
        parts.append(_text(area.left + (length + 8 if count else 0), y + 20, words, strong=True))
    return picture(width, height, key=key, title=title, desc=desc, parts=parts)


def stacked(
    rows: Sequence[tuple[str, str, Sequence[int] | None]],
    names: Sequence[str],
    *,
    key: str,
    title: str,
    desc: str,
    width: int = HALF,
    missing: str = "too few to show",
    longest: int = 0,
    say: Callable[[int], str] = "{:,}".format,
) -> SafeString:
    """One whole bar for each (label, count in words, counts), parted in the order of `names`, the heaviest first.

    With `longest`, the count that fills the width, bars are as long as what they count; else all are as long.
    Each part's count, as `say` has it, stands below it where there is room; the names stand above, once. Four parts at most.
    """
    gap, left, right = 64, 4.0, width - 4.0
    above = 26 * len(names) + 10
    parts = [_legend(name, number, left) for number, name in enumerate(names)]
    for number, (label, count, counts) in enumerate(rows):
        y = above + number * gap + 16
        tight = mark_safe(' class="tight"') if (len(label) + 1 + len(count)) * LETTER > right - left else NOTHING
        line = '<text{} x="4" y="{}">{} <tspan class="soft">{}</tspan></text>'
        parts.append(format_html(line, tight, num(y), label, count))
        if counts is None:
            parts.append(format_html('<text class="soft" x="4" y="{}">{}</text>', num(y + 21), missing))
        else:
            end = left + (right - left) * sum(counts) / longest if longest else right
            parts += _parted(counts, left, end, y + 7, say)
    return picture(width, above + gap * len(rows) + 4, key=key, title=title, desc=desc, parts=parts)


def histogram(
    counts: Sequence[int],
    edges: Sequence[str],
    marks: Sequence[tuple[float, str]],
    *,
    key: str,
    title: str,
    desc: str,
    width: int = HALF,
    height: int = 250,
) -> SafeString:
    """How many fall between neighbouring `edges` (one more than counts); each mark (place in bins, words) is a line."""
    # One line of words above the bars for each mark: they may lie close together.
    top = _nice_count(max([1, *counts]))
    area = Area(16 + LETTER * len(f"{top:,}"), width - 12, 26 + 20 * len(marks), height - 34, top)
    each = (area.right - area.left) / max(1, len(counts))
    parts = [_counts_beside(area)]
    for number, count in enumerate(counts):
        if count:
            y = area.y(count)
            parts.append(_rect(area.left + number * each + 1, y, each - 2, area.low - y))
    parts += [_mark(area, area.left + place * each, words, 16 + 20 * i) for i, (place, words) in enumerate(marks)]
    every = -(-len(edges) * 56 // int(area.right - area.left)) or 1
    for number, words in enumerate(edges):
        if number % every == 0:
            parts.append(_text(area.left + number * each, height - 12, words, anchor="middle"))
    return picture(width, height, key=key, title=title, desc=desc, parts=parts)


# Words and numbers --------------------------------------------------------------------------------------------


def percent(share: float) -> str:
    """'82%'; a share that is not quite nothing or all does not round to it."""
    rounded = int(share * 100 + 0.5)
    if rounded == 0 and share > 0:
        return "under 1%"
    if rounded == 100 and share < 1:
        return "over 99%"
    return f"{rounded}%"


def num(value: float) -> str:
    """A coordinate without needless digits."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def joined(parts: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def nice_top(highest: float) -> float:
    """The upper edge of a scale of shares that holds `highest`: 10, 20, 40, 60, 80 or 100 %."""
    return next(top for top in (0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if highest <= top + 1e-9)


def _nice_count(highest: int) -> int:
    """The upper edge of a scale of counts, at least `highest`, in two equal whole steps."""
    size = 1
    while True:
        for step in (1, 2, 5):
            if 2 * step * size >= highest:
                return 2 * step * size
        size *= 10


# Pieces -------------------------------------------------------------------------------------------------------


def _text(x: float, y: float, words: str, *, anchor: str = "start", strong: bool = False) -> SafeString:
    kind = mark_safe(' class="strong"') if strong else NOTHING
    return format_html('<text{} x="{}" y="{}" text-anchor="{}">{}</text>', kind, num(x), num(y), anchor, words)


def _stretch(kind: str, start: float, end: float, y: float) -> SafeString:
    """A level line."""
    return format_html('<path class="{}" d="M{} {}H{}"/>', kind, num(start), num(y), num(end))


def _dot(x: float, y: float) -> SafeString:
    return format_html('<circle class="mark s1" cx="{}" cy="{}" r="5"/>', num(x), num(y))


def diamond(x: float, y: float) -> SafeString:
    return format_html('<path class="mark odd s1" d="M{} {}l7 7l-7 7l-7 -7Z"/>', num(x), num(y - 7))


def _rect(x: float, y: float, width: float, height: float) -> SafeString:
    return format_html(
        '<rect class="fill s1" x="{}" y="{}" width="{}" height="{}"/>', num(x), num(y), num(width), num(height)
    )


def _part(number: int, x: float, y: float, width: float, height: float) -> SafeString:
    """A part of a whole: the first is the darkest, and each has an edge, so that they are told apart in any colours."""
    place = (num(part) for part in (x, y, width, height))
    return format_html('<rect class="part p{}" x="{}" y="{}" width="{}" height="{}"/>', number + 1, *place)


def _legend(name: str, number: int, left: float) -> SafeString:
    y = 26 * number + 4
    return joined((_part(number, left + 1, y, 22, 15), _text(left + 32, y + 13, name)))


def _parted(counts: Sequence[int], left: float, right: float, y: float, say: Callable[[int], str]) -> list[SafeString]:
    """The parts of a bar from `left` to `right`, with their counts below where they do not run into each other."""
    whole, x, drawn = sum(counts) or 1, left, []
    for number, count in enumerate(counts):
        length, words = (right - left) * count / whole, say(count)
        if count:
            drawn.append(_part(number, x + 1, y, max(length - 2, 1), 16))
        if count and length >= len(words) * LETTER + 4:
            drawn.append(_text(x + length / 2, y + 35, words, anchor="middle"))
        x += length
    return drawn


def _scale(area: Area, words: Callable[[float], str] | None = None) -> SafeString:
    """Lines across with their percent, or what `words` says, at the left: the ends of the scale and its middle."""
    parts = []
    for value in (area.bottom, (area.bottom + area.top) / 2, area.top):
        parts.append(_stretch("grid", area.left, area.right, area.y(value)))
        parts.append(_text(area.left - 8, area.y(value) + 5, (words or percent)(value), anchor="end"))
    return joined(parts)


def _counts_beside(area: Area) -> SafeString:
    parts = []
    for value in (0, area.top / 2, area.top):
        parts.append(_stretch("grid", area.left, area.right, area.y(value)))
        parts.append(_text(area.left - 8, area.y(value) + 5, f"{int(value):,}", anchor="end"))
    return joined(parts)


def _percents_below(area: Area) -> SafeString:
    parts = []
    for value, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        parts.append(format_html('<path class="grid" d="M{x} {}v6"/>', num(area.low - 6), x=num(area.x(value))))
        parts.append(_text(area.x(value), area.low + 22, percent(value), anchor=anchor))
    return joined(parts)


def _under(places: Sequence[float], labels: Sequence[str], area: Area) -> SafeString:
    """The labels under their places, as many as fit; the last one always stands."""
    # A wide picture is only shown on a wide page, where letters are smaller.
    letter = LETTER if area.right < HALF else LETTER * 0.8
    widest = max([1, *(len(label) for label in labels)]) * letter
    fits = max(1, int((area.right - area.left) // (widest + 8)))
    every = -(-len(labels) // fits) or 1
    last = len(labels) - 1
    return joined(
        _text(place, area.low + 24, label, anchor="middle")
        for number, (place, label) in enumerate(zip(places, labels, strict=True))
        if (last - number) % every == 0
    )


def _mark(area: Area, x: float, words: str, y: float) -> SafeString:
    """A dashed line at `x` that begins below all words; its own beside it where there is room, else over it from the edge."""
    long = len(words) * LETTER + 6
    line = format_html('<path class="target" d="M{} {}V{}"/>', num(x), num(area.high - 22), num(area.low))
    place, anchor = (x + 6, "start") if x + long <= area.right else (x - 6, "end") if long <= x else (4, "start")
    return joined((line, _text(place, y, words, anchor=anchor, strong=True)))


def _runs(points: Sequence[Point | None]) -> Iterable[list[int]]:
    """Neighbours that have a value, as lists of their numbers."""
    run: list[int] = []
    for number, point in enumerate(points):
        if point is None:
            if run:
                yield run
            run = []
        else:
            run.append(number)
    if run:
        yield run


def _at(x: float, y: float) -> str:
    return f"{num(x)} {num(y)}"


def _band(run: list[int], places: Sequence[float], points: Sequence[Point | None], area: Area) -> SafeString:
    """The interval of a run; of a single point as an upright line."""
    known = [(places[i], point) for i in run if (point := points[i])]
    if len(known) == 1:
        x, point = known[0]
        y = num(area.y(min(point.high, area.top))), num(area.y(point.low))
        return format_html('<path class="whisker s1" d="M{} {}V{}"/>', num(x), *y)
    high = [_at(x, area.y(min(point.high, area.top))) for x, point in known]
    low = [_at(x, area.y(point.low)) for x, point in reversed(known)]
    return format_html('<path class="band fill s1" d="M{}Z"/>', "L".join(high + low))


def _path(run: list[int], places: Sequence[float], points: Sequence[Point | None], area: Area) -> SafeString:
    known = [_at(places[i], area.y(point.value)) for i in run if (point := points[i])]
    return format_html('<polyline class="line s1" points="{}"/>', " ".join(known)) if len(known) > 1 else NOTHING
