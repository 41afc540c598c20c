"""A low score is answered in time: the customer says it behind the mailed link, a supervisor writes back, the figure counts it."""

from __future__ import annotations

import re
from datetime import timedelta

from django.core import mail
from playwright.sync_api import expect

from escalation import verbs
from feedback.models import LowScore
from tests.journeys.conftest import fill
from tests.portal.console import stories


def test_a_low_score_is_answered_in_time(stage, cast):
    case = verbs.accept(stories.answered(cast).pk, by=cast.customer, at=stories.minutes(9))
    stage.at(stories.minutes(80))
    (survey,) = [m.body for m in mail.outbox if m.to == [cast.customer.email] and "How did we do?" in m.subject]

    # The link chooses, the button says; the second page asks whether we may call.
    guest = stage.guest()
    guest.goto(re.search(r"Very dissatisfied: (http\S+)", survey)[1])
    assert not LowScore.objects.exists()
    guest.locator("textarea").fill("Three people asked me the same.")
    guest.get_by_role("button", name="Send").click()
    guest.locator('[name="may_contact"][value="yes"]').check()
    guest.get_by_role("button", name="Send").click()
    expect(guest.get_by_text("A supervisor reads it and answers you.")).to_be_visible()
    owed = LowScore.objects.get(case=case)

    # Dana sees it on her home, goes there and writes.
    dana = stage.staff(cast.supervisor.email)
    dana.goto(f"{stage.address}/console/")
    expect(dana.get_by_text("1 unhappy customer waits for an answer, the next by")).to_be_visible()
    dana.get_by_role("main").get_by_role("link", name="Feedback inbox").click()
    expect(dana.get_by_text("Three people asked me the same.")).to_be_visible()
    dana.locator(".rows a.button").filter(has_text=case.reference).click()
    fill(dana, {"how": "letter", "words": "You are right. From now on one person asks."})
    dana.get_by_role("button", name="Answer").click()
    expect(dana.get_by_role("status").first).to_contain_text("The letter is on its way.")
    dana.get_by_role("link", name="Answered (1)").click()
    expect(dana.get_by_text("By letter", exact=True)).to_be_visible()

    # The letter comes, and after its time the figure has it.
    stage.at(stories.minutes(90))
    # Among the letters of that round: colleagues may have theirs in it, too.
    (letter,) = [m for m in mail.outbox if m.subject.startswith("About what you told us")]
    assert letter.to == [cast.customer.email]
    assert "From now on one person asks." in letter.body and "Dana" in letter.from_email
    stage.at(owed.due_at + timedelta(days=1))
    assert not any("not answered in time" in m.subject for m in mail.outbox)
    dana.goto(f"{stage.address}/insights/all/")
    row = dana.get_by_role("row").filter(has_text="Low scores answered in time")
    expect(row).to_contain_text("1")
    expect(row.get_by_role("link", name="1", exact=True)).to_be_visible()
