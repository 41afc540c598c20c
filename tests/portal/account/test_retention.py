"""Once a day what is only kept for a time goes; on every other round it costs nothing."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.models import AccessLink, DataCopy, FormKey, Participant, Tally
from escalation.models import BulkRow, BulkRun, Heartbeat
from portal import beat, clock
from portal.keeping import retention
from tests.portal.pages.scene import look_at, working


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def fill(cast, at):
    """Of each class one row whose time is over and one whose time is not."""
    case = working(cast)
    for days in (-40, 40):
        then = at + timedelta(days=days)
        FormKey.objects.create(key=f"key {days}", case=case, used_at=then)
        Tally.objects.create(key=f"count {days}", window_ends=then, count=1)
        AccessLink.issue("follow", case, user=cast.customer, at=then, lasts=timedelta(minutes=1))
    DataCopy.objects.create(user=cast.customer, asked_at=at - timedelta(days=100), heard_at=at, state="gone")
    DataCopy.objects.create(user=cast.customer, asked_at=at, heard_at=at, state="gone")
    for who, days, joined in ((cast.other, 31, None), (cast.manager, 29, None), (cast.mate, 31, at)):
        then = {"asked_at": at - timedelta(days=days), "joined_at": joined}
        Participant.objects.create(case=case, user=who, address=who.email, **then)
    for number, days in enumerate((366, 364, None)):
        over = {"finished_at": at - timedelta(days=days), "state": "done"} if days else {}
        run = {"key": f"run {number}", "act": "remind", "asked_by": cast.supervisor}
        run = BulkRun.objects.create(**run, asked_at=at - timedelta(days=400), heard_at=at, **over)
        BulkRow.objects.create(run=run, case=case, seen=1)
    for seconds in (-60, 3600):
        session = SessionStore()
        session["of"] = seconds
        session.save()
        Session.objects.filter(pk=session.session_key).update(expire_date=timezone.now() + timedelta(seconds=seconds))


def counts():
    tables = (FormKey, Tally, AccessLink, DataCopy, Session, Participant, BulkRun, BulkRow)
    return [table.objects.count() for table in tables]


def test_what_is_over_goes_and_the_rest_stays(cast):
    at = max(clock.now(), timezone.now())
    look_at(at)
    fill(cast, at)
    made = counts()
    beat.beat(beat.ROLE)
    beat.beat(beat.KEEPING)
    assert [before - after for before, after in zip(made, counts(), strict=True)] == [1, 1, 1, 1, 1, 1, 1, 1]
    assert Heartbeat.objects.get(role=retention.ROLE).last_loop >= at


def test_it_is_done_once_a_day(cast):
    at = clock.now()
    beat.beat(beat.ROLE)
    beat.beat(beat.KEEPING)
    FormKey.objects.create(key="old", used_at=at - timedelta(days=90))
    beat.beat(beat.KEEPING)
    assert FormKey.objects.filter(key="old").exists()
    look_at(at + timedelta(days=1, minutes=1))
    beat.beat(beat.KEEPING)
    assert not FormKey.objects.filter(key="old").exists()


def test_with_nothing_due_a_hand_asks_one_question(cast):
    for _ in range(3):
        beat.beat()
    for role in beat.HANDS:
        with CaptureQueriesContext(connection) as asked:
            beat.beat(role, heart=False)
        questions = [q["sql"] for q in asked if "clock_timestamp" not in q["sql"]]
        assert len(questions) == 1, (role, questions)


def test_more_than_a_batch_goes_in_one_round(cast, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 3)
    beat.beat(beat.ROLE)
    old = clock.now() - timedelta(days=90)
    FormKey.objects.bulk_create(FormKey(key=f"old {n}", used_at=old) for n in range(10))
    beat.beat(beat.KEEPING)
    assert not FormKey.objects.exists()
