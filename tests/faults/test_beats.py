"""Beats side by side and beats killed: each missed clock climbs once, each notice leaves once, nothing is half done."""

from __future__ import annotations

import random
import signal
import time
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.db.models import Count

from cases.models import Case, Event
from escalation.models import Notice, StageClock
from tests.faults.conftest import file_cases

pytestmark = [pytest.mark.postgres, pytest.mark.faults]


def disagreements() -> dict[str, int]:
    """Cases in which state, event, clock, promise or notice of a climb are there without the others."""
    climbed = set(Case.objects.filter(state="escalated", tier=2).values_list("pk", flat=True))
    evented = set(Event.objects.filter(kind="missed").values_list("case_id", flat=True))
    clocked = set(StageClock.objects.filter(kind="review", outcome="missed").values_list("case_id", flat=True))
    waiting = set(StageClock.objects.filter(kind="acknowledge", outcome=None).values_list("case_id", flat=True))
    told = set(Notice.objects.filter(kind="promise_broken").values_list("case_id", flat=True))
    twice = Event.objects.filter(kind="missed").values("case").annotate(n=Count("pk")).filter(n__gt=1).count()
    return {
        "state without event": len(climbed ^ evented),
        "clock without event": len(clocked ^ evented),
        "no next promise": len(waiting ^ evented),
        "notice without event": len(told ^ evented),
        "climbed twice": twice,
    }


def assert_agree() -> None:
    assert not any(disagreements().values()), disagreements()


def drained(engine, limit: float = 120) -> None:
    """Runs one beat until nothing is owed."""
    beat = engine.start()
    until = time.monotonic() + limit
    while time.monotonic() < until:
        owed = Notice.objects.filter(state__in=Notice.PENDING).exists()
        if not owed and not Case.objects.filter(state="new").exists():
            break
        time.sleep(0.2)
    beat.send_signal(signal.SIGTERM)
    assert beat.wait(20) == 0


def test_four_beats_at_once_climb_each_case_once_and_send_each_notice_once(cast, engine, sink):
    """1,000 missed clocks, four beats starting together (acceptance item 17)."""
    due = file_cases(cast, 1000)
    engine.move_clock(due - datetime.now(UTC))
    beats = [engine.start() for _ in range(4)]
    until = time.monotonic() + 240
    while time.monotonic() < until and (
        Case.objects.filter(state="new").exists() or Notice.objects.filter(state__in=Notice.PENDING).exists()
    ):
        time.sleep(0.3)
    for beat in beats:
        beat.send_signal(signal.SIGTERM)
        assert beat.wait(30) == 0, beat.communicate()[0][-3000:]
    assert_agree()
    assert Event.objects.filter(kind="missed").count() == 1000
    assert Case.objects.filter(tier=2, state="escalated").count() == 1000
    assert set(Notice.objects.values_list("state", flat=True)) <= {"sent", "cancelled"}
    sent = Notice.objects.filter(state="sent").count()
    assert len(sink.ids) == sent
    assert max(sink.ids.values()) == 1


def test_a_beat_killed_six_times_leaves_nothing_half_done(cast, engine, sink, seeds):
    """SIGKILL at random instants, with the moment between writes made wider by the database itself."""
    due = file_cases(cast, 400)
    engine.move_clock(due - datetime.now(UTC))
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION slow_row() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_sleep(0.002); RETURN NEW; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER slow_notice BEFORE INSERT ON escalation_notice FOR EACH ROW EXECUTE FUNCTION slow_row()"
        )
    killed = 0
    try:
        for seed in seeds:
            chance = random.Random(seed)
            for _ in range(6):
                beat = engine.start()
                time.sleep(chance.uniform(1.0, 3.5))
                beat.send_signal(signal.SIGKILL)
                beat.wait(10)
                killed += 1
                assert_agree()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER slow_notice ON escalation_notice")
    # A dead worker's lease runs out; until then nobody else touches its notices.
    Notice.objects.filter(state="sending").update(lease_until=datetime.now(UTC))
    drained(engine)
    assert_agree()
    assert Event.objects.filter(kind="missed").count() == 400
    assert set(Notice.objects.values_list("state", flat=True)) <= {"sent", "cancelled"}
    assert len(sink.ids) == Notice.objects.filter(state="sent").count()
    # Only a kill between the server's 250 and our mark costs a copy, and it carries the same Message-ID.
    assert sum(sink.ids.values()) - len(sink.ids) <= killed
