"""What customers do beside a case's clocks is written after what fell due, so that no case ever stands still for it."""

from datetime import timedelta

import pytest

from cases.lifecycle import State
from cases.models import Case, Event, Participant
from escalation import sharing, verbs
from escalation.models import Promise
from escalation.receipts import correct_address
from tests.escalation.sound import assert_sound
from tests.escalation.stories import MINUTE, bring, settle

LATE = timedelta(seconds=2)


@pytest.fixture
def case(cast, settings):
    settings.SHARE_CASES = True
    return bring(cast, State.WORKING)


def assert_broken_and_alive(case: Case, due) -> None:
    """The missed promise is on record with its own instant, and the case still takes acts."""
    case = assert_sound(settle(case, due + MINUTE))
    assert case.tier == 2
    assert Promise.objects.get(case=case, due_at=due).status == Promise.Status.BROKEN


def test_a_person_added_after_a_time_fell_due(cast, case):
    due = case.promise_at
    sharing.add(case, "helper@example.net", by=cast.customer, at=due + LATE)
    assert_broken_and_alive(case, due)
    verbs.reply(case.pk, text="Hello?", by=cast.customer, at=due + 2 * MINUTE)


def test_a_person_removed_after_a_time_fell_due(cast, case):
    sharing.add(case, "helper@example.net", by=cast.customer, at=case.promise_at - MINUTE)
    due = Case.objects.get(pk=case.pk).promise_at
    sharing.remove(case, Participant.objects.get(case=case).pk, by=cast.customer, at=due + LATE)
    assert_broken_and_alive(case, due)


def test_an_address_corrected_after_a_time_fell_due(cast):
    case = cast.file(proven=False)
    due = Case.objects.get(pk=case.pk).promise_at
    correct_address(case, "right@example.com", at=due + LATE)
    assert_broken_and_alive(case, due)
    verbs.note(case.pk, text="Seen.", by=cast.supervisor, at=due + 2 * MINUTE)


def test_who_read_the_time_before_a_quicker_one_comes_after_them(cast, case):
    last = Event.objects.filter(case=case).latest("seq").occurred_at
    sharing.add(case, "helper@example.net", by=cast.customer, at=last - timedelta(milliseconds=5))
    assert_sound(Case.objects.get(pk=case.pk))


def test_a_server_far_behind_is_refused_and_nothing_changes(cast, case):
    last = Event.objects.filter(case=case).latest("seq").occurred_at
    with pytest.raises(verbs.Refused, match="clock is behind"):
        sharing.add(case, "helper@example.net", by=cast.customer, at=last - timedelta(minutes=5))
    assert not Participant.objects.exists()
