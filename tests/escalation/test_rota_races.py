"""A case given to somebody in the very moment in which their account is closed: refused, or freed by the sweep."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from cases.models import Case, User
from escalation import verbs
from escalation.sweep import free_ownerless
from escalation.verbs import Refused, leaving
from tests.cast import MONDAY, gather
from tests.escalation.sound import assert_sound

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
LATER = MONDAY + timedelta(minutes=5)


def beside(work) -> tuple[threading.Thread, list]:
    """`work` in a thread with a connection of its own; what it returned or raised is in the list."""
    found: list = []

    def run():
        try:
            found.append(work())
        except Refused as why:
            found.append(str(why))
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, found


def test_a_case_on_its_way_while_the_account_is_closed_is_freed_by_the_sweep():
    """The other session's case cannot be seen yet, so the account is closed; the engine finds what came after."""
    cast = gather()
    case = cast.file()
    with transaction.atomic():
        verbs.hand_over(case.pk, to=cast.mate, note="Yours.", by=cast.supervisor, at=LATER)
        thread, found = beside(lambda: leaving.deactivate(cast.mate, by=cast.supervisor, at=LATER))
        thread.join(20)
        assert found == [None]
    assert Case.objects.get(pk=case.pk).owner == cast.mate
    assert free_ownerless(LATER) == 1
    freed = assert_sound(case)
    assert (freed.owner, freed.team) == (None, cast.teams[1])
    assert freed.alerts.filter(kind="owner_lost", cleared_at__isnull=True).count() == 1


def test_once_the_case_has_arrived_the_account_stays_open():
    cast = gather()
    case = cast.file()
    verbs.hand_over(case.pk, to=cast.mate, note="Yours.", by=cast.supervisor, at=LATER)
    thread, found = beside(lambda: leaving.deactivate(cast.mate, by=cast.supervisor, at=LATER))
    thread.join(20)
    assert found == ["Ana Mate owns 1 open case. Hand it over first."]
    assert User.objects.get(pk=cast.mate.pk).is_active


def test_a_case_given_while_the_account_is_being_closed_is_freed_by_the_sweep():
    cast = gather()
    case = cast.file()
    with transaction.atomic():
        leaving.deactivate(cast.mate, by=cast.supervisor, at=LATER)
        mate = User.objects.get(pk=cast.mate.pk)
        mate.is_active = True  # as the other session still sees it
        thread, _ = beside(lambda: verbs.hand_over(case.pk, to=mate, note="Yours.", by=cast.supervisor, at=LATER))
        thread.join(1)
        assert thread.is_alive(), "it waits for the account"
    thread.join(20)
    free_ownerless(LATER)
    assert Case.objects.get(pk=case.pk).owner is None
    assert assert_sound(case).team == cast.teams[1]
