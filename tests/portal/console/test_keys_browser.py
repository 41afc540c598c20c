"""The keyboard alone: filters within 18 Tabs, a late case to a sent update in 12 presses with single keys, in 30 without."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from cases.models import Case, Event, User
from escalation import verbs
from portal import clock
from tests import solving
from tests.cast import MONDAY, gather
from tests.portal.console import stories
from tests.portal.console.test_browser import sign_in

WORDS = "We have found the second payment and asked for it back."


@pytest.fixture
def story(transactional_db, go):
    """A late case in work and a case after it."""
    cast = gather()
    held = stories.acknowledged(cast, title="Charged twice")
    for level in range(2, 6):
        at = {"at": MONDAY + timedelta(minutes=4 + level)}
        solving.escalate(held.pk, reason="Needs somebody above.", by=cast.tiers[level - 1], **at)
        verbs.review(held.pk, by=cast.tiers[level], **at)
        cast.late = verbs.acknowledge(held.pk, by=cast.tiers[level], **at)
    # At the highest level: further down a missed update passes the case up, and somebody has to confirm it first.
    cast.promised = Case.objects.get(pk=held.pk).promise_at
    cast.next = cast.file(title="Where is my parcel?", at=cast.promised + timedelta(minutes=1))
    go(cast.promised + timedelta(minutes=2))
    return cast


class Presses:
    """A keyboard that counts; what is typed into a text is not counted, as nobody has a shortcut for words."""

    def __init__(self, page):
        self.page, self.count = page, 0

    def press(self, key, times=1):
        for _ in range(times):
            self.page.keyboard.press(key)
            self.count += 1

    def until(self, selector, most=60):
        """Tabs until what has the focus fits."""
        for _ in range(most):
            if self.at(selector):
                return
            self.press("Tab")
        raise AssertionError(f"{selector} is not reached by Tab")

    def at(self, selector):
        return self.page.evaluate("(one) => document.activeElement.matches(one)", selector)


def test_the_first_filter_is_18_tabs_away_at_most(wide, live_server, story):
    sign_in(wide, live_server)
    wide.goto(f"{live_server.url}/console/cases/case/")
    keys = Presses(wide)
    keys.until(".filter summary")
    assert keys.count <= 18


def sent(page, story):
    expect(page.get_by_role("status").filter(has_text="sent").first).to_be_visible()
    assert Event.objects.filter(case=story.late, kind="updated").count() == 1


def test_a_late_case_gets_an_update_in_12_presses_with_single_keys(wide, live_server, story):
    sign_in(wide, live_server)
    expect(wide.get_by_role("heading", name="Late")).to_be_visible()
    keys = Presses(wide)
    keys.press("j")
    assert keys.at(f'a[href="{stories.page_url(story.late)}"]')
    keys.press("u")
    wide.wait_for_url("**/act/update/**")
    expect(wide.locator("#id_text")).to_be_focused()
    wide.keyboard.type(WORDS)
    keys.press("Control+Enter")
    sent(wide, story)
    assert keys.count <= 12


def test_a_late_case_gets_an_update_in_30_presses_without_them(wide, live_server, story):
    User.objects.filter(pk=story.supervisor.pk).update(single_keys=False)
    sign_in(wide, live_server)
    keys = Presses(wide)
    keys.press("Tab")
    keys.press("Enter")  # skip to the main content
    keys.until(f'a[href$="/{story.late.pk}/act/update/"]')
    keys.press("Enter")
    wide.wait_for_url("**/act/update/")
    keys.press("Tab")
    keys.press("Enter")
    keys.until("#id_text")
    wide.keyboard.type(WORDS)
    keys.until("main form .row > button[type=submit]:not([name])")
    keys.press("Enter")
    sent(wide, story)
    assert keys.count <= 30


def test_keys_move_open_and_act_and_do_nothing_while_typing(wide, live_server, story):
    sign_in(wide, live_server)
    for path in ("/console/", "/console/cases/case/"):
        wide.goto(f"{live_server.url}{path}")
        links = wide.locator(".rows h3 a, .rows-table tbody a.name")
        for key, at in (("j", 0), ("j", 1), ("j", 1), ("k", 0), ("k", 0)):
            wide.keyboard.press(key)
            expect(links.nth(at)).to_be_focused()
    wide.get_by_role("searchbox").focus()
    wide.keyboard.type("jkouaeh?")
    expect(wide.get_by_role("searchbox")).to_have_value("jkouaeh?")
    assert wide.url.endswith("/console/cases/case/")
    wide.goto(f"{live_server.url}/console/")
    wide.keyboard.press("u")
    expect(wide.locator("[data-keys-said]")).to_contain_text("Choose a case first")
    wide.keyboard.press("j")
    wide.keyboard.press("o")
    wide.wait_for_url(f"**{stories.page_url(story.late)}")
    for key, verb in (("h", "offer"), ("u", "update")):
        wide.goto(f"{live_server.url}{stories.page_url(story.late)}")
        wide.keyboard.press(key)
        wide.wait_for_url(f"**/act/{verb}/**")
    for key in ("a", "e"):
        wide.goto(f"{live_server.url}{stories.page_url(story.late)}")
        wide.keyboard.press(key)
        expect(wide.locator("[data-keys-said]")).to_contain_text("not possible")
    wide.goto(f"{live_server.url}/console/cases/case/")
    wide.keyboard.press("k")
    wide.keyboard.press("e")
    wide.wait_for_url(f"**/{story.next.pk}/act/escalate/**")


def test_the_help_list_opens_and_the_preference_turns_keys_off(wide, live_server, story, axe):
    sign_in(wide, live_server)
    wide.keyboard.press("?")
    expect(wide.get_by_role("dialog", name="Keys")).to_be_visible()
    assert axe(wide) == []
    wide.get_by_role("link", name="Turn them off").click()
    wide.get_by_label("Single keys act on these pages").uncheck()
    wide.get_by_role("button", name="Save").click()
    expect(wide.get_by_role("status")).to_have_text("Single keys are off.")
    wide.goto(f"{live_server.url}/console/")
    wide.keyboard.press("j")
    expect(wide.locator(".rows h3 a").first).not_to_be_focused()
    assert wide.locator("[data-keys]").count() == 0
    assert clock.now().year == MONDAY.year


def test_numbers_are_renewed_and_nothing_moves(wide, live_server, story):
    wide.clock.install()
    sign_in(wide, live_server)
    bubble = wide.locator('[data-count="needs"] .bubble')
    before = bubble.inner_text()
    titles = wide.locator(".rows h3 a").all_inner_texts()
    story.file(title="Another one", at=story.promised + timedelta(minutes=2))
    wide.clock.fast_forward(61_000)
    expect(wide.locator("[data-news]")).to_contain_text("1 new")
    expect(bubble).not_to_have_text(before)
    assert wide.locator(".rows h3 a").all_inner_texts() == titles
    wide.get_by_role("link", name="Show").click()
    expect(wide.get_by_role("link", name="Another one")).to_be_visible()
