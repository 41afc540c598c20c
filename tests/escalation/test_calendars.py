"""Calendars: how far they look, what they refuse and in which words, and their documents."""

from __future__ import annotations

import copy
import pickle
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from escalation.spans import shared_spans
from escalation.worktime import Calendar, CalendarError, Window, holidays_between
from tests.escalation.test_worktime import (
    BERLIN,
    CHRISTMAS,
    HOUR,
    LUNCH,
    NIGHTS,
    NINE_TO_FIVE,
    TUESDAYS,
    at,
    calendar,
)

# The length of a working day.


@pytest.mark.parametrize(
    ("windows", "more", "hours"),
    [
        (NINE_TO_FIVE, {}, 8),
        (LUNCH, {}, 7),  # the break is not work
        (NIGHTS, {}, 8),  # 22 to 6 is one day, the one it starts on
        (tuple(Window(day, 540, 1050) for day in range(5)), {}, 8.5),
        ((*NINE_TO_FIVE, Window(5, 600, 780)), {}, 8),  # the short Saturday is the exception
        ((Window(0, 540, 720), Window(1, 540, 1020)), {}, 8),  # as many of one as of the other: the longer
        (tuple(Window(day, 0, 1440) for day in range(7)), {}, 24),
        ((), {"always": True}, 24),
        (NINE_TO_FIVE, {"always": True}, 24),  # the windows are ignored
        (NINE_TO_FIVE, {"days_off": CHRISTMAS}, 8),
    ],
)
def test_a_working_day_is_the_most_common_open_day(windows, more, hours):
    assert calendar(windows, **more).day_hours == hours


# Bounds.


def test_a_calendar_that_never_opens_enough_says_so_soon():
    closed = [(date(2026, 1, 1) + timedelta(days=day), "Closed") for day in range(11 * 366)]
    begun = time.monotonic()
    for question in (
        lambda: calendar(days_off=closed).due(at("2026-07-06T09:00"), 1),
        lambda: calendar(days_off=closed).next_open(at("2026-07-06T09:00")),
        lambda: calendar(TUESDAYS).due(at("2026-07-06T09:00"), 4200 * HOUR),
        lambda: calendar((), always=True).due(at("2026-07-06T09:00"), 11 * 366 * 24 * HOUR),
    ):
        with pytest.raises(CalendarError, match="ten years"):
            question()
    assert time.monotonic() - begun < 20  # no measurement: it must end


def test_ten_years_are_the_limit_however_far_the_calendar_has_looked():
    office = calendar(TUESDAYS)
    office.worked(at("2026-01-01T00:00"), at("2045-01-01T00:00"))
    with pytest.raises(CalendarError, match="ten years"):
        office.due(at("2026-07-06T09:00"), 4200 * HOUR)
    assert office.due(at("2026-07-06T09:00"), 4000 * HOUR) < at("2036-07-06T09:00")


def test_dates_out_of_reach_are_refused_at_once():
    for moment in (datetime.min.replace(tzinfo=UTC), at("1960-01-01T00:00"), datetime.max.replace(tzinfo=UTC)):
        with pytest.raises(CalendarError, match="answers for"):
            calendar().is_open(moment)
    with pytest.raises(CalendarError, match="60 years at a time"):
        calendar().worked(at("1980-01-01T00:00"), at("2150-01-01T00:00"))
    assert calendar().is_open(at("2150-01-01T10:00")) and calendar().is_open(at("1975-01-01T10:00"))


def test_many_threads_may_ask_one_calendar():
    shared_spans.cache_clear()
    office = calendar(LUNCH, BERLIN)
    starts = [at(f"{year}-03-02T11:30", BERLIN) for year in range(2000, 2012)] * 10
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda start: office.due(start, 100 * HOUR), starts))
    shared_spans.cache_clear()
    assert answers == [calendar(LUNCH, BERLIN).due(start, 100 * HOUR) for start in starts]


# Calendars as values and documents.


def test_a_calendar_is_a_value():
    office = calendar(days_off=CHRISTMAS)
    office.due(at("2026-07-03T16:30"), HOUR)
    again = calendar(days_off=CHRISTMAS)
    assert office == again and hash(office) == hash(again)
    assert pickle.loads(pickle.dumps(office)) == copy.deepcopy(office) == office
    assert office != calendar()
    with pytest.raises(AttributeError):
        office.zone = "UTC"


def test_the_document_reads_as_people_write_it():
    document = {
        "label": "night@2",
        "zone": "Europe/Berlin",
        "windows": [
            {"weekday": 0, "opens": "22:00", "closes": "06:00"},
            {"weekday": 2, "opens": "00:00", "closes": "24:00"},
        ],
        "days_off": [{"date": "2026-12-25", "name": "Christmas Day"}],
        "always": False,
    }
    night = Calendar.from_document(document)
    assert night.windows == (Window(0, 1320, 360), Window(2, 0, 1440))
    assert night.days_off == CHRISTMAS
    assert night.to_document() == document
    minutes = [{"weekday": 0, "opens": 1320, "closes": 360}]
    assert Calendar.from_document({"label": "a", "zone": "UTC", "windows": minutes}).windows == night.windows[:1]


MONDAY = {"weekday": 0, "opens": "09:00", "closes": "17:00"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"label": " "}, "label: "),
        ({"zone": "Europe/Atlantis"}, "zone: 'Europe/Atlantis'"),
        ({"zone": "../etc/passwd"}, "zone: "),
        ({"zone": "Europe"}, "zone: "),
        ({"zone": ""}, "zone: "),
        ({"zone": 7}, "zone: "),
        ({"always": "yes"}, "always: "),
        ({"windows": []}, "windows: the calendar is never open"),
        ({"windows": {}}, "windows: must be a list"),
        ({"windows": [{**MONDAY, "weekday": 7}]}, "weekday must be 0"),
        ({"windows": [{**MONDAY, "weekday": True}]}, "weekday must be 0"),
        ({"windows": [{**MONDAY, "opens": "24:00"}]}, "opens must be"),
        ({"windows": [{**MONDAY, "closes": "00:00"}]}, "closes must be"),
        ({"windows": [{**MONDAY, "closes": "24:01"}]}, "closes must be"),
        ({"windows": [{**MONDAY, "closes": "9"}]}, "closes must be a time"),
        ({"windows": [{**MONDAY, "closes": "09:00"}]}, "no length"),
        ({"windows": [{"weekday": 0}]}, "exactly weekday, opens and closes"),
        ({"windows": [MONDAY, {**MONDAY, "opens": "16:59", "closes": "18:00"}]}, "Monday 09:00-17:00 and Monday 16:59"),
        ({"windows": [MONDAY, MONDAY]}, "overlap"),
        ({"windows": [MONDAY, {"weekday": 6, "opens": "22:00", "closes": "09:01"}]}, "overlap"),
        ({"days_off": "2026-12-25"}, "days_off: must be a list"),
        ({"days_off": [{"date": "2026-02-29", "name": "x"}]}, "days_off: '2026-02-29' is no date"),
        ({"days_off": [{"date": None, "name": "x"}]}, "days_off: None is no date"),
        ({"days_off": [{"date": "0026-12-25", "name": "x"}]}, "days_off: 0026-12-25 must lie"),
        ({"days_off": [{"date": "2026-12-25", "name": ""}]}, "needs a name"),
        ({"days_off": [{"date": "2026-12-25", "name": "x"}] * 2}, "listed twice"),
        ({"days_off": [["2026-12-25", "x"]]}, "exactly date and name"),
        ({"holidays": []}, "unknown field 'holidays'"),
    ],
)
def test_a_bad_document_is_refused_with_a_sentence_that_names_the_field(change, sentence):
    document = {"label": "office@1", "zone": "UTC", "windows": [MONDAY], "days_off": [], "always": False}
    assert Calendar.from_document(document)
    with pytest.raises(CalendarError) as refusal:
        Calendar.from_document({**document, **change})
    assert sentence in str(refusal.value)
    assert str(refusal.value).endswith(".")


def test_a_calendar_made_in_code_is_checked_too():
    for change in (
        {"windows": list(NINE_TO_FIVE)},
        {"windows": ((0, 1, 2),)},
        {"days_off": [date(2026, 1, 1)]},
        {"days_off": ((datetime(2026, 1, 1), "x"),)},
    ):
        with pytest.raises(CalendarError):
            Calendar("office@1", "UTC", **{"windows": NINE_TO_FIVE, **change})
    with pytest.raises(CalendarError):
        Calendar.from_document([])
    with pytest.raises(CalendarError, match="days_off"):
        Calendar("office@1", "UTC", NINE_TO_FIVE, [(date(2026, 1, 1), "x")])


# Public holidays.


def test_public_holidays_come_in_english_for_the_years_asked():
    found = holidays_between("DE", "BY", 2026, 2027)
    assert (date(2026, 10, 3), "German Unity Day") in found
    assert (date(2026, 6, 4), "Corpus Christi") in found
    assert (date(2026, 6, 4), "Corpus Christi") not in holidays_between("DE", "BE", 2026, 2026)
    assert list(found) == sorted(found)
    assert {day.year for day, _ in found} == {2026, 2027}
    assert {day.year for day, _ in holidays_between("US", None, 2027, 2027)} == {2027}
    assert all(name.isascii() for _, name in holidays_between("JP", None, 2026, 2026))
    assert Calendar("office@1", BERLIN, NINE_TO_FIVE, found).to_document()["days_off"][0]["date"] == "2026-01-01"


@pytest.mark.parametrize("asked", [("XX", None, 2026, 2026), ("DE", "ZZ", 2026, 2026), ("DE", None, 2027, 2026)])
def test_an_unknown_place_has_no_public_holidays(asked):
    with pytest.raises(CalendarError, match="holidays: "):
        holidays_between(*asked)
