"""R077: the list of cases nobody has touched equals one that SQL finds by itself, half hour by half hour."""

from datetime import timedelta

import pytest
from django.db import connection

from cases.access import Viewer
from cases.lifecycle import State
from cases.models import Case
from escalation import verbs
from escalation.untouched import candidates, untouched
from tests.cast import MONDAY
from tests.escalation.stories import bring, do, settle

HALF = timedelta(minutes=30)
DAY = timedelta(days=1)
NOW = MONDAY + 3 * DAY  # Thursday 10:00
#: Seconds since 1970 of an instant, in each database's own words.
EPOCH = {"sqlite": "CAST(strftime('%s', {}) AS INTEGER)", "postgresql": "CAST(EXTRACT(EPOCH FROM {}) AS BIGINT)"}
#: Half hours from the last act of a colleague (or the filing) to now that lie in office hours, counted one by one.
#: 1970 began on a Thursday; London is at UTC in January.
INDEPENDENT = """
WITH RECURSIVE half (case_id, at) AS (
    SELECT case_id, since FROM touched
    UNION ALL SELECT case_id, at + 1800 FROM half WHERE at + 1800 < {now}
),
touched (case_id, since) AS (
    SELECT c.id, COALESCE(MAX({event}), {filed}) FROM cases_case c
    LEFT JOIN cases_event e ON e.case_id = c.id AND e.role = 'staff'
    WHERE c.state IN ('new', 'reviewed', 'escalated', 'passed', 'acknowledged', 'working', 'reopened', 'waiting_partner')
    AND NOT c.is_drill AND NOT c.is_history GROUP BY c.id, c.filed_at
)
SELECT case_id FROM half
WHERE (at / 86400 + 3) % 7 < 5 AND at % 86400 >= 32400 AND at % 86400 < 63000
GROUP BY case_id HAVING COUNT(*) >= {least}
"""


def by_sql(now, hours):
    clock = EPOCH[connection.vendor]
    event, filed = clock.format("e.occurred_at"), clock.format("c.filed_at")
    asked = INDEPENDENT.format(now=int(now.timestamp()), event=event, filed=filed, least=hours * 2)
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return {row[0] for row in cursor.fetchall()}


def listed(cast, now=NOW, hours=16):
    return untouched(candidates(Viewer(cast.supervisor), now, hours), now, hours)


@pytest.fixture
def floor(cast):
    """Cases of all kinds, touched at half hours of a week; those of severity 3 and 4 count by office hours."""
    made = []
    for n in range(24):
        case = cast.file(at=MONDAY + n % 12 * 3 * HALF, impact="question", title=f"Case {n}")
        if n % 3 == 1:
            verbs.note(case.pk, text="Looked.", by=cast.mate, at=MONDAY + DAY + n * HALF)
        if n % 3 == 2:
            verbs.withdraw(case.pk, by=case.customer, at=MONDAY + 2 * DAY) if n % 2 else settle(case, MONDAY + 2 * DAY)
        if n % 8 == 4:
            verbs.reply(case.pk, text="Hello?", by=case.customer, at=MONDAY + 2 * DAY + HALF)
        made.append(case)
    return made


@pytest.mark.parametrize("hours", [1, 8, 16, 20, 25])
def test_the_list_equals_independent_sql(cast, floor, hours):
    Case.objects.update(severity=4)  # every row of the matrix at this severity counts by office hours
    found = {one.case for one in listed(cast, hours=hours)}
    assert found == by_sql(NOW, hours)
    assert found or hours > 20


def test_the_independent_sql_tells_cases_apart(cast, floor):
    Case.objects.update(severity=4)
    sizes = [len(by_sql(NOW, hours)) for hours in (1, 8, 16, 20, 25, 40)]
    assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) > 3 and sizes[-1] == 0


def test_a_case_at_the_very_hour_is_on_it_and_a_second_earlier_is_not(cast):
    case = cast.file(at=MONDAY, impact="question")
    Case.objects.update(severity=4)
    # 10:00 to 17:30, then 09:00 to 17:30: sixteen working hours.
    then = MONDAY + DAY + 15 * HALF
    assert [(one.case, one.seconds) for one in listed(cast, then)] == [(case.pk, 16 * 3600)]
    assert listed(cast, then - timedelta(seconds=1)) == []


def test_who_waits_for_the_customer_and_who_was_looked_at_is_not_on_it(cast):
    waiting, noted, left = (bring(cast, state) for state in (State.WAITING_CUSTOMER, State.WORKING, State.WORKING))
    do(cast, noted, "note", after=2 * DAY)
    assert [one.case for one in listed(cast)] == [left.pk]
    assert Case.objects.get(pk=waiting.pk).state == State.WAITING_CUSTOMER


def test_a_critical_case_counts_round_the_clock(cast):
    case = cast.file(at=MONDAY)
    Case.objects.filter(pk=case.pk).update(severity=1)
    assert [one.case for one in listed(cast, MONDAY + timedelta(hours=16))] == [case.pk]


def test_practice_and_history_are_not_on_it(cast):
    drill, past = cast.file(at=MONDAY), cast.file(at=MONDAY)
    Case.everything.filter(pk=drill.pk).update(is_drill=True)
    Case.everything.filter(pk=past.pk).update(is_history=True)
    assert listed(cast) == []
