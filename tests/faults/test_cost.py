"""Cost follows what is due, never the number of open cases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case, Category
from escalation import sweep, verbs
from tests.cast import MONDAY, gather

pytestmark = pytest.mark.postgres


def _open_cases(cast, count: int, at: datetime) -> list[Case]:
    told = verbs.Told("Charged twice", "Two payments.", Category.objects.get(slug="billing"), "loss")
    made: list[Case] = []
    for start in range(0, count, 500):
        made += verbs.file_many([(told, cast.customer)] * min(500, count - start), at=at)
    return made


def _sweep_queries(now: datetime) -> int:
    with CaptureQueriesContext(connection) as captured:
        done = sweep.sweep_batch(now)
    assert done == 100
    return len(captured)


@pytest.mark.django_db
@pytest.mark.faults
def test_a_sweep_over_100_000_open_cases_costs_the_queries_of_one_over_1_000():
    """100 due of 1,000 open, then 100 due of 100,000 open: the same number of queries."""
    cast = gather()
    due_at = _open_cases(cast, 100, MONDAY)[0].promise_at + timedelta(seconds=1)
    _open_cases(cast, 900, due_at)
    few = _sweep_queries(due_at)
    later = due_at + timedelta(days=1)
    Case.objects.filter(wake_at__isnull=False).update(wake_at=later + timedelta(days=30))
    due_again = _open_cases(cast, 100, later)[0].promise_at + timedelta(seconds=1)
    _open_cases(cast, 98_900, due_again)
    assert Case.objects.open().count() == 100_000
    many = _sweep_queries(due_again)
    assert many == few
