"""A cast, a portal that takes mail in, and the doors' clock on a Monday."""

from datetime import timedelta

import pytest

from portal import clock
from tests.cast import gather
from tests.portal.pages.scene import LOOK, look_at


@pytest.fixture
def cast(db):
    return gather()


@pytest.fixture(autouse=True)
def takes_mail(settings):
    settings.INBOUND_URL, settings.INBOUND_ADDRESS = "imap://in:pass@127.0.0.1:1/INBOX", "support@milepost.localhost"
    look_at(LOOK)
    yield
    clock.travel(timedelta())
