"""A manager finds the milestone where the hours go, opens its cases, keeps the view, and gets it by mail on Monday."""

from __future__ import annotations

import re
from datetime import timedelta

from django.core import mail
from playwright.sync_api import expect

from escalation import verbs
from feedback.models import FigureView
from tests.cast import PASSWORD
from tests.journeys.conftest import fill
from tests.portal.console import stories
from tests.ways_in import sign_in_by_password


def test_a_manager_keeps_what_they_found_and_gets_it_by_mail(stage, cast):
    """Six cases went up; nobody above confirmed five of them by name for hours."""
    for number in range(6):
        case = stories.reviewed(cast)
        if not number:
            verbs.acknowledge(case.pk, by=cast.tiers[2], at=stories.minutes(9))
    stage.at(stories.minutes(20))
    stage.at(stories.minutes(200))

    max_ = stage.new_context().new_page()
    max_.goto(f"{stage.address}/insights/bottlenecks/?period=4w")
    sign_in_by_password(max_, cast.manager.email, PASSWORD)
    max_.wait_for_url(re.compile(r"/insights/bottlenecks/"))
    sentence = max_.locator("p.sentence").inner_text()
    assert re.search(r"Where the time goes: \d+% waiting to be confirmed by name", sentence), sentence

    # The number of that milestone leads to its cases.
    max_.get_by_text("Show the numbers").first.click()
    row = max_.get_by_role("row").filter(has_text="Waiting to be confirmed by name").first
    row.get_by_role("link").first.click()
    expect(max_.get_by_role("heading", level=1)).to_contain_text("waiting to be confirmed by name")
    max_.go_back()

    max_.get_by_role("link", name="Save this view").click()
    fill(max_, {"name": "Where the hours go", "mailed": "weekly"})
    max_.get_by_role("button", name="Save").click()
    expect(max_.get_by_role("status").first).to_contain_text("It comes each Monday at 8:00.")
    view = FigureView.objects.get(owner=cast.manager, page="/insights/bottlenecks/", query="period=4w")

    # Monday, eight o'clock: the beat owes it and sends it; the second round has nothing left to send. What went up over the days
    # that are skipped here has been counted by then, as it has wherever the engine runs.
    for minutes in (5, 4):
        stage.at(view.next_at - timedelta(minutes=minutes))
    mail.outbox.clear()
    stage.at(view.next_at)
    stage.at(view.next_at + timedelta(minutes=1))
    (letter,) = [m for m in mail.outbox if m.to == [cast.manager.email]]
    assert letter.subject == "Where the hours go: figures"
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    # Its link shows the very sentence it has.
    (url,) = re.findall(r"on their page: (http\S+)", letter.body)
    max_.goto(url)
    assert max_.locator("p.sentence").inner_text() in letter.body
    max_.goto(re.search(r"Stop this letter: (http\S+)", letter.body)[1])
    max_.get_by_role("button", name="Yes, stop it").click()
    expect(max_.get_by_text("We send you this view no more.")).to_be_visible()
    assert FigureView.objects.get().next_at is None
