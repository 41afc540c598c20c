"""An upset customer in the console: seen at once on every page, calming replies first, and the word stays inside."""

import html

from cases.replies import Draft
from escalation import saved_replies, verbs
from tests.portal.console import stories
from tests.portal.console.stories import act_url, main_of, page_url

TAG = "Customer upset"


def test_the_tag_is_on_the_home_page_the_list_and_the_case(signed_in, cast, monday):
    case = stories.assessed(cast, title="Charged twice again")
    verbs.mark_upset(case.pk, reason="Shouted.", by=cast.tiers[3], at=stories.minutes(6))
    calm = stories.assessed(cast, title="A calm one")
    client = signed_in(cast.supervisor)
    for url in ("/console/", "/console/cases/case/"):
        assert main_of(client.get(url)).count(TAG) == 1, url
    assert TAG in main_of(client.get(page_url(case))) and TAG not in main_of(client.get(page_url(calm)))
    verbs.mark_calm(case.pk, by=cast.tiers[1], at=stories.minutes(8))
    assert TAG not in main_of(client.get(page_url(case)))


def test_a_settled_case_shows_no_mood(signed_in, cast, monday):
    case = stories.upset(cast)
    verbs.withdraw(case.pk, by=cast.customer, at=stories.minutes(8))
    assert TAG not in main_of(signed_in(cast.supervisor).get(page_url(case)))


def test_the_timeline_says_why_a_case_was_marked_by_words(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    verbs.reply(case.pk, text="This is unacceptable.", by=cast.customer, at=stories.minutes(8))
    row = signed_in(cast.supervisor).get(page_url(case)).context["rows"][0]
    assert row["advice"] == "Sounds upset, by the words the protocol lists."


def test_replies_that_calm_come_first_while_the_customer_is_upset(signed_in, cast, monday):
    texts = {"en": "I am sorry."}
    for title, calms in (("A usual one", False), ("Calm down words", True)):
        draft = Draft(title, None, ("update",), 3, texts, calms)
        saved_replies.write(None, draft, by=cast.supervisor, at=stories.minutes(1))
    case = stories.upset(cast)
    client = signed_in(cast.tiers[1])
    groups = client.get(act_url(case, "update")).context["offers"]
    assert groups[0].name == "To calm first" and [one.title for one in groups[0].offers] == ["Calm down words"]
    assert [one.title for group in groups[1:] for one in group.offers if one.title == "A usual one"]
    verbs.mark_calm(case.pk, by=cast.tiers[1], at=stories.minutes(8))
    groups = client.get(act_url(case, "update")).context["offers"]
    assert all(group.name != "To calm first" for group in groups)
    assert "Calm down words" in [one.title for group in groups for one in group.offers]


def test_a_reply_is_marked_as_calming_in_its_form_and_keeps_it(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    draft = Draft("Sorry first", None, ("update",), 1, {"en": "I am sorry."}, True)
    saved = saved_replies.write(None, draft, by=cast.supervisor, at=stories.minutes(1))
    assert saved_replies.draft_of(saved) == draft
    assert "Calms" in html.unescape(main_of(client.get("/console/replies/")))


def test_the_customer_never_reads_the_word(client, signed_in, cast, monday):
    case = stories.upset(cast)
    page = signed_in(cast.customer).get(f"/c/{case.reference}/").content.decode()
    assert "upset" not in page.lower() and "Shouted" not in page
    letter = case.notices.get(kind="earlier")
    assert letter.to_customer
