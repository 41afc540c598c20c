"""The cast, and the doors' clock put to a Monday and back."""

from datetime import timedelta

import pytest
from django.test import Client

from portal import clock
from tests.cast import gather
from tests.portal.pages.scene import LOOK, look_at
from tests.pseudo import CODE, write_catalogue


@pytest.fixture
def cast(db):
    return gather()


@pytest.fixture(autouse=True)
def monday():
    look_at(LOOK)
    yield
    clock.travel(timedelta())


@pytest.fixture
def sam(cast):
    """The customer's browser, signed in."""
    client = Client()
    client.force_login(cast.customer)
    return client


@pytest.fixture
def spoken(settings, tmp_path):
    """The made-up language is the one there is."""
    write_catalogue(tmp_path, CODE)
    settings.LANGUAGES = [("en-gb", "English"), (CODE, "Made up")]
    settings.LOCALE_PATHS = [tmp_path]
    return CODE
