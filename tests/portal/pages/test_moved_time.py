"""A time that was moved, on the customer's page: the new one, by whom and why."""

from datetime import timedelta

from django.test import Client

from escalation import verbs
from portal import clock
from tests.portal.pages.scene import working


def test_the_page_says_the_new_time_and_why(cast):
    case = working(cast)
    wanted = (case.promise_at + timedelta(minutes=5)).replace(second=0, microsecond=0)
    moved = verbs.move_promise(
        case.pk, next_at=wanted, reason="The carrier needs longer.", by=case.owner, at=clock.now()
    )
    assert moved.promise_at == wanted
    client = Client()
    client.force_login(cast.customer)
    page = client.get(f"/c/{case.reference}/").content.decode()
    assert f"{case.owner.first_name} gave you a new time: " in page and "The carrier needs longer." in page
