"""Early pytest plugin (-p): fixes the suite's environment and database before Django reads its settings.

MILEPOST_TEST_DB or --test-db says sqlite (default) or postgres; a DATABASE_URL that is set already wins.
"""

import os
import shutil
import tempfile

import pytest

from tests.plugins.postgres import KeptServer, NoPostgres

OWN = pytest.StashKey[list]()
# What a developer's shell may hold, and a test must not depend on.
NOT_INHERITED = (
    "DEBUG", "PORT", "BIND", "BASE_URL", "EMAIL_URL", "ALLOWED_HOSTS", "PROXY_COUNT", "DATABASE_POOL", "BRAND_NAME",
    "BRAND_PHONE", "BRAND_HOURS", "BRAND_COLOUR", "BRAND_FROM_NAME", "BRAND_LINKS", "BRAND_STYLESHEET", "FROM_EMAIL", "REFERENCE_PREFIX", "COMPANY_TIME_ZONE", "REOPEN_DAYS", "LOG_LEVEL",
)  # fmt: skip


def pytest_addoption(parser):
    parser.addoption("--test-db", choices=["sqlite", "postgres"], default=os.environ.get("MILEPOST_TEST_DB", "sqlite"))


# A wrapper runs before every plain hook, and so before pytest-django, which reads the settings in this one.
@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config):
    early_config.stash[OWN] = []
    if "PYTEST_XDIST_WORKER" not in os.environ:
        prepare(early_config)
    return (yield)


def prepare(config) -> None:
    for name in NOT_INHERITED:
        os.environ.pop(name, None)
    folder = tempfile.mkdtemp(prefix="milepost-tests-")
    config.stash[OWN].append(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ["DATA_DIR"] = folder
    os.environ["SECRET_KEY"] = "a-key-for-the-suite-only-which-is-as-long-as-a-real-one-0123456789"
    if os.environ.get("DATABASE_URL"):
        return
    if config.known_args_namespace.test_db == "postgres":
        try:
            server = KeptServer()
        except NoPostgres as reason:
            raise pytest.UsageError(str(reason)) from None
        config.stash[OWN].append(server.close)
        os.environ["DATABASE_URL"] = server.url
    else:
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/suite.sqlite3"


def pytest_report_header(config):
    from django.db import connection

    return f"suite on {connection.display_name}"


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    for end in reversed(config.stash.get(OWN, [])):
        end()
