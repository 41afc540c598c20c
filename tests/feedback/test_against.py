"""What a period is compared with: the days just before it, the same weeks last year, or nothing."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from feedback import figures, first_team, measures
from feedback.durations import DURATIONS, times
from feedback.first_contact import first_contact
from feedback.intervals import Curve, Share
from feedback.measures import ALL, MEASURES, SPLITS
from feedback.periods import A_YEAR, BEFORE, DAY, NONE, YEAR, Period
from feedback.rollup import reading, standing
from feedback.rollup.overview import overview
from tests.feedback.oracle_sql import second
from tests.feedback.recount import same_as_the_log
from tests.feedback.story import AT, PERIOD, ZONE
from tests.feedback.test_rollup import settle

#: The told weeks as last year's, and an instant of the year after them.
LATER = Period(PERIOD.first + A_YEAR, PERIOD.last + A_YEAR, ZONE, YEAR)
A_YEAR_ON = AT + A_YEAR
DAYS = st.dates(date(2001, 1, 1), date(2099, 1, 1))


class TestDays:
    @given(first=DAYS, length=st.integers(1, 364))
    def test_the_same_weekdays_52_weeks_earlier_and_never_a_day_of_its_own(self, first, length):
        now = Period(first, first + (length - 1) * DAY, ZONE, YEAR)
        then = now.before()
        assert (then.days, then.first.weekday(), then.last.weekday()) == (
            length,
            now.first.weekday(),
            now.last.weekday(),
        )
        assert (now.first - then.first).days == 364 and then.last < now.first
        gap = (now.first - then.last).days - 1
        reached = now.with_before()
        assert sum(one.days for one in reached) == 2 * length and len(reached) == (1 if gap == 0 else 2)

    @given(first=DAYS, length=st.integers(1, 371))
    def test_just_before_it_and_nothing(self, first, length):
        last = first + (length - 1) * DAY
        then = Period(first, last, ZONE).before()
        assert (then.last + DAY, then.days) == (first, length)
        assert Period(first, last, ZONE).with_before() == [Period(then.first, last, ZONE)]
        none = Period(first, last, ZONE, NONE)
        assert (none.before().days, none.before().start) == (0, none.before().end)
        assert none.before().weeks() == [] and none.with_before() == [Period(first, last, ZONE)]

    def test_a_leap_day_and_the_days_clocks_change(self):
        # Monday 4 March 2024 lies 52 weeks and 2 dates after Monday 6 March 2023: 29 February lies between.
        assert Period(date(2024, 3, 4), date(2024, 3, 10), ZONE, YEAR).before() == Period(
            date(2023, 3, 6), date(2023, 3, 12), ZONE
        )
        assert Period(date(2024, 2, 29), date(2024, 2, 29), ZONE, YEAR).before().first == date(2023, 3, 2)
        # Summer time begins on Sunday 29 March 2026, in 2025 on the 30th: one of the two weeks is an hour shorter.
        week = Period(date(2026, 3, 23), date(2026, 3, 29), ZONE, YEAR)
        assert week.end - week.start == timedelta(days=7, hours=-1)
        then = week.before()
        assert (then.first, then.end - then.start) == (date(2025, 3, 24), timedelta(days=7, hours=-1))
        after = Period(date(2030, 3, 31), date(2030, 3, 31), ZONE, YEAR)  # a day of 23 hours; a year before it has 24
        assert (after.end - after.start, after.before().end - after.before().start) == (
            timedelta(hours=23),
            timedelta(days=1),
        )

    def test_more_than_52_weeks_have_no_last_year_of_their_own(self):
        Period(date(2026, 1, 1), date(2026, 12, 30), ZONE, YEAR)
        with pytest.raises(ValueError, match="52 weeks"):
            Period(date(2026, 1, 1), date(2026, 12, 31), ZONE, YEAR)
        with pytest.raises(ValueError, match="nothing to compare"):
            Period(date(2026, 1, 1), date(2026, 1, 2), ZONE, "month")

    def test_its_weeks_are_each_compared_with_theirs(self):
        assert [one.before().first for one in LATER.weeks()] == [one.first for one in PERIOD.weeks()]


@pytest.mark.django_db
class TestFigures:
    def test_last_year_is_what_these_weeks_were_by_every_road(self, story):
        """The told cases, asked a year later: what stands beside an empty period is what they were."""
        settle(A_YEAR_ON)
        (counted,) = measures.count(MEASURES, LATER, at=A_YEAR_ON).values()
        assert {key: (one.before.hits, one.before.n) for key, one in counted.items()} == {
            key: second(key, Period(PERIOD.first, PERIOD.last, ZONE), A_YEAR_ON) for key in MEASURES
        }
        assert sum(one.before.n > 0 for one in counted.values()) > 20 and all(
            one.now.n == 0 for one in counted.values()
        )
        assert reading.read(LATER, at=A_YEAR_ON).is_read
        for by in (ALL, *SPLITS):
            assert reading.count(MEASURES, LATER, at=A_YEAR_ON, by=by) == measures.count(
                MEASURES, LATER, at=A_YEAR_ON, by=by
            )
        same_as_the_log(LATER, A_YEAR_ON)
        plain = Period(PERIOD.first, PERIOD.last, ZONE)
        took, was = (times(DURATIONS, days, at=A_YEAR_ON) for days in (LATER, plain))
        assert {key: one.before for key, one in took.items()} == {key: one.now for key, one in was.items()}
        found, then = overview(LATER, at=A_YEAR_ON), overview(plain, at=A_YEAR_ON)
        assert (found.said.before, found.up.before, found.kept.before) == (then.said.now, then.up.now, then.kept.now)
        assert found.said == figures.satisfaction(LATER) and found.up == figures.escalations(LATER)
        assert found.kept == figures.promises(LATER, at=A_YEAR_ON) and found.first == first_contact(LATER, at=A_YEAR_ON)
        assert first_team.rates(LATER).before == first_team.rates(plain).now

    def test_with_nothing_nothing_stands_beside_and_the_rest_is_the_same(self, story):
        settle(AT)
        alone = replace(PERIOD, against=NONE)
        read, plain = (reading.count(MEASURES, days, at=AT)[ALL] for days in (alone, PERIOD))
        assert {key: one.now for key, one in read.items()} == {key: one.now for key, one in plain.items()}
        assert all(one.before == Share() for one in read.values())
        assert read == measures.count(MEASURES, alone, at=AT)[ALL]
        assert all(one.before == Curve() for one in standing.times(DURATIONS, alone, at=AT)[0].values())
        same_as_the_log(alone, AT)
        assert figures.escalations(alone).before == Share() == first_contact(alone, at=AT).before

    def test_asks_no_more_and_reads_no_day_between(self, story):
        settle(A_YEAR_ON)
        asked, days = {}, {}
        for period in (replace(PERIOD, against=BEFORE), LATER, replace(PERIOD, against=NONE)):
            with CaptureQueriesContext(connection) as queries:
                overview(period, at=A_YEAR_ON)
                standing.times(DURATIONS, period, at=A_YEAR_ON)
            asked[period.against] = len(queries)
            days[period.against] = len(reading.all_of(period.with_before()))
        assert asked[YEAR] <= asked[BEFORE] and asked[NONE] <= asked[BEFORE]
        assert days == {BEFORE: 42, YEAR: 42, NONE: 21}
        found = reading.read(LATER, at=A_YEAR_ON).days
        assert found and all(day <= PERIOD.last or day >= LATER.first for day in found)
