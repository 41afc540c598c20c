"""The cast, and the doors' clock put to a Monday and back."""

import shutil
from datetime import timedelta

import pytest
from django.test import Client, override_settings

from portal import clock
from tests.cast import gather
from tests.portal.pages.scene import LOOK, look_at
from tests.portal.pages.stage import Stage
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


@pytest.fixture(scope="session")
def made_up_catalogue(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made-up")
    write_catalogue(folder, CODE)
    return folder


@pytest.fixture
def spoken(settings, made_up_catalogue):
    """The made-up language is the one there is."""
    settings.LANGUAGES = [("en-gb", "English"), (CODE, "Made up")]
    settings.LOCALE_PATHS = [made_up_catalogue]
    return CODE


@pytest.fixture(scope="module")
def kept_stage(kept, tmp_path_factory):
    """The cast and a stage for all tests of a module, set up a minute before they look; and the folder of its files."""
    cast, folder = gather(), tmp_path_factory.mktemp("stage")
    look_at(LOOK - timedelta(minutes=1))
    with override_settings(DATA_DIR=folder):
        made = Stage(cast)
    clock.travel(timedelta())
    return cast, made, folder


@pytest.fixture
def stage(kept_stage, db, settings, tmp_path):
    """The module's stage as it was set up, whatever the tests before did to its rows, browsers and files."""
    _, made, folder = kept_stage
    settings.DATA_DIR = tmp_path / "data"
    shutil.copytree(folder, settings.DATA_DIR)
    return made.anew()
