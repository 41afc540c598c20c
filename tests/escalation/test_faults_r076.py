"""R076: three faults put in by hand, and a case put to sleep by a raw UPDATE: each is an alarm within two rounds of the beat."""

from datetime import timedelta

import pytest
from django.db import connection

from cases.lifecycle import State
from cases.models import Case, Team
from escalation.models import Alert, Heartbeat, StageClock
from portal import clock
from portal.beat import HANDS, ROLE, Round, silent, write_heartbeat
from portal.health import healthz
from tests.escalation.stories import bring, now_of

MINUTE = timedelta(minutes=1)


@pytest.fixture
def rounds(monkeypatch):
    """Two rounds of the beat's own hand at an instant, as `manage.py beat` makes them, on that instant's clock."""

    def go(at):
        for n in range(2):
            now = at + n * MINUTE
            for step in HANDS[ROLE]:
                while step.name != "anchor" and step.work(now):
                    pass
            write_heartbeat(ROLE, Round(now))
        return now

    return go


def alarms(case):
    return set(Alert.objects.filter(case=case, cleared_at__isnull=True).values_list("kind", flat=True))


def has_a_clock(case):
    case = Case.objects.get(pk=case.pk)
    return case.wake_at is not None and StageClock.objects.filter(case=case, outcome__isnull=True).exists()


def test_the_team_of_a_higher_level_is_deleted(cast, rounds):
    """The level counts as empty: the case goes past it, in red, and keeps its owner's team or the next one."""
    case = bring(cast, State.WORKING)
    Team.objects.filter(pk=cast.teams[2].pk).delete()
    due = StageClock.objects.get(case=case, kind="update", outcome__isnull=True).due_at
    rounds(due + MINUTE)
    case = Case.objects.get(pk=case.pk)
    assert "empty_level" in alarms(case)
    assert case.tier == 3 and case.team == cast.teams[3] and has_a_clock(case)


@pytest.mark.parametrize("how", ["deactivated", "gone from the staff, too"])
def test_the_owner_is_gone(cast, rounds, how):
    case = bring(cast, State.WORKING)
    owner = Case.objects.get(pk=case.pk).owner
    type(owner).objects.filter(pk=owner.pk).update(
        is_active=False, **({"is_staff": False} if how != "deactivated" else {})
    )
    rounds(now_of(case) + MINUTE)
    case = Case.objects.get(pk=case.pk)
    assert "owner_lost" in alarms(case)
    assert case.owner is None and case.team_id is not None and has_a_clock(case)


def test_an_owner_who_still_has_cases_cannot_be_deleted(cast):
    case = bring(cast, State.WORKING)
    owner = Case.objects.get(pk=case.pk).owner
    with pytest.raises(Exception, match="protected"):
        owner.delete()
    assert Case.objects.get(pk=case.pk).owner == owner


def test_the_beat_is_killed(cast, rounds, rf):
    """Its silence is an alarm on every page and for probes; when it comes back, what fell due meanwhile is caught up with."""
    case = bring(cast, State.WORKING)
    last = rounds(now_of(case))
    write_heartbeat("letters", Round(last + timedelta(hours=30)))
    assert silent(last + MINUTE) == []
    assert [one.role for one in silent(last + 3 * MINUTE)] == [ROLE]
    due = StageClock.objects.get(case=case, kind="update", outcome__isnull=True).due_at
    clock.travel(due + MINUTE - clock.now())
    try:
        assert healthz(rf.get("/healthz")).status_code == 503
    finally:
        clock.travel(timedelta())
    rounds(due + MINUTE)
    case = Case.objects.get(pk=case.pk)
    assert case.state == State.ESCALATED and has_a_clock(case)
    assert Heartbeat.objects.get(role=ROLE).last_success == due + 2 * MINUTE


def test_a_case_put_to_sleep_by_hand_is_an_alarm(cast, rounds):
    case = bring(cast, State.WORKING)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET wake_at = NULL WHERE id = %s", [case.pk])
    rounds(now_of(case) + MINUTE)
    assert "no_clock" in alarms(case)


def test_without_a_fault_two_rounds_alarm_nobody(cast, rounds):
    case = bring(cast, State.WORKING)
    rounds(now_of(case) + MINUTE)
    assert alarms(case) == set()
