"""The figures in a real browser: rules of accessibility, narrow screens, no script needed to filter, keyboard."""

from datetime import timedelta

import pytest
from PIL import Image
from playwright.sync_api import expect

from feedback.facts import build
from portal import clock
from tests.cast import gather
from tests.feedback.story import AT, Story
from tests.portal.pages.scene import look_at
from tests.ways_in import sign_in_by_password

WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 800}
DATES = "period=custom&from=2026-01-12&to=2026-02-01"


@pytest.fixture
def story(transactional_db):
    look_at(AT)
    told = Story(gather())
    while build.take_touched(AT):
        pass
    yield told
    clock.travel(timedelta())


def sign_in(page, live_server, path):
    """As a manager who asked for `path` and had to sign in first."""
    page.goto(f"{live_server.url}{path}")
    sign_in_by_password(page, "max@example.com")
    page.wait_for_url(f"{live_server.url}{path}")


PAGES = (
    f"/insights/?{DATES}",
    f"/insights/?{DATES}&topic=account",
    "/insights/?period=custom&from=2026-02-01&to=2026-01-01",
    "/insights/?period=custom&from=2020-01-01&to=2020-01-31",
    f"/insights/cases/?{DATES}&which=filed",
    f"/insights/cases/?{DATES}&which=score&part=1",
    "/insights/definitions/",
    f"/insights/topics/?{DATES}",
    f"/insights/topics/?{DATES}&topic=account",
)
#: Made of the same parts: each size and each scheme is seen once.
TABLES = (
    f"/insights/promises/?{DATES}",
    f"/insights/promises/teams/?{DATES}",
    f"/insights/promises/load/?{DATES}",
    f"/insights/writing/examples/?{DATES}",
    f"/insights/bottlenecks/?{DATES}",
    f"/insights/bottlenecks/training/?{DATES}",
    f"/insights/compare/?{DATES}",
    f"/insights/compare/?{DATES}&by=teams&a=service-representatives&b=service-representatives",
    f"/insights/all/?{DATES}",
    f"/insights/all/?{DATES}&handler=3",
    "/insights/views/",
    "/insights/views/new/?page=/insights/",
)
#: How many pictures each page has.
PICTURES = {f"/insights/?{DATES}": 12, f"/insights/promises/?{DATES}": 2, f"/insights/bottlenecks/?{DATES}": 3}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_keeps_the_rules_and_fits(new_context, live_server, story, axe, size, scheme):
    page = new_context(viewport=size, color_scheme=scheme).new_page()
    sign_in(page, live_server, "/insights/")
    for path in (*PAGES, *(TABLES if (size == WIDE) == (scheme == "light") else ())):
        page.goto(f"{live_server.url}{path}")
        page.evaluate("document.querySelectorAll('figure details').forEach(each => each.open = true)")
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_pictures_fit_their_cards_and_stay_readable(new_context, live_server, story, size):
    """No picture is pushed about in its card, none of its words is cut, and letters are at least 13 px high."""
    page = new_context(viewport=size).new_page()
    sign_in(page, live_server, "/insights/")
    for path, count in PICTURES.items():
        page.goto(f"{live_server.url}{path}")
        pictures_fit(page, path, count)


def pictures_fit(page, path, count):
    cards = page.locator("figure .scroll:has(svg)")
    expect(cards).to_have_count(count)
    for index in range(count):
        card = cards.nth(index)
        assert card.evaluate("e => e.scrollWidth <= e.clientWidth"), (path, index)
        expect(card.locator("svg:visible")).to_have_count(1)
        shown = card.locator("svg:visible")
        size_shown = shown.evaluate("e => parseFloat(getComputedStyle(e).fontSize) * e.getScreenCTM().a")
        assert 13 <= size_shown <= 20, (path, index, size_shown)
        cut = shown.evaluate(
            """e => { const box = e.getBoundingClientRect();
              return [...e.querySelectorAll('text')].filter(t => { const b = t.getBoundingClientRect();
                return b.left < box.left - 1 || b.right > box.right + 1; }).map(t => t.textContent) }"""
        )
        assert cut == [], (path, index)


def test_filtering_needs_no_script(new_context, live_server, story):
    page = new_context(java_script_enabled=False).new_page()
    sign_in(page, live_server, f"/insights/?{DATES}")
    page.get_by_label("Topic", exact=True).select_option("Billing and payments")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(f"{live_server.url}/insights/?{DATES}&topic=billing")
    expect(page.get_by_text("3 of 5 cases filed")).to_be_visible()
    page.get_by_text("3 of 5 cases filed").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cases filed")
    page.get_by_role("link", name="Back to the figures").click()
    expect(page).to_have_url(f"{live_server.url}/insights/?{DATES}&topic=billing")


def test_a_manager_finds_where_the_hours_go_and_opens_the_cases(new_context, live_server, story):
    page = new_context(java_script_enabled=False).new_page()
    sign_in(page, live_server, f"/insights/?{DATES}")
    page.get_by_role("link", name="Bottlenecks").click()
    expect(page.get_by_text("93% in work with us, with Customer support managers")).to_be_visible()
    page.get_by_role("row", name="Customer support managers").get_by_role("link", name="546 h").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Escalated cases: in work with us, Customer support managers"
    )
    expect(page.locator("tbody tr")).to_have_count(9)
    page.get_by_role("link", name="Back to the figures").click()
    expect(page).to_have_url(f"{live_server.url}/insights/bottlenecks/?{DATES}")


def test_figures_are_taken_away_as_file_picture_and_link(wide, live_server, story):
    sign_in(wide, live_server, f"/insights/?{DATES}")
    with wide.expect_download() as download:
        wide.get_by_role("link", name="Download CSV").first.click()
    assert download.value.suggested_filename == "filed-2026-01-12-to-2026-02-01.csv"
    # The same press leaves the page, a picture and the address, under the policy of every page.
    wide.context.grant_permissions(["clipboard-read", "clipboard-write"])
    with wide.expect_download() as picture:
        wide.get_by_role("button", name="Save as PNG").first.click()
    assert picture.value.suggested_filename == "csat-wide.png"
    with Image.open(picture.value.path()) as drawn:
        assert drawn.size[0] == 1744
        assert len(drawn.convert("RGB").getcolors(1 << 20)) > 20, "it is drawn, not blank"
    with wide.expect_download() as drawing:
        wide.get_by_role("link", name="Save as SVG").first.click()
    assert drawing.value.suggested_filename == "csat-wide.svg"
    wide.get_by_role("button", name="Copy link").click()
    expect(wide.get_by_text("copied")).to_be_visible()
    assert wide.evaluate("navigator.clipboard.readText()") == f"{live_server.url}/insights/?{DATES}"
    expect(wide.get_by_text("Link to this page")).to_be_hidden()
