"""The story is told once for all tests of a module and undone at its end: nothing of it is changed by looking."""

import pytest
from django.db import transaction

from tests.cast import gather
from tests.feedback.story import Story


@pytest.fixture(scope="module")
def story(django_db_setup, django_db_blocker):
    """The told story, inside a transaction that is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Story(gather())
        transaction.set_rollback(True)
