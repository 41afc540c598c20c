"""People and cover in a real browser: rules of accessibility, narrow screens, and a gap closed by hand."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from escalation.models import Leave, LoadCap, Rota, Shift
from tests.cast import MONDAY, gather
from tests.portal.console import stories
from tests.portal.console.test_browser import NARROW, WIDE, sign_in

SATURDAY = 5


@pytest.fixture
def story(transactional_db, go):
    """Level 2 has nobody on Saturday mornings; somebody is away, somebody is full, somebody owns a case."""
    cast = gather()
    cast.held = stories.acknowledged(cast)
    rota = Rota.objects.create(team=cast.teams[2], zone="Europe/London")
    hours = [(day, 0, 1440) for day in range(7) if day != SATURDAY] + [(SATURDAY, 13 * 60, 1440)]
    for weekday, opens, closes in hours:
        Shift.objects.create(
            rota=rota, user=cast.tiers[2], weekday=weekday, opens=opens, closes=closes, starts_on=date(2025, 1, 1)
        )
    Leave.objects.create(
        user=cast.tiers[3], starts_at=MONDAY, ends_at=MONDAY + timedelta(days=2), substitute=cast.tiers[4]
    )
    LoadCap.objects.create(user=cast.tiers[1], most_open=1)
    go(MONDAY.replace(hour=10, minute=45))
    return cast


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_keeps_the_rules_and_fits(new_context, live_server, story, axe, size, scheme):
    page = new_context(viewport=size, color_scheme=scheme).new_page()
    page.goto(f"{live_server.url}/console/login/")
    sign_in(page, live_server)
    team = f"/console/cover/team/{story.teams[2].pk}/"
    for path in (
        "/console/",
        "/console/cover/",
        team,
        f"{team}shift/",
        f"/console/cover/shift/{Shift.objects.first().pk}/",
        "/console/cover/leave/",
        "/console/cover/leaving/",
        f"/console/cover/leaving/{story.tiers[1].pk}/",
    ):
        page.goto(f"{live_server.url}{path}")
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path


def test_a_supervisor_closes_the_gap(wide, live_server, story):
    sign_in(wide, live_server)
    wide.get_by_text("nobody on Sat 17 Jan 00:00-13:00").wait_for()
    wide.get_by_role("link", name="People and cover").first.click()
    wide.get_by_role("link", name="Open the rota").first.click()
    wide.get_by_role("link", name="Add shift").click()
    wide.get_by_label("Who").select_option("Mara Lindt")
    wide.get_by_label("Saturday").check()
    wide.get_by_label("From").fill("0:00")
    wide.get_by_label("To").fill("13:00")
    wide.get_by_role("button", name="Save").click()
    expect(wide.get_by_role("status")).to_have_text("Shift added.")
    wide.get_by_role("link", name="People and cover").first.click()
    expect(wide.get_by_text("There is somebody in every hour in which we promise something.").first).to_be_visible()
