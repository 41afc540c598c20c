"""The public page “How we handle cases”: every number on it is the published protocol's, whatever the protocol says."""

from __future__ import annotations

import copy
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from django.test import Client

from cases.models import Category, Team
from cases.words import NOT_FOR_CUSTOMERS
from escalation import calendar_versions, choice_drafts, publishing
from escalation.models import CalendarVersion, ProtocolVersion
from escalation.packs import read_pack
from escalation.protocol import ANY, MissingCell
from escalation.reading import parse
from escalation.worktime import ROUND_THE_CLOCK, Calendar
from portal.presenters.hours import hours_words
from portal.templatetags.times import calendar_day
from tests.portal.pages.scene import LOOK, look_at, working

URL = "/how-we-escalate/"
THEN = datetime(2026, 1, 5, tzinfo=UTC)
LEVELS = re.compile(r"Levels? (\d+)(?: to (\d+))?")
UNITS = {"minute": 60, "hour": 3600}


class Page(HTMLParser):
    """Reads the page back: per severity and topic the first word and the rows, and the marked single values."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.first: dict[tuple[int, str], str] = {}
        self.rows: dict[tuple[int, str], list[list[str]]] = {}
        self.hours: dict[tuple[int, str], str] = {}
        self.windows: dict[str, str] = {}
        self.levels: dict[int, list[str]] = {}
        self._severity = self._level = 0
        self._topic = ""
        # The element whose words are being kept: its tag, where, and under which key.
        self._keeps: tuple[str, dict | list, object] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self._severity = int(said.get("data-severity", self._severity))
        self._topic = said.get("data-topic", self._topic)
        at = (self._severity, self._topic)
        if tag == "tr":
            self._level = int(said.get("data-level", 0))
            if self._severity and not self._level:
                self.rows.setdefault(at, []).append([])
        for name, kept, key in (
            ("data-first", self.first, at),
            ("data-hours", self.hours, at),
            ("data-window", self.windows, said.get("data-window")),
        ):
            if name in said:
                kept[key] = ""
                self._keeps = tag, kept, key
        if tag in ("td", "th"):
            row = self.levels.setdefault(self._level, []) if self._level else self.rows.get(at, [[]])[-1]
            row.append("")
            self._keeps = tag, row, len(row) - 1

    def handle_data(self, data: str) -> None:
        if self._keeps and data.strip():
            _, kept, key = self._keeps
            kept[key] = f"{kept[key]} {' '.join(data.split())}".strip()

    def handle_endtag(self, tag: str) -> None:
        if self._keeps and tag == self._keeps[0]:
            self._keeps = None


def seconds(words: str, calendar: Calendar) -> int:
    """'1 working hour and 30 minutes' back to seconds: written anew, on purpose not with the page's own function."""
    total = 0
    for number, unit in re.findall(r"(\d+) (?:working )?(minute|hour|day)", words):
        total += int(number) * (UNITS[unit] if unit in UNITS else round(calendar.day_hours * 3600))
    assert ("working" in words) == (not calendar.always and ("hour" in words or "day" in words)), words
    return total


def publish(key: str, document: dict, calendars: dict[str, dict], at: datetime = THEN) -> ProtocolVersion:
    for name, one in calendars.items():
        CalendarVersion.objects.get_or_create(
            key=name, number=1, defaults={"document": one, "status": "published", "made_at": at, "published_at": at}
        )
    return ProtocolVersion.objects.create(
        key=key, number=1, document=document, status="published", made_at=at, published_at=at
    )


def shipped() -> tuple[str, dict, dict]:
    return "five-tier", read_pack("five_tier")["protocol"], read_pack("five_tier")["calendars"]


def factory() -> tuple[str, dict, dict]:
    """Two levels, a night shift in Sydney, a topic with rows of its own, no emergency lane, odd times."""
    document = copy.deepcopy(read_pack("five_tier")["protocol"])
    document |= {"name": "The factory", "currency": "AUD", "fast_lane": None, "guidelines": []}
    document["tiers"] = document["tiers"][:2]
    document["tiers"][0] |= {"refund_limit": 123, "may": "Stop the line", "contact": "Gate 4"}
    document["entry"] = [row | {"tier": min(row["tier"], 2)} for row in document["entry"]]
    document["impact"] = {"blocked": 1, "loss": 1, "degraded": 2, "question": 4, "unsure": 3}
    document["windows"] |= {"calendar": "night", "lapse": 72000, "nudge": 36000, "confirm": 54000, "reopen": 259200}
    rows = []
    for n, row in enumerate(row for row in document["matrix"] if row["category"] == ANY and row["tier"] <= 2):
        times = {
            "review": 660 + 60 * n,
            "acknowledge": 1500 + 300 * n,
            "update": 7260 + 3600 * n,
            "resolve": 90000 + 60 * n,
        }
        rows.append(row | times | {"calendar": "night" if row["severity"] > 2 else "always", "steps": []})
    document["matrix"] = [{k: v for k, v in row.items() if k != "steps"} for row in rows]
    document["matrix"].append(rows[2] | {"category": "billing", "acknowledge": 5940, "calendar": "night"})
    document["matrix"][-1].pop("steps")
    document["topics"] = {}
    document["skills"] = {}
    night = {
        "zone": "Australia/Sydney",
        "windows": [{"weekday": d, "opens": "22:00", "closes": "06:00"} for d in range(6)],
    }
    return "factory", document, {"night": night, "always": read_pack("five_tier")["calendars"]["always"]}


def lone() -> tuple[str, dict, dict]:
    """One level, one severity, lunch break, an emergency lane of its own."""
    document = copy.deepcopy(read_pack("five_tier")["protocol"])
    document |= {
        "name": "One desk",
        "fast_lane": {"tier": 1},
        "guidelines": [],
        "topics": {},
        "skills": {},
        "currency": "",
    }
    document["tiers"] = [document["tiers"][0] | {"steps": [], "refund_limit": 0, "may": ""}]
    document["entry"] = [row | {"tier": 1} for row in document["entry"]]
    row = {"category": ANY, "severity": 3, "tier": 1, "calendar": "desk"}
    document["matrix"] = [
        row | {"review": 1800, "acknowledge": 25200, "update": 50400, "resolve": 126000, "refer_up": None}
    ]
    document["impact"] = dict.fromkeys(document["impact"], 3)
    document["windows"] |= {"calendar": "desk", "lapse": 252000, "nudge": 50400, "confirm": 75600}
    spells = [("09:00", "12:00"), ("13:00", "17:00")]
    desk = {
        "zone": "Europe/Berlin",
        "windows": [{"weekday": d, "opens": a, "closes": b} for d in (0, 1, 3) for a, b in spells],
        "days_off": [{"date": "2026-05-01", "name": "Labour Day"}],
    }
    return "lone", document, {"desk": desk}


@pytest.mark.parametrize("made", [shipped, factory, lone])
def test_every_number_is_the_matrix(made, cast):
    key, document, calendars = made()
    if key != "five-tier":
        publish(key, document, calendars)
    protocol = parse(f"{key}@1", document)
    known = {name: Calendar.from_document(one | {"label": f"{name}@1"}) for name, one in calendars.items()}
    answer = Client().get(f"{URL}?version={key}@1")
    assert answer.status_code == 200
    page = Page(answer.content.decode())
    names = dict(Category.objects.values_list("name", "slug"))
    shown = set()
    for (severity, topic), rows in page.rows.items():
        slug = names[topic] if topic else ANY
        for row in rows[1:]:  # the first is the head
            low, high = LEVELS.search(row[0]).groups()
            for level in range(int(low), int(high or low) + 1):
                cell = protocol.cell(slug, severity, level)
                calendar = known[cell.calendar]
                told = [seconds(words, calendar) for words in row[1:4]]
                assert told == [cell.acknowledge, cell.update, cell.resolve], (severity, topic, level)
                assert (row[4] if len(row) > 4 else page.hours[severity, topic]) == hours_words(calendar)
                shown.add((slug, severity, level))
        first = protocol.cell(slug, severity, 1)
        assert seconds(page.first[severity, topic], known[first.calendar]) == first.review
    assert shown == wanted(protocol)
    windows, counted = protocol.windows, known[protocol.windows.calendar]
    assert seconds(page.windows["lapse"], counted) == windows.lapse
    assert seconds(page.windows["nudge"], counted) == windows.nudge
    assert seconds(page.windows["confirm"], counted) == windows.confirm
    assert seconds(page.windows["reopen"], ROUND_THE_CLOCK) == windows.reopen
    assert page.windows.get("fast") == (f"level {protocol.fast_tier}" if protocol.fast_tier else None)
    for tier in protocol.tiers:
        name, may, contact = page.levels[tier.ordinal]
        assert name == f"{tier.ordinal}. {tier.name}"
        amounts = [int(n.replace(",", "")) for n in re.findall(r"up to ([\d,]+)", may)]
        assert amounts == ([tier.refund_limit] if tier.refund_limit else [])
        assert tier.may in may
        assert tier.contact in contact


def wanted(protocol) -> set[tuple[str, int, int]]:
    """What the page must name: each level of each severity, and again for topics with a row of their own there."""
    found = set()
    for category in {category for category, _, _ in protocol.matrix}:
        for severity in {s for c, s, _ in protocol.matrix if c == category}:
            for tier in range(1, protocol.top + 1):
                try:
                    protocol.cell(category, severity, tier)
                except MissingCell:
                    continue
                found.add((category, severity, tier))
    return found


def test_a_severity_is_described_by_the_customers_own_words(cast):
    text = Client().get(URL).content.decode()
    high = text.partition('data-severity="2"')[2].partition('data-severity="3"')[0]
    assert "I cannot use it at all" in high
    assert "I have lost money or data" in high
    assert "It works badly" not in high


def test_it_speaks_the_customers_words_and_needs_no_script(cast):
    text = Client().get(URL).content.decode()
    read = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))
    assert not [word for word in (*NOT_FOR_CUSTOMERS, "None", "{") if re.search(rf"\b{word}\b", read, re.I)]
    assert "Version 1" in read.replace("version", "Version")
    since = ProtocolVersion.objects.get(key="five-tier").published_at
    assert f"In force since {calendar_day(since, with_year=True)}." in read
    assert "page.js" in text  # the shell's; nothing on the page is bound to it
    assert "data-relative" not in text


def test_the_hours_are_a_sentence():
    windows = [{"weekday": day, "opens": "09:00", "closes": "17:30"} for day in range(5)]
    calendar = {"label": "x@1", "zone": "Europe/London", "windows": windows}
    assert hours_words(Calendar.from_document(calendar)) == "Monday to Friday, 09:00 to 17:30, London time"
    windows += [{"weekday": 5, "opens": "22:00", "closes": "02:00"}]
    said = hours_words(Calendar.from_document(calendar | {"windows": windows}))
    assert said == "Monday to Friday, 09:00 to 17:30; Saturday, 22:00 to 02:00 of the next day, London time"
    assert hours_words(ROUND_THE_CLOCK) == "Round the clock"


class TestKept:
    """Asked for again, it is sent again only when something on it changed."""

    def test_unchanged_is_304_by_tag_and_by_date(self, cast):
        page = Client().get(URL)
        assert Client().get(URL, headers={"If-None-Match": page["ETag"]}).status_code == 304
        assert Client().get(URL, headers={"If-Modified-Since": page["Last-Modified"]}).status_code == 304
        assert page["Cache-Control"] == "private, max-age=300"
        assert page["Vary"] == "Cookie, Accept-Language, Accept-Encoding"

    def test_a_new_version_a_new_name_and_another_reader_are_other_pages(self, cast):
        old = Client().get(URL)["ETag"]
        ProtocolVersion.objects.filter(key="five-tier").update(status="retired")
        publish("five-tier-2", shipped()[1], {})
        document = shipped()[1]
        made = ProtocolVersion.objects.create(
            key="five-tier", number=2, document=document, status="published", made_at=LOOK, published_at=LOOK
        )
        new = Client().get(URL)
        assert new.context["version"] == made
        assert new["ETag"] != old
        assert new["Last-Modified"] == "Mon, 12 Jan 2026 12:00:00 GMT"
        Team.objects.filter(slug="service-representatives").update(hours="Always")
        renamed = Client().get(URL)["ETag"]
        assert renamed != new["ETag"]
        client = Client()
        client.force_login(cast.customer)
        assert client.get(URL)["ETag"] != renamed

    def test_days_off_pass_so_tomorrow_is_another_page(self, cast):
        today = Client().get(URL)["ETag"]
        look_at(LOOK + timedelta(days=1))
        assert Client().get(URL)["ETag"] != today


def test_a_case_leads_to_the_version_it_was_promised_under(cast, sam):
    case = working(cast)
    assert f"{URL}?version=five-tier%401" in sam.get(f"/c/{case.reference}/").content.decode()
    assert f"{URL}?version=five-tier%401" in sam.get(f"/c/{case.reference}/why/").content.decode()
    ProtocolVersion.objects.filter(key="five-tier").update(status="retired")
    ProtocolVersion.objects.create(
        key="five-tier", number=2, document=shipped()[1], status="published", made_at=LOOK, published_at=LOOK
    )
    page = sam.get(f"{URL}?version=five-tier@1").content.decode()
    assert "A case keeps the version it was promised under" in page
    assert "A case keeps the version it was promised under" not in sam.get(URL).content.decode()


@pytest.mark.parametrize("label", ["five-tier@9", "nonsense", "five-tier@2", "%00", "x" * 300])
def test_drafts_and_nonsense_do_not_exist(label, cast):
    ProtocolVersion.objects.create(key="five-tier", number=2, document=shipped()[1], status="draft", made_at=LOOK)
    assert Client().get(f"{URL}?version={label}").status_code == 404


def test_other_protocols_in_use_are_named(cast):
    key, document, calendars = lone()
    publish(key, document, calendars)
    assert "One desk" not in Client().get(URL).content.decode()
    topic = Category.objects.get(slug="billing")
    line = {"product": None, "category": topic.pk, "segment": "", "protocol": key}
    draft = choice_drafts.propose(by=cast.supervisor, at=LOOK)
    draft = choice_drafts.add(draft, line, seen=draft.revision, by=cast.supervisor)
    draft = choice_drafts.describe(draft, "One desk for money.", seen=draft.revision, by=cast.supervisor)
    assert "?version=lone%401" not in Client().get(URL).content.decode(), "a proposal is nobody's business yet"
    choice_drafts.approve(draft, seen=draft.revision, by=cast.manager, at=LOOK)
    assert "?version=lone%401" in Client().get(URL).content.decode()


def test_it_is_linked_from_every_page(cast):
    assert 'href="/how-we-escalate/"' in Client().get("/contact/").content.decode()


@pytest.mark.parametrize("width", [320, 1280])
def test_it_fits_and_breaks_no_rule(width, cast, live_server, new_context, axe):
    page = new_context(viewport={"width": width, "height": 800}, java_script_enabled=True).new_page()
    page.goto(f"{live_server.url}{URL}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe(page) == []


def test_a_calendar_that_counts_in_a_minute_shows_when_it_counts(cast):
    """The same tag for two different pages would keep the old hours with the reader until midnight."""
    author, second = cast.supervisor, cast.manager
    look_at(LOOK)
    draft = calendar_versions.begin("office", by=author, at=LOOK)
    windows = [{"weekday": day, "opens": "10:00", "closes": "15:00"} for day in range(5)]
    document = draft.document | {"windows": windows}
    draft = calendar_versions.save(draft, document, note="Shorter.", seen=draft.revision, by=author, at=LOOK)
    publishing.review(draft, seen=draft.revision, by=second, at=LOOK)
    calendar_versions.publish(draft, by=author, at=LOOK)
    look_at(LOOK + timedelta(seconds=20))
    early = Client().get(URL)
    look_at(LOOK + timedelta(minutes=2))
    late = Client().get(URL, headers={"if-none-match": early["ETag"]})
    assert late.status_code == 200
    assert early.content != late.content
    assert Client().get(URL, headers={"if-none-match": late["ETag"]}).status_code == 304
