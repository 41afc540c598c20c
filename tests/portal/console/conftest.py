"""A console with a cast, a clock that stands where the story is, and people signed in."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from escalation.models import Heartbeat
from portal import clock
from tests.cast import MONDAY, gather
from tests.portal.console.protocol_stories import author


@pytest.fixture(autouse=True)
def console_only(settings):
    settings.ROOT_URLCONF = "tests.portal.console.urls"


@pytest.fixture
def cast(db):
    return gather()


@pytest.fixture
def go():
    """Moves the doors' clock to an instant; a healthy engine has just gone round there."""

    def move(instant):
        clock.travel(instant - timezone.now())
        for role in ("beat", "letters"):
            Heartbeat.objects.update_or_create(role=role, defaults={"last_loop": instant, "last_success": instant})

    yield move
    clock.travel(timedelta())


@pytest.fixture
def monday(go, db):
    """Monday 10:30, half an hour after MONDAY."""
    go(MONDAY + timedelta(minutes=30))


@pytest.fixture
def signed_in():
    """A client of a person."""

    def client(user):
        client = Client()
        client.force_login(user)
        return client

    return client


@pytest.fixture
def nora(cast, monday):
    """Writes protocols."""
    return author("nora@example.com", "Nora Author")


@pytest.fixture
def omar(cast, monday):
    """Writes protocols, too: the second person."""
    return author("omar@example.com", "Omar Second")


@pytest.fixture
def desk(signed_in, nora):
    return signed_in(nora)


@pytest.fixture
def everything():
    """All rows of our rooms, to see that nothing was written."""

    def rows():
        models = [
            m for room in ("cases", "escalation", "feedback", "admin") for m in apps.get_app_config(room).get_models()
        ]
        found = {m._meta.label: list(m._base_manager.order_by("pk").values()) for m in models}
        # Tries are counted, and that a form was sent is on record: neither is a change of what the form is about.
        for beside in ("cases.Tally", "cases.StaffAct"):
            found.pop(beside, None)
        return found

    return rows
