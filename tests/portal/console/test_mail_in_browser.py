"""The pages of waiting mail in a real browser: rules of accessibility, narrow screens, and one put on a case by hand."""

import pytest
from playwright.sync_api import expect

from escalation.models import InboundMail
from portal.inbound import taking
from tests.cast import MONDAY
from tests.portal.console.test_browser import NARROW, WIDE, sign_in, story  # noqa: F401 -- the fixture
from tests.portal.inbound.letters import answer, written

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft " * 2


@pytest.fixture
def mails(story, settings):  # noqa: F811
    """Three that wait, and a mailbox that was never read."""
    settings.INBOUND = {"scheme": "imaps"}
    for message in (
        answer(story.held, "It was the blue card.", sender="sam.private@example.net"),
        answer(story.held, "لم يصلني المبلغ بعد.", sender="layla@example.net", subject="لم يصلني المبلغ"),
        written("x" * 300, subject=LONG, to=f"support+c99x{'0' * 30}@milepost.localhost"),
    ):
        taking.take(message.as_bytes(), at=MONDAY)
    return story


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_pages_keep_the_rules_and_fit(new_context, live_server, mails, axe, watch, size, scheme):
    watch.allow("status of 422")
    page = new_context(viewport=size, color_scheme=scheme).new_page()
    sign_in(page, live_server)

    def look(at):
        assert axe(page) == [], at
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], at

    expect(page.get_by_role("alert").filter(has_text="has never been read")).to_be_visible()
    for path in ("", *(f"{pk}/" for pk in InboundMail.objects.values_list("pk", flat=True))):
        page.goto(f"{live_server.url}/console/mail/{path}")
        look(path)
    for button, wrong in (("Put on case", "Choose a case."), ("Set aside", "Choose why.")):
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("alert").get_by_text(wrong)).to_be_visible()
        look(button)
    InboundMail.objects.all().delete()
    page.goto(f"{live_server.url}/console/mail/")
    expect(page.get_by_text("No e-mail waits for you.")).to_be_visible()
    look("empty")


def test_a_supervisor_puts_one_on_its_case(wide, live_server, mails, watch):
    watch.allow("status of 422")
    sign_in(wide, live_server)
    wide.get_by_role("navigation", name="Console").get_by_role("link", name="Messages").click()
    wide.get_by_role("link", name="E-mail in").click()
    wide.get_by_role("link", name="Charged twice").first.click()
    wide.get_by_label(mails.held.reference).check()
    wide.get_by_role("button", name="Put on case").click()
    expect(wide.get_by_role("alert").get_by_text("is not the address we have of them")).to_be_visible()
    expect(wide.get_by_label(mails.held.reference)).to_be_checked()
    wide.get_by_label("I know that it belongs there").check()
    wide.get_by_role("button", name="Put on case").click()
    expect(wide.get_by_role("status")).to_contain_text(f"It is on {mails.held.reference} now")
    expect(wide.get_by_text("It was the blue card.").first).to_be_visible()
