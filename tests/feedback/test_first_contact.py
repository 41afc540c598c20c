"""Fixed at first contact: by hand, on each road once, and a second time from the messages over generated cases."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from feedback.figures import EVERYTHING, Scope
from feedback.first_contact import STAYS, cases_behind, first_contact
from feedback.intervals import Share
from tests.feedback import story as told
from tests.feedback.story import AT, PERIOD

pytestmark = pytest.mark.django_db


class TestByHand:
    def test_the_story(self, story):
        found = first_contact(PERIOD, at=AT)
        assert (found.now, found.before) == (told.AT_FIRST, told.AT_FIRST_BEFORE)
        assert (found.by_topic, found.young) == (told.AT_FIRST_TOPICS, told.YOUNG)
