"""Deadlines worked out by hand: the acceptance list of the clock, and its rules one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from escalation.worktime import Calendar, Pause, Window, reckon

HOUR = 3600
NINE_TO_FIVE = tuple(Window(day, 9 * 60, 17 * 60) for day in range(5))
LUNCH = tuple(Window(day, *hours) for day in range(5) for hours in ((9 * 60, 12 * 60), (13 * 60, 17 * 60)))
NIGHTS = tuple(Window(day, 22 * 60, 6 * 60) for day in range(5))
TUESDAYS = (Window(1, 9 * 60, 17 * 60),)
CHRISTMAS = ((date(2026, 12, 25), "Christmas Day"),)


def calendar(windows=NINE_TO_FIVE, zone="UTC", days_off=(), **more):
    return Calendar("office@1", zone, windows, tuple(days_off), **more)


def at(text, zone="UTC", fold=0):
    """The instant a clock in the zone shows that reading; ISO text, date and time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def local(instant, zone):
    return instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def told(intervals):
    return [
        (part.start.strftime("%d %H:%M"), part.end.strftime("%d %H:%M"), part.kind, part.note) for part in intervals
    ]


# The weekly round. July 2026: the 3rd is a Friday.
@pytest.mark.parametrize(
    ("windows", "start", "hours", "due"),
    [
        (NINE_TO_FIVE, "2026-07-03T16:30", 1, "2026-07-06T09:30"),  # over the weekend
        (NINE_TO_FIVE, "2026-07-03T16:00", 1, "2026-07-03T17:00"),  # at closing time, not next morning
        (NINE_TO_FIVE, "2026-07-03T17:00", 1, "2026-07-06T10:00"),  # filed at closing time
        (NINE_TO_FIVE, "2026-07-04T11:00", 1, "2026-07-06T10:00"),  # filed on a Saturday
        (NINE_TO_FIVE, "2026-07-06T05:00", 1, "2026-07-06T10:00"),  # filed before opening
        (NINE_TO_FIVE, "2026-07-06T09:00", 8, "2026-07-06T17:00"),
        (NINE_TO_FIVE, "2026-07-06T09:00", 40, "2026-07-10T17:00"),
        (LUNCH, "2026-07-06T11:30", 1, "2026-07-06T13:30"),
        (LUNCH, "2026-07-06T12:15", 1, "2026-07-06T14:00"),
        (LUNCH, "2026-07-06T11:00", 1, "2026-07-06T12:00"),
        (NIGHTS, "2026-07-06T21:00", 2, "2026-07-07T00:00"),
        (NIGHTS, "2026-07-07T05:00", 2, "2026-07-07T23:00"),
        (NIGHTS, "2026-07-11T05:00", 2, "2026-07-13T23:00"),  # Friday's window ends on Saturday, next is Monday's
        (NIGHTS, "2026-07-06T03:00", 1, "2026-07-06T23:00"),  # no window starts on Sunday
        (TUESDAYS, "2026-07-07T16:00", 2, "2026-07-14T10:00"),
        (TUESDAYS, "2026-07-08T16:00", 16, "2026-07-21T17:00"),
        ((Window(6, 23 * 60, 60),), "2026-07-06T00:30", 1, "2026-07-12T23:30"),  # Sunday night meets Monday
        ((Window(0, 540, 720), Window(0, 720, 1020)), "2026-07-06T11:00", 2, "2026-07-06T13:00"),  # touching
        ((Window(0, 540, 1440), Window(1, 0, 60)), "2026-07-06T23:30", 1, "2026-07-07T00:30"),
    ],
)
def test_a_deadline_counts_open_hours_only(windows, start, hours, due):
    assert calendar(windows).due(at(start), hours * HOUR) == at(due)


def test_a_warning_before_a_target_that_crosses_the_night():
    """An hour of working time before the target, not an hour on the wall (GLPI #22678)."""
    office = calendar()
    start = at("2026-07-06T16:00")
    assert office.due(start, 90 * 60) == at("2026-07-07T09:30")
    assert office.due(start, 30 * 60) == at("2026-07-06T16:30")


def test_a_reopened_case_counts_from_its_reopening():
    """Spent before, spent after; the closed time between is not in it."""
    office = calendar()
    before = office.worked(at("2026-07-06T09:00"), at("2026-07-06T12:00"))
    assert before == 3 * HOUR
    assert office.due(at("2026-07-09T16:00"), 8 * HOUR - before) == at("2026-07-10T13:00")


# Days off.


@pytest.mark.parametrize(
    ("windows", "start", "hours", "due"),
    [
        (NINE_TO_FIVE, "2026-12-24T16:30", 1, "2026-12-28T09:30"),  # the due day is a holiday
        (NINE_TO_FIVE, "2026-12-25T10:00", 1, "2026-12-28T10:00"),  # filed on the holiday
        (NIGHTS, "2026-12-24T23:00", 7, "2026-12-25T06:00"),  # the night before still runs into it
        (NIGHTS, "2026-12-25T05:00", 2, "2026-12-28T23:00"),  # the night of the holiday does not begin
    ],
)
def test_a_day_off_closes_the_windows_that_start_on_it(windows, start, hours, due):
    assert calendar(windows, days_off=CHRISTMAS).due(at(start), hours * HOUR) == at(due)


def test_a_day_off_is_a_local_date():
    office = calendar(zone="Asia/Kolkata", days_off=CHRISTMAS)
    assert not office.is_open(at("2026-12-25T10:00", "Asia/Kolkata"))
    assert office.is_open(at("2026-12-24T10:00", "Asia/Kolkata"))


def test_new_year_and_leap_day():
    office = calendar(days_off=[(date(2027, 1, 1), "New Year's Day")])
    assert office.due(at("2026-12-31T16:00"), 2 * HOUR) == at("2027-01-04T10:00")
    assert office.due(at("2024-02-28T16:00"), 10 * HOUR) == at("2024-03-01T10:00")
    assert office.worked(at("2024-02-29T00:00"), at("2024-03-01T00:00")) == 8 * HOUR
    assert office.worked(at("2023-02-28T00:00"), at("2023-03-02T00:00")) == 16 * HOUR


# Clocks put forward and back. Berlin: 29 March and 25 October 2026, both Sundays.
BERLIN = "Europe/Berlin"
SUNDAY_NIGHT = (Window(5, 22 * 60, 6 * 60), Window(6, 9 * 60, 17 * 60))


@pytest.mark.parametrize(
    ("windows", "zone", "start", "hours", "due"),
    [
        (NINE_TO_FIVE, BERLIN, "2026-03-27T16:00", 2, "2026-03-30T10:00"),  # the change lies outside
        (NINE_TO_FIVE, BERLIN, "2026-10-23T16:00", 2, "2026-10-26T10:00"),
        (SUNDAY_NIGHT, BERLIN, "2026-03-28T22:00", 7, "2026-03-29T06:00"),  # the night is an hour shorter
        (SUNDAY_NIGHT, BERLIN, "2026-03-28T22:00", 8, "2026-03-29T10:00"),
        (SUNDAY_NIGHT, BERLIN, "2026-10-24T22:00", 8, "2026-10-25T05:00"),  # and an hour longer
        (SUNDAY_NIGHT, BERLIN, "2026-10-24T22:00", 9, "2026-10-25T06:00"),
        ((Window(6, 150, 300),), BERLIN, "2026-03-29T00:00", 1, "2026-03-29T04:00"),  # 2:30 does not exist: from 3:00
        ((Window(6, 60, 150), Window(6, 600, 660)), BERLIN, "2026-03-29T00:00", 1.5, "2026-03-29T10:30"),
        ((Window(6, 130, 170),), BERLIN, "2026-03-22T02:10", 1, "2026-04-05T02:30"),  # a window lost altogether
        ((Window(5, 1380, 1440), Window(6, 0, 60)), "Australia/Lord_Howe", "2026-04-04T23:00", 2, "2026-04-05T01:00"),
        ((Window(6, 60, 180),), "Australia/Lord_Howe", "2026-04-05T01:00", 2, "2026-04-05T02:30"),  # half an hour more
        ((Window(6, 60, 180),), "Australia/Lord_Howe", "2026-10-04T01:00", 1.5, "2026-10-04T03:00"),  # and less
        ((Window(6, 0, 60),), "America/Santiago", "2025-09-06T20:00", 1, "2025-09-14T01:00"),  # no such hour that day
        (NINE_TO_FIVE, "Asia/Kolkata", "2026-07-03T16:30", 1, "2026-07-06T09:30"),
        (NINE_TO_FIVE, "Asia/Kathmandu", "2026-07-03T16:45", 0.5, "2026-07-06T09:15"),
    ],
)
def test_hours_are_elapsed_hours_between_local_edges(windows, zone, start, hours, due):
    assert local(calendar(windows, zone).due(at(start, zone), int(hours * HOUR)), zone) == due


def test_a_reading_that_occurs_twice_opens_and_closes_at_the_first():
    early = calendar((Window(6, 60, 150),), BERLIN)  # closes at 2:30, shown twice on 25 October
    late = calendar((Window(6, 150, 240),), BERLIN)  # opens at 2:30
    twice = at("2026-10-25T02:45", BERLIN, fold=0)
    assert [early.is_open(twice), late.is_open(twice)] == [False, True]
    again = at("2026-10-25T02:15", BERLIN, fold=1)
    assert [early.is_open(again), late.is_open(again)] == [False, True]
    assert early.worked(at("2026-10-25T00:00", BERLIN), at("2026-10-26T00:00", BERLIN)) == 1.5 * HOUR
    assert late.worked(at("2026-10-25T00:00", BERLIN), at("2026-10-26T00:00", BERLIN)) == 2.5 * HOUR


def test_a_date_that_a_zone_skipped():
    """Samoa had no 30 December 2011, a Friday."""
    office = calendar(zone="Pacific/Apia")
    assert local(office.due(at("2011-12-29T16:00", "Pacific/Apia"), 2 * HOUR), "Pacific/Apia") == "2012-01-02T10:00"


# Pauses.


def test_a_pause_over_a_weekend_takes_working_hours_only():
    pause = Pause(at("2026-07-03T15:00"), at("2026-07-06T10:00"), "We asked you for the log file")
    answer = reckon(calendar(), at("2026-07-03T14:00"), 4 * HOUR, [pause])
    assert answer.due == at("2026-07-06T13:00")
    assert told(answer.intervals) == [
        ("03 14:00", "03 15:00", "counted", ""),
        ("03 15:00", "03 17:00", "paused", "We asked you for the log file"),
        ("03 17:00", "06 09:00", "closed", ""),
        ("06 09:00", "06 10:00", "paused", "We asked you for the log file"),
        ("06 10:00", "06 13:00", "counted", ""),
    ]


def test_an_open_pause_across_the_due_time_leaves_no_deadline():
    pause = Pause(at("2026-07-06T10:00"), None, "waiting for you")
    answer = reckon(calendar(), at("2026-07-06T09:00"), 2 * HOUR, [pause])
    assert (answer.due, answer.counted, answer.paused_since) == (None, HOUR, at("2026-07-06T10:00"))
    assert told(answer.intervals) == [("06 09:00", "06 10:00", "counted", "")]


def test_a_pause_that_begins_when_the_target_is_reached_is_too_late():
    for begin in ("2026-07-06T11:00", "2026-07-06T12:00"):
        pause = Pause(at(begin), None, "waiting for you")
        assert reckon(calendar(), at("2026-07-06T09:00"), 2 * HOUR, [pause]).due == at("2026-07-06T11:00")
    after_hours = Pause(at("2026-07-06T19:00"), None, "waiting for you")
    assert reckon(calendar(), at("2026-07-06T15:00"), 2 * HOUR, [after_hours]).due == at("2026-07-06T17:00")


def test_a_case_paused_from_the_start():
    start = at("2026-07-06T09:00")
    for begin in ("2026-07-06T09:00", "2026-07-05T09:00"):
        answer = reckon(calendar(), start, HOUR, [Pause(at(begin), None, "waiting for you")])
        assert (answer.due, answer.intervals, answer.counted, answer.paused_since) == (None, (), 0, start)
        ended = Pause(at(begin), at("2026-07-06T12:00"), "waiting for you")
        assert reckon(calendar(), start, HOUR, [ended]).due == at("2026-07-06T13:00")


def test_a_pause_in_closed_time_changes_nothing():
    start = at("2026-07-03T16:30")
    pause = Pause(at("2026-07-03T18:00"), at("2026-07-06T08:00"), "waiting for you")
    assert reckon(calendar(), start, HOUR, [pause]) == reckon(calendar(), start, HOUR)


def test_a_target_changed_during_or_after_a_pause_keeps_what_was_spent():
    pause = Pause(at("2026-07-06T10:00"), at("2026-07-06T12:00"), "waiting for you")
    start = at("2026-07-06T09:00")
    assert calendar().due_paused(start, 4 * HOUR, [pause]) == at("2026-07-06T15:00")
    assert calendar().due_paused(start, 2 * HOUR, [pause]) == at("2026-07-06T13:00")
    assert calendar().worked(start, at("2026-07-06T11:00"), [pause]) == HOUR


def test_overlapping_pauses_in_any_order_count_once():
    start = at("2026-07-06T09:00")
    pauses = [
        Pause(at("2026-07-06T11:00"), at("2026-07-06T13:00"), "second"),
        Pause(at("2026-07-06T10:00"), at("2026-07-06T12:00"), "first"),
        Pause(at("2026-07-06T10:30"), at("2026-07-06T11:30"), "within"),
        Pause(at("2026-07-06T14:00"), at("2026-07-06T14:00"), "empty"),
    ]
    answer = reckon(calendar(), start, 3 * HOUR, iter(pauses))
    assert answer.due == at("2026-07-06T15:00")
    assert told(answer.intervals) == [
        ("06 09:00", "06 10:00", "counted", ""),
        ("06 10:00", "06 12:00", "paused", "first"),
        ("06 12:00", "06 13:00", "paused", "second"),
        ("06 13:00", "06 15:00", "counted", ""),
    ]
    assert calendar().worked(start, answer.due, pauses) == 3 * HOUR


# Proofs.


def test_a_holiday_shows_by_name_for_its_whole_date():
    answer = reckon(calendar(days_off=CHRISTMAS), at("2026-12-24T16:30"), HOUR)
    assert told(answer.intervals) == [
        ("24 16:30", "24 17:00", "counted", ""),
        ("24 17:00", "25 00:00", "closed", ""),
        ("25 00:00", "26 00:00", "holiday", "Christmas Day"),
        ("26 00:00", "28 09:00", "closed", ""),
        ("28 09:00", "28 09:30", "counted", ""),
    ]


def test_a_holiday_shows_around_the_nights_before_and_after():
    intervals = calendar(NIGHTS, days_off=CHRISTMAS).explain(at("2026-12-24T22:00"), at("2026-12-26T12:00"))
    assert told(intervals) == [
        ("24 22:00", "25 06:00", "counted", ""),
        ("25 06:00", "26 06:00", "holiday", "Christmas Day"),  # its own night, too
        ("26 06:00", "26 12:00", "closed", ""),
    ]


def test_two_days_off_in_a_row_have_each_their_name():
    feasts = [(date(2026, 12, 25), "Christmas Day"), (date(2026, 12, 24), "Christmas Eve")]
    intervals = calendar(NIGHTS, days_off=feasts).explain(at("2026-12-24T12:00"), at("2026-12-26T03:00"))
    assert told(intervals) == [
        ("24 12:00", "25 00:00", "holiday", "Christmas Eve"),
        ("25 00:00", "26 03:00", "holiday", "Christmas Day"),
    ]


def test_neighbours_of_one_kind_and_name_are_one_interval():
    feasts = [(date(2026, 12, 24), "Eid"), (date(2026, 12, 25), "Eid")]
    intervals = calendar(days_off=feasts).explain(at("2026-12-24T00:00"), at("2026-12-26T00:00"))
    assert told(intervals) == [("24 00:00", "26 00:00", "holiday", "Eid")]
    pauses = [
        Pause(at(f"2026-07-06T{begin}:00"), at(f"2026-07-06T{end}:00"), "waiting")
        for begin, end in ((10, 12), (11, 13))
    ]
    intervals = calendar().explain(at("2026-07-06T10:00"), at("2026-07-06T13:00"), pauses)
    assert told(intervals) == [("06 10:00", "06 13:00", "paused", "waiting")]


def test_an_empty_stretch_has_no_intervals():
    assert calendar().explain(at("2026-07-06T10:00"), at("2026-07-06T10:00")) == ()
    assert reckon(calendar(), at("2026-07-04T10:00"), 0).intervals == ()


# Instants.


def test_no_time_at_all_is_due_at_once_even_while_closed_or_paused():
    start = at("2026-07-04T11:00") + timedelta(microseconds=7)
    assert calendar().due(start, 0) == start
    assert reckon(calendar(), start, 0, [Pause(start, None, "waiting")]).due == start


def test_microseconds_are_carried_through_open_time():
    office = calendar()
    half = timedelta(microseconds=500_000)
    assert office.due(at("2026-07-03T16:30") + half, HOUR) == at("2026-07-06T09:30") + half
    # Half a second before closing, one second is due half a second after opening, not at 17:00:00.5.
    assert office.due(at("2026-07-03T17:00") - half, 1) == at("2026-07-06T09:00") + half
    assert office.due(at("2026-07-03T16:00") + half, HOUR) == at("2026-07-06T09:00") + half
    assert office.due(at("2026-07-04T16:00") + half, HOUR) == at("2026-07-06T10:00")  # closed: nothing to carry
    assert office.worked(at("2026-07-06T09:00") + half, at("2026-07-06T10:00") + half) == HOUR
    before_closing, after = office.explain(at("2026-07-06T16:00"), at("2026-07-06T17:00") + half)
    assert (before_closing.kind, before_closing.seconds, after.kind, after.end - after.start) == (
        "counted", HOUR, "closed", half,
    )  # fmt: skip


def test_microseconds_are_carried_over_a_pause_and_a_closing_time():
    half = timedelta(microseconds=500_000)
    start = at("2026-07-06T16:00") + half
    night = [Pause(at("2026-07-06T18:00"), at("2026-07-06T19:00"), "waiting")]
    evening = [Pause(at("2026-07-06T16:30"), at("2026-07-06T18:00"), "waiting")]
    assert calendar().due_paused(start, HOUR, night) == at("2026-07-07T09:00") + half
    assert calendar().due_paused(start, HOUR, evening) == at("2026-07-07T09:30") + half
    assert calendar().due_paused(start, HOUR // 2, evening) == at("2026-07-07T09:00") + half


def test_a_start_within_the_second_a_pause_begins_in_is_paused():
    half = timedelta(microseconds=500_000)
    pause = Pause(at("2026-07-06T10:00") + half, at("2026-07-06T11:00") + half, "waiting")
    answer = reckon(calendar(), at("2026-07-06T10:00") + half, HOUR, [pause])
    assert (answer.due, answer.counted) == (at("2026-07-06T12:00"), HOUR)
    assert [part.kind for part in answer.intervals] == ["paused", "counted"]


def test_any_time_zone_may_ask_and_utc_answers():
    tokyo = datetime(2026, 7, 3, 16, 30, tzinfo=UTC).astimezone(ZoneInfo("Asia/Tokyo"))
    plus_two = tokyo.astimezone(timezone(timedelta(hours=2)))
    for start in (tokyo, plus_two):
        due = calendar().due(start, HOUR)
        assert (due, due.tzinfo) == (at("2026-07-06T09:30"), UTC)
        assert calendar().next_open(start).tzinfo is UTC
        assert calendar().explain(start, due)[0].start.tzinfo is UTC


def test_an_instant_without_a_zone_is_refused():
    naive = datetime(2026, 7, 3, 16, 30)
    for question in (
        lambda: calendar().due(naive, HOUR),
        lambda: calendar().is_open(naive),
        lambda: calendar().worked(naive, at("2026-07-06T09:00")),
        lambda: calendar().due_paused(at("2026-07-06T09:00"), HOUR, [Pause(naive, None)]),
    ):
        with pytest.raises(ValueError, match="aware"):
            question()


def test_time_does_not_run_backwards():
    one, other = at("2026-07-06T09:00"), at("2026-07-06T10:00")
    for question in (
        lambda: calendar().due(one, -1),
        lambda: calendar().worked(other, one),
        lambda: calendar().explain(other, one),
        lambda: reckon(calendar(), one, HOUR, [Pause(other, one)]),
    ):
        with pytest.raises(ValueError, match=r"before it starts|backwards"):
            question()


def test_open_from_opening_time_to_just_before_closing_time():
    office = calendar()
    openness = [office.is_open(at(f"2026-07-06T{clock}")) for clock in ("08:59:59", "09:00", "16:59:59", "17:00")]
    assert openness == [False, True, True, False]


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-07-03T12:00:00.25", "2026-07-03T12:00:00.25"),
        ("2026-07-03T17:00", "2026-07-06T09:00"),
        ("2026-07-05T03:00:00.25", "2026-07-06T09:00"),
        ("2026-12-25T12:00", "2026-12-28T09:00"),
    ],
)
def test_the_next_opening(moment, opening):
    assert calendar(days_off=CHRISTMAS).next_open(at(moment)) == at(opening)


# Round the clock.


def test_round_the_clock_every_second_counts_but_on_days_off():
    assert calendar((), always=True).due(at("2026-07-04T22:00"), 5 * HOUR) == at("2026-07-05T03:00")
    assert calendar(TUESDAYS, always=True).is_open(at("2026-07-04T22:00"))
    assert calendar((), BERLIN, always=True).due(at("2026-03-28T22:00", BERLIN), 24 * HOUR) == at(
        "2026-03-29T23:00", BERLIN
    )
    rested = calendar((), always=True, days_off=CHRISTMAS)
    assert rested.due(at("2026-12-24T23:00"), 2 * HOUR) == at("2026-12-26T01:00")
