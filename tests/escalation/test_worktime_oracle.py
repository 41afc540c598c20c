"""Random calendars, instants and pauses: the clock agrees with the slow oracle to the second, and with itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from escalation.worktime import Calendar, Pause, Window, reckon
from tests.escalation.oracle import Oracle

WEEK = 7 * 24 * 60
DAY = 24 * 60
SECOND = timedelta(seconds=1)

# Zone and an instant shortly before something odd happens there.
ODD_MOMENTS = [
    ("Europe/Berlin", datetime(2026, 3, 28, 12)),  # spring
    ("Europe/Berlin", datetime(2026, 10, 24, 12)),  # autumn
    ("America/New_York", datetime(2026, 3, 7, 12)),
    ("America/New_York", datetime(2026, 10, 31, 12)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 0)),  # half an hour back
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 0)),  # half an hour on
    ("America/Santiago", datetime(2025, 9, 6, 12)),  # midnight is jumped over
    ("America/Santiago", datetime(2026, 4, 4, 12)),  # the hour before midnight comes twice
    ("America/Havana", datetime(2025, 11, 1, 12)),  # midnight comes twice
    ("Antarctica/Troll", datetime(2025, 3, 29, 12)),  # two hours at once
    ("Pacific/Apia", datetime(2011, 12, 29, 0)),  # a whole day is jumped over
    ("Asia/Kolkata", datetime(2024, 2, 28, 12)),  # leap day, half-hour offset
    ("Asia/Kathmandu", datetime(2025, 12, 31, 12)),  # New Year, quarter-hour offset
    ("Africa/Casablanca", datetime(2025, 2, 22, 12)),  # back for Ramadan
    ("UTC", datetime(2026, 6, 5, 12)),
]


@st.composite
def windows(draw: st.DrawFn) -> tuple[Window, ...]:
    """Up to eight windows that do not overlap: pairs of cuts on the ring of the week's minutes."""
    grain = draw(st.sampled_from([1, 15, 30, 60]))
    count = draw(st.integers(1, 8))
    places = st.integers(0, WEEK // grain - 1)
    cuts = sorted(cut * grain for cut in draw(st.sets(places, min_size=2 * count, max_size=2 * count)))
    if draw(st.booleans()):
        cuts = [*cuts[1:], cuts[0] + WEEK]  # the last one runs over Sunday night
    return tuple(as_window(start, end) for start, end in zip(cuts[::2], cuts[1::2], strict=True))


def as_window(start: int, end: int) -> Window:
    """The stretch of the week as a window; a window is shorter than a day, or a whole one from midnight."""
    weekday, opens = divmod(start, DAY)
    length = min(end - start, DAY if opens == 0 else DAY - 1)
    closes = opens + length
    return Window(weekday % 7, opens, closes if closes <= DAY else closes - DAY)


@st.composite
def settings_of_a_case(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    """A calendar, and a start within three days of an odd moment of its zone."""
    zone, moment = draw(st.sampled_from(ODD_MOMENTS))
    start = moment.replace(tzinfo=UTC) + draw(st.integers(-12 * 3600, 60 * 3600)) * SECOND
    days = draw(st.sets(st.integers(-1, 9), max_size=4))
    days_off = tuple((date.fromordinal(moment.toordinal() + day), f"Feast {day}") for day in days)
    always = draw(st.integers(0, 9)) == 0
    return Calendar("any@1", zone, draw(windows()), days_off, always), start


@st.composite
def pauses_after(draw: st.DrawFn, start: datetime) -> tuple[Pause, ...]:
    """Up to three, overlapping or not, in any order, one of them perhaps without end."""
    found = []
    for _ in range(draw(st.integers(0, 3))):
        begin = start + draw(st.one_of(st.integers(-3600, 6 * 3600), st.integers(-3600, 5 * 86400))) * SECOND
        length = draw(st.one_of(st.integers(0, 7200), st.integers(0, 3 * 86400)))
        found.append(Pause(begin, begin + length * SECOND, "waiting"))
    if found and draw(st.integers(0, 4)) == 0:
        found[0] = Pause(found[0].start, None, "waiting")
    return tuple(found)


def plain(pauses: tuple[Pause, ...]) -> list[tuple[datetime, datetime | None]]:
    return [(pause.start, pause.end) for pause in pauses]


def seconds_a_week(calendar: Calendar) -> int:
    return WEEK * 60 if calendar.always else sum(window.minutes * 60 for window in calendar.windows)


DURATIONS = st.one_of(st.integers(1, 7200), st.integers(1, 40 * 3600), st.sampled_from([60, 3600, 8 * 3600]))
thorough = settings(max_examples=150, deadline=None, derandomize=True)


@thorough
@given(st.data(), settings_of_a_case(), DURATIONS)
def test_due_is_what_the_oracle_says(data, case, seconds):
    calendar, start = case
    seconds = min(seconds, 6 * seconds_a_week(calendar))  # the oracle walks every minute of the way
    pauses = data.draw(pauses_after(start))
    oracle = Oracle(calendar.to_document(), start - timedelta(hours=2))
    assert calendar.due(start, seconds) == oracle.due(start, seconds)
    assert calendar.due_paused(start, seconds, pauses) == oracle.due(start, seconds, plain(pauses))


@thorough
@given(st.data(), settings_of_a_case(), st.integers(0, 6 * 86400))
def test_worked_and_explained_time_is_what_the_oracle_says(data, case, span):
    calendar, start = case
    end = start + span * SECOND
    pauses = data.draw(pauses_after(start))
    oracle = Oracle(calendar.to_document(), start - timedelta(hours=2))
    assert calendar.worked(start, end) == oracle.worked(start, end)
    assert calendar.worked(start, end, pauses) == oracle.worked(start, end, plain(pauses))
    intervals = calendar.explain(start, end, pauses)
    assert_contiguous(intervals, start, end)
    for interval in intervals:
        middle = interval.start + interval.seconds // 2 * SECOND
        note = "" if interval.kind == "paused" else interval.note
        for at in (interval.start, middle, interval.end - SECOND):
            assert oracle.state(at, plain(pauses)) == (interval.kind, note)


@thorough
@given(settings_of_a_case(), st.integers(0, 4 * 86400))
def test_open_doors_are_where_the_oracle_finds_them(case, later):
    calendar, start = case
    at = start + later * SECOND
    oracle = Oracle(calendar.to_document(), at)
    assert calendar.is_open(at) == (oracle.state(at)[0] == "counted")
    opening = calendar.next_open(at)
    assert opening == at if calendar.is_open(at) else opening == oracle.due(at, 1) - SECOND


@thorough
@given(st.data(), settings_of_a_case(), DURATIONS, st.integers(0, 999_999))
def test_a_reckoning_proves_itself(data, case, seconds, micro):
    """With microseconds too, which the oracle does not know."""
    calendar, start = case
    start = start.replace(microsecond=micro)
    pauses = data.draw(pauses_after(start))
    answer = reckon(calendar, start, seconds, pauses)
    end = answer.due or answer.paused_since
    counted = [interval for interval in answer.intervals if interval.kind == "counted"]
    assert answer.due == calendar.due_paused(start, seconds, pauses)
    assert sum(interval.seconds for interval in counted) == answer.counted
    assert calendar.worked(start, end, pauses) == answer.counted
    assert_contiguous(answer.intervals, start, end)
    if answer.due is None:
        assert answer.counted <= seconds
    else:
        exact = sum((interval.end - interval.start for interval in counted), timedelta())
        assert answer.counted == seconds
        assert exact == timedelta(seconds=seconds)


def assert_contiguous(intervals, start, end):
    edges = [interval.start for interval in intervals] + [end]
    assert edges[0] == start
    assert edges[1:] == [interval.end for interval in intervals]
    assert all(one < other for one, other in pairwise(edges))
    assert all((one.kind, one.note) != (two.kind, two.note) for one, two in pairwise(intervals))


@thorough
@given(settings_of_a_case(), DURATIONS, DURATIONS)
def test_two_durations_in_a_row_are_their_sum(case, one, other):
    calendar, start = case
    assert calendar.due(calendar.due(start, one), other) == calendar.due(start, one + other)


NEW_YORK = Calendar.from_document({
    "label": "ny@1", "zone": "America/New_York",
    "windows": [{"weekday": 0, "opens": "00:00", "closes": "01:00"}, {"weekday": 4, "opens": "00:00", "closes": "21:00"}],
})  # fmt: skip


@thorough
@given(settings_of_a_case(), DURATIONS, st.integers(0, 999_999))
# One microsecond is still to count when the window closes: it falls to the next opening.
@example((NEW_YORK, datetime(2026, 11, 7, 1, tzinfo=UTC)), 3600, 1)
@example((NEW_YORK, datetime(2026, 11, 2, 5, tzinfo=UTC)), 3600, 1)
def test_the_time_worked_until_due_is_the_target(case, seconds, micro):
    """`worked` counts whole seconds: where due is carried over closing time, all of them are counted by then."""
    calendar, start = case
    start = start.replace(microsecond=micro)
    due = calendar.due(start, seconds)
    before = due - SECOND
    assert calendar.worked(start, due) == seconds
    if calendar.is_open(before):
        assert calendar.worked(start, before) == seconds - 1
    else:
        assert due.microsecond and not calendar.is_open(due - timedelta(microseconds=due.microsecond + 1))
        assert calendar.worked(start, before) == seconds


@thorough
@given(settings_of_a_case(), st.integers(0, 6 * 86400), st.integers(0, 6 * 86400))
def test_work_adds_up_and_a_later_start_is_never_due_earlier(case, first, second):
    calendar, start = case
    middle = start + first * SECOND
    end = middle + second * SECOND
    assert calendar.worked(start, middle) + calendar.worked(middle, end) == calendar.worked(start, end)
    assert calendar.due(start, 3600) <= calendar.due(middle, 3600)


@thorough
@given(settings_of_a_case())
def test_a_document_gives_back_its_calendar(case):
    calendar, _ = case
    again = Calendar.from_document(calendar.to_document())
    assert again == calendar
    assert again.to_document() == calendar.to_document()
