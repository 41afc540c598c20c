"""A run over many cases that two workers do at once, and a form that is sent twice in one instant."""

import pytest

from cases.models import Event
from escalation.models import BulkRun
from feedback import bulk
from portal.console import bulk_run
from tests.cast import gather
from tests.portal.console import stories
from tests.races import outcomes

pytestmark = pytest.mark.postgres


@pytest.fixture
def story(transactional_db, go):
    cast = gather()
    go(stories.minutes(30))
    cast.cases = [stories.acknowledged(cast, title=f"Case {n}") for n in range(8)]
    return cast


def test_two_workers_share_the_rows_and_each_case_has_one_event(story):
    ids = [case.pk for case in story.cases]
    seen = bulk.preview("take", ids, {}, by=story.supervisor, at=stories.minutes(30))
    run = bulk.begin("take", seen.able, {}, form_key="k", by=story.supervisor, at=stories.minutes(30))
    results = outcomes(*[lambda: bulk_run.run(run.pk)] * 3)
    assert results == [None] * 3
    assert sorted(Event.objects.filter(kind="handed_over").values_list("case", flat=True)) == sorted(ids)
    assert set(run.rows.values_list("state", flat=True)) == {"done"}
    run.refresh_from_db()
    assert run.state == BulkRun.State.DONE


def test_a_form_sent_twice_in_one_instant_is_one_run(story):
    ids = [case.pk for case in story.cases]
    seen = bulk.preview("remind", ids, {}, by=story.supervisor, at=stories.minutes(30))
    asked = {"form_key": "k", "by": story.supervisor, "at": stories.minutes(30)}
    runs = outcomes(*[lambda: bulk_run.ask("remind", seen.able, {}, **asked)] * 2)
    assert len({run.pk for run in runs}) == BulkRun.objects.count() == 1
    assert Event.objects.filter(kind="reminded").count() == len(ids)
