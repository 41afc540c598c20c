"""What the customer reads of the plan: how many steps are done, never what they are, at the price of no query."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from cases.models import Task
from escalation import verbs
from portal.presenters.plan import plan_line
from tests.portal.pages.scene import answered, step, working
from tests.portal.pages.test_case_page import text_of


@pytest.fixture
def case(cast):
    return working(cast)


def add(cast, case, text, minute, **more):
    due = step(600)
    verbs.add_task(case.pk, text=text, due_at=due, by=cast.tiers[1], at=step(minute), **more)
    return Task.objects.get(case=case, text=text)


def page(sam, case):
    return sam.get(f"/c/{case.reference}/")


def test_nothing_is_said_without_a_plan(cast, sam, case):
    assert page(sam, case).context["plan"] == ""
    add(cast, case, "Only for us", 20, shown=False)
    assert page(sam, case).context["plan"] == ""


def test_three_of_five(cast, sam, case):
    tasks = [add(cast, case, f"Secret thing {n}", 20 + n) for n in range(6)]
    add(cast, case, "Only for us", 30, shown=False)
    for n, task in enumerate(tasks[:3]):
        verbs.finish_task(case.pk, task=task.pk, by=cast.tiers[1], at=step(31 + n))
    verbs.drop_task(case.pk, task=tasks[5].pk, reason="No.", by=cast.tiers[1], at=step(40))
    body = text_of(page(sam, case))
    assert "3 of 5 steps done" in body
    assert "Secret" not in body and "Only for us" not in body


def test_it_costs_no_query(cast, sam, case):
    with CaptureQueriesContext(connection) as bare:
        page(sam, case)
    for n in range(5):
        add(cast, case, f"Thing {n}", 20 + n)
    with CaptureQueriesContext(connection) as planned:
        page(sam, case)
    assert len(planned) == len(bare) <= 8


def test_a_change_of_the_plan_ends_the_stored_page(cast, sam, case):
    task = add(cast, case, "Thing", 20)
    etag = page(sam, case)["ETag"]
    verbs.finish_task(case.pk, task=task.pk, by=cast.tiers[1], at=step(21))
    fresh = sam.get(f"/c/{case.reference}/", headers={"if-none-match": etag})
    assert fresh.status_code == 200 and "1 of 1 step done" in text_of(fresh)


def test_once_it_has_ended_there_is_no_count(cast, sam):
    case = answered(cast)
    add(cast, case, "Thing", 60)
    assert page(sam, case).context["plan"] == "Our plan: 0 of 1 step done"
    verbs.accept(case.pk, by=cast.customer, at=step(70))
    assert page(sam, case).context["plan"] == ""


def test_a_case_read_without_its_plan_says_nothing(cast, case):
    with translation.override("en"):
        assert plan_line(case) == ""
