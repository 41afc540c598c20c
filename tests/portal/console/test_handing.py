"""Handing over in the console: the packet is filled in, the receiver finds the question at once, and it ends."""

import html

from cases.models import Case, Note
from escalation import verbs
from tests.escalation.stories import PACKET
from tests.portal.console import stories
from tests.portal.console.stories import act_url, hidden, main_of, page_url


def test_the_form_begins_with_what_the_case_knows_and_names_load_and_duty(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    page = signed_in(cast.tiers[1]).get(act_url(case, "offer"))
    form = page.context["form"]
    assert "Acknowledged, level 1, severity High" in form["situation"].value()
    assert "Progress update by" in form["promised"].value()
    offered = [words for _, words in form.fields["to"].choices]
    assert offered[0] == "Choose a colleague"
    assert "Ana Mate (Service representatives), on duty, 0 open" in offered
    assert not any("Tom Reed" in words for words in offered)
    assert page.context["preview"].letters == []
    assert "The person you choose: told that they are asked to take it over." in page.context["preview"].others


def test_what_was_typed_stays_when_a_part_is_missing(signed_in, cast, monday, everything):
    case = stories.acknowledged(cast)
    client, before = signed_in(cast.tiers[1]), everything()
    page = client.get(act_url(case, "offer"))
    typed = {"to": str(cast.mate.pk), **PACKET, "done": " ", "watch": "Speaks slowly."}
    answer = client.post(act_url(case, "offer"), hidden(page) | typed)
    assert answer.status_code == 422 and everything() == before
    text = html.unescape(answer.content.decode())
    assert "Write what was done so far" in text and "Speaks slowly." in text


def test_the_receiver_finds_it_on_the_home_page_and_on_the_case(signed_in, cast, monday):
    case = stories.offered(cast)
    client = signed_in(cast.mate)
    home = html.unescape(main_of(client.get("/console/")))
    assert "Offered to you" in home and "Tom Reed</bdi> asks you to take it over" in home
    page = client.get(page_url(case))
    text = html.unescape(main_of(page))
    assert "Offered to you" in text and "The bank has both bookings." in text
    assert page.context["acts"][0]["verb"] == "accept_offer"
    assert page.context["rows"][0]["title"] == "Offered to Ana Mate: accept or return"


def test_others_see_who_was_asked_and_only_the_team_may_take_it_back(signed_in, cast, monday):
    case = stories.offered(cast)
    text = html.unescape(main_of(signed_in(cast.tiers[1]).get(page_url(case))))
    assert "Offered to a colleague" in text and act_url(case, "withdraw_offer") in text
    assert act_url(case, "accept_offer") not in text
    text = main_of(signed_in(cast.tiers[3]).get(page_url(case)))
    assert act_url(case, "withdraw_offer") not in text
    assert "Offered to you" not in main_of(signed_in(cast.tiers[1]).get("/console/"))


def test_after_the_yes_the_timeline_says_who_from_whom_and_the_card_is_gone(signed_in, cast, monday):
    case = stories.offered(cast)
    verbs.accept_offer(case.pk, by=cast.mate, at=stories.minutes(8))
    page = signed_in(cast.mate).get(page_url(case))
    assert page.context["rows"][0]["title"] == "Accepted by Ana Mate, from Tom Reed"
    assert "asks you to take this case over" not in main_of(page)


def test_only_a_supervisor_gives_it_at_once_with_the_same_five_parts(signed_in, cast, monday, everything):
    case = stories.acknowledged(cast)
    refused = signed_in(cast.tiers[1]).get(act_url(case, "hand_over"))
    assert "Needs a supervisor." in refused.content.decode()
    dana, before = signed_in(cast.supervisor), everything()
    page = dana.get(act_url(case, "hand_over"))
    form = page.context["form"]
    assert list(form.fields)[:7] == ["seen", "form_key", "to", "situation", "done", "promised", "following"]
    assert "Acknowledged, level 1" in form["situation"].value() and "Progress update by" in form["promised"].value()
    assert form["done"].value() == "Nothing is on record yet."
    typed = {"to": str(cast.mate.pk), **PACKET, "following": " ", "watch": "Tom is ill."}
    refused = dana.post(act_url(case, "hand_over"), hidden(page) | typed)
    assert refused.status_code == 422 and everything() == before
    assert "Write the next step and by when." in refused.content.decode() and b"Tom is ill." in refused.content
    assert dana.post(act_url(case, "hand_over"), hidden(page) | typed | PACKET).status_code == 303
    assert Case.objects.get(pk=case.pk).owner == cast.mate
    assert Note.objects.get(case=case).text.split("\n\n") == [
        "Where it stands: The bank has both bookings.", "Done so far: Asked the bank for the second one back.",
        "Promised to the customer: News today.", "Next step and by when: Call the bank before three.",
        "Watch out for: Tom is ill.",
    ]  # fmt: skip


def test_who_answers_a_question_that_is_over_reads_so(signed_in, cast, monday, everything):
    case = stories.offered(cast)
    client = signed_in(cast.mate)
    page = client.get(act_url(case, "accept_offer"))
    verbs.withdraw_offer(case.pk, by=cast.tiers[1], at=stories.minutes(8))
    before = everything()
    answer = client.post(act_url(case, "accept_offer"), hidden(page))
    assert answer.status_code == 409 and everything() == before
    text = html.unescape(answer.content.decode())
    assert "Tom took the hand-over back" in text and "The case is not offered to you." in text
