"""The story of the figures and the crowds of topics, told once a module: nothing of them is changed by looking."""

import pytest

from tests.feedback.crowd import telling_of_crowds
from tests.feedback.story import telling


@pytest.fixture(scope="module")
def story(django_db_setup, django_db_blocker):
    with telling(django_db_blocker) as told:
        yield told


@pytest.fixture(scope="module")
def crowd(django_db_setup, django_db_blocker):
    with telling_of_crowds(django_db_blocker) as told:
        yield told
