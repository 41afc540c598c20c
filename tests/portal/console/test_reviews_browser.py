"""Reviews and reading in a real browser: rules of accessibility, narrow screens, no script needed to sign."""

from __future__ import annotations

import copy
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from escalation import publishing
from escalation.models import PlanReview, ProtocolVersion
from tests.cast import MONDAY, gather, person
from tests.portal.console import stories
from tests.portal.console.test_browser import NARROW, WIDE, sign_in


@pytest.fixture
def story(transactional_db, go):
    cast = gather()
    stories.reviewed(cast)
    cast.supervisor.groups.add(Group.objects.get(name="Protocol authors"))
    second = person("bo@example.com", "Bo", is_staff=True)
    document = copy.deepcopy(ProtocolVersion.objects.get(key="five-tier").document)
    document["matrix"][0]["acknowledge"] = 2700
    made = publishing.draft(ProtocolVersion, "five-tier", document=document, note="Calmer.", by=second, at=MONDAY)
    made = publishing.review(made, seen=made.revision, by=cast.supervisor, at=MONDAY)
    cast.version = publishing.publish(made, by=second, at=MONDAY, errors=lambda one: ())
    cast.review = PlanReview.objects.create(key="five-tier", due_on=date(2026, 1, 14))
    go(MONDAY + timedelta(days=7))
    return cast


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_keeps_the_rules_and_fits(new_context, live_server, story, axe, size, scheme):
    page = new_context(viewport=size, color_scheme=scheme).new_page()
    page.goto(f"{live_server.url}/console/login/")
    sign_in(page, live_server)
    paths = ("/console/", "/console/protocol/reviews/", f"/console/protocol/reviews/{story.review.pk}/")
    for path in (*paths, f"/console/protocol/read/{story.version.pk}/"):
        page.goto(f"{live_server.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
        assert axe(page) == [], path


def test_a_review_is_held_and_signed_without_a_script(new_context, live_server, story):
    page = new_context(viewport=WIDE, java_script_enabled=False).new_page()
    sign_in(page, live_server)
    page.get_by_role("link", name="Who is on duty, gaps and load").click()
    page.get_by_role("link", name="Hold the review").click()
    expect(page.get_by_role("button", name="Sign the decision")).to_be_visible()
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_label("Change it: a draft follows").check()
    page.get_by_label("Why?").fill("Level 2 is reviewed too late.")
    page.get_by_role("button", name="Sign the decision").click()
    expect(page.get_by_text("have the same seal")).to_be_visible()
    expect(page.get_by_text("Level 2 is reviewed too late.")).to_be_visible()
    assert PlanReview.objects.filter(decided_at=None).count() == 1
