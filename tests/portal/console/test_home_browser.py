"""Home and what stands around it in a real browser: rules of accessibility, narrow screens, and the part put in its place."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from cases.models import Case
from escalation import beside, verbs
from escalation.models import Alert, Notice
from feedback.models import Survey
from tests.cast import MONDAY, gather
from tests.portal.console import stories
from tests.portal.console.test_browser import NARROW, WIDE, sign_in


@pytest.fixture
def story(transactional_db, go):
    """A question that came back, an overdue task with its alarm, a wish, a case left alone since Friday, words of yesterday."""
    cast = gather()
    cast.lost = stories.unreached(cast, title="Lost in Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch")
    held = stories.acknowledged(cast)
    verbs.add_task(held.pk, text="Call", due_at=stories.minutes(20), by=cast.tiers[1], at=stories.minutes(12))
    beside.tell_tasks(stories.minutes(21))
    stories.asked_supervisor(cast, severity=4)
    cast.file(at=MONDAY - timedelta(days=5), impact="question", title="Left alone")
    Alert.objects.create(case=held, kind="plan_exhausted", text="Nobody is above it.", raised_at=stories.minutes(22))
    Survey.objects.create(
        case=held, answered_at=MONDAY - timedelta(hours=12), satisfaction=1, comment="Nobody called back, three times."
    )
    go(stories.minutes(45))
    return cast


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_keeps_the_rules_and_fits(new_context, live_server, story, axe, size, scheme):
    page = new_context(viewport=size, color_scheme=scheme).new_page()
    sign_in(page, live_server)
    letter = Notice.objects.get(state="dead").pk
    lost = Case.objects.get(pk=story.lost.pk)
    for path in (
        "/console/",
        "/console/around/",
        "/console/untouched/",
        "/console/today/?who=all",
        "/console/start/",
        stories.page_url(lost),
        f"/console/escalation/notice/{letter}/change/",
        "/console/escalation/notice/",
        *(stories.act_url(lost, verb) for verb in ("told_by_phone", "give_up", "correct_customer_address", "log_call")),
    ):
        page.goto(f"{live_server.url}{path}")
        if path == "/console/":
            expect(page.get_by_text("On duty:")).to_be_visible()
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path


def test_without_scripts_a_link_leads_to_what_stands_around(new_context, live_server, story):
    page = new_context(java_script_enabled=False).new_page()
    sign_in(page, live_server)
    page.get_by_role("link", name="Who is on duty, gaps and load, rules to read").click()
    expect(page.get_by_text("On duty:")).to_be_visible()
    page.get_by_role("link", name="See which").click()
    expect(page.get_by_role("link", name="Left alone")).to_be_visible()
