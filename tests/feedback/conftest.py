"""The story of the figures, told once a module: nothing of it is changed by looking."""

import pytest

from tests.feedback.story import telling


@pytest.fixture(scope="module")
def story(django_db_setup, django_db_blocker):
    with telling(django_db_blocker) as told:
        yield told
