"""Filing in a real browser, with scripts and without: the stories of somebody who is interrupted, goes back, presses twice."""

import re

import pytest
from playwright.sync_api import expect

from cases.models import Case, Draft
from portal import clock
from tests.cast import gather
from tests.portal.pages.test_journeys import deliver, link_in

NARROW = {"width": 360, "height": 800}


@pytest.fixture
def people(transactional_db):
    return gather()


def press(page, name):
    page.get_by_role("button", name=name).click()


def heading(page, words):
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def to_the_files(page, address):
    page.goto(f"{address}/cases/new/")
    page.get_by_label("Billing and payments").check()
    press(page, "Continue")
    page.get_by_label("I have lost money or data").check()
    page.get_by_label("When do you need it by?").fill(f"{clock.now().year + 1}-03-01")
    press(page, "Continue")
    page.get_by_label("Sum it up in a few words").fill("Charged twice")
    page.get_by_label("What happened?").fill("Two payments for one order.")
    press(page, "Continue")
    heading(page, "Do you have files that show it?")


@pytest.mark.parametrize("scripts", [True, False])
def test_begun_here_finished_on_a_telephone(scripts, people, live_server, new_context):
    desk = new_context(java_script_enabled=scripts).new_page()
    to_the_files(desk, live_server.url)
    desk.set_input_files("input[name=files]", {"name": "bill.txt", "mimeType": "text/plain", "buffer": b"42 twice\n"})
    press(desk, "Save and finish later")
    desk.get_by_label("E-mail").fill("nora@example.net")
    press(desk, "Send me the link")
    expect(desk.get_by_role("status").first).to_have_text("We have sent the link to nora@example.net.")
    (letter,) = deliver()

    phone = new_context(java_script_enabled=scripts, viewport=NARROW, color_scheme="dark").new_page()
    phone.goto(live_server.url + link_in(letter, "cases/new/continue"))
    press(phone, "Yes, go on")
    heading(phone, "How do we reach you?")
    expect(phone.get_by_label("E-mail")).to_have_value("nora@example.net")
    phone.get_by_label("Your name").fill("Nora Guest")
    press(phone, "Continue")
    heading(phone, "Check your answers, then send your case")
    expect(phone.get_by_text("bill.txt")).to_be_visible()
    phone.get_by_role("link", name="Change How it affects you").click()
    phone.get_by_label("I have a question").check()
    press(phone, "Continue")
    heading(phone, "Check your answers, then send your case")
    expect(phone.get_by_text("I have a question")).to_be_visible()
    if scripts:
        assert phone.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    phone.get_by_role("button", name="Send my case").dblclick(no_wait_after=True)
    heading(phone, "We have your case")
    case = Case.objects.get()
    assert (case.impact, case.customer.name, case.files.get().name) == ("question", "Nora Guest", "bill.txt")
    phone.go_back()
    phone.goto(f"{live_server.url}/cases/new/")
    heading(phone, "What is it about?")  # the draft has become the case


@pytest.mark.parametrize("scripts", [True, False])
def test_the_back_button_shows_what_was_given_and_loses_nothing(scripts, people, live_server, new_context):
    page = new_context(java_script_enabled=scripts, viewport=NARROW).new_page()
    to_the_files(page, live_server.url)
    page.go_back()
    expect(page.get_by_label("Sum it up in a few words")).to_have_value("Charged twice")
    page.get_by_label("What happened?").fill("Three payments for one order.")
    press(page, "Continue")
    heading(page, "Do you have files that show it?")
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_label("What happened?")).to_have_value("Three payments for one order.")
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_label("I have lost money or data")).to_be_checked()


def test_typing_is_saved_and_a_failure_is_announced_once(people, live_server, new_context):
    context = new_context()
    page = context.new_page()
    page.clock.install()
    to_the_files(page, live_server.url)
    page.get_by_role("link", name="Back").click()
    page.get_by_label("What happened?").press("Control+End")
    page.get_by_label("What happened?").press_sequentially(" And a third.")
    with page.expect_response("**/cases/new/save/"):
        page.clock.run_for(11_000)
    expect(page.get_by_text(re.compile(r"^Saved as a draft at \d"))).to_be_visible()
    assert Draft.objects.get().answers["description"] == "Two payments for one order. And a third."

    alarm = page.get_by_role("alert")
    context.route("**/cases/new/save/", lambda route: route.fulfill(body="<p>Not our answer</p>"))
    page.get_by_label("What happened?").press_sequentially(" And a fourth.")
    page.clock.run_for(11_000)
    expect(alarm).to_have_text("Not saved. Your text is still on this page.")
    page.reload()
    expect(page.get_by_label("What happened?")).to_have_value("Two payments for one order. And a third. And a fourth.")
    press(page, "Continue")
    assert Draft.objects.get().answers["description"].endswith("And a fourth.")
    press(page, "Continue")
    zone = page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    expect(page.locator("[data-zone]")).to_have_value(zone)


def test_a_long_text_is_counted_and_may_be_too_long_while_it_is_typed(people, live_server, wide):
    wide.clock.install()
    to_the_files(wide, live_server.url)
    wide.get_by_role("link", name="Back").click()
    box = wide.get_by_label("What happened?")
    box.fill("x" * 3000)
    expect(wide.get_by_text("characters left")).to_have_count(0)
    box.fill("x" * 4990)
    expect(wide.locator(".hint", has_text="10 characters left")).to_be_visible()
    box.fill("x" * 5003)
    expect(wide.locator("p.error", has_text="3 characters too many")).to_be_visible()
    expect(wide.locator("[data-told]")).to_have_text("")
    wide.clock.run_for(1_100)
    expect(wide.locator("[data-told]")).to_have_text("3 characters too many")
    press(wide, "Continue")
    expect(wide.get_by_role("alert").first).to_contain_text("at most 5,000 characters; you have 5003")
    expect(box).to_have_value("x" * 5003)


def test_a_card_number_is_asked_about_before_it_is_saved(people, live_server, wide):
    to_the_files(wide, live_server.url)
    wide.get_by_role("link", name="Back").click()
    wide.get_by_label("What happened?").fill("I paid with 4111 1111 1111 1111.")
    press(wide, "Continue")
    heading(wide, "This looks like a card number. Remove it?")
    press(wide, "Remove it and continue")
    heading(wide, "Do you have files that show it?")
    assert Draft.objects.get().answers["description"] == "I paid with [removed]."
