"""A time that was moved, on the customer's page: the old one, the new one, by whom and why."""

import re
from datetime import timedelta

from django.test import Client
from django.utils.timezone import localtime

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
    before, after = f"{localtime(case.promise_at):%H:%M}", f"{localtime(wanted):%H:%M}"
    client = Client()
    client.force_login(cast.customer)
    page = client.get(f"/c/{case.reference}/").content.decode()
    assert re.search(rf"{case.owner.first_name} gave you a new time: [^<]*{after} instead of [^<]*{before}", page)
    assert "The carrier needs longer." in page
