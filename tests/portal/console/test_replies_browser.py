"""Saved replies in a real browser: Tom's and Dana's stories with and without scripts, accessibility, narrow screens."""

import re

import pytest
from playwright.sync_api import expect

from cases.models import Message, ReplyRevision, ReplyUse
from escalation import verbs
from tests import solving
from tests.cast import MONDAY, gather
from tests.portal.console import stories
from tests.portal.console.reply_stories import kept, shelf
from tests.portal.console.test_browser import NARROW, WIDE, sign_in

TOM = "tom@example.com"


@pytest.fixture
def story(transactional_db, go):
    cast = gather()
    cast.shelf = shelf(cast)
    cast.case = stories.acknowledged(cast)
    go(MONDAY.replace(hour=10, minute=45))
    return cast


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_keeps_the_rules_and_fits(new_context, live_server, story, axe, size, scheme):
    page = new_context(viewport=size, color_scheme=scheme).new_page()
    sign_in(page, live_server)
    one = f"/console/replies/{story.shelf['billing'].reply_id}/"
    for path in (
        "/console/replies/",
        "/console/replies/new/",
        one,
        f"{one}edit/",
        stories.act_url(story.case, "update"),
    ):
        page.goto(f"{live_server.url}{path}")
        for folded in page.locator("main summary").all():
            folded.click()
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_tom_begins_with_a_saved_reply(new_context, live_server, watch, story, size, scripts):
    watch.allow("status of 422")  # the browser's note of the refusal this test asks for
    page = new_context(viewport=size, java_script_enabled=scripts).new_page()
    sign_in(page, live_server, TOM)
    page.goto(f"{live_server.url}{stories.act_url(story.case, 'update')}")
    text = page.get_by_label("Update to the customer")
    text.fill("Hello Sam, Tom here.")
    page.get_by_text("Saved replies", exact=True).last.click()
    page.get_by_role("button", name="Insert “A wait”").click()
    begun = f"Hello Sam, Tom here.\n\nI am waiting for [[whom]] on {story.case.reference}."
    expect(text).to_have_value(begun)
    expect(text).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="A wait")).to_have_text(
        "“A wait” is in the text. Nothing is sent yet: read it, change it, then send."
    )
    assert not ReplyUse.objects.exists() and not Message.objects.filter(kind="update").exists()

    page.get_by_role("button", name="Send update").last.click()
    expect(page.get_by_role("alert")).to_contain_text("Still to be filled in: “[[whom]]”.")
    expect(text).to_have_value(begun)
    text.fill(begun.replace("[[whom]]", "the bank"))
    page.get_by_role("button", name="Send update").last.click()
    expect(page.get_by_role("status")).to_have_text("Update sent.")
    assert Message.objects.get(kind="update").text == begun.replace("[[whom]]", "the bank")
    assert (ReplyUse.objects.get().revision, ReplyUse.objects.get().unchanged) == (story.shelf["every"], False)


def test_scripts_select_the_gap_and_ask_the_server_where_the_time_was_changed(wide, live_server, story):
    sign_in(wide, live_server, TOM)
    wide.goto(f"{live_server.url}{stories.act_url(story.case, 'update')}")
    text, replies = wide.get_by_label("Update to the customer"), wide.locator(".replies summary")
    replies.click()
    wide.get_by_role("button", name="Insert “A wait”").click()
    wide.keyboard.type("the bank")
    expect(text).to_have_value(f"I am waiting for the bank on {story.case.reference}.")
    wide.get_by_label("Next update by").fill("2026-01-12T11:20")
    replies.click()
    wide.get_by_role("button", name="Insert “Second payment”").click()
    expect(text).to_have_value(
        f"I am waiting for the bank on {story.case.reference}.\n\n"
        "I look for the second payment. You hear from me by Mon 12 Jan, 11:20 (London time)."
    )
    expect(wide.get_by_label("Next update by")).to_have_value("2026-01-12T11:20")
    wide.get_by_role("button", name="Send update").last.click()
    expect(wide.get_by_role("status")).to_have_text("Update sent.")
    assert ReplyUse.objects.count() == 2


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_text_promises_the_time_it_names_and_no_appointment(new_context, live_server, watch, story, scripts):
    watch.allow("status of 422")  # the browser's note of the refusal this test asks for
    kept(story, "Visit", "The engineer comes Mon 19 Jan, 09:30 (entrance B). Until {next_update}.", topic="billing")
    page = new_context(viewport=WIDE, java_script_enabled=scripts).new_page()
    sign_in(page, live_server, TOM)
    page.goto(f"{live_server.url}{stories.act_url(story.case, 'update')}")
    text, below = page.get_by_label("Update to the customer"), page.get_by_label("Next update by")
    page.get_by_text("Saved replies", exact=True).last.click()
    page.get_by_role("button", name="Insert “Visit”").click()
    expect(text).to_have_value(re.compile(r"\(entrance B\)\. Until .*\(London time\)\.$"))
    begun = text.input_value()
    below.fill("2026-01-12T11:20")
    page.get_by_role("button", name="Send update").last.click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("and the next update below is Mon 12 Jan, 11:20 (London time).")
    expect(alert.get_by_role("link")).to_have_attribute("href", "#id_next_at")
    expect(text).to_have_value(begun)
    expect(below).to_have_value("2026-01-12T11:20")
    text.fill(re.sub("Until .*", "Until Mon 12 Jan, 11:20 (London time).", begun))
    page.get_by_role("button", name="Send update").last.click()
    expect(page.get_by_role("status")).to_have_text("Update sent.")
    story.case.refresh_from_db()
    assert f"{story.case.promise_at:%d %H:%M}" == "12 11:20"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_text_sent_later_promises_the_time_it_names(new_context, live_server, go, story, scripts):
    page = new_context(viewport=NARROW, java_script_enabled=scripts).new_page()
    sign_in(page, live_server, TOM)
    page.goto(f"{live_server.url}{stories.act_url(story.case, 'update')}")
    text = page.get_by_label("Update to the customer")
    page.get_by_text("Saved replies", exact=True).last.click()
    page.get_by_role("button", name="Insert “Second payment”").click()
    expect(text).to_have_value(re.compile("You hear from me by"))
    page.get_by_label("Next update by").fill("")
    go(MONDAY.replace(hour=10, minute=52))
    page.get_by_role("button", name="Send update").last.click()
    expect(page.get_by_role("status")).to_have_text("Update sent.")
    story.case.refresh_from_db()
    assert f"by {story.case.promise_at:%a %d %b, %H:%M} (London time)." in Message.objects.get(kind="update").text


def test_return_in_a_line_of_the_form_sends_and_inserts_nothing(wide, live_server, story):
    """The first button of a form is what the return key presses; it must not be one that inserts."""
    verbs.investigate(story.case.pk, **solving.INVESTIGATION, by=story.tiers[1], at=stories.minutes(10))
    sign_in(wide, live_server, TOM)
    wide.goto(f"{live_server.url}{stories.act_url(story.case, 'answer')}")
    wide.get_by_label("Fixed", exact=True).check()
    wide.get_by_label("No", exact=True).check()
    wide.get_by_label("Answer to the customer").fill("It works again.")
    wide.get_by_label("What caused it?").fill("Old setting")
    wide.get_by_label("What caused it?").press("Enter")
    expect(wide.get_by_role("status")).to_have_text("Answer sent. The customer says yes or no.")
    assert Message.objects.get(kind="answer").text == "It works again."


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_dana_writes_checks_and_retires_one(new_context, live_server, watch, story, scripts):
    watch.allow("status of 422")
    page = new_context(viewport=WIDE, java_script_enabled=scripts).new_page()
    sign_in(page, live_server)
    page.get_by_role("link", name="Learning").click()
    page.get_by_role("link", name="New saved reply").click()
    page.get_by_label("Title").fill("Refund date")
    page.get_by_label("Topic").select_option("Billing and payments")
    page.get_by_label("English text").fill("Your ticket is in the queue.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Customers never read the word “ticket” from us. Say “case”.")
    page.get_by_label("English text").fill("Your money left us on [[the day]]. You hear from me by {next_update}.")
    page.get_by_role("button", name="Check and preview").click()
    expect(page.get_by_text("Nothing is wrong with it. It is not saved yet.")).to_be_visible()
    expect(page.locator("#preview mark")).to_have_text("[[the day]]")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved. It is offered from now on.")
    page.get_by_role("button", name="Retire").click()
    expect(page.get_by_role("button", name="Bring it back")).to_be_visible()
    page.locator("a.back").click()
    expect(page.get_by_role("link", name="Refund date")).to_have_count(0)
    page.get_by_label("Which").select_option("Retired")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("link", name="Refund date")).to_be_visible()
    assert ReplyRevision.objects.get(title="Refund date").texts["en"].endswith("{next_update}.")
