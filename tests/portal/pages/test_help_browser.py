"""Finding the answer in an article in a real browser, with scripts and without, and how its pages read for everybody."""

import pytest
from playwright.sync_api import expect

from cases.models import Case
from feedback.models import ArticleVote
from tests.cast import gather
from tests.feedback.article_shelf import REFUND, shelf


@pytest.fixture
def stock(transactional_db):
    return shelf(gather())


@pytest.mark.parametrize("scripts", [True, False])
def test_the_answer_is_found_in_an_article(scripts, stock, live_server, new_context):
    page = new_context(java_script_enabled=scripts, viewport={"width": 360, "height": 800}).new_page()
    page.goto(f"{live_server.url}/")
    page.get_by_label("Search help articles").fill("refnd arive")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=REFUND.title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(REFUND.title)
    expect(page.get_by_text(REFUND.answer)).to_be_visible()
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_text("We are glad it is answered.")).to_be_visible()
    assert ArticleVote.objects.values_list("helpful", "where").get() == (True, "search")
    assert not Case.objects.exists()


@pytest.mark.parametrize("scripts", [True, False])
def test_who_is_not_helped_comes_to_the_form_with_topic_and_words(scripts, stock, live_server, new_context):
    page = new_context(java_script_enabled=scripts).new_page()
    page.goto(f"{live_server.url}/help/?q=purple+elephant")
    expect(page.get_by_text("No article matches “purple elephant”.")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Tell us about a problem").click()
    expect(page).to_have_url(f"{live_server.url}/cases/new/topic/?q=purple+elephant")
    page.goto(f"{live_server.url}/help/{stock['refund'].slug}/")
    page.get_by_role("button", name="No, tell us").click()
    expect(page).to_have_url(f"{live_server.url}/cases/new/topic/?topic=billing&article={stock['refund'].slug}")


@pytest.mark.parametrize("look", ["wide", "narrow", "dark"])
def test_no_barrier_and_nothing_wider_than_the_page(look, stock, live_server, request, axe):
    page = request.getfixturevalue(look)
    for path in ("", "?q=refund", "?q=zzqx", f"{stock['refund'].slug}/"):
        page.goto(f"{live_server.url}/help/{path}")
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
