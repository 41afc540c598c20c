"""The roster against a brute-force oracle that knows no stretches: every minute is asked by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.calendars import Window
from escalation.rota import Absence, Crew, Roster, Swap, Turn
from escalation.routing import pick

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ZONES = ("Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC")
#: Mondays a few days before the clocks go forward and back in London, and one at a quiet time.
STARTS = (date(2026, 3, 26), date(2026, 10, 22), date(2026, 6, 8), date(2018, 11, 1), date(2018, 2, 15))
PEOPLE = range(1, 6)


def at(day: date, hour: int = 0, minute: int = 0, zone: str = "UTC") -> datetime:
    return datetime.combine(day, time(hour, minute), ZoneInfo(zone)).astimezone(UTC)


# The oracle: reads the wall clock, and only that --------------------------------------------------------------


def shown(instant: datetime, zone: str) -> datetime:
    """What the clock on the wall shows; an hour that comes twice is shown twice."""
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def passed(instant: datetime, zone: str, reading: datetime) -> bool:
    """Whether the clock has shown `reading`, or jumped past it, at or before the instant.

    Found by stepping back a minute at a time for three hours: no clock has ever gone back further.
    """
    if reading - shown(instant, zone) > 3 * HOUR:
        return False
    return any(shown(instant - n * MINUTE, zone) >= reading for n in range(180))


def turn_runs(turn: Turn, zone: str, instant: datetime) -> bool:
    today = shown(instant, zone).date()
    for back in range(-1, 3):
        day = today - timedelta(days=back)
        if day.weekday() != turn.window.weekday or day < turn.starts_on or (turn.ends_on and day > turn.ends_on):
            continue
        begins = datetime.combine(day, time()) + timedelta(minutes=turn.window.opens)
        ends = begins + timedelta(minutes=turn.window.minutes)
        if passed(instant, zone, begins) and not passed(instant, zone, ends):
            return True
    return False


def stands_in(roster: Roster, person: int, second: float, seen: tuple[int, ...] = ()) -> int | None:
    away = [a for a in roster.absences if a.user == person and a.start <= second < a.end]
    if not away:
        return person
    substitutes = [a.substitute for a in sorted(away, key=lambda a: a.start) if a.substitute is not None]
    if not substitutes or substitutes[0] in (*seen, person):
        return None
    return stands_in(roster, substitutes[0], second, (*seen, person))


def oracle(roster: Roster, team: str, instant: datetime) -> tuple[int, ...]:
    crew, second = roster.crews[team], instant.timestamp()
    if crew.turns:
        by_shift = {t.user for t in crew.turns if t.user in crew.people and turn_runs(t, crew.zone, instant)}
        standing = set(by_shift)
        for swap in crew.swaps:
            if swap.start <= second < swap.end:
                standing.discard(swap.instead_of)
        for swap in crew.swaps:
            if swap.start <= second < swap.end and (swap.instead_of is None or swap.instead_of in by_shift):
                standing.add(swap.user)
    else:
        standing = set(crew.people)
    found = {stands_in(roster, person, second) for person in standing}
    return tuple(sorted(person for person in found if person in roster.active))


# Random rosters -----------------------------------------------------------------------------------------------


@st.composite
def rosters(draw, step: int = 60, days: int = 6):
    """Teams of up to five people around a change of the clocks; every edge lies on a multiple of `step` minutes."""
    first, zone = draw(st.sampled_from(STARTS)), draw(st.sampled_from(ZONES))
    begin = int(at(first).timestamp())
    person = st.sampled_from(PEOPLE)
    offset = st.integers(-24 * 60 // step, days * 24 * 60 // step).map(lambda n: begin + n * step * 60)

    def span():
        low = draw(offset)
        return low, low + 60 * step * draw(st.integers(1, 40 * 60 // step))

    def turn():
        opens = draw(st.integers(0, 1439 // step)) * step
        closes = draw(st.integers(1, 1440 // step).map(lambda n: n * step).filter(lambda n: n != opens))
        starts = draw(st.sampled_from([date.min, first + timedelta(days=2)]))
        ends = draw(st.sampled_from([None, first + timedelta(days=4)]))
        return Turn(draw(person), Window(draw(st.integers(0, 6)), opens, closes), starts, ends)

    def swap():
        user, other = draw(person), draw(st.none() | person)
        return Swap(user, *span(), None if other == user else other)

    def absence():
        return Absence(draw(person), *span(), draw(st.none() | person))

    def several(make, most):
        return tuple(make() for _ in range(draw(st.integers(0, most))))

    crews = {
        team: Crew(frozenset(draw(st.sets(person))), draw(st.none() | person), zone, several(turn, 8), several(swap, 3))
        for team in ("one", "two")
    }
    active = frozenset(draw(st.sets(person, min_size=2)))
    return Roster(crews, several(absence, 4), active), at(first), days


@settings(max_examples=50, deadline=None)
@given(rosters())
def test_every_hour_is_as_the_wall_clock_says(made):
    roster, start, days = made
    for team in roster.crews:
        stretches = roster.changes(team, start, start + timedelta(days=days))
        for n in range(days * 24):
            instant = start + n * HOUR
            expected = oracle(roster, team, instant)
            assert roster.on_duty(team, instant) == expected, instant
            (held,) = [one for one in stretches if one.start <= instant < one.end]
            assert held.people == expected, instant


@settings(max_examples=5, deadline=None)
@given(rosters(step=7, days=2))
def test_every_minute_of_odd_hours(made):
    roster, start, days = made
    stretches = roster.changes("one", start, start + timedelta(days=days))
    for n in range(days * 24 * 60):
        instant = start + n * MINUTE
        (held,) = [one for one in stretches if one.start <= instant < one.end]
        assert held.people == oracle(roster, "one", instant), instant


@settings(max_examples=60, deadline=None)
@given(rosters())
def test_stretches_touch_and_neighbours_differ(made):
    roster, start, days = made
    end = start + timedelta(days=days)
    for team in roster.crews:
        stretches = roster.changes(team, start, end)
        assert stretches[0].start == start and stretches[-1].end == end
        for one, following in pairwise(stretches):
            assert one.end == following.start
            assert one.people != following.people
        assert all(one.start < one.end for one in stretches)


@settings(max_examples=25, deadline=None)
@given(rosters())
def test_a_single_point_is_whose_absence_makes_a_gap(made):
    """Enumeration: take each person away and look at every hour anew."""
    roster, start, days = made
    alone = {(g.team, g.without, h) for g in roster.single_points(roster.crews, start, days) for h in hours_of(g)}
    for person in PEOPLE:
        without = roster.without(person)
        for team in roster.crews:
            for n in range(days * 24):
                instant = start + n * HOUR
                lost = bool(oracle(roster, team, instant)) and not oracle(without, team, instant)
                assert lost == ((team, person, instant) in alone), (person, team, instant)


@settings(max_examples=25, deadline=None)
@given(rosters())
def test_gaps_are_exactly_the_hours_with_nobody(made):
    roster, start, days = made
    holes = {(g.team, h) for g in roster.gaps(roster.crews, start, days) for h in hours_of(g)}
    for team in roster.crews:
        for n in range(days * 24):
            assert (not oracle(roster, team, start + n * HOUR)) == ((team, start + n * HOUR) in holes)


def hours_of(gap):
    """The whole hours in which a gap lies; half-hour zones may begin one in the middle."""
    first = gap.start.replace(minute=0, second=0)
    return [i for n in range(200) if gap.start <= (i := first + n * HOUR) < gap.end]


@settings(max_examples=25, deadline=None)
@given(rosters())
def test_the_next_on_duty_is_the_first_who_is(made):
    roster, start, _ = made
    for team in roster.crews:
        found = roster.next_on_duty(team, start)
        first = next((start + n * HOUR for n in range(9 * 24) if oracle(roster, team, start + n * HOUR)), None)
        if found is None:
            assert first is None
        elif first is not None:
            assert start <= found.start <= first
            assert found.people == roster.on_duty(team, found.start) != ()


# Cases written by hand ----------------------------------------------------------------------------------------

LONDON = "Europe/London"
NIGHT = Turn(1, Window(5, 22 * 60, 6 * 60))  # Saturday 22:00 to Sunday 06:00
DAY = Turn(2, Window(0, 9 * 60, 17 * 60))


def roster(*turns, swaps=(), absences=(), people=(1, 2, 3), active=(1, 2, 3, 4), lead=None):
    crew = Crew(frozenset(people), lead, LONDON, turns, tuple(swaps))
    return Roster({"team": crew}, tuple(absences), frozenset(active))


def swap(user, start, end, instead_of=None):
    return Swap(user, int(start.timestamp()), int(end.timestamp()), instead_of)


def away(user, start, end, substitute=None):
    return Absence(user, int(start.timestamp()), int(end.timestamp()), substitute)


MONDAY = date(2026, 1, 12)


@pytest.mark.parametrize(
    ("saturday", "length"),
    [(date(2026, 1, 10), 8), (date(2026, 3, 28), 7), (date(2026, 10, 24), 9)],
    ids=["winter", "clocks go forward", "clocks go back"],
)
def test_a_night_shift_over_a_change_of_the_clocks(saturday, length):
    start = at(saturday, 12, zone=LONDON)
    (night,) = [s for s in roster(NIGHT).changes("team", start, start + timedelta(days=1)) if s.people]
    assert night.end - night.start == length * HOUR
    assert shown(night.start, LONDON) == datetime.combine(saturday, time(22))
    assert shown(night.end, LONDON) == datetime.combine(saturday + timedelta(days=1), time(6))


def test_a_shift_in_the_hour_that_does_not_exist_is_no_shift():
    lost = Turn(1, Window(6, 60, 120))
    start = at(date(2026, 3, 29))
    assert [s.people for s in roster(lost).changes("team", start, start + timedelta(days=1))] == [()]


def test_an_end_is_not_included():
    team = roster(DAY)
    assert team.on_duty("team", at(MONDAY, 9)) == (2,)
    assert team.on_duty("team", at(MONDAY, 16, 59)) == (2,)
    assert team.on_duty("team", at(MONDAY, 17)) == ()
    assert team.on_duty("team", at(MONDAY, 9) - timedelta(microseconds=1)) == ()


def test_a_swap_counts_only_where_the_other_would_be():
    team = roster(DAY, swaps=[swap(3, at(MONDAY), at(MONDAY, 12), instead_of=2)])
    assert team.on_duty("team", at(MONDAY, 8)) == ()
    assert team.on_duty("team", at(MONDAY, 9)) == (3,)
    assert team.on_duty("team", at(MONDAY, 12)) == (2,)


def test_a_swap_for_nobody_is_besides_the_others():
    team = roster(DAY, swaps=[swap(4, at(MONDAY, 8), at(MONDAY, 12))])
    assert team.on_duty("team", at(MONDAY, 8)) == (4,)
    assert team.on_duty("team", at(MONDAY, 9)) == (2, 4)


def test_leave_puts_the_substitute_in_and_theirs_after_them():
    morning = (at(MONDAY, 9), at(MONDAY, 12))
    assert roster(DAY, absences=[away(2, *morning)]).on_duty("team", at(MONDAY, 9)) == ()
    assert roster(DAY, absences=[away(2, *morning, 3)]).on_duty("team", at(MONDAY, 9)) == (3,)
    chain = [away(2, *morning, 3), away(3, *morning, 4)]
    assert roster(DAY, absences=chain).on_duty("team", at(MONDAY, 9)) == (4,)
    ring = [away(2, *morning, 3), away(3, *morning, 2)]
    assert roster(DAY, absences=ring).on_duty("team", at(MONDAY, 9)) == ()


def test_who_has_gone_is_nobody_and_who_left_the_team_too():
    assert roster(DAY, active=(1, 3)).on_duty("team", at(MONDAY, 9)) == ()
    assert roster(DAY, people=(1, 3)).on_duty("team", at(MONDAY, 9)) == ()


def test_a_team_without_a_rota_stands_as_a_whole_but_for_who_is_away():
    team = roster(absences=[away(2, at(MONDAY), at(MONDAY, 12))], people=(1, 2, 9))
    assert team.on_duty("team", at(MONDAY, 3)) == (1,)
    assert team.on_duty("team", at(MONDAY, 12)) == (1, 2)
    assert team.on_duty("nobody knows it", at(MONDAY, 3)) == ()


def test_the_lead_or_who_stands_for_them():
    team = roster(lead=2, absences=[away(2, at(MONDAY), at(MONDAY, 12), 3)])
    assert team.lead("team", at(MONDAY, 9)) == 3
    assert team.lead("team", at(MONDAY, 12)) == 2
    assert replace(team, active=frozenset({1})).lead("team", at(MONDAY, 12)) is None


def test_gaps_count_only_where_somebody_is_needed():
    team = roster(DAY)
    start = at(MONDAY)
    office = [(int(at(MONDAY, 9).timestamp()), int(at(MONDAY, 18).timestamp()))]
    (gap,) = team.gaps(["team"], start, 1, {"team": office})
    assert (gap.start, gap.end, gap.without) == (at(MONDAY, 17), at(MONDAY, 18), None)
    (point,) = team.single_points(["team"], start, 1, {"team": office})
    assert (point.start, point.end, point.without) == (at(MONDAY, 9), at(MONDAY, 17), 2)
    assert team.gaps(["team"], start, 1, {}) != []
    assert team.gaps(["team"], start, 1, {"team": []}) == []


def test_a_stretch_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValueError, match="ends before it starts"):
        roster(DAY).changes("team", at(MONDAY, 2), at(MONDAY, 1))


# Whose turn it is ---------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.integers(1, 6), st.integers(0, 4)),
    st.dictionaries(st.integers(1, 6), st.integers(0, 5)),
    st.lists(st.tuples(st.booleans(), st.integers(1, 6), st.sets(st.integers(1, 6))), max_size=60),
)
def test_no_sequence_of_cases_lifts_anybody_over_the_cap(caps, loads, story):
    """Cases come, end, and people come and go; nobody who is absent or full is ever picked, and no one is passed by."""
    start, given_at = at(MONDAY), {}
    loads = {one: min(number, caps.get(one, number)) for one, number in loads.items()}
    for n, (ends, person, here) in enumerate(story):
        if ends:
            loads[person] = max(0, loads.get(person, 0) - 1)
            continue
        chosen = pick(here, loads, caps, given_at)
        room = {one for one in here if loads.get(one, 0) < caps.get(one, 10**6)}
        assert (chosen is None) == (not room)
        if chosen is not None:
            assert chosen in room
            least = min(loads.get(one, 0) for one in room)
            equals = [one for one in room if loads.get(one, 0) == least]
            waited = min(given_at.get(one, start - timedelta(days=1)) for one in equals)
            assert chosen == min(o for o in equals if given_at.get(o, start - timedelta(days=1)) == waited)
            loads[chosen] = loads.get(chosen, 0) + 1
            given_at[chosen] = start + n * MINUTE
        assert all(loads.get(one, 0) <= cap for one, cap in caps.items())


def test_a_look_that_begins_in_the_middle_of_the_night_sees_who_came_the_evening_before():
    sunday = at(date(2026, 1, 11), 2)
    first = roster(NIGHT).changes("team", sunday, sunday + 6 * HOUR)[0]
    assert (first.people, first.end) == ((1,), at(date(2026, 1, 11), 6))
