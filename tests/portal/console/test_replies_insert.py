"""Tom's side of saved replies: offered above the text, inserted without sending, never losing what was typed."""

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Message, ReplyUse
from escalation import saved_replies, verbs
from escalation.models import ProtocolVersion
from escalation.verbs.began import read_instants
from tests import solving
from tests.cast import MONDAY
from tests.escalation.stories import publish_protocol
from tests.portal.console import stories
from tests.portal.console.reply_stories import kept, shelf
from tests.portal.console.stories import act_url, hidden, page_url

TIME = re.compile(r"by (\w{3} \d+ \w{3}, \d\d:\d\d \(London time\))")


@pytest.fixture
def scene(cast, monday, signed_in):
    """Tom with a billing case of Sam's at level 1, and the shelf."""
    cast.shelf = shelf(cast)
    cast.case = stories.acknowledged(cast)
    cast.tom = signed_in(cast.tiers[1])
    return cast


def look(scene, verb="update"):
    return scene.tom.get(act_url(scene.case, verb))


def offered(page):
    """{topic: [titles]} as the page shows them."""
    return {group.name: [one.title for one in group.offers] for group in page.context["offers"]}


def key(page, title, language="en"):
    texts = [t for g in page.context["offers"] for o in g.offers if o.title == title for t in o.texts]
    return next(text.key for text in texts if text.language == language)


def form(page):
    """The form as a browser would send it, hidden first values included."""
    found = hidden(page)
    for name in re.findall(r'<textarea[^>]* name="([^"]+)"', page.content.decode()):
        found[name] = page.context["form"][name].value() or ""
    if "next_at" in page.context["form"].fields:
        match = re.search(r'<input type="datetime-local"[^>]*>', page.content.decode())[0]
        found["next_at"] = re.search(r'value="([^"]*)"', match)[1]
    return found


def insert(scene, page, title, verb="update", language="en", **typed):
    data = form(page) | {"insert": key(page, title, language)} | typed
    return scene.tom.post(act_url(scene.case, verb), data)


class TestOffered:
    def test_the_topics_own_first_then_those_for_every_topic(self, scene):
        assert offered(look(scene)) == {"Billing and payments": ["Second payment"], "Every topic": ["A wait"]}
        for verb in ("answer", "wait_customer"):
            assert offered(look(scene, verb)) == {"Every topic": ["Thanks"]}

    def test_a_topic_above_it_in_the_protocol_comes_between(self, scene):
        publish_protocol(lambda d: d["topics"].update(billing={"under": "delivery"}), stories.minutes(5))
        assert ProtocolVersion.objects.filter(status="published").get().number == 2
        scene.case = stories.acknowledged(scene, title="Later", at=stories.minutes(0))
        assert scene.case.protocol == "five-tier@2"
        assert list(offered(look(scene)).items()) == [
            ("Billing and payments", ["Second payment"]), ("Delivery", ["Depot"]), ("Every topic", ["A wait"]),
        ]  # fmt: skip

    def test_higher_levels_are_offered_only_what_is_for_them(self, scene, signed_in):
        solving.escalate(scene.case.pk, reason="Up.", by=scene.tiers[1], at=stories.minutes(6))
        verbs.review(scene.case.pk, by=scene.tiers[2], at=stories.minutes(7))
        verbs.acknowledge(scene.case.pk, by=scene.tiers[2], at=stories.minutes(8))
        scene.tom = signed_in(scene.tiers[2])
        assert offered(look(scene)) == {}
        assert offered(look(scene, "answer")) == {"Every topic": ["Thanks"]}
        assert b"Saved replies</summary>" not in look(scene).content

    def test_retired_ones_are_not_offered(self, scene):
        saved_replies.retire(scene.shelf["every"].reply, by=scene.supervisor, at=MONDAY, seen=1)
        assert offered(look(scene)) == {"Billing and payments": ["Second payment"]}

    def test_acts_that_take_none_show_none(self, scene):
        for verb in ("note", "escalate", "wait_partner", "hand_over"):
            assert b"data-replies" not in look(scene, verb).content

    def test_an_act_that_is_not_possible_shows_none(self, scene):
        verbs.wait_customer(scene.case.pk, question="Which?", by=scene.tiers[1], at=stories.minutes(6))
        assert b"data-replies" not in look(scene).content

    def test_they_are_shown_filled(self, scene):
        text = html.unescape(look(scene).content.decode())
        assert f"<mark>[[whom]]</mark> on {scene.case.reference}." in text
        assert "{next_update}" not in text and TIME.search(text)

    def test_the_customers_language_comes_first_and_english_is_marked(self, scene):
        scene.customer.language = "de-CH"
        scene.customer.save(update_fields=["language"])
        page = look(scene)
        (billing,), (wait,) = (group.offers for group in page.context["offers"])
        assert [(t.language, t.marked) for t in billing.texts] == [("de", ""), ("en", "English")]
        assert [(t.language, t.marked) for t in wait.texts] == [("en", "English")]
        assert billing.texts[0].text.startswith("Ich suche") and "Di 13. Jan, 10:00 (" in billing.texts[0].text
        assert "In English" in page.content.decode()


class TestInserting:
    def test_without_scripts_the_page_comes_back_with_it_and_nothing_is_sent(self, scene, everything):
        page = look(scene)
        before = everything()
        answer = insert(scene, page, "A wait", text="My own words.\r\n")
        assert answer.status_code == 200
        assert everything() == before
        assert answer.context["form"]["text"].value() == (
            f"My own words.\n\nI am waiting for [[whom]] on {scene.case.reference}."
        )
        text = html.unescape(answer.content.decode())
        assert "“A wait” is in the text. Nothing is sent yet" in text
        assert "There is a problem" not in text and "<title>Error" not in text

    def test_everything_typed_stays_in_every_field(self, scene):
        verbs.investigate(scene.case.pk, **solving.INVESTIGATION, by=scene.tiers[1], at=stories.minutes(6))
        page = look(scene, "answer")
        typed = {
            "cause": "slip",
            "prevents": "no",
            "outcome": "refunded",
            "root_cause": "Double <click>",
            "remedy": "",
            "amount": "abc",
            "text": "",
        }
        answer = insert(scene, page, "Thanks", "answer", **typed)
        assert answer.context["form"]["text"].value() == "Thank you, Sam."
        for name in ("outcome", "root_cause", "remedy", "amount"):
            assert answer.context["form"][name].value() == typed[name]
        assert "There is a problem" not in answer.content.decode()
        sent = scene.tom.post(
            act_url(scene.case, "answer"), form(answer) | typed | {"text": "Thank you, Sam.", "amount": "5"}
        )
        assert sent.status_code == 303, sent.content.decode()
        assert ReplyUse.objects.get().unchanged

    def test_the_question_too(self, scene):
        answer = insert(scene, look(scene, "wait_customer"), "Thanks", "wait_customer")
        sent = scene.tom.post(act_url(scene.case, "wait_customer"), form(answer))
        assert sent.status_code == 303
        assert Message.objects.get(kind="question").text == "Thank you, Sam."

    def test_a_gap_blocks_sending_at_the_field_and_keeps_the_text(self, scene, everything):
        answer = insert(scene, look(scene), "A wait")
        before = everything()
        refused = scene.tom.post(act_url(scene.case, "update"), form(answer))
        assert refused.status_code == 422
        assert everything() == before
        (sentence,) = refused.context["form"].errors["text"]
        assert (
            sentence == "Still to be filled in: “[[whom]]”. Write what belongs there, or take it out. Nothing was sent."
        )
        assert "[[whom]]" in refused.context["form"]["text"].value()
        data = form(refused)
        assert data["began"] == key(refused, "A wait")
        sent = scene.tom.post(
            act_url(scene.case, "update"), data | {"text": data["text"].replace("[[whom]]", "the bank")}
        )
        assert sent.status_code == 303
        assert (ReplyUse.objects.get().revision, ReplyUse.objects.get().unchanged) == (scene.shelf["every"], True)

    def test_pressing_twice_sends_and_counts_once(self, scene, everything):
        data = form(insert(scene, look(scene), "Second payment"))
        assert scene.tom.post(act_url(scene.case, "update"), data).status_code == 303
        after = everything()
        assert scene.tom.post(act_url(scene.case, "update"), data).status_code == 303
        assert everything() == after
        assert ReplyUse.objects.count() == 1

    def test_a_text_taken_out_again_was_not_the_beginning(self, scene):
        first = insert(scene, look(scene), "A wait")
        second = insert(scene, first, "Second payment", text="")
        assert form(second)["began"] == key(second, "Second payment")
        third = insert(scene, second, "A wait")
        assert form(third)["began"].split() == [key(third, "Second payment"), key(third, "A wait")]

    def test_one_retired_meanwhile_is_said_and_nothing_is_lost(self, scene):
        page = look(scene)
        wanted = key(page, "A wait")
        saved_replies.retire(scene.shelf["every"].reply, by=scene.supervisor, at=MONDAY, seen=1)
        answer = scene.tom.post(act_url(scene.case, "update"), form(page) | {"insert": wanted, "text": "Mine."})
        assert answer.status_code == 200
        assert "That reply is not offered any more. Nothing was inserted." in answer.content.decode()
        assert answer.context["form"]["text"].value() == "Mine."

    @pytest.mark.parametrize("wrong", ["", "x", "99999.en", "1.xx", "<script>"])
    def test_a_key_that_is_none_inserts_nothing(self, scene, everything, wrong):
        before = everything()
        answer = scene.tom.post(act_url(scene.case, "update"), form(look(scene)) | {"insert": wrong, "text": "Mine."})
        assert answer.status_code == 200 and everything() == before
        assert answer.context["form"]["text"].value() == "Mine."

    def test_a_customers_name_is_not_read_as_a_placeholder(self, scene):
        scene.customer.name = "{reference}[[x]] Okafor"
        scene.customer.save(update_fields=["name"])
        answer = insert(scene, look(scene, "wait_customer"), "Thanks", "wait_customer")
        assert answer.context["form"]["question"].value() == "Thank you, referencex."
        assert scene.tom.post(act_url(scene.case, "wait_customer"), form(answer)).status_code == 303

    def test_a_reply_s_markup_is_text(self, scene):
        kept(scene, "<b>Bold</b>", '<script>alert(1)</script> & "so" [[<i>x</i>]]')
        text = look(scene).content.decode()
        assert "<script>alert" not in text and "<b>Bold" not in text and "<i>x" not in text

    def test_a_strangers_letter_names_nobody(self, scene):
        scene.customer.is_verified = False
        scene.customer.save(update_fields=["is_verified"])
        answer = insert(scene, look(scene, "wait_customer"), "Thanks", "wait_customer")
        assert answer.context["form"]["question"].value() == "Thank you, [[the customer’s first name]]."


class TestTheTimeInTheText:
    """A text that names the next update promises what the engine promises."""

    def due(self, scene):
        scene.case.refresh_from_db()
        return scene.case.promise_at

    def test_it_is_the_promise_although_it_is_sent_later(self, scene, go):
        answer = insert(scene, look(scene), "Second payment")
        named = TIME.search(answer.context["form"]["text"].value())[1]
        go(MONDAY + timedelta(minutes=37))
        assert scene.tom.post(act_url(scene.case, "update"), form(answer)).status_code == 303
        assert f"{self.due(scene):%a %d %b, %H:%M} (London time)" == named

    def test_without_it_the_protocol_counts_from_sending(self, scene, go):
        page = look(scene)
        shown = page.context["form"].initial["next_at"]
        go(MONDAY + timedelta(minutes=37))
        assert scene.tom.post(act_url(scene.case, "update"), form(page) | {"text": "My own."}).status_code == 303
        assert self.due(scene) > shown

    def test_a_time_typed_before_inserting_is_the_one_in_the_text(self, scene):
        answer = insert(scene, look(scene), "Second payment", next_at="2026-01-12T11:15")
        assert "Mon 12 Jan, 11:15 (London time)" in answer.context["form"]["text"].value()
        assert scene.tom.post(act_url(scene.case, "update"), form(answer)).status_code == 303
        assert f"{self.due(scene):%H:%M}" == "11:15"

    def test_taken_out_below_it_is_still_the_one_in_the_text(self, scene, go):
        answer = insert(scene, look(scene), "Second payment")
        go(MONDAY + timedelta(minutes=37))
        assert scene.tom.post(act_url(scene.case, "update"), form(answer) | {"next_at": ""}).status_code == 303
        assert f"{self.due(scene):%a %d %b, %H:%M}" in answer.context["form"]["text"].value()

    def test_a_time_in_ones_own_words_is_ones_own_business(self, scene):
        data = form(look(scene)) | {"text": "The driver comes Wed 14 Jan, 10:00 (London time)."}
        assert scene.tom.post(act_url(scene.case, "update"), data).status_code == 303

    @pytest.mark.parametrize(
        ("before_it", "after_it"), [(None, "2026-01-12T11:15"), ("2026-01-12T11:40", "2026-01-12T11:15")]
    )
    def test_two_different_times_are_refused(self, scene, everything, before_it, after_it):
        typed = {"next_at": before_it} if before_it else {}
        answer = insert(scene, look(scene), "Second payment", **typed)
        before = everything()
        refused = scene.tom.post(act_url(scene.case, "update"), form(answer) | {"next_at": after_it})
        assert refused.status_code == 422 and everything() == before
        (sentence,) = refused.context["form"].errors["next_at"]
        assert refused.context["form"].errors.keys() == {"next_at"}
        assert f"The text says {TIME.search(answer.context['form']['text'].value())[1]}, " in sentence
        assert "and the next update below is Mon 12 Jan, 11:15 (London time). Name the same time in both." in sentence
        kept_text = form(refused)["text"]
        assert kept_text == answer.context["form"]["text"].value()
        own = TIME.sub("by noon", kept_text)
        assert scene.tom.post(act_url(scene.case, "update"), form(refused) | {"text": own}).status_code == 303
        assert f"{self.due(scene):%H:%M}" == "11:15"

    def test_set_back_to_the_suggested_time_it_is_refused_as_well(self, scene, everything):
        page = look(scene)
        suggested = form(page)["next_at"]
        answer = insert(scene, page, "Second payment", next_at="2026-01-12T11:15")
        before = everything()
        refused = scene.tom.post(act_url(scene.case, "update"), form(answer) | {"next_at": suggested})
        assert refused.status_code == 422 and everything() == before
        assert "The text says Mon 12 Jan, 11:15 (London time), " in refused.context["form"].errors["next_at"][0]

    def test_an_appointment_in_a_reply_is_not_the_next_update(self, scene):
        kept(scene, "Visit", "The engineer visits you on Mon 19 Jan, 09:30 (entrance B).", topic="billing")
        answer = insert(scene, look(scene), "Visit")
        assert form(answer)["inserted"] == ""
        assert scene.tom.post(act_url(scene.case, "update"), form(answer)).status_code == 303

    @pytest.mark.parametrize("typed", ["", "2026-01-12T11:15"])
    def test_an_appointment_beside_the_next_update_is_ones_own_business(self, scene, typed):
        kept(scene, "Visit", "The visit is Mon 19 Jan, 09:30 (entrance B). Until {next_update}.", topic="billing")
        answer = insert(scene, look(scene), "Visit", **({"next_at": typed} if typed else {}))
        promised = read_instants(form(answer)["inserted"])
        assert scene.tom.post(act_url(scene.case, "update"), form(answer)).status_code == 303
        assert (self.due(scene),) == promised

    def test_a_time_carried_along_is_none_of_a_text_that_was_taken_out(self, scene):
        first = insert(scene, look(scene), "Second payment")
        assert form(first)["inserted"]
        second = insert(scene, first, "A wait", text="")
        assert form(second)["inserted"] == ""
        third = insert(scene, first, "A wait")
        assert form(third)["inserted"] == form(first)["inserted"]

    def test_two_replies_with_two_times_are_refused(self, scene, everything):
        kept(scene, "Again", "I write by {next_update}.", topic="billing")
        first = insert(scene, look(scene), "Second payment")
        both = insert(scene, first, "Again", next_at="2026-01-12T11:15")
        assert len(form(both)["inserted"].split()) == 2
        before = everything()
        refused = scene.tom.post(act_url(scene.case, "update"), form(both))
        assert refused.status_code == 422 and everything() == before
        assert "and the next update below is Mon 12 Jan, 11:15" in refused.context["form"].errors["next_at"][0]

    @pytest.mark.parametrize("carried", ["x", "99999999999 -1", "0", "9999999999 <script>"])
    def test_what_a_browser_makes_up_changes_nothing(self, scene, carried):
        page = look(scene)
        shown = page.context["form"].initial["next_at"]
        data = form(page) | {"text": "Soon.", "inserted": carried}
        assert scene.tom.post(act_url(scene.case, "update"), data).status_code == 303
        assert self.due(scene) >= shown


def test_a_case_that_moved_on_keeps_text_and_beginning(scene):
    answer = insert(scene, look(scene), "Second payment")
    verbs.note(scene.case.pk, text="Called.", by=scene.mate, at=stories.minutes(31))
    stale = scene.tom.post(act_url(scene.case, "update"), form(answer))
    assert stale.status_code == 409
    assert form(stale)["began"] == key(stale, "Second payment")
    assert scene.tom.post(act_url(scene.case, "update"), form(stale)).status_code == 303
    assert ReplyUse.objects.get().unchanged
    assert scene.tom.get(page_url(scene.case)).status_code == 200


def test_the_timeline_names_what_a_message_began_with_even_when_it_was_changed_and_retired_since(scene):
    data = form(insert(scene, look(scene), "Second payment"))
    scene.tom.post(act_url(scene.case, "update"), data | {"text": data["text"] + " Tom"})
    reply = scene.shelf["billing"]
    now = replace(saved_replies.draft_of(reply), title="Other title")
    saved_replies.write(reply.reply, now, by=scene.mate, at=MONDAY, seen=1)
    saved_replies.retire(reply.reply, by=scene.mate, at=MONDAY, seen=2)
    page = html.unescape(scene.tom.get(page_url(scene.case)).content.decode())
    assert page.count("Began with “Second payment, revision 1”, then changed") == 1
    assert "Began with" not in scene.tom.get(page_url(scene.case) + "?show=internal").content.decode()


def test_offering_costs_as_many_questions_for_twenty_as_for_two(scene):
    def asked():
        with CaptureQueriesContext(connection) as questions:
            look(scene)
        return len(questions)

    before = asked()
    for number in range(20):
        kept(scene, f"Another {number}", "Another text.", topic="billing")
    assert asked() == before
