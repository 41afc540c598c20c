"""The page of topics in a real browser: rules of accessibility in both schemes and sizes, pictures whole, links that lead on."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from feedback.facts import build
from portal import clock
from tests.cast import gather
from tests.feedback.crowd import LATER, Crowd
from tests.portal.pages.scene import look_at
from tests.portal.test_insights_browser import NARROW, WIDE, sign_in

PATH = "/insights/topics/?period=custom&from=2026-01-12&to=2026-02-22"


@pytest.fixture
def crowd(transactional_db):
    look_at(LATER)
    told = Crowd(gather(), odd=False)
    while build.take_touched(LATER):
        pass
    yield told
    clock.travel(timedelta())


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_page_with_suggestions_keeps_the_rules_and_fits(new_context, live_server, crowd, axe, size):
    for scheme in ("light", "dark"):
        page = new_context(viewport=size, color_scheme=scheme).new_page()
        sign_in(page, live_server, PATH)
        expect(page.locator(".suggestion")).to_have_count(3)
        page.evaluate("document.querySelectorAll('figure details').forEach(each => each.open = true)")
        assert axe(page) == [], scheme
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], scheme
        cards = page.locator("figure .scroll:has(svg)")
        expect(cards).to_have_count(8)
        for index in range(6):
            assert cards.nth(index).evaluate("e => e.scrollWidth <= e.clientWidth"), (scheme, index)
            cut = cards.nth(index).evaluate(
                """e => { const box = e.querySelector('svg').getBoundingClientRect();
                  return [...e.querySelectorAll('text')].filter(t => { const b = t.getBoundingClientRect();
                    return b.left < box.left - 1 || b.right > box.right + 1; }).map(t => t.textContent) }"""
            )
            assert cut == [], (scheme, index)


def test_on_a_wide_page_the_whole_table_is_seen(new_context, live_server, crowd):
    page = new_context(viewport=WIDE).new_page()
    sign_in(page, live_server, PATH)
    table = page.get_by_role("region", name="Every topic in numbers").first
    assert table.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_on_a_narrow_page_the_topic_stays_in_sight(new_context, live_server, crowd):
    page = new_context(viewport=NARROW).new_page()
    sign_in(page, live_server, PATH)
    scrolled = page.locator(".topics-card > .scroll")
    scrolled.evaluate("e => { e.scrollLeft = e.scrollWidth }")
    assert scrolled.evaluate("e => e.scrollLeft") > 100
    box, edge = page.locator(".topics tbody th").first.bounding_box(), scrolled.bounding_box()
    assert abs(box["x"] - edge["x"]) <= 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_parts_of_a_bar_are_told_apart_and_labelled(new_context, live_server, crowd, scheme):
    """Each part has an edge of at least 3 to 1 against the card, whatever its fill."""
    page = new_context(viewport=WIDE, color_scheme=scheme).new_page()
    sign_in(page, live_server, PATH)
    ratio = page.evaluate(
        """() => {
          const light = colour => { const [r, g, b] = colour.match(/[\\d.]+/g).map(v => v / 255)
              .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b };
          const part = document.querySelector('rect.part'), card = part.closest('.card');
          const [a, b] = [getComputedStyle(part).stroke, getComputedStyle(card).backgroundColor].map(light);
          return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) }"""
    )
    assert ratio >= 3
    fills = page.evaluate(
        "[...new Set([...document.querySelectorAll('rect.part')].map(e => getComputedStyle(e).fillOpacity))]"
    )
    assert len(fills) == 4


def test_from_the_figures_to_a_suggestion_s_cases_without_script(new_context, live_server, crowd):
    page = new_context(java_script_enabled=False).new_page()
    sign_in(page, live_server, "/insights/?period=custom&from=2026-01-12&to=2026-02-22")
    page.get_by_role("link", name="Topics", exact=True).click()
    expect(page).to_have_url(f"{live_server.url}{PATH}")
    stop = page.get_by_role("article").filter(has_text="Stop escalating: Signing in and my account")
    stop.get_by_role("link", name="10", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cases passed up for nothing")
    expect(page.get_by_text("10 cases")).to_be_visible()
    page.get_by_role("link", name="Back to the figures").click()
    expect(page).to_have_url(
        f"{live_server.url}/insights/topics/?period=custom&from=2026-01-12&to=2026-02-22&topic=account"
    )
    page.get_by_role("link", name="What the columns mean").click()
    expect(page.get_by_role("heading", name="Routine share")).to_be_visible()
