"""Every table that is read at once, against counting it case by case from log, clocks and ledger."""

from dataclasses import replace
from datetime import datetime

from feedback import climbs, figures, gaps, hours, owed, resolving
from feedback.cohorts import Cohort, compare
from feedback.durations import ANSWER, DURATIONS, times
from feedback.intervals import Share
from feedback.periods import Period
from feedback.pulse import office
from feedback.rollup import answers, standing
from feedback.topics import topics


def same_as_the_log(period: Period, at: datetime) -> None:
    """Every table read at once, against the log, the clocks and the ledger, case by case."""
    calendar = office(at)
    found = standing.promised(period, at=at, calendar=calendar)
    assert found.grid == owed.grid(period, at=at)
    rises = climbs.rises(period)
    assert (found.flow, found.why) == (climbs.flow(rises), climbs.triggers(rises))
    assert found.times == resolving.resolving(period, at=at, calendar=calendar)
    assert found.up.weeks == figures.escalations(period).weeks
    assert standing.spent(period, at=at)[0] == hours.spent(period, at=at)
    base = standing.base(period, at=at)
    for which in (owed.VERSION, owed.TEAM):
        assert owed.by(which, base.rows) == owed.by(which, owed.base(period))
    assert base.false == owed.false_by_version(period)
    gone = standing.gaps(period, at=at)
    assert (gone.cells, gone.misses) == (gaps.gaps(period), gaps.misses(period, at=at))
    assert standing.times(DURATIONS, period, at=at)[0] == times(DURATIONS, period, at=at)
    answering = resolving.answering(period, at=at, calendar=calendar)
    assert answers.answering(period, at=at, calendar=calendar)[0] == answering
    assert (answering.up, answering.every) == (found.times, times([ANSWER], period, at=at)[ANSWER])
    assert standing.compared(period, ["satisfied", "kept", "at_first"], DURATIONS, at=at) == compare(
        Cohort(period.before()), Cohort(period), ["satisfied", "kept", "at_first"], DURATIONS, at=at
    )
    assert standing.topics(period, at=at)[0] == {
        slug: replace(one, returned=Share()) for slug, one in topics(period).items()
    }
