"""The told story with its facts counted, looked at by everybody on the day after its period."""

from datetime import timedelta

import pytest

from feedback.facts import build
from portal import clock
from tests.feedback.story import AT, telling
from tests.portal.insights.scene import browsers_of
from tests.portal.pages.scene import look_at


@pytest.fixture(scope="module")
def story(django_db_setup, django_db_blocker):
    with telling(django_db_blocker) as told:
        while build.take_touched(AT):
            pass
        yield told


@pytest.fixture(scope="module")
def looking_at():
    """The instant it is looked at; modules that tell more say another."""
    return AT


@pytest.fixture(autouse=True)
def looked_at(looking_at):
    look_at(looking_at)
    yield
    clock.travel(timedelta())


@pytest.fixture
def browsers(story):
    return browsers_of(story.cast)


@pytest.fixture
def manager(browsers):
    return browsers["manager"]


@pytest.fixture
def supervisor(browsers):
    return browsers["supervisor"]
