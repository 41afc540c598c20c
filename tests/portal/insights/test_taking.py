"""What is taken away says where it comes from: a chart as a picture that stands by itself, a table below its rows."""

import gzip
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from django.conf import settings

from cases.models import TouchedCase
from feedback.measures import MEASURES
from portal import clock
from portal.insights import taking
from portal.templatetags.times import when_words
from tests.feedback.story import AT
from tests.portal.insights.scene import DATES, parts_of
from tests.portal.insights.test_pages import PLACES

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


FILES = {
    "/insights/all.csv": ("CSAT", {"Compared with": "the period before, 22 Dec 2025 to 11 Jan 2026"}),
    "/insights/promises.csv": ("Promises by milestone", {"What went up, and why": "escalated cases that went"}),
    "/insights/promises/versions.csv": ("Need not have gone up", {}),
    "/insights/promises/teams.csv": ("Promises by milestone", {}),
    "/insights/promises/load.csv": ("Escalation rate by first team", {"Letters at night": "letters about cases"}),
    "/insights/bottlenecks.csv": ("Where the hours go", {}),
    "/insights/bottlenecks/training.csv": ("Training gaps", {}),
    "/insights/topics.csv": ("Routine share", {}),
    "/insights/words.csv": ("95% interval", {}),
    "/insights/writing.csv": ("How we write", {}),
    "/insights/writing/examples.csv": ("How we write", {}),
    "/insights/compare.csv": ("Comparing", {"Sides": "22 Dec 2025 to 11 Jan 2026"}),
    "/insights/compare/coming-back.csv": ("Coming back", {}),
    "/insights/knowledge.csv": ("Needed no case", {}),
    "/insights/recommend.csv": ("Net promoter score", {}),
    "/insights/cases.csv": ("95% interval", {"Cases": "Cases filed"}),
}


def test_every_csv_file_says_below_its_rows_what_it_is_of(manager, story, monkeypatch):
    """What was asked, by whom, when, up to when it is counted, how many rows, and the formula; nothing else beside rows."""
    assert {*FILES} == {place for place in PLACES if place.endswith(".csv")}
    monkeypatch.setattr(clock, "now", lambda: AT)
    before = AT - timedelta(minutes=3)
    TouchedCase.note([story.cases["a1"].pk], before)  # counted up to here, where that is known
    type(story.cast.manager).objects.filter(pk=story.cast.manager.pk).update(name="=cmd()|A!0")
    counted, zone = set(), settings.COMPANY_TIME_ZONE
    for place, (meant, more) in FILES.items():
        asked = {"by": "periods"} if "compare.csv" in place else {}
        of_all = place in ("/insights/knowledge.csv", "/insights/recommend.csv")
        rows, said = parts_of(manager.get(place, DATES | asked))
        assert list(said)[:3] == ["Figures", "Rows", "Filters"], place
        assert (
            said["Rows"] == str(len(rows)) and any(meant in label for label in said)
        ) or place == "/insights/all.csv"
        if not of_all:
            assert said["Days"] == "12 Jan 2026 to 1 Feb 2026" and said["Filters"].startswith(said["Days"]), place
        assert said["Made"] == when_words(AT, zone=zone, style="plain") and said["Made by"] == "'=cmd()|A!0"
        counted.add(said["Counted to"])
        assert said["All definitions"] == f"{settings.BASE_URL}/insights/definitions/"
        assert all(said[label].startswith(words) for label, words in more.items()), (place, said)
    assert counted == {when_words(one, zone=zone, style="plain") for one in (AT, before)}
    page = manager.get("/insights/all/", DATES | {"topic": "billing"}).content.decode()
    url = unescape(re.search(r'href="(/insights/all\.csv\?[^"]+bom=1)"', page)[1])
    marked, plain = (b"".join(manager.get(one).streaming_content) for one in (url, url.removesuffix("&bom=1")))
    assert marked == b"\xef\xbb\xbf" + plain and b"Billing" in plain
    assert parts_of(manager.get("/insights/cases.csv", DATES | {"which": "figure", "part": "escalated-hits"}))[1]["Formula"] == MEASURES["escalated"].formula  # fmt: skip


def test_colours_are_the_light_ones_of_the_pages_and_every_class_is_known():
    tokens = (STATIC / "css" / "tokens.css").read_text()
    for name, value in taking.COLOURS.items():
        assert re.search(rf"--{name}: light-dark\({value},", tokens), name
    sheet = (STATIC / "css" / "parts" / "insights.css").read_text()
    assert all(re.search(rf"\.{name}\b", sheet) or name in ("p1",) for name in taking.DRAWN)


def test_the_script_stays_small():
    assert len(gzip.compress((STATIC / "js" / "insights.js").read_bytes(), 9)) <= 1024
