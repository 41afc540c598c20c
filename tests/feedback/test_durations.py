"""Times by hand on the told cases, a second time in plain SQL, and the cases behind them."""

from datetime import timedelta

import pytest
from django.db import transaction

from feedback.durations import DURATIONS, cases_behind, times
from feedback.facts import build
from feedback.figures import Scope, resolving
from feedback.intervals import kaplan_meier
from feedback.models import CaseFact
from feedback.periods import Period
from feedback.pulse import ALWAYS
from tests.feedback.oracle_sql import ask
from tests.feedback.story import AT, HOUR, PERIOD, ZONE, day
from tests.feedback.story_more import AT_MORE, MARCH, telling_more

pytestmark = pytest.mark.django_db
_CASES = "FROM cases_case c WHERE NOT c.is_drill AND c.filed_at >= FROM_ AND c.filed_at < TO_"
_UP = "(SELECT min(e.occurred_at) FROM cases_event e WHERE e.case_id = c.id AND CAST(J(e.tier) AS integer) > 1)"
_NAMED = (
    "(SELECT min(e.occurred_at) FROM cases_event e WHERE e.case_id = c.id AND e.kind IN ('acknowledged', 'answered'))"
)
_HANDED = (
    "(SELECT min(e.occurred_at) FROM cases_event e WHERE e.case_id = c.id AND J(e.started.acknowledge) IS NOT NULL)"
)
#: (seconds, 1 where it ended) of each case, from the log.
SQL = {
    "time_acknowledge": f"""SELECT SECONDS(t.since, t.until), t.done FROM (SELECT {_HANDED} AS since, COALESCE({_NAMED}, c.closed_at, AT_) AS until,
        CASE WHEN {_NAMED} IS NULL THEN 0 ELSE 1 END AS done {_CASES} AND NOT c.is_history) t WHERE t.since IS NOT NULL""",
    "time_resolve": f"""SELECT SECONDS(t.since, t.until), t.done FROM (SELECT c.filed_at AS since, COALESCE(c.resolved_at, c.closed_at, AT_) AS until,
        CASE WHEN c.resolved_at IS NULL THEN 0 ELSE 1 END AS done, {_UP} AS up {_CASES}) t WHERE t.up IS NOT NULL""",
    "time_handling": f"""SELECT SECONDS(t.up, t.until), t.done FROM (SELECT COALESCE(c.resolved_at, c.closed_at, AT_) AS until,
        CASE WHEN c.resolved_at IS NULL THEN 0 ELSE 1 END AS done, {_UP} AS up {_CASES}) t WHERE t.up IS NOT NULL""",
}  # fmt: skip


@pytest.fixture(scope="module")
def sixty(django_db_setup, django_db_blocker):
    with telling_more(django_db_blocker) as told:
        while build.take_touched(AT_MORE):
            pass
        yield told


def test_by_hand(sixty):
    """Handed over 5 minutes after filing, named 5 minutes later: 17. b3 after 24 h 35; c5 has waited 73 h 55 and still does.

    Answers: as in the story. Handling begins an hour after filing where it was passed up, with b6 5 minutes and with b3
    24 h 5 after it: 24 h, 48, 72, 24 h 55, left after 47, 72 h 55, 72, open for 121 and 73. Seven, six and five are left
    at 24, 24 h 55 and 48, then one is lost; of five 72 ends two: 6/9 x 3/5 = 0.4.
    """
    found = times(DURATIONS, PERIOD, at=AT)
    name = found["time_acknowledge"].now
    assert (name.ended, name.censored, name.quantile(0.5), name.quantile(0.9)) == (18, 1, 300, 24 * HOUR + 35 * 60)
    answer = found["time_resolve"].now
    assert answer == resolving(PERIOD, at=AT, calendar=ALWAYS).now.wall
    assert (answer.quantile(0.5), answer.quantile(0.9), answer.censored) == (73 * HOUR, None, 3)
    handling = found["time_handling"].now
    assert (handling.n, handling.quantile(0.5), handling.censored) == (9, 72 * HOUR, 3)
    assert found["time_resolve"].before.n == 1  # p4


@pytest.mark.parametrize("key", SQL)
def test_by_plain_sql(sixty, key):
    for period, at in ((PERIOD, AT), (MARCH, AT_MORE)):
        rows = [(round(float(seconds)), bool(done)) for seconds, done in ask(SQL[key], period, at)]
        found, plain = times([key], period, at=at)[key].now, kaplan_meier(rows)
        assert (found.ended, found.censored) == (plain.ended, plain.censored)
        assert [round(step.time) for step in found.steps] == [round(step.time) for step in plain.steps]
        assert [step.open for step in found.steps] == [pytest.approx(step.open) for step in plain.steps]


def test_who_answers_at_once_has_no_more_to_confirm(sixty):
    """Answered 20 minutes after filing, so 15 after it was handed over; nobody confirmed it, and nobody will."""
    with transaction.atomic():
        filed = day(2, month=4)
        sixty.file("z1", filed, "orders")
        sixty.settle("z1", filed + timedelta(minutes=20))
        while build.take_touched(AT_MORE):
            pass
        april = Period(filed.date(), filed.date(), ZONE)
        found = times(["time_acknowledge"], april, at=AT_MORE)["time_acknowledge"].now
        assert (found.ended, found.censored, [step.time for step in found.steps]) == (1, 0, [900])
        transaction.set_rollback(True)


def test_the_longest_silence_is_that_of_the_facts(sixty):
    """c4's customer last heard of us on the 30th, c3's on the 29th: both are open, so theirs may become longer."""
    found = times(["time_silence"], PERIOD, at=AT)["time_silence"].now
    facts = CaseFact.objects.filter(filed_at__gte=PERIOD.start, filed_at__lt=PERIOD.end, case__is_history=False)
    assert found == kaplan_meier((fact.longest_silence, not fact.stage) for fact in facts)
    assert (found.n, found.censored) == (19, 3)  # c3, c4, c5


def test_the_cases_behind(sixty):
    found = times(DURATIONS, PERIOD, Scope(topic="orders"), at=AT)
    for key, figures in found.items():
        assert cases_behind(key, PERIOD, Scope(topic="orders")).count() == figures.now.n
    with pytest.raises(LookupError):
        cases_behind("age", PERIOD)
