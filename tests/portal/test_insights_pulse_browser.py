"""The pulse in a real browser: rules of accessibility, narrow screens, both schemes, and a picture that fits."""

from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import expect

from feedback.models import PulseMonth, PulseTally
from portal import clock
from tests.cast import gather
from tests.portal.pages.scene import look_at
from tests.portal.test_insights_browser import NARROW, WIDE, sign_in

PATH = "/insights/pulse/"


@pytest.fixture
def story(transactional_db):
    """A whole year of two groups, some months with too few."""
    look_at(datetime(2026, 3, 10, 12, tzinfo=UTC))
    cast = gather()
    for number in range(1, 13):
        made = PulseMonth.objects.create(month=date(2025, number, 1), asked=18, words=["An ordinary month."])
        PulseTally.objects.create(month=made, team=cast.teams[1], asked=9, said_4=number, said_2=5 if number % 3 else 0)
        PulseTally.objects.create(month=made, asked=9, said_5=4, said_1=4)
    made = PulseMonth.objects.create(month=date(2026, 1, 1), asked=9, words=["Fine.", "x" * 300])
    PulseTally.objects.create(month=made, asked=9, said_5=3, said_1=2)
    yield cast
    clock.travel(timedelta())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_page_keeps_the_rules_and_fits(new_context, live_server, story, axe, size, scheme):
    page = new_context(viewport=size, color_scheme=scheme).new_page()
    sign_in(page, live_server, PATH)
    expect(page.get_by_role("heading", level=1)).to_have_text("How manageable the work was")
    page.evaluate("document.querySelectorAll('figure details').forEach(each => each.open = true)")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    for card in page.locator("figure .scroll:has(svg)").all():
        assert card.evaluate("e => e.scrollWidth <= e.clientWidth")
        expect(card.locator("svg:visible")).to_have_count(1)


def test_the_pulse_is_a_tab_of_the_figures(wide, live_server, story):
    sign_in(wide, live_server, "/insights/")
    wide.get_by_role("navigation", name="Reports").get_by_role("link", name="Pulse").click()
    expect(wide.get_by_text("January 2026: 5 of 9 answered (56%). 60% of them said 4 or 5")).to_be_visible()
