"""R009: a purchase order that was refused climbs from representative to manager, lead and chief officer.

Everything is done by people in a browser, except what the engine does by itself: it mails, and it passes the
case from the lead to the chief officer when the lead lets a promised time go by.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from django.core import mail
from django.core.management import call_command
from playwright.sync_api import expect

from cases.models import Case, Event
from escalation.models import Promise
from feedback.models import Survey

MORNING = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)  # a Monday, at work


def letter(address: str, subject: str) -> str:
    """The text of the newest letter to `address` whose subject says `subject`."""
    found = [m.body for m in mail.outbox if m.to == [address] and subject in m.subject]
    assert found, [(m.to, m.subject) for m in mail.outbox]
    return found[-1]


def test_a_purchase_order_climbs_to_the_chief_officer_and_is_surveyed(stage, cast):
    hour = timedelta(hours=1)
    stage.at(MORNING)

    # A guest files, sees the promise before sending, and the reference after.
    customer = stage.guest()
    customer.goto(f"{stage.address}/cases/new/one-page/")
    customer.get_by_label("An order").check()
    customer.get_by_label("I have lost money or data").check()
    customer.get_by_label("Sum it up in a few words").fill("My online purchase order was refused")
    customer.get_by_label("What happened?").fill("The order was refused, the money left my account.")
    customer.get_by_label("What would put it right?").fill("The order confirmed.")
    customer.get_by_label("name", exact=False).first.fill("Hedda Gast")
    customer.get_by_label("E-mail").fill("hedda@example.com")
    customer.get_by_role("button", name="Continue").click()
    expect(customer.get_by_text("10:00").first).to_be_visible()  # 30 working minutes from 9:30, before anything is sent
    customer.get_by_role("button", name="Send my case").click()
    expect(customer.get_by_role("heading", level=1)).to_contain_text("We have your case")
    case = Case.objects.get()
    expect(customer.get_by_text(case.reference).first).to_be_visible()

    # The receipt names the engine's promise; its link shows a button and only the button opens the case.
    stage.at(MORNING + timedelta(minutes=1))
    receipt = letter("hedda@example.com", "We have your case")
    assert "Mon 12 Jan, 10:00 (London time)" in receipt
    assert "refused" not in receipt  # nobody has proved yet that this address is theirs
    phone = stage.guest(viewport={"width": 360, "height": 800})
    phone.goto(re.search(r"http\S+/follow/\S+", receipt)[0])
    assert Event.objects.count() == 1
    phone.get_by_role("button", name="Yes, open it").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("My online purchase order was refused")
    expect(phone.get_by_text("We have it")).to_be_visible()
    expect(phone.locator("ol.steps > li")).to_have_count(5)

    # The representative assesses and acknowledges; the customer reads a name.
    tom, mara, priya, ivo = (cast.tiers[n].email for n in (1, 2, 3, 4))
    stage.act(tom, case, "assess", "Set the priority", severity="2", complexity="2")
    stage.act(tom, case, "acknowledge", "Acknowledge")
    phone.reload()
    expect(phone.get_by_text("Tom has it")).to_be_visible()
    stage.at(MORNING + hour)
    stage.act(tom, case, "update", "Send update", text="I tried the order again and it is refused here too.")

    # Up to the manager, who reviews, acknowledges, and passes it to the lead.
    stage.act(
        tom,
        case,
        "escalate",
        "Pass up to level 2",
        also="Ordered the same from a test account.",
        reason="I could not find out why it is refused.",
    )
    phone.reload()
    expect(phone.get_by_text("Passed to Customer support managers").first).to_be_visible()
    expect(phone.get_by_text("level 2 of 5")).to_be_visible()
    blocked = stage.staff(mara)
    blocked.goto(f"{stage.address}/console/cases/case/{case.pk}/change/")
    assert "Review the SLA first" in blocked.content()
    stage.at(MORNING + hour + timedelta(minutes=10))
    stage.act(mara, case, "review", "Confirm SLA review")
    stage.act(mara, case, "acknowledge", "Acknowledge")
    stage.act(mara, case, "escalate", "Pass up to level 3", reason="The rule that refuses it is not mine to lift.")
    stage.at(MORNING + hour + timedelta(minutes=30))
    stage.act(priya, case, "review", "Confirm SLA review")
    stage.act(priya, case, "acknowledge", "Acknowledge")

    # The lead falls silent. The engine says so first, apologises, and passes it to the chief officer.
    case.refresh_from_db()
    promised = case.promise_at
    stage.at(promised + timedelta(seconds=2))
    case.refresh_from_db()
    assert (case.state, case.tier) == ("escalated", 4)
    apology = letter("hedda@example.com", "We missed our time")
    assert "We missed it. Sorry." in apology
    assert "Ivo has been told and now answers for it too" in apology
    phone.reload()
    expect(phone.get_by_text("Passed to Chief customer service officer").first).to_be_visible()
    expect(phone.get_by_text("level 4 of 5")).to_be_visible()

    # The chief officer resolves it; the customer says yes and rates.
    stage.act(ivo, case, "review", "Confirm SLA review")
    stage.act(ivo, case, "acknowledge", "Acknowledge")
    stage.act(
        ivo, case, "investigate", "Save the investigation", hypotheses="The shop. The card. A rule for accounts.",
        findings="A limit for new accounts refused an old one.", cause="setting",
    )  # fmt: skip
    stage.act(
        ivo, case, "answer", "Send answer",
        text="The block is lifted and your order is confirmed.", outcome="fixed", root_cause="A limit for new accounts",
        prevents="yes", prevention="The limit looks at the age of an account.",
    )  # fmt: skip
    phone.reload()
    expect(phone.get_by_text("Answered: is it fixed?")).to_be_visible()
    phone.get_by_role("link", name="Yes, it is fixed").first.click()
    phone.get_by_role("button", name="Yes, it is fixed").click()
    expect(phone.get_by_text("Thank you. Your case is marked as fixed.")).to_be_visible()

    # An hour later the survey comes; opening it records nothing but that it was opened.
    stage.at(promised + 2 * hour)
    survey = letter("hedda@example.com", "How did we do?")
    phone.goto(re.search(r"Satisfied: (http\S+)", survey)[1])
    assert Survey.objects.get().answered_at is None
    phone.get_by_role("button", name=re.compile("Send")).click()
    expect(phone.get_by_role("heading", level=1)).to_contain_text(re.compile("Thank", re.IGNORECASE))
    answer = Survey.objects.get()
    assert answer.answered_at is not None
    assert answer.satisfaction == 5 or answer.satisfaction == 4

    # What must always hold, held; and the ledger knows of one broken promise.
    assert Promise.objects.filter(status="broken").count() == 1
    kinds = list(Event.objects.order_by("seq").values_list("kind", flat=True))
    assert [k for k in kinds if k in ("escalated", "missed", "ran_out")] == [
        "escalated",
        "escalated",
        "missed",
        "ran_out",
    ]
    call_command("audit")
