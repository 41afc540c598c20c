"""A supervisor's morning: five kinds of trouble on “Needs me now”, all cleared from their rows without leaving the console."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, expect

from cases.models import Case, Category, Event, Message
from escalation import outbox, verbs
from escalation.models import Notice, Promise
from tests.cast import Cast
from tests.journeys.conftest import Stage, fill

MORNING = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)  # a Monday, at work
MINUTE = timedelta(minutes=1)
GROUPS = ("Late", "Due within two hours", "Asked for a supervisor", "Not acknowledged", "Customer not reached")


def at(minutes: float):
    return MORNING + minutes * MINUTE


def held(cast: Cast, title: str, severity: int = 2) -> Case:
    """A case Tom has acknowledged by six minutes past."""
    case = cast.file(at=at(0), title=title)
    topic = Category.objects.get(slug="billing")
    choice = {"severity": severity, "complexity": 1, "category": topic, "reason": "As it is now."}
    verbs.assess(case.pk, **choice, by=cast.tiers[1], at=at(4))
    return verbs.acknowledge(case.pk, by=cast.tiers[1], at=at(6))


def trouble(stage: Stage, cast: Cast) -> dict[str, Case]:
    """What the night left: one case for each group of the page, and the engine's own letters about them."""
    late, due = held(cast, "Lost in the depot"), held(cast, "Billed for two")
    verbs.update(late.pk, text="We ask.", next_at=at(40), by=cast.tiers[1], at=at(8))
    verbs.update(due.pk, text="We ask.", next_at=at(100), by=cast.tiers[1], at=at(8))
    asked, unheard = held(cast, "Three weeks already", severity=4), held(cast, "No receipt came", severity=4)
    verbs.ask_supervisor(asked.pk, reason="slow", text="Nobody says when.", by=cast.customer, at=at(9))
    verbs.wait_customer(unheard.pk, question="Which card did you pay with?", by=cast.tiers[1], at=at(9))
    stage.at(at(10))
    letter = Notice.objects.get(case=unheard, kind="question")
    assert letter.state == Notice.State.SENT
    assert outbox.bounced(unheard, outbox.message_id(letter), "552 5.2.2 mailbox full")
    stage.at(at(41))
    new = cast.file(at=at(42), title="A question about delivery", impact="question")
    stage.at(at(45))
    return dict(zip(GROUPS, (late, due, asked, new, unheard), strict=True))


def group(page: Page, title: str) -> Locator:
    return page.locator("section.needs").filter(has=page.get_by_role("heading", name=title))


def press(page: Page, case: Case, act: str, button: str, **fields: str) -> None:
    """From the row of home to the act's page and its one button; then home again by the bar."""
    page.locator(f'.needs a[href*="/case/{case.pk}/act/"]').filter(has_text=act).click()
    fill(page, fields)
    page.get_by_role("button", name=re.compile(button)).click()
    page.wait_for_url(re.compile(r"/change/$"))
    page.get_by_role("navigation", name="Console").get_by_role("link", name=re.compile("^Needs me now")).click()
    page.wait_for_url(re.compile(r"/console/$"))


def test_five_kinds_of_trouble_are_cleared_without_leaving_the_console(stage, cast):
    cases = trouble(stage, cast)
    page = stage.staff("dana@example.com")
    visited: list[str] = []
    page.on("framenavigated", lambda frame: visited.append(urlsplit(frame.url).path))
    page.reload()

    # Five groups, one case in each, and each says why.
    expect(page.get_by_role("heading", level=1)).to_have_text("5 need you")
    for title, case in cases.items():
        expect(group(page, title).get_by_role("heading", level=2)).to_contain_text("(1)")
        expect(group(page, title).get_by_role("link", name=case.title)).to_be_visible()
    expect(group(page, "Late")).to_contain_text("We promised today, 10:10 and missed it; customer told today, 10:11")
    expect(group(page, "Due within two hours")).to_contain_text("Progress update due today, 11:10")
    expect(group(page, "Asked for a supervisor")).to_contain_text("“It is taking too long”")
    expect(group(page, "Not acknowledged")).to_contain_text("New: nobody has assessed it")
    expect(group(page, "Customer not reached")).to_contain_text(
        "Our question did not reach the customer: Their mailbox is full"
    )

    # The late one went up by itself: its times are confirmed, and a named person says so to the customer.
    late, due, asked, new, unheard = cases.values()
    press(page, late, "Confirm SLA review", "Confirm")
    press(page, late, "Acknowledge", "Acknowledge")
    expect(group(page, "Late")).to_contain_text("None")

    # The one that is due hears from us, and by when it hears again.
    press(page, due, "Send update", "Send update", text="The second booking is found. The bank gives it back.")
    expect(group(page, "Due within two hours")).to_contain_text("None")

    # Who asked for a supervisor is answered by one.
    press(page, asked, "Answer as supervisor", "Send answer", granted="no", text="I see to it myself until Friday.")
    expect(group(page, "Asked for a supervisor")).to_contain_text("None")

    # The new one is assessed and acknowledged.
    topic = str(Category.objects.get(slug="delivery").pk)
    press(page, new, "Assess", "Assess|Set", severity="4", complexity="1", category=topic)
    press(page, new, "Acknowledge", "Acknowledge")
    expect(group(page, "Not acknowledged")).to_contain_text("None")

    # Whom the letter did not reach is called and told.
    press(page, unheard, "Call them, mark told by phone", "Mark told by phone", who="Sam", words="We asked which card.")
    expect(group(page, "Customer not reached")).to_contain_text("None")

    expect(page.get_by_role("heading", level=1)).to_have_text("0 need you")
    expect(page.get_by_text("Nothing needs you. The next deadline is")).to_be_visible()
    assert visited and all(path.startswith("/console/") for path in visited), visited

    # The record says the same: each case has Dana's act, what was broken is mended, and the clocks of the lost question run.
    for case in cases.values():
        assert Event.objects.filter(case=case, actor=cast.supervisor).exists(), case.title
    assert Promise.objects.filter(case=late, status="broken").count() == 1
    assert Message.objects.filter(case=unheard, kind="call", author=cast.supervisor).exists()
    assert Event.objects.filter(case=unheard, kind="question_lost").exists()
    assert Case.objects.get(pk=unheard.pk).promise_at is not None
    assert not Notice.objects.filter(to_customer=True, state__in=("dead", "uncertain")).exists()
    stage.at(at(60))
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("0 need you")
