"""A mail server that goes away, refuses one address or hangs: nothing is lost, nothing doubled, everything visible."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime, timedelta

import pytest

from escalation import outbox
from escalation.models import Notice
from tests.faults.conftest import file_cases
from tests.faults.test_beats import drained

pytestmark = [pytest.mark.postgres, pytest.mark.faults]


def test_mail_refused_for_a_while_is_sent_later_once(cast, engine, sink):
    """421 for everything, then well again (fault 4)."""
    sink.refuse = "421 later please"
    due = file_cases(cast, 40)
    engine.move_clock(due - datetime.now(UTC))
    beat = engine.start()
    until = time.monotonic() + 60
    while time.monotonic() < until and not Notice.objects.filter(tries__gte=2).exists():
        time.sleep(0.2)
    beat.send_signal(signal.SIGTERM)
    beat.wait(20)
    assert not sink.ids
    assert Notice.objects.filter(state="sent").count() == 0
    sink.refuse = ""
    Notice.objects.filter(state="sending").update(state="waiting")
    drained(engine)
    assert set(Notice.objects.values_list("state", flat=True)) <= {"sent", "cancelled"}
    assert max(sink.ids.values()) == 1


def test_a_letter_refused_for_good_is_dead_at_once_and_visible(cast, engine, sink):
    """550: no second try, and a supervisor can see it and send it again."""
    sink.refuse = "550 no such mailbox"
    file_cases(cast, 1)
    engine.move_clock(timedelta())
    engine.start("--once").wait(30)
    receipt = Notice.objects.get(kind="received")
    assert (receipt.state, receipt.tries) == ("dead", 1)
    assert "550" in receipt.error
    sink.refuse = ""
    assert outbox.send_again(receipt.pk, datetime.now(UTC))
    engine.start("--once").wait(30)
    receipt.refresh_from_db()
    assert receipt.state == "sent"
