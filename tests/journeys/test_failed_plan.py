"""R121 to R123: a plan fails, and ends in an apology, an alternative, changed rules, and a look back a month later.

People press in a browser what is theirs; the engine opens the post-mortem by itself, and the draft of the protocol is
drawn up and published by the functions its editor calls (that editor has a story of its own).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from django.core import mail
from django.core.management import call_command
from playwright.sync_api import expect

from escalation.models import ProtocolVersion
from feedback.models import Counterfactual, PostMortem
from portal import clock
from tests.portal import post_mortem_stories as stories
from tests.portal.console.protocol_stories import author
from tests.ways_in import sign_in_by_password

MORNING = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)  # a Monday, at work


def letter(words: str) -> str:
    """The text of the newest letter to the customer that says `words`."""
    found = [m.body for m in mail.outbox if m.to == ["sam@example.com"] and words in f"{m.subject}\n{m.body}"]
    assert found, [(m.to, m.subject) for m in mail.outbox]
    return found[-1]


def test_a_failed_plan_ends_in_an_alternative_and_changed_rules(stage, cast, watch):
    watch.allow(r"status of 422")  # closing is refused on purpose
    # The last level lets its time go by. The engine says so, and opens the post-mortem.
    stage.at(MORNING)
    case = stories.climbed(cast, at=clock.now())
    late = case.promise_at + stories.MINUTE
    stage.at(late)
    stage.at(late + timedelta(seconds=5))
    assert "We missed it. Sorry." in letter("We missed our time")
    found = PostMortem.objects.get()
    assert (found.case, found.owner) == (case, cast.tiers[5])

    # The supervisor finds it among what the plan owes, and reads the way up from the log.
    dana = stage.staff(cast.supervisor.email)
    dana.goto(f"{stage.address}/console/postmortems/")
    dana.get_by_role("link", name=re.compile(case.reference)).click()
    expect(dana.get_by_role("img", name=re.compile("From level 1 to level 5"))).to_be_visible()
    expect(dana.get_by_label("What happened, in two sentences")).to_have_value(re.compile("reached level 5"))
    dana.get_by_role("button", name="Close it").click()
    expect(dana.get_by_text("It is not closed. The customer has not had an apology yet.")).to_be_visible()

    # One letter: sorry, what went wrong, what we do instead.
    dana.get_by_role("link", name="Apologise and offer").click()
    dana.get_by_label("Sorry, in your own words").fill("I am sorry that you waited a day for a word from us.")
    dana.get_by_label("What went wrong, in plain words").fill(
        "Five teams passed your case on, and the last did not write."
    )
    dana.get_by_label("What we do instead").fill("We send the 64.90 back by hand today.")
    dana.get_by_role("button", name="Send to the customer").click()
    expect(dana.get_by_text("No answer yet")).to_be_visible()

    # The customer reads it, and says yes.
    stage.at(late + timedelta(minutes=2))
    link = re.search(r"http\S+/alternative/", letter("We send the 64.90 back by hand today."))[0]
    sam = stage.guest(viewport={"width": 360, "height": 800})
    sam.goto(f"{stage.address}/account/sign-in/")
    sign_in_by_password(sam, cast.customer.email)
    sam.goto(link)
    sam.get_by_label("Yes, please do this").check()
    sam.get_by_role("button", name="Send my answer").click()
    expect(sam.get_by_text("You said yes to our offer.")).to_be_visible()

    # What let it happen is written, and the rules are changed: would they have prevented it?
    nora, omar = author("nora@example.com", "Nora Author"), author("omar@example.com", "Omar Second")
    draft = stories.more_time(nora, clock.now())
    page = f"{stage.address}/console/postmortems/{found.pk}/"
    dana.goto(page)
    expect(dana.get_by_text("Accepted", exact=True)).to_be_visible()
    dana.get_by_label("The times of the protocol did not fit").check()
    dana.get_by_label("Why it was not seen sooner").fill("Nothing warns the last level.")
    dana.get_by_role("button", name="Save").click()
    dana.get_by_role("link", name="Add a measure").click()
    dana.get_by_label("Change the protocol").check()
    dana.get_by_label("What will be different?").fill("Updates have four times the time at every level.")
    dana.get_by_label("Whose is it?").select_option(label=str(cast.mate))
    dana.get_by_label("Done by").fill(f"{late + timedelta(days=7):%Y-%m-%d}")
    dana.get_by_role("button", name="Add measure").click()
    dana.get_by_label("Version to try").select_option(str(draft.pk))
    dana.get_by_role("button", name="Try it").click()
    expect(dana.get_by_text("It would not have happened")).to_be_visible()
    assert Counterfactual.objects.get().here["after"]["failures"] == 0

    # Two people put it in force; the post-mortem closes.
    stories.put_in_force(draft, by=nora, second=omar, at=clock.now())
    assert ProtocolVersion.objects.get(status="published") == draft
    dana.get_by_role("button", name="Close it").click()
    expect(dana.get_by_text("Closed. Its measures are looked at again in 30 days.")).to_be_visible()

    # A month later each measure is verified: the change of the rules by what the back-test showed.
    found.refresh_from_db()
    stage.at(datetime.combine(found.review_on, late.timetz()))
    stage.pages.clear()
    dana = stage.staff(cast.supervisor.email)
    dana.goto(page)
    for evidence in ("The money arrived on 14 January.", "Version 2 has been in force since."):
        dana.get_by_role("link", name=re.compile("^Verify")).first.click()
        dana.get_by_label("What shows that it holds?").fill(evidence)
        dana.get_by_role("button", name="It is done and it holds").click()
        expect(dana.get_by_text("Verified.", exact=True)).to_be_visible()
    expect(dana.get_by_text("Closed and verified")).to_be_visible()
    expect(dana.get_by_text("Proved by the try of five-tier@2")).to_be_visible()
    call_command("audit")
