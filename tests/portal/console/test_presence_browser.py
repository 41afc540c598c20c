"""Two colleagues at one case in real browsers: each sees the other without a press."""

from playwright.sync_api import expect

from tests.portal.console import stories
from tests.portal.console.test_browser import NARROW, WIDE, sign_in, story  # noqa: F401 -- a fixture


def at(new_context, live_server, email, **more):
    page = new_context(**more).new_page()
    sign_in(page, live_server, email)
    return page


def test_a_page_says_it_by_itself_and_shows_who_else_is_there(new_context, live_server, story, axe):  # noqa: F811
    tom = at(new_context, live_server, story.tiers[1].email, viewport=WIDE)
    dana = at(new_context, live_server, story.supervisor.email, viewport=NARROW, color_scheme="dark")
    tom.goto(live_server.url + stories.act_url(story.held, "note"))
    with tom.expect_response("**/console/presence/**") as spoken:
        tom.get_by_label("Internal note").fill("I ring the bank.")
    assert spoken.value.ok
    with dana.expect_response("**/console/presence/**"):
        dana.goto(live_server.url + stories.page_url(story.held))
    expect(dana.locator("[data-presence]")).to_contain_text("Tom Reed is writing since")
    assert axe(dana) == []
    # And the other way round, by the word that follows when the page is looked at again.
    tom.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(tom.locator("[data-presence]")).to_contain_text("Dana Voss is viewing since")


def test_without_a_script_nobody_is_shown_and_the_page_is_whole(new_context, live_server, story):  # noqa: F811
    page = at(new_context, live_server, story.supervisor.email, java_script_enabled=False)
    page.goto(live_server.url + stories.page_url(story.held))
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(page.locator("[data-presence]")).to_be_hidden()
