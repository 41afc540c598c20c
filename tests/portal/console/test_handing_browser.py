"""Handing over, help and upset customers in a real browser: the rules of accessibility, narrow screens, both schemes."""

import pytest
from playwright.sync_api import expect

from cases.models import Case
from tests.cast import MONDAY, gather
from tests.portal.console import stories
from tests.portal.console.stories import act_url, page_url
from tests.portal.console.test_browser import NARROW, WIDE, sign_in


@pytest.fixture
def story(transactional_db, go):
    """Ana is asked to take one case; another was passed up; a third customer is upset."""
    cast = gather()
    go(MONDAY.replace(hour=10, minute=30))
    return cast, stories.offered(cast), stories.passed_up(cast), stories.upset(cast)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_keeps_the_rules_and_fits(new_context, live_server, story, axe, size, scheme):
    _, offered, passed, upset = story
    page = new_context(viewport=size, color_scheme=scheme).new_page()
    sign_in(page, live_server)
    for path in (
        page_url(offered), page_url(passed), page_url(upset), "/console/cases/case/",
        act_url(passed, "help_back"), act_url(passed, "offer"), act_url(offered, "withdraw_offer"),
        act_url(offered, "accept_offer"), act_url(offered, "hand_over"), act_url(upset, "mark_calm"),
        act_url(passed, "mark_upset"),
    ):  # fmt: skip
        page.goto(f"{live_server.url}{path}")
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path


def test_a_case_is_given_and_taken_in_two_browsers(new_context, live_server, story, axe, watch):
    watch.allow(r"status of 422 .*/act/offer/\)$")
    cast, _, _, case = story
    giver, taker = (new_context(viewport=WIDE).new_page() for _ in range(2))
    sign_in(giver, live_server, cast.tiers[1].email)
    giver.goto(f"{live_server.url}{page_url(case)}")
    giver.get_by_role("link", name="Hand over", exact=True).click()
    giver.get_by_label("Ask whom?").select_option(str(cast.mate.pk))
    giver.get_by_role("button", name="Ask them to take it").click()
    expect(giver.get_by_text("There is a problem")).to_be_visible()
    assert axe(giver) == []
    giver.get_by_label("Done so far").fill("Asked the bank.")
    giver.get_by_label("Next step and by when").fill("Call them before three.")
    giver.get_by_role("button", name="Ask them to take it").click()
    expect(giver.get_by_text("stay with you until they accept")).to_be_visible()

    sign_in(taker, live_server, cast.mate.email)
    expect(taker.get_by_role("heading", name="Offered to you (2)")).to_be_visible()
    taker.goto(f"{live_server.url}{page_url(case)}")
    expect(taker.get_by_text("Call them before three.").first).to_be_visible()
    taker.get_by_role("link", name="Accept the hand-over").first.click()
    taker.get_by_role("button", name="Accept: it is mine now").click()
    expect(taker.get_by_text("The case is yours. The customer is told.")).to_be_visible()
    assert Case.objects.get(pk=case.pk).owner == cast.mate
