"""Which protocol for which case in a real browser: proposed by one, approved by another, on wide and narrow screens."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from escalation.packs import install, read_pack
from tests.cast import MONDAY, gather
from tests.portal.console.protocol_stories import LIST, author
from tests.portal.console.test_browser import sign_in

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 800}


@pytest.fixture
def story(transactional_db, go):
    """A cast with two authors and a second protocol in force."""
    cast = gather()
    install(read_pack("small_team"), at=MONDAY - timedelta(days=200))
    author("nora@example.com", "Nora Author")
    author("omar@example.com", "Omar Second")
    go(MONDAY + timedelta(minutes=30))
    return cast


def test_one_proposes_and_another_approves(new_context, live_server, story, axe):
    older = story.file()
    hers = new_context(viewport=WIDE).new_page()
    his = new_context(viewport=NARROW, color_scheme="dark", has_touch=True).new_page()

    def keeps_the_rules(page):
        assert axe(page) == [], page.url
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], page.url

    sign_in(hers, live_server, "nora@example.com")
    hers.goto(f"{live_server.url}{LIST}")
    hers.get_by_role("link", name="Which protocol for which case?").click()
    hers.get_by_role("button", name="Propose a change").click()
    expect(hers.get_by_role("status")).to_contain_text("This is your proposal.")
    for segment in ("gold", "silver"):
        hers.get_by_label("Customer segment").fill(segment)
        hers.get_by_role("combobox", name="Protocol", exact=True).select_option(label="Five levels")
        hers.get_by_role("button", name="Add the line").click()
        expect(hers.get_by_role("row", name=segment)).to_contain_text("Added")
    hers.get_by_label("Topic").select_option(label=str(older.category))
    hers.get_by_role("combobox", name="Protocol", exact=True).select_option(label="Small team")
    hers.get_by_role("button", name="Add the line").click()
    expect(hers.get_by_text("1 of 1 case of the last 90 days")).to_be_visible()
    hers.get_by_role("button", name=re.compile("Up ?: line 3")).click()
    expect(hers.get_by_role("row", name="silver")).to_contain_text("3")
    hers.get_by_role("button", name=re.compile("Remove ?: line 1")).click()
    expect(hers.get_by_role("status")).to_have_text("Line 1 is taken off the proposal.")
    expect(hers.get_by_role("row", name="gold")).to_have_count(0)
    hers.get_by_label("Why this change?").fill("The small team has the tools for it.")
    hers.get_by_role("button", name="Save the reason").click()
    expect(hers.get_by_text("You had a hand in it, so somebody else has to approve it: Omar Second.")).to_be_visible()
    expect(hers.get_by_role("button", name="Approve: it counts at once")).to_have_count(0)
    keeps_the_rules(hers)

    sign_in(his, live_server, "omar@example.com")
    his.goto(f"{live_server.url}{LIST}")
    his.get_by_role("link", name="Look at the proposal").click()
    expect(his.get_by_text("The small team has the tools for it.").first).to_be_visible()
    keeps_the_rules(his)
    his.get_by_role("link", name="Throw the proposal away").click()
    keeps_the_rules(his)
    his.get_by_role("link", name="Keep it").click()
    his.get_by_label("I have read what changes and agree that it should count.").check()
    his.get_by_role("button", name="Approve: it counts at once").click()
    expect(his.get_by_role("status")).to_contain_text("List 1 is in force.")
    keeps_the_rules(his)
    his.get_by_role("link", name="List 1").click()
    expect(his.get_by_role("heading", name="List 1")).to_be_visible()
    keeps_the_rules(his)
    hers.reload()
    expect(hers.get_by_role("heading", name="List 1")).to_be_visible()
    keeps_the_rules(hers)
    hers.goto(f"{live_server.url}{LIST}choices/")
    keeps_the_rules(hers)
    assert story.file(at=MONDAY + timedelta(hours=1)).protocol == f"{read_pack('small_team')['key']}@1"
