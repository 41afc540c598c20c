"""The story of the figures and the crowds of topics, told once a module: nothing of them is changed by looking."""

import pytest

from feedback.facts import build
from tests.feedback.crowd import telling_of_crowds
from tests.feedback.story import AT, telling


def counted() -> None:
    """As the engine does."""
    while build.take_touched(AT):
        pass


@pytest.fixture(scope="module")
def story(django_db_setup, django_db_blocker):
    with telling(django_db_blocker) as told:
        counted()
        yield told


@pytest.fixture(scope="module")
def crowd(django_db_setup, django_db_blocker):
    with telling_of_crowds(django_db_blocker) as told:
        counted()
        yield told
