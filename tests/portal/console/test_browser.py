"""The console in a real browser: rules of accessibility, narrow screens, and an act by hand."""

import pytest
from playwright.sync_api import expect

from escalation.models import ProtocolVersion
from portal import clock
from tests.cast import MONDAY, gather
from tests.portal.console import stories
from tests.ways_in import sign_in_by_password

WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 800}


@pytest.fixture
def story(transactional_db, go):
    """A cast, a healthy engine, a late case and one in work."""
    cast = gather()
    cast.late = cast.file(title="Delivery lost twice, then found, then lost again in Llanfairpwllgwyngyll")
    cast.held = stories.acknowledged(cast)
    go(MONDAY.replace(hour=10, minute=45))
    return cast


def sign_in(page, live_server, email="dana@example.com"):
    """Returns once the console's home is there: a page asked for earlier would take the place of the signing in."""
    page.goto(f"{live_server.url}/console/")
    sign_in_by_password(page, email)
    page.wait_for_url(f"{live_server.url}/console/")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_keeps_the_rules_and_fits(new_context, live_server, story, axe, size, scheme):
    page = new_context(viewport=size, color_scheme=scheme).new_page()
    page.goto(f"{live_server.url}/console/login/")
    assert axe(page) == []
    sign_in(page, live_server)
    for path in (
        "/console/",
        stories.page_url(story.held),
        stories.act_url(story.held, "update"),
        "/console/cases/case/",
        f"/console/escalation/protocolversion/{ProtocolVersion.objects.get().pk}/change/",
    ):
        page.goto(f"{live_server.url}{path}")
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path


def test_a_supervisor_passes_a_case_up(wide, live_server, story):
    sign_in(wide, live_server)
    wide.goto(f"{live_server.url}{stories.page_url(story.held)}")
    wide.get_by_role("link", name="Pass up").click()
    wide.get_by_label("What was tried").fill("Asked the bank.")
    wide.get_by_label("Reason").fill("A manager must decide.")
    wide.get_by_role("button", name="Pass up to level 2").click()
    expect(wide.locator(".done")).to_have_text("Passed up.")
    wide.get_by_text("Not possible now").click()
    expect(wide.get_by_text("Review the SLA first: confirm severity and times for this level.").first).to_be_visible()
    assert clock.now().year == MONDAY.year


def test_what_follows_is_shown_for_what_is_chosen_with_a_script_and_without(new_context, live_server, story):
    for script in (True, False):
        page = new_context(viewport=WIDE, java_script_enabled=script).new_page()
        sign_in(page, live_server)
        page.goto(f"{live_server.url}{stories.act_url(story.held, 'change_severity')}")
        shown = page.locator("[data-follows]")
        expect(shown).to_contain_text("Your case is now treated as Critical")
        page.get_by_label("Low").check()
        if not script:
            page.get_by_label("Why it is more or less urgent than before").fill("Only a colour.")
            page.get_by_role("button", name="Show what follows").click()
            expect(shown).to_contain_text("We treat it as Low now. Only a colour.")
            expect(page.get_by_label("Low")).to_be_checked()
        expect(shown).to_contain_text("Your case is now treated as Low")
        expect(page.get_by_text("Nothing is sent yet.")).to_be_visible()
        story.held.refresh_from_db(fields=["severity"])
        assert story.held.severity == 2
