"""The protocol's editor in a real browser: rules of accessibility, narrow screens, and one time changed by hand."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from escalation import publishing, verbs
from escalation.models import ProtocolVersion
from escalation.protocol import ANY
from escalation.reading import parse
from portal.console.protocol_editing import FORMS
from tests.cast import MONDAY, gather
from tests.portal.console.protocol_stories import LIST, author, drawn_up, edit_of, page_of
from tests.portal.console.test_browser import sign_in

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 800}


@pytest.fixture
def story(transactional_db, go):
    """A cast with two authors."""
    cast = gather()
    cast.nora, cast.omar = author("nora@example.com", "Nora Author"), author("omar@example.com", "Omar Second")
    go(MONDAY)
    return cast


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "dark"), (NARROW, "light")], ids=["wide", "narrow"])
def test_every_page_of_the_editor_keeps_the_rules_and_fits(new_context, live_server, story, axe, size, scheme):
    draft = drawn_up(story.nora)
    strange = {**draft.document, "matrix": draft.document["matrix"][1:], "skills": {"gone": ["x"]}}
    draft = publishing.change(draft, strange, seen=0, by=story.nora, at=MONDAY)
    page = new_context(viewport=size, color_scheme=scheme).new_page()
    sign_in(page, live_server, "nora@example.com")
    parts = [edit_of(draft, part, "?level=1&severity=2&topic=*") for part in FORMS if part != "drop-row"]
    acts = [f"{LIST}{draft.pk}/{act}/" for act in ("approve", "publish", "discard")]
    for path in (LIST, page_of(draft), *parts, *acts, f"{LIST}import/", f"{LIST}choices/"):
        page.goto(f"{live_server.url}{path}")
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path


def test_one_time_is_tightened_tried_on_history_approved_and_published(new_context, live_server, story, watch):
    """And the next case is promised under it while the older one is not."""
    older = story.file()
    assess = {"severity": 2, "complexity": 1, "category": older.category, "by": story.tiers[1], "at": MONDAY}
    promised = verbs.assess(older.pk, **assess).promise_at
    assert promised == MONDAY + timedelta(hours=2)
    watch.allow(r"status of 422")  # a time that is none is typed on purpose
    hers, his = (new_context(viewport=WIDE).new_page() for _ in range(2))
    sign_in(hers, live_server, "nora@example.com")
    hers.get_by_role("link", name="Protocol").click()
    hers.get_by_role("button", name="Draw up a new version").click()
    row = hers.get_by_role("row", name="High 30 minutes 2 working hours").first
    row.get_by_role("link", name="2 working hours").click()
    number = hers.get_by_label("Acknowledge: number")
    expect(number).to_have_value("2")
    number.fill("soon")
    hers.get_by_role("button", name="Save in the draft").click()
    hers.get_by_role("link", name="Enter a number above 0, such as 30 or 1.5: acknowledge.").click()
    expect(hers.locator("#id_acknowledge_0")).to_be_focused()
    number.fill("1.5")
    hers.get_by_role("button", name="Save in the draft").click()
    expect(hers.get_by_role("status")).to_have_text("Saved in the draft.")
    expect(hers.get_by_text("was 2 working hours")).to_be_visible()
    hers.get_by_label("Why this version?").fill("Customers waited too long.")
    hers.get_by_role("button", name="Save the reason").click()
    expect(hers.get_by_role("link", name="Read and approve")).to_have_count(0)
    draft_page = hers.url

    hers.get_by_role("link", name="Try it on one case or on the last 90 days").click()
    hers.get_by_role("button", name="Try it").click()
    expect(hers.get_by_role("heading", name="Back-test of five-tier@2")).to_be_visible()
    expect(hers.get_by_text("1 case").first).to_be_visible()

    sign_in(his, live_server, "omar@example.com")
    his.goto(draft_page)
    his.get_by_role("link", name="Read and approve").click()
    his.get_by_label("I have read the change and agree that this should count.").check()
    his.get_by_role("button", name="Approve").click()
    his.get_by_role("link", name="Go to publishing").click()
    his.get_by_role("button", name="Publish now").click()
    expect(his.get_by_role("status")).to_contain_text("Version 2 is in force.")
    force = publishing.in_force(ProtocolVersion, "five-tier")
    assert parse(force.label, force.document).cell(ANY, 2, 1).acknowledge == 5400
    older.refresh_from_db()
    assert (older.protocol, older.promise_at) == ("five-tier@1", promised)
    newer = verbs.assess(story.file(title="The next one").pk, **assess)
    assert (newer.protocol, newer.promise_at) == ("five-tier@2", MONDAY + timedelta(minutes=90))
