"""Drawing up a calendar in a real browser, with scripts switched off, wide and narrow, light and dark."""

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from escalation import calendar_versions as versions
from tests.cast import MONDAY, gather
from tests.portal.console.test_browser import sign_in

SIZES = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 360, "height": 740}}


@pytest.fixture
def author(transactional_db, go):
    """Dana may write rules and has a draft of office."""
    cast = gather()
    cast.supervisor.groups.add(Group.objects.get(name="Protocol authors"))
    go(MONDAY)
    return versions.begin("office", by=cast.supervisor, at=MONDAY)


def open_at(new_context, live_server, size, **more):
    page = new_context(viewport=SIZES[size], **more).new_page()
    sign_in(page, live_server)
    return page


@pytest.mark.parametrize(("size", "scheme"), [("wide", "light"), ("narrow", "dark")])
def test_pages_of_calendars_keep_the_rules_and_fit(new_context, live_server, author, axe, watch, size, scheme):
    page = open_at(new_context, live_server, size, color_scheme=scheme)
    place = f"{live_server.url}/console/escalation/calendarversion/"
    for where in ("", "new/", f"{author.pk}/change/", f"{author.pk}/edit/"):
        page.goto(place + where)
        assert axe(page) == [], where
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"], where
    watch.allow(r"status of 422")  # the browser notes that the form was refused
    page.get_by_label("What changes, and why").fill("")
    page.get_by_role("button", name="Save the draft").click()
    assert axe(page) == []


def test_a_draft_is_drawn_up_without_scripts(new_context, live_server, author):
    page = open_at(new_context, live_server, "narrow", java_script_enabled=False)
    page.goto(f"{live_server.url}/console/escalation/calendarversion/{author.pk}/edit/")
    page.get_by_label("Days", exact=True).select_option(label="Saturday")
    page.get_by_label("Opens", exact=True).fill("10")
    page.get_by_label("Closes", exact=True).fill("14.00")
    page.get_by_role("button", name="Add hours").click()
    expect(page.get_by_role("status")).to_have_text("1 row added.")
    page.get_by_label("Date").fill("2026-12-24")
    page.get_by_label("Name", exact=True).fill("Christmas Eve")
    page.get_by_role("button", name="Add the day").click()
    expect(page.get_by_label("Christmas Eve", exact=False).first).to_be_checked()
    page.get_by_label("Christmas Day", exact=False).first.uncheck()
    page.get_by_label("What changes, and why").fill("Open on Saturdays.")
    page.get_by_label("What changes, and why").press("Tab")
    page.get_by_role("button", name="Check and show deadlines").click()
    expect(page.get_by_text("Nothing is wrong with it")).to_be_visible()
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_text("Draft saved.")).to_be_visible()
    author.refresh_from_db()
    assert author.document["windows"][-1] == {"weekday": 5, "opens": "10:00", "closes": "14:00"}
    names = {row["name"] for row in author.document["days_off"] if row["date"].startswith("2026")}
    assert "Christmas Eve" in names and "Christmas Day" not in names
