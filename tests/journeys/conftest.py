"""A company at work, and the stage on which several people act with the hands of the clock in the test's own."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from cases.models import Case
from portal import clock
from portal.beat import beat
from tests.cast import Cast, gather
from tests.ways_in import sign_in_by_password


def fill(page: Page, fields: dict[str, str]) -> None:
    """Fills an act's form by the names of its fields: ticks, chooses or types."""
    for name, value in fields.items():
        target = page.locator(f'[name="{name}"]')
        if target.first.get_attribute("type") == "radio":
            page.locator(f'[name="{name}"][value="{value}"]').check()
        elif target.first.evaluate("e => e.tagName") == "SELECT":
            target.select_option(value)
        else:
            target.fill(value)


class Stage:
    """The screens of several people side by side, and the hands on the clock."""

    def __init__(self, new_context, address: str) -> None:
        self.new_context, self.address = new_context, address
        self.pages: dict[str, Page] = {}

    def at(self, instant: datetime) -> None:
        """Moves the clock and lets the engine do what has fallen due."""
        clock.travel(instant - datetime.now(UTC))
        beat()

    def guest(self, **options: object) -> Page:
        return self.new_context(**options).new_page()

    def staff(self, email: str) -> Page:
        """The person's own browser, signed in to the console."""
        if email not in self.pages:
            page = self.new_context().new_page()
            page.goto(f"{self.address}/console/login/")
            sign_in_by_password(page, email)
            page.wait_for_url(re.compile(r"/console/$"))
            self.pages[email] = page
        return self.pages[email]

    def act(self, email: str, case: Case, verb: str, confirm: str, **fields: str) -> Page:
        """Opens the case, presses the verb's button, fills the act's page and confirms."""
        page = self.staff(email)
        page.goto(f"{self.address}/console/cases/case/{case.pk}/change/")
        button = page.locator(f'a[href$="/act/{verb}/"]').first
        expect(button).to_be_attached()
        if not button.is_visible():
            page.get_by_text(re.compile(r"^More \(")).click()
        button.click()
        fill(page, fields)
        page.get_by_role("button", name=re.compile(confirm)).click()
        page.wait_for_url(re.compile(r"/change/"))
        return page


@pytest.fixture
def cast(transactional_db) -> Cast:
    return gather()


@pytest.fixture
def stage(new_context, live_server, settings, tmp_path):
    # The log's anchors are kept outside the database: those of another test would say that this one's log was cut.
    settings.BASE_URL, settings.DATA_DIR = live_server.url, tmp_path
    yield Stage(new_context, live_server.url)
    clock.travel(timedelta())
