"""Two people who write rules in the same moment: one of them gets a sentence, and nothing is half done."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from escalation import calendar_versions, publishing
from escalation.models import CalendarVersion, ProtocolVersion
from escalation.publishing import NotPublishable
from tests.cast import MONDAY, gather

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(transactional_db):
    """The flush before has taken the shipped protocol away, so it is put back."""
    return gather()


def meanwhile(first, second):
    """Does `first` and, before it is committed, `second` in another session; what second returned, or its sentence."""
    found: list = []

    def run():
        try:
            found.append(second())
        except NotPublishable as why:
            found.append(str(why))
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        made = first()
        thread.start()
        thread.join(1)
        assert thread.is_alive(), "the second waits for the first"
    thread.join(20)
    (answer,) = found
    return made, answer


def test_two_first_drafts_of_a_new_key_at_once(cast):
    document = publishing.in_force(ProtocolVersion, "five-tier").document

    def draw_up(by):
        return lambda: publishing.draft(ProtocolVersion, "brand-new", document=document, by=by, at=MONDAY)

    made, answer = meanwhile(draw_up(cast.supervisor), draw_up(cast.manager))
    assert answer == (
        "Somebody drew up the first version of “brand-new” at the same moment. "
        "Look at theirs before you send yours again."
    )
    assert list(ProtocolVersion.objects.filter(key="brand-new")) == [made]


def test_two_new_calendars_of_one_name_at_once(cast):
    document = publishing.in_force(CalendarVersion, "office").document

    def found(by):
        return lambda: calendar_versions.found("berlin", document, by=by, at=MONDAY)

    made, answer = meanwhile(found(cast.supervisor), found(cast.manager))
    assert "at the same moment" in answer
    assert list(CalendarVersion.objects.filter(key="berlin")) == [made]


def test_two_drafts_of_a_key_in_use_get_a_number_each(cast):
    def draw_up(by):
        return lambda: publishing.draft(ProtocolVersion, "five-tier", by=by, at=MONDAY)

    first, second = meanwhile(draw_up(cast.supervisor), draw_up(cast.manager))
    assert (first.number, second.number) == (2, 3)
