"""The forms in a real browser, with scripts and without: what its headers and redirects do, a test client cannot show."""

import pytest
from playwright.sync_api import expect

from cases.models import Case, Message
from portal import clock
from tests.cast import gather
from tests.ways_in import sign_in_by_password


@pytest.fixture
def people(transactional_db):
    return gather()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_guest_files_and_writes(scripts, people, live_server, new_context):
    page = new_context(java_script_enabled=scripts, viewport={"width": 360, "height": 800}).new_page()
    page.goto(f"{live_server.url}/cases/new/")
    page.get_by_role("link", name="Answer everything on one page").click()
    page.get_by_label("Billing and payments").check()
    page.get_by_label("I have lost money or data").check()
    page.get_by_label("Sum it up in a few words").fill("Charged twice")
    page.get_by_label("What happened?").fill("Two payments for one order.")
    page.get_by_label("Your name").fill("Nora Guest")
    page.get_by_label("E-mail").fill("nora@example.net")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("You first hear from us by")).to_be_visible()
    page.get_by_role("link", name="Change In a few words").click()
    expect(page.get_by_label("Sum it up in a few words")).to_have_value("Charged twice")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Send my case").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("We have your case")
    case = Case.objects.get()
    expect(page.get_by_text(case.reference).first).to_be_visible()
    page.get_by_role("link", name="Follow my case").click()
    page.get_by_label("Your message").fill("Any news?")
    page.get_by_role("button", name="Send message").click()
    expect(page.get_by_role("status")).to_have_text("Your message is sent.")
    expect(page).to_have_url(f"{live_server.url}/c/{case.reference}/")
    assert Message.objects.filter(case=case, text="Any news?").exists()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360 if scripts else True


def test_signing_in_leads_where_one_wanted_to_go(people, live_server, wide):
    case = people.file()
    wide.goto(f"{live_server.url}/account/sign-in/?next=/c/{case.reference}/why/")
    sign_in_by_password(wide, "sam@example.com")
    expect(wide).to_have_url(f"{live_server.url}/c/{case.reference}/why/")
    expect(wide.get_by_role("heading", name="When you next hear from us")).to_be_visible()


def test_paper_says_dates_where_the_screen_says_today(people, live_server, wide):
    case = people.file(at=clock.now())
    wide.goto(f"{live_server.url}/account/sign-in/?next=/c/{case.reference}/")
    sign_in_by_password(wide, "sam@example.com")
    filed = wide.locator(".page-head time").first
    assert filed.inner_text().startswith("today, ")
    wide.emulate_media(media="print")
    near = wide.evaluate("() => [...document.querySelectorAll('.near')].filter(one => one.checkVisibility()).length")
    assert near == 0
    day = filed.evaluate("one => getComputedStyle(one, '::before').content")
    assert day.strip('"').startswith(f"{case.filed_at:%a} {case.filed_at.day}")
