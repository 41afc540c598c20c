"""Solving a case in a real browser: every page keeps the rules, and Tom goes from a tick to a case passed up, scripts or not."""

import pytest
from playwright.sync_api import expect

from cases.models import Category, TriedStep
from escalation import playbooks, remedies, verbs
from escalation.remedies import Draft
from feedback import practice
from feedback.models import Survey
from tests.cast import MONDAY, gather
from tests.portal.console import stories
from tests.portal.console.test_browser import NARROW, WIDE, sign_in

TOM = "tom@example.com"


@pytest.fixture
def story(transactional_db, go):
    cast = gather()
    cast.topic = Category.objects.get(slug="billing")
    playbooks.write(cast.topic, ["Look at the payments", "Ask the bank"], by=cast.supervisor, at=MONDAY, seen=0)
    cast.remedy = remedies.write(None, Draft("Voucher", 1, True), by=cast.supervisor, at=MONDAY)
    cast.done = verbs.accept(stories.answered(cast).pk, by=cast.customer, at=stories.minutes(8))
    Survey.objects.update_or_create(case=cast.done, defaults={"satisfaction": 5, "answered_at": stories.minutes(9)})
    practice.mark(cast.done, "Asked the bank first.", by=cast.tiers[1], at=stories.minutes(10))
    cast.case = stories.acknowledged(cast, title="Charged twice again", at=stories.minutes(1))
    go(MONDAY.replace(hour=10, minute=45))
    return cast


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_keeps_the_rules_and_fits(new_context, live_server, story, axe, size, scheme):
    page = new_context(viewport=size, color_scheme=scheme).new_page()
    sign_in(page, live_server)
    for path in (
        "/console/playbooks/",
        f"/console/playbooks/{story.topic.pk}/",
        "/console/remedies/",
        "/console/remedies/new/",
        f"/console/remedies/{story.remedy.remedy_id}/edit/",
        "/console/worth/",
        f"/console/worth/{story.done.pk}/",
        "/console/best/?topic=billing",
        stories.page_url(story.case),
        stories.page_url(story.done),
        *(stories.act_url(story.case, verb) for verb in ("tried", "investigate", "escalate", "answer")),
    ):
        page.goto(f"{live_server.url}{path}")
        for folded in page.locator("main summary").all():
            folded.click()
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_tom_ticks_and_passes_up(new_context, live_server, story, scripts):
    page = new_context(viewport=WIDE, java_script_enabled=scripts).new_page()
    sign_in(page, live_server, TOM)
    page.goto(f"{live_server.url}{stories.page_url(story.case)}")
    page.get_by_label("Ask the bank").check()
    page.get_by_role("button", name="Save the ticks").click()
    expect(page.get_by_role("status").first).to_contain_text("goes with the case from level to level")
    expect(page.locator("#tried")).to_contain_text("level 1, Tom Reed")
    page.get_by_role("link", name="Pass up").first.click()
    expect(page.get_by_text("Before this.")).to_have_count(0)
    page.get_by_label("Reason").fill("A manager must decide.")
    page.get_by_role("button", name="Pass up to level 2").click()
    expect(page.get_by_role("status").first).to_contain_text("Passed up.")
    assert TriedStep.objects.get(case=story.case).text == "Ask the bank"
