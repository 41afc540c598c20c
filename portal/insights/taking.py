"""A chart to take away: one SVG that stands by itself, in the light colours, with its finding, source, filters and dates.

The page's own picture has its colours from the style sheet; here each mark has its own, for programs that read none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from cases import brand
from portal import charts, clock
from portal.charts import num
from portal.pages.files import POLICY
from portal.templatetags.times import when_words, zone_words

ASKED = "svg"  # the part of an address that names a chart
#: The light side of static/css/tokens.css: a test holds them together.
COLOURS = {
    "card": "#FFFFFF", "text": "#14181D", "muted": "#4B5560", "hairline": "#D3D8DE",
    "series-1": "#324E97", "series-2": "#479081", "series-3": "#520B33", "series-4": "#8B5B0C",
}  # fmt: skip
TEXT, MUTED, HAIRLINE, FIRST = (COLOURS[name] for name in ("text", "muted", "hairline", "series-1"))
#: What each class of static/css/parts/insights.css draws, as attributes.
DRAWN: dict[str, dict[str, str]] = {
    "grid": {"stroke": HAIRLINE, "stroke-width": "1"},
    "axis": {"stroke": HAIRLINE, "stroke-width": "1"},
    "target": {"stroke": TEXT, "stroke-width": "2", "stroke-dasharray": "6 4"},
    "line": {"fill": "none", "stroke": FIRST, "stroke-width": "2.5", "stroke-linejoin": "round"},
    "middle": {"fill": "none", "stroke": MUTED, "stroke-width": "1"},
    "limit": {"fill": "none", "stroke": MUTED, "stroke-width": "1.5", "stroke-dasharray": "5 4"},
    "odd": {"stroke": TEXT, "stroke-width": "1.5"},
    "reach": {"stroke": TEXT, "stroke-width": "2"},
    "under": {"stroke": COLOURS["card"], "stroke-width": "6"},
    "fill": {"fill": FIRST},
    "mark": {"fill": FIRST},
    "band": {"fill": FIRST, "fill-opacity": "0.22"},
    "whisker": {"fill": "none", "stroke": FIRST, "stroke-width": "4", "stroke-opacity": "0.45"},
    "part": {"fill": FIRST, "stroke": FIRST, "stroke-width": "1.5"},
    "p1": {}, "p2": {"fill-opacity": "0.6"}, "p3": {"fill-opacity": "0.28"}, "p4": {"fill-opacity": "0.06"},
    "s1": {}, "strong": {"font-weight": "600"}, "soft": {"fill": MUTED}, "key": {"fill": MUTED},
    "tight": {"font-size": ".82em"}, "in-bar": {"fill": COLOURS["card"], "font-weight": "600"},
}  # fmt: skip
MARK = re.compile(r'<(text|tspan|path|rect|circle|polyline)\b(?: class="([^"]*)")?')
OUTER = re.compile(
    r'<svg class="(?P<size>[\w-]+)" viewBox="0 0 (?P<w>[\d.]+) (?P<h>[\d.]+)"[^>]*aria-labelledby="(?P<key>[\w-]+)-title'
    r'[^>]*><title[^>]*>.*?</title><desc[^>]*>.*?</desc>(?P<inside>.*?)</svg>',
    re.S,
)  # fmt: skip
PAD, HEAD, FOOT = 16.0, 16.0, 10.5  # the edge, and the sizes of letters above and below
AVERAGE = 0.54  # of a letter's height is its width, about


def key_of(chart: dict[str, Any]) -> str:
    """The name of a chart in an address; empty where nothing is drawn."""
    found = OUTER.search(str(chart.get("svg") or ""))
    return found["key"] if found else ""


def with_links(request: HttpRequest, found: Iterable[dict[str, Any]]) -> None:
    """Gives each chart that is drawn the address of its file, with the question of the page."""
    for chart in found:
        if key := key_of(chart):
            said = request.GET.copy()
            said[ASKED] = key
            chart |= {"svg_url": f"?{said.urlencode()}", "svg_name": f"{key}.svg"}


def taken(request: HttpRequest, context: dict[str, Any]) -> HttpResponse | None:
    """The file of the chart the address names, or None where it names none. 404 for one that is not on the page."""
    if ASKED not in request.GET:
        return None
    wanted = request.GET[ASKED]
    chart = next((one for one in context.get("charts", ()) if key_of(one) == wanted and wanted), None)
    if chart is None:
        raise Http404
    now: datetime = clock.now()
    counted: datetime = context.get("counted_to") or now
    drawn = standing(
        chart,
        words=str(context.get("filter_words") or context["heading"]),
        made=made_words(counted, now, str(request.user)),
        source=f"{brand.current().name} · {settings.BASE_URL}/insights/definitions/",
    )
    response = HttpResponse(drawn, content_type="image/svg+xml")
    response["Content-Disposition"] = f'attachment; filename="{wanted}.svg"'
    response["Content-Security-Policy"] = POLICY
    response["Cache-Control"] = "private, no-store"
    return response


def made_words(counted: datetime, now: datetime, by: str) -> str:
    zone = settings.COMPANY_TIME_ZONE
    to, made = (when_words(one, zone=zone, style="plain") for one in (counted, now))
    return f"Counted to {to}. Made {made} by {by}. {zone_words(zone)}."


def standing(chart: dict[str, Any], *, words: str, made: str, source: str) -> str:
    """The picture with its finding above and where it comes from below, as a file."""
    found = OUTER.search(str(chart["svg"]))
    if found is None:
        raise LookupError("Nothing is drawn.")
    wide, high = float(found["w"]), float(found["h"])
    n = f"n = {chart['n']:,}. " if chart.get("n") is not None else ""
    above = [*_lines(chart["title"], wide, HEAD)]
    below = [line for said in (f"{n}{words}.", made, source) for line in _lines(said, wide, FOOT)]
    top = PAD + len(above) * HEAD * 1.35 + 10
    whole = top + high + 14 + len(below) * FOOT * 1.5 + PAD
    inside = mark_safe(MARK.sub(_inlined, found["inside"]))  # nosec B703 B308 - ours, escaped when it was drawn
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{px}" height="{py}" viewBox="0 0 {w} {h}" role="img" '
        'font-family="Noto Sans, Segoe UI, Roboto, Arial, sans-serif" fill="none">'
        '<title>{title}</title><desc>{desc}</desc><rect width="{w}" height="{h}" fill="{paper}"/>'
        '{above}<g transform="translate({pad} {top})" font-size="{size}">{inside}</g>{below}</svg>\n',
        w=num(wide + 2 * PAD), h=num(whole), px=num((wide + 2 * PAD) * 2), py=num(whole * 2),
        title=chart["title"], desc=chart["desc"], paper=COLOURS["card"], pad=num(PAD), top=num(top),
        size="14" if wide == charts.WIDE else "13.5", inside=inside,
        above=_written(above, PAD + HEAD, HEAD, TEXT, "600"),
        below=_written(below, top + high + 14 + FOOT, FOOT, MUTED, "400"),
    )  # fmt: skip


def _inlined(found: re.Match[str]) -> str:
    """A mark with what its classes draw written on it."""
    tag, classes = found[1], (found[2] or "").split()
    said = {"fill": TEXT} if tag == "text" else {}
    for name in classes:
        said |= DRAWN[name]
    return f"<{tag}" + "".join(f' {name}="{escape(value)}"' for name, value in said.items())


def _lines(words: str, width: float, size: float) -> Iterator[str]:
    """The words in lines that fit about `width`."""
    most, line = int(width / (size * AVERAGE)), ""
    for word in words.split():
        if line and len(line) + 1 + len(word) > most:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    if line:
        yield line


def _written(lines: list[str], y: float, size: float, colour: str, weight: str) -> SafeString:
    step = size * (1.35 if size == HEAD else 1.5)
    return format_html_join(
        "",
        '<text x="{}" y="{}" font-size="{}" font-weight="{}" fill="{}">{}</text>',
        ((num(PAD), num(y + i * step), num(size), weight, colour, line) for i, line in enumerate(lines)),
    )
