"""Times as customers read them: rounding, zones, the turn of the clock, and proofs that add up."""

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Engine

from escalation.worktime import ROUND_THE_CLOCK, Calendar, Window
from portal.templatetags import times

LONDON = "Europe/London"
NOW = datetime(2025, 11, 21, 12, 58, tzinfo=UTC)
EIGHT = Calendar("office@1", "UTC", tuple(Window(day, 540, 1020) for day in range(5)))


def render(source: str, **context) -> str:
    engine = Engine(libraries={"times": "portal.templatetags.times"})
    return engine.from_string("{% load times %}" + source).render(Context({"zone": LONDON, "now": NOW} | context))


@pytest.mark.parametrize(
    ("instant", "style", "words"),
    [
        (datetime(2025, 11, 21, 16, tzinfo=UTC), "full", "Today, Fri 21 Nov, 16:00"),
        (datetime(2025, 11, 22, 9, tzinfo=UTC), "full", "Tomorrow, Sat 22 Nov, 09:00"),
        (datetime(2025, 11, 20, 9, 31, tzinfo=UTC), "short", "Yesterday, 09:31"),
        (datetime(2025, 11, 24, 17, tzinfo=UTC), "full", "Mon 24 Nov, 17:00"),
        (datetime(2025, 11, 24, 17, tzinfo=UTC), "short", "Mon 24 Nov, 17:00"),
        (datetime(2025, 11, 24, 17, tzinfo=UTC), "date", "Mon 24 Nov"),
        (datetime(2025, 11, 21, 16, tzinfo=UTC), "plain", "Fri 21 Nov, 16:00"),
        (datetime(2026, 1, 2, 17, tzinfo=UTC), "full", "Fri 2 Jan 2026, 17:00"),
    ],
)
def test_absolute_words(instant, style, words):
    assert times.when_words(instant, zone=LONDON, now=NOW, style=style) == words


def test_without_a_now_the_year_shows_and_no_day_is_near():
    assert times.when_words(NOW, zone=LONDON) == "Fri 21 Nov 2025, 12:58"


def test_today_is_the_reader_s_today():
    late = datetime(2025, 11, 21, 16, 30, tzinfo=UTC)
    assert times.when_words(late, zone="Asia/Tokyo", now=NOW) == "Tomorrow, Sat 22 Nov, 01:30"
    assert times.when_words(late, zone="America/New_York", now=NOW) == "Today, Fri 21 Nov, 11:30"


def test_the_clock_s_turn_is_followed():
    before, after = datetime(2025, 10, 26, 0, 30, tzinfo=UTC), datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
    assert times.when_words(before, zone=LONDON).endswith("01:30")
    assert times.when_words(after, zone=LONDON).endswith("01:30")
    assert times.machine(before, LONDON) != times.machine(after, LONDON)


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(seconds=20), "in less than a minute"),
        (timedelta(minutes=1), "in 1 minute"),
        (timedelta(minutes=40), "in 40 minutes"),
        (timedelta(minutes=59, seconds=29), "in 59 minutes"),
        (timedelta(minutes=59, seconds=31), "in about 1 hour"),
        (timedelta(minutes=89), "in about 1 hour"),
        (timedelta(minutes=90), "in about 2 hours"),
        (timedelta(hours=3, minutes=2), "in about 3 hours"),
        (timedelta(hours=23, minutes=59), "in about 24 hours"),
        (timedelta(hours=24), ""),
        (timedelta(days=3), ""),
        (timedelta(seconds=-20), "less than a minute late"),
        (timedelta(minutes=-40), "40 minutes late"),
        (timedelta(hours=-5), "about 5 hours late"),
        (timedelta(days=-2, hours=-1), "2 days late"),
    ],
)
def test_relative_words(ahead, words):
    assert times.relative_words(NOW + ahead, now=NOW) == words


@pytest.mark.parametrize(
    ("zone", "words"),
    [(LONDON, "London time"), ("America/New_York", "New York time"), ("UTC", "UTC"), ("Etc/UTC", "UTC")],
)
def test_zone_words(zone, words):
    assert times.zone_words(zone) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 minutes"),
        (60, "1 minute"),
        (1800, "30 minutes"),
        (3600, "1 working hour"),
        (5400, "1 working hour and 30 minutes"),
        (8 * 3600, "8 working hours"),
        (16 * 3600, "2 working days"),
        (20 * 3600, "20 working hours"),
        (40 * 3600, "5 working days"),
    ],
)
def test_working_time_words(seconds, words):
    assert times.worktime_words(seconds, EIGHT) == words


def test_a_working_day_has_the_hours_of_its_calendar():
    longer = Calendar("office@2", "UTC", tuple(Window(day, 540, 1050) for day in range(5)))
    assert times.worktime_words(17 * 3600, longer) == "2 working days"
    assert times.worktime_words(17 * 3600, EIGHT) == "17 working hours"
    assert times.worktime_words(16 * 3600, longer) == "16 working hours"


@pytest.mark.parametrize(("seconds", "words"), [(3600, "1 hour"), (86400, "24 hours"), (2 * 86400, "2 days")])
def test_round_the_clock_is_read_from_the_calendar_not_from_its_name(seconds, words):
    assert times.worktime_words(seconds, Calendar("day-and-night@3", "UTC", always=True)) == words
    named_so = Calendar("always@1", "UTC", EIGHT.windows)
    assert "working" in times.worktime_words(seconds, named_so)


def test_exact_words_keep_every_second():
    assert [times.exact_words(s) for s in (0, 45, 720, 5400, 28800, 3661)] == [
        "0 min",
        "45 s",
        "12 min",
        "1 h 30 min",
        "8 h",
        "1 h 1 min 1 s",
    ]


def proof() -> dict:
    start = datetime(2025, 11, 20, 15, 30, tzinfo=UTC)
    marks = [start, start + timedelta(hours=2), start + timedelta(hours=17, minutes=30), start + timedelta(hours=23.5)]
    kinds = ("counted", "closed", "counted")
    rows = [
        {"start": a, "end": b, "kind": kind, "note": "", "seconds": int((b - a).total_seconds())}
        for a, b, kind in zip(marks, marks[1:], kinds, strict=False)
    ]
    return {"start": start, "due": marks[-1], "rows": rows, "target_seconds": 8 * 3600, "calendar": EIGHT}


def test_a_proof_adds_up_and_its_picture_fills_the_width():
    sample = proof()
    assert times.counted(sample["rows"]) == sample["target_seconds"]
    bars = times.segments(sample)
    assert [bar["kind"] for bar in bars] == ["counted", "closed", "counted"]
    assert bars[0]["x"] == "0.00%"
    assert sum(float(bar["width"][:-1]) for bar in bars) == pytest.approx(100, abs=0.02)


def test_a_proof_without_length_has_no_picture():
    assert times.bar_segments([], start=NOW, due=NOW) == []


def test_the_when_tag_wraps_a_time_element_with_its_offset():
    due = datetime(2025, 6, 20, 16, tzinfo=UTC)
    assert render("{% when due %}", due=due) == '<time datetime="2025-06-20T17:00:00+01:00">Fri 20 Jun, 17:00</time>'


def test_the_when_tag_in_the_middle_of_a_sentence():
    said = render('{% when due "short" lower=True %}', due=NOW.replace(hour=16, minute=0))
    assert '<span class="near">today,</span> 16:00' in said


def test_tags_say_nothing_about_no_time():
    assert render("{% when due %}{% relative due %}", due=None) == ""


def test_the_relative_tag_is_bound_for_the_script_and_can_be_kept():
    out = render("{% relative due as far %}{% if far %}({{ far }}){% endif %}", due=NOW + timedelta(minutes=40))
    assert out == '(<span data-relative="2025-11-21T13:38:00+00:00">in 40 minutes</span>)'


def test_filters():
    assert render("{{ due|when:zone }}", due=NOW) == "Fri 21 Nov 2025, 12:58"
    assert render("{{ seconds|worktime:calendar }}", seconds=28800, calendar=EIGHT) == "8 working hours"
    assert render("{{ seconds|worktime:calendar }}", seconds=28800, calendar=ROUND_THE_CLOCK) == "8 hours"
    assert render("{{ seconds|worktime:calendar }}", seconds=timedelta(minutes=30), calendar=EIGHT) == "30 minutes"
    assert render("{% zone_name %}") == "London time"
