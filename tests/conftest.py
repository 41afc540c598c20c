"""What holds for every test: markers that skip or fail, flushing past the event guards, and a browser that stays at home."""

import importlib
import importlib.util
import os
import re
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from django.db import connection, connections, transaction
from django.test import TransactionTestCase

from cases import brand
from tests.plugins import browser as chromium

# Playwright's synchronous API keeps an event loop running in the test's thread, which Django takes for asynchronous
# code.  It is not: nothing awaits between two statements of a test.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "django_db_serialized_rollback"}
BROWSER_FIXTURES = {"page", "context", "new_context", "browser", "wide", "narrow", "dark"}
#: The console's forms, page by page, are tried on PostgreSQL. On SQLite: every page once (tests/a11y), every act, the lists.
FORMS = "/tests/portal/console/"
ON_SQLITE_TOO = {
    "test_acts.py",
    "test_home.py",
    "test_lists.py",
    "test_lookups.py",
    "test_queue_order.py",
    "test_audit.py",
}
WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 360, "height": 800}
STAYS_HERE = {"127.0.0.1", "localhost", "::1", ""}
PATIENCE = 10_000  # milliseconds
SETTLES = 3_000  # milliseconds at most for what a page still asks for at the end of a test


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark what uses a browser or a database, and skip on SQLite what only PostgreSQL can show."""
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        if asked & BROWSER_FIXTURES:
            item.add_marker("browser")
        if asked & DATABASE_FIXTURES or any(item.iter_markers("django_db")):
            item.add_marker("database")
        if FORMS in str(item.path) and item.path.name not in ON_SQLITE_TOO:
            item.add_marker("forms")
        if item.get_closest_marker("postgres") and connection.vendor != "postgresql":
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL: MILEPOST_TEST_DB=postgres"))


# --- Events refuse to be deleted, in the database too; only the end of a test may

#: What the migrations put there and no test changes: without it each flush makes some hundred rows of it anew.
STAYS = {"django_migrations", "django_content_type", "auth_permission"}
#: Above so many deleted rows the tables are truncated: what is deleted goes on lying in the way of who counts or measures.
MANY_ROWS = 2_000


def _each_guard(name, databases):
    for room in ("cases", "escalation", "feedback"):
        if importlib.util.find_spec(f"{room}.guards"):
            act = getattr(importlib.import_module(f"{room}.guards"), name, None)
            for alias in databases if act else ():
                act(connections[alias])


def _filled(one) -> list[str]:
    """The tables that hold a row."""
    names = [name for name in one.introspection.django_table_names(only_existing=True) if name not in STAYS]
    ask = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in names)
    with one.cursor() as cursor:
        cursor.execute(ask)
        return [row[0] for row in cursor.fetchall()]


def _emptied(one) -> int:
    """Deletes every row past guards and foreign keys; how many. A truncation of every table costs some ten times that."""
    deleted = 0
    with one.constraint_checks_disabled(), transaction.atomic(using=one.alias), one.cursor() as cursor:
        if one.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        for name in _filled(one):
            cursor.execute(f"DELETE FROM {name}")
            deleted += cursor.rowcount
    return deleted


def _flush_past_the_guards(plain):
    def _fixture_teardown(self):
        databases = self._databases_names(include_mirrors=False)
        on_postgres = all(connections[alias].vendor == "postgresql" for alias in databases)
        if on_postgres and sum(_emptied(connections[alias]) for alias in databases) < MANY_ROWS:
            return
        _each_guard("remove", databases)
        try:
            plain(self)
        finally:
            _each_guard("install", databases)

    return _fixture_teardown


TransactionTestCase._fixture_teardown = _flush_past_the_guards(TransactionTestCase._fixture_teardown)


# --- Rows that all tests of a module start from


@pytest.fixture(scope="module")
def kept(django_db_setup, django_db_blocker):
    """A database for a whole module: what its fixtures put there stays until its last test, each test's own rows do not.

    For what takes long to build and is only looked at. Every test of such a module finds those rows; none may ask for a
    database that is flushed.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


# --- The browser


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    path = chromium.found()
    if not path:
        reason = "no Chromium on PATH: `make browser` gets one"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(f"*** {reason} ***")
    return {**browser_type_launch_args, "executable_path": path, "args": chromium.arguments()}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {**browser_context_args, "locale": "en-GB", "timezone_id": "Europe/London"}


class Watch:
    """Notes what no page of ours may do: report an error, or ask anyone outside this machine."""

    def __init__(self):
        self.seen: list[str] = []
        # Browsers ask for it by themselves where a page names no icon.
        self.allowed: list[str] = [r"/favicon\.ico\)$"]

    def allow(self, pattern: str) -> None:
        """Expect notes that match `pattern`, such as the 404 a test asks for on purpose."""
        self.allowed.append(pattern)

    def follow(self, context) -> None:
        context.set_default_timeout(PATIENCE)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.seen.append(f"page error: {error.error}"))
        context.on("request", self._request)

    def _console(self, message):
        if message.type == "error":
            self.seen.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _request(self, request):
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob", "about") and (address.hostname or "") not in STAYS_HERE:
            self.seen.append(f"request that leaves this machine: {request.url}")

    def complaints(self) -> list[str]:
        return [note for note in self.seen if not any(re.search(pattern, note) for pattern in self.allowed)]


@pytest.fixture
def watch():
    """The watch over every page of this test; the test fails at its end for each note it did not allow."""
    watch = Watch()
    yield watch
    assert not watch.complaints(), "\n".join(watch.complaints())


@pytest.fixture(scope="session")
def clicks_that_wait(browser_name):
    """A click returns as soon as the next page begins to arrive; what a test then reads may not be there yet."""
    from playwright.sync_api import Locator

    at_once = Locator.click

    def click(self, **options):
        at_once(self, **options)
        self.page.wait_for_load_state()

    Locator.click = click
    yield
    Locator.click = at_once


@pytest.fixture
def new_context(new_context, watch, clicks_that_wait):
    """pytest-playwright's maker of contexts, one for each person of a story, each of them watched."""

    from playwright.sync_api import Error

    made = []

    def make(**options):
        context = new_context(**{"viewport": WIDE, **options})
        watch.follow(context)
        made.append(context)
        return context

    yield make
    # What a page of the console asks for by itself is answered before the rows go that the answer is made of.
    for page in [page for context in made for page in context.pages if "/console/" in page.url]:
        with suppress(Error):
            page.wait_for_load_state("networkidle", timeout=SETTLES)


@pytest.fixture
def wide(new_context):
    """A page as wide as a desk screen."""
    return new_context(viewport=WIDE).new_page()


@pytest.fixture
def narrow(new_context):
    """A page as narrow as a small phone, with touch."""
    return new_context(viewport=NARROW, is_mobile=True, has_touch=True).new_page()


@pytest.fixture
def dark(new_context):
    """A desk screen that asks for dark colours."""
    return new_context(viewport=WIDE, color_scheme="dark").new_page()


AXE = """async ([tags, rules]) => {
  const runOnly = rules.length ? { type: "rule", values: rules } : tags.length ? { type: "tag", values: tags } : undefined;
  const found = await axe.run(document, { resultTypes: ["violations"], ...(runOnly && { runOnly }) });
  return found.violations.map((one) => `${one.id}: ${one.help}: ${JSON.stringify(one.nodes.map((node) => node.target))}`);
}"""


@pytest.fixture
def axe():
    """Says which accessibility rules a page breaks, axe's usual ones, those of `tags`, or `rules` by name: `assert axe(page) == []`.

    Axe is read into a page once, and only what is broken comes back: the rest is megabytes of what is right.
    """
    from axe_playwright_python.sync_playwright import Axe

    script = Axe().axe_script

    def violations(page, tags=(), rules=()) -> list[str]:
        if not page.evaluate("() => typeof axe !== 'undefined'"):
            page.evaluate(script)
        return page.evaluate(AXE, [list(tags), list(rules)])

    return violations


# --- The brand is read every few seconds: a test must not be the one in which it is


@pytest.fixture(autouse=True)
def brand_of_the_environment():
    brand.remember(None)
    yield
    brand.remember(None)
