"""Times by hand on the told cases, a second time in plain SQL, and the cases behind them."""

from datetime import timedelta

import pytest
from django.db import transaction

from escalation.book import office_hours
from escalation.models import CalendarVersion
from feedback.durations import DURATIONS, cases_behind, times
from feedback.facts import build
from feedback.figures import Scope
from feedback.intervals import kaplan_meier
from feedback.models import CaseFact
from feedback.periods import Period
from feedback.pulse import ALWAYS
from feedback.resolving import resolving
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
    "time_answer": f"""SELECT SECONDS(t.since, t.until), t.done FROM (SELECT c.filed_at AS since, COALESCE(c.resolved_at, c.closed_at, AT_) AS until,
        CASE WHEN c.resolved_at IS NULL THEN 0 ELSE 1 END AS done {_CASES}) t""",
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
    # Of all twenty: 2 h, nine times 25, one lost after 48, three times 49, three times 73; open for 74, 74 and 122. At 25 h half are left.
    every = found["time_answer"].now
    assert (every.ended, every.censored, every.quantile(0.5), every.quantile(0.9)) == (16, 4, 25 * HOUR, None)
    assert [step.open for step in every.steps] == [pytest.approx(left) for left in (19 / 20, 1 / 2, 1 / 3, 1 / 6)]
    assert (handling.n, handling.quantile(0.5), handling.censored) == (9, 72 * HOUR, 3)
    assert found["time_resolve"].before.n == 1  # p4
    assert (found["time_answer"].before.n, found["time_answer"].before.quantile(0.9)) == (
        5,
        25 * HOUR,
    )  # p1 to p5, p4 went up


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


def test_the_longest_silence_is_that_of_the_facts_or_the_one_that_goes_on(sixty):
    """Open are c3, c4 and c5: what they have not heard since counts, and may become longer.

    Offices open 9:00 to 17:30, and AT is Monday at 12:00. c3 said no on Thursday at 12:00: 5.5 h, Friday's 8.5, 3. c4 last
    heard of us on Friday at 11:00: 6.5 h and 3. c5 never did, filed at 10:00: 7.5 h and 3.
    """
    found = times(["time_silence"], PERIOD, at=AT)["time_silence"].now
    running = {"c3": 17 * HOUR, "c4": 9.5 * HOUR, "c5": 10.5 * HOUR}
    names = {case.pk: name for name, case in sixty.cases.items()}
    facts = CaseFact.objects.filter(filed_at__gte=PERIOD.start, filed_at__lt=PERIOD.end, case__is_history=False)
    assert {names[fact.pk] for fact in facts if fact.stage} == set(running)
    assert found == kaplan_meier((running.get(names[fact.pk], fact.longest_silence), not fact.stage) for fact in facts)
    assert (found.n, found.censored) == (19, 3)


def test_office_hours_that_come_later_change_no_silence(sixty):
    """Round the clock from now on: kept facts are the ones made now, and a silence that began before goes on as before."""
    before = times(["time_silence"], PERIOD, at=AT_MORE)
    every = list(CaseFact.objects.values_list("pk", flat=True))
    with transaction.atomic():
        CalendarVersion.objects.create(
            key="office", number=9, label="office@9", status="published", made_at=AT_MORE, published_at=AT_MORE,
            document={"zone": "UTC", "windows": [], "days_off": [], "always": True},
        )  # fmt: skip
        later = AT_MORE + timedelta(days=3)
        assert office_hours()("five-tier@1", later).always and not office_hours()("five-tier@1", AT).always
        assert build.differing(every, at=later) == []
        assert times(["time_silence"], PERIOD, at=AT_MORE) == before
        transaction.set_rollback(True)


def test_the_cases_behind(sixty):
    found = times(DURATIONS, PERIOD, Scope(topic="orders"), at=AT)
    for key, figures in found.items():
        assert cases_behind(key, PERIOD, Scope(topic="orders")).count() == figures.now.n
    with pytest.raises(LookupError):
        cases_behind("age", PERIOD)
