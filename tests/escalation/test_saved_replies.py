"""Saved replies with a database: revisions that stay, who was faster, what a message began with, and what is never sent."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from cases.models import Category, Event, Message, ReplyRevision, ReplyUse, SavedReply
from cases.replies import Draft
from escalation import saved_replies, verbs
from escalation.audit import CHECKS, Scope
from escalation.decision import NotNow
from escalation.saved_replies import NotSaved, Overtaken
from escalation.verbs.began import Began, read_began, read_instants, write_instant
from tests import solving
from tests.cast import MONDAY
from tests.escalation.sound import assert_sound, everything
from tests.escalation.stories import MINUTE, bring, now_of

DRAFT = Draft("Looking", None, ("update",), 1, {"en": "I look into {reference}. I did [[what you did]]."})


@pytest.fixture
def reply(cast):
    return saved_replies.write(None, DRAFT, by=cast.supervisor, at=MONDAY)


@pytest.fixture
def worked(cast):
    return bring(cast, "working")


def update(cast, case, text, *began):
    return verbs.update(case.pk, text=text, by=cast.tiers[1], at=now_of(case) + MINUTE, began=began)


class TestWriting:
    def test_the_first_revision(self, cast, reply):
        assert (reply.number, reply.is_current, reply.made_by, reply.made_at) == (1, True, cast.supervisor, MONDAY)
        assert saved_replies.draft_of(reply) == DRAFT

    def test_a_change_is_a_new_revision_and_the_old_one_stays(self, cast, reply):
        changed = replace(DRAFT, title="Searching")
        new = saved_replies.write(reply.reply, changed, by=cast.mate, at=MONDAY + MINUTE, seen=1)
        reply.refresh_from_db()
        assert (new.number, new.is_current, new.title) == (2, True, "Searching")
        assert (reply.number, reply.is_current, reply.title) == (1, False, "Looking")

    def test_the_same_again_changes_nothing(self, cast, reply):
        again = replace(DRAFT, title="  Looking ", texts={"en": DRAFT.texts["en"] + "\r\n", "de": " "})
        assert saved_replies.write(reply.reply, again, by=cast.mate, at=MONDAY, seen=1).pk == reply.pk
        assert ReplyRevision.objects.count() == 1

    def test_the_same_reply_written_twice_is_one(self, cast, reply):
        assert saved_replies.write(None, DRAFT, by=cast.mate, at=MONDAY + MINUTE) == reply
        saved_replies.retire(reply.reply, by=cast.mate, at=MONDAY + MINUTE, seen=1)
        assert saved_replies.write(None, DRAFT, by=cast.mate, at=MONDAY + MINUTE) != reply, "that one is retired"

    def test_who_was_slower_is_told_and_what_it_says_now(self, cast, reply, refused):
        saved_replies.write(reply.reply, replace(DRAFT, title="Theirs"), by=cast.mate, at=MONDAY, seen=1)
        with refused("Ana Mate changed this reply while you were writing", Overtaken):
            saved_replies.write(reply.reply, replace(DRAFT, title="Mine"), by=cast.supervisor, at=MONDAY, seen=1)
        with pytest.raises(Overtaken) as why:
            saved_replies.retire(reply.reply, by=cast.supervisor, at=MONDAY, seen=1)
        assert why.value.now.title == "Theirs"

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"texts": {"en": "Your ticket is here."}}, "Customers never read"),
            ({"texts": {"de": "Nur Deutsch."}}, "Write the English text"),
            ({"texts": {"en": "Dear {nobody}."}}, "No placeholder is called {nobody}"),
            ({"acts": ()}, "Choose what it is offered for"),
            ({"topic": 99999}, "Choose a topic from the list"),
            ({"up_to_level": 0}, "Choose up to which level"),
        ],
    )
    def test_what_is_wrong_is_not_kept(self, cast, reply, refused, change, words):
        with refused(words, NotSaved):
            saved_replies.write(reply.reply, replace(DRAFT, **change), by=cast.supervisor, at=MONDAY, seen=1)
        with refused(words, NotSaved):
            saved_replies.write(None, replace(DRAFT, **change), by=cast.supervisor, at=MONDAY)

    def test_languages_nobody_is_written_to_are_left_out(self, cast, settings):
        settings.LANGUAGES = [("en-gb", "English"), ("fr", "French")]
        kept = saved_replies.write(
            None, replace(DRAFT, texts={"en": "A.", "fr": "B.", "xx": "C."}), by=cast.mate, at=MONDAY
        )
        assert kept.texts == {"en": "A.", "fr": "B."}

    def test_a_used_one_cannot_be_deleted(self, cast, reply, worked):
        update(cast, worked, "I look into it.", Began(reply.pk, "en"))
        for row in (reply, reply.reply):
            with pytest.raises(Exception, match="protected"):
                row.delete()


class TestRetiring:
    def test_it_is_not_offered_any_more_and_can_come_back(self, cast, reply, refused):
        asked = {"level": 1, "lineage": ("orders",)}
        assert saved_replies.offers("update", **asked) == [reply]
        for at in (MONDAY, MONDAY + MINUTE):
            saved_replies.retire(reply.reply, by=cast.supervisor, at=at, seen=1)
        row = SavedReply.objects.get()
        assert (row.retired_at, row.retired_by) == (MONDAY, cast.supervisor)
        assert saved_replies.offers("update", **asked) == []
        with refused("was retired", NotSaved):
            saved_replies.write(reply.reply, replace(DRAFT, title="B"), by=cast.mate, at=MONDAY, seen=1)
        saved_replies.bring_back(reply.reply, by=cast.supervisor, at=MONDAY, seen=1)
        assert saved_replies.offers("update", **asked) == [reply]

    def test_what_was_inserted_before_is_still_named(self, cast, reply, worked):
        saved_replies.retire(reply.reply, by=cast.supervisor, at=MONDAY, seen=1)
        update(cast, worked, "I look into it.", Began(reply.pk, "en"))
        assert ReplyUse.objects.get().revision == reply


class TestOffers:
    def test_by_topic_level_and_act(self, cast, reply):
        billing = Category.objects.get(slug="billing")
        special = saved_replies.write(None, replace(DRAFT, topic=billing.pk, up_to_level=2), by=cast.mate, at=MONDAY)
        found = lambda act, level, *line: saved_replies.offers(act, level=level, lineage=line)  # noqa: E731
        assert found("update", 1, "refunds", "billing") == [special, reply]
        assert found("update", 2, "billing") == [special]
        assert found("update", 1, "orders") == [reply]
        assert found("answer", 1, "billing") == found("close", 1, "billing") == []


class TestValues:
    def known(self, cast, case, **more):
        return saved_replies.values(case, by=cast.tiers[1], next_update=MONDAY, **more)

    def test_all_that_is_known_of_a_case(self, cast, worked):
        assert self.known(cast, worked) == {
            "customer_name": "Sam", "reference": worked.reference, "owner_name": "Tom", "my_name": "Tom",
            "next_update": "Mon 12 Jan, 10:00 (London time)", "company": "Milepost Support",
        }  # fmt: skip

    def test_times_are_the_customers_own_and_in_the_texts_language(self, cast, worked):
        worked.customer.time_zone = "Europe/Berlin"
        assert self.known(cast, worked)["next_update"] == "Mon 12 Jan, 11:00 (Berlin time)"
        german = self.known(cast, worked, language="de")["next_update"]
        assert german.startswith("Mo 12. Jan, 11:00 (")

    @pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC"])
    @pytest.mark.parametrize("code", ["en-gb", "de", "fr", "es", "pl", "pt-br"])
    def test_a_time_is_found_again_however_it_is_written(self, cast, settings, code, zone):
        settings.LANGUAGES = [("en-gb", "English"), (code, code)]
        cast.customer.time_zone = zone
        for month in range(1, 13):
            instant = MONDAY.replace(month=month)
            said = saved_replies.spelled(instant, cast.customer, code.partition("-")[0])
            assert saved_replies.named(instant, f"You hear from me by {said}, I promise.", cast.customer) == said
            assert saved_replies.named(instant + MINUTE, f"You hear from me by {said}.", cast.customer) == ""

    def test_a_name_nobody_has_proved_is_not_known(self, cast, worked):
        worked.is_proven = False
        assert "customer_name" not in self.known(cast, worked)
        worked.is_proven, worked.customer.is_verified = True, False
        assert "customer_name" not in self.known(cast, worked)
        worked.customer.is_verified, worked.customer.name = True, ""
        assert "customer_name" not in self.known(cast, worked)

    def test_without_owner_or_promise_nothing_is_made_up(self, cast):
        case = cast.file()
        assert set(saved_replies.values(case, by=cast.mate, next_update=None)) == {
            "customer_name", "reference", "my_name", "company",
        }  # fmt: skip


class TestWhatATextPromises:
    """By hand: chosen at 12:00, suggested at 13:00, inserted at 11:00, as London reads them."""

    CHOSEN, SUGGESTED, INSERTED = (MONDAY.replace(hour=hour) for hour in (12, 13, 11))
    SAYS = "You hear from me by Mon 12 Jan, {}:00 (London time)."

    def due(self, cast, text, next_at=None, *inserted):
        return saved_replies.next_promise(
            text, cast.customer, next_at=next_at, suggested=self.SUGGESTED, inserted=inserted
        )

    def test_what_was_chosen_else_the_protocols(self, cast):
        assert self.due(cast, "Soon.") is self.due(cast, "Soon.", self.SUGGESTED) is None
        assert self.due(cast, "Soon.", self.CHOSEN) == self.CHOSEN

    def test_the_time_that_was_inserted_while_its_words_stand(self, cast):
        assert self.due(cast, self.SAYS.format(11), None, self.INSERTED) == self.INSERTED
        assert self.due(cast, self.SAYS.format(11), self.INSERTED, self.INSERTED) == self.INSERTED
        assert self.due(cast, "Soon.", None, self.INSERTED) is None
        assert self.due(cast, "Soon.", self.CHOSEN, self.INSERTED) == self.CHOSEN

    def test_the_suggested_time_whoever_wrote_it(self, cast):
        for left in (None, self.SUGGESTED):
            assert self.due(cast, self.SAYS.format(13), left) == self.SUGGESTED
        assert self.due(cast, self.SAYS.format(13), self.CHOSEN) == self.CHOSEN

    def test_no_other_time_in_the_text_counts(self, cast):
        visit = f"The engineer comes on Mon 19 Jan, 09:30 (entrance B). {self.SAYS.format(10)}"
        assert self.due(cast, visit) is None
        assert self.due(cast, visit, self.CHOSEN) == self.CHOSEN
        assert self.due(cast, f"{visit} {self.SAYS.format(11)}", None, self.INSERTED) == self.INSERTED

    @pytest.mark.parametrize(("next_at", "below"), [(CHOSEN, "12:00"), (SUGGESTED, "13:00")])
    def test_another_time_below_is_refused(self, cast, next_at, below):
        with pytest.raises(NotNow) as refused:
            self.due(cast, self.SAYS.format(11), next_at, self.INSERTED)
        assert refused.value.field == "next_at"
        assert str(refused.value) == (
            "The text says Mon 12 Jan, 11:00 (London time), and the next update below is "
            f"Mon 12 Jan, {below} (London time). Name the same time in both."
        )

    def test_two_inserted_times_are_refused_too(self, cast):
        both = f"{self.SAYS.format(11)} {self.SAYS.format(12)}"
        with pytest.raises(NotNow, match=r"The text says .* 11:00 .*, and the next update below is .* 12:00"):
            self.due(cast, both, self.CHOSEN, self.INSERTED, self.CHOSEN)
        with pytest.raises(
            NotNow, match=r"The text says .* 11:00 .* and .* 12:00 .* Name one time for the next update\."
        ):
            self.due(cast, both, None, self.INSERTED, self.CHOSEN)

    def test_in_whichever_language_it_was_inserted(self, cast):
        cast.customer.time_zone = "Europe/Berlin"
        said = saved_replies.spelled(self.INSERTED, cast.customer, "de")
        assert said.startswith("Mo 12. Jan, 12:00 (")
        german = f"Sie hören von mir bis {said}."
        assert self.due(cast, german, None, self.INSERTED) == self.INSERTED
        with pytest.raises(NotNow, match=rf"^The text says {re.escape(said)}, and the next update"):
            self.due(cast, german, self.CHOSEN, self.INSERTED)


class TestTheVerbKeepsWhatTheTextPromises:
    @pytest.fixture
    def says(self, worked):
        """The protocol's time, an earlier one that a reply named, and the text that names that."""
        latest = worked.promise_at.replace(second=0, microsecond=0)
        early = MONDAY.replace(hour=14, minute=0)
        return latest, early, f"You hear from me by {saved_replies.spelled(early, worked.customer, 'en')}."

    def test_it_is_the_promise(self, cast, worked, says):
        _, early, text = says
        case = verbs.update(worked.pk, text=text, inserted=[early], by=cast.tiers[1], at=now_of(worked) + MINUTE)
        assert case.promise_at == early

    def test_another_time_is_refused_at_its_argument_and_nothing_is_sent(self, cast, worked, says):
        latest, early, text = says
        before = everything()
        with pytest.raises(verbs.Refused, match="Name the same time in both") as refused:
            verbs.update(
                worked.pk, text=text, next_at=early + 30 * MINUTE, suggested=latest, inserted=[early],
                by=cast.tiers[1], at=now_of(worked) + MINUTE, form_key="once",
            )  # fmt: skip
        assert refused.value.field == "next_at" and everything() == before
        case = verbs.update(
            worked.pk, text=text, next_at=early, suggested=latest, inserted=[early],
            by=cast.tiers[1], at=now_of(worked) + MINUTE, form_key="once",
        )  # fmt: skip
        assert case.promise_at == early

    def test_a_browser_cannot_promise_what_the_protocol_does_not_allow(self, cast, worked, says):
        latest, before = says[0] + timedelta(days=9), everything()
        text = f"You hear from me by {saved_replies.spelled(latest, worked.customer, 'en')}."
        with pytest.raises(verbs.Refused, match="may not be later than the protocol allows") as refused:
            verbs.update(worked.pk, text=text, inserted=[latest], by=cast.tiers[1], at=now_of(worked) + MINUTE)
        assert refused.value.field == "next_at" and everything() == before

    def test_what_a_form_carries_is_read_again_and_nonsense_left_out(self):
        written = write_instant(MONDAY)
        assert read_instants(f"{written} {written}") == (MONDAY,)
        wrong = "x -5 1.5 99999999999 ٣٣ 2026-01-12T10:00 <b> 1e9"
        assert read_instants(wrong) == ()
        assert read_instants(f"{wrong} {written}") == (MONDAY,)
        assert len(read_instants(" ".join(map(str, range(20))))) == 5
        assert read_instants("9999999999")[0].year == 2286


class TestUses:
    def test_a_message_names_what_it_began_with_outside_the_log(self, cast, reply, worked, tmp_path):
        text = f"I look into {worked.reference}. I did all I could."
        update(cast, worked, text, Began(reply.pk, "en"))
        use = ReplyUse.objects.get()
        assert (use.case, use.revision, use.language, use.unchanged) == (worked, reply, "en", True)
        assert use.message == Message.objects.get(text=text) and use.at == use.message.at
        assert "began" not in str(Event.objects.filter(case=worked).latest("seq").data)
        assert_sound(worked)
        scope = Scope(MONDAY, tmp_path)
        assert [sentence for check in CHECKS if check.rule == 12 for sentence in check.find(scope)] == []
        ReplyUse.objects.update(is_drill=True)
        found = [sentence for check in CHECKS if check.rule == 12 for sentence in check.find(scope)]
        assert found == [f"{worked.reference} has a reply use of the other world (drill and real life)"]

    def test_edited_words_are_seen(self, cast, reply, worked):
        update(cast, worked, "I look into it myself.", Began(reply.pk, "en"))
        assert not ReplyUse.objects.get().unchanged

    def test_old_uses_keep_their_revision(self, cast, reply, worked):
        update(cast, worked, "I look into it.", Began(reply.pk, "en"))
        saved_replies.write(reply.reply, replace(DRAFT, title="B"), by=cast.mate, at=MONDAY, seen=1)
        assert ReplyUse.objects.get().revision.title == "Looking"

    def test_what_never_was_a_reply_is_no_use_and_no_obstacle(self, cast, reply, worked):
        update(cast, worked, "My own words.", Began(99999, "en"), Began(reply.pk, "de"))
        assert not ReplyUse.objects.exists()

    def test_two_replies_in_one_message(self, cast, reply, worked):
        second = saved_replies.write(None, replace(DRAFT, title="Second"), by=cast.mate, at=MONDAY)
        update(cast, worked, "Both.", Began(reply.pk, "en"), Began(second.pk, "en"), Began(second.pk, "en"))
        assert set(ReplyUse.objects.values_list("revision", flat=True)) == {reply.pk, second.pk}

    def test_a_refused_act_leaves_no_use(self, cast, reply, refused):
        case = cast.file()
        with refused("Assess the case first"):
            update(cast, case, "I look into it.", Began(reply.pk, "en"))

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("12.en 15.de", ["12.en", "15.de"]),
            ("12.en 12.en", ["12.en"]),
            ("", []),
            ("x 12 .en 12.EN -1.en 9999999999999999.en 1.en;drop", []),
            (" ".join(f"{n}.en" for n in range(9)), [f"{n}.en" for n in range(5)]),
        ],
    )
    def test_what_a_browser_sends_is_read_with_care(self, text, found):
        assert [str(one) for one in read_began(text)] == found


UNFILLED = "I did [[what you did]]."


@pytest.mark.parametrize(
    ("state", "verb", "field", "more"),
    [
        ("working", "update", "text", {}),
        ("working", "wait_customer", "question", {}),
        ("working", "wait_partner", "text", {"partner": "The bank"}),
        ("working", "answer", "text", {"outcome": "fixed", "root_cause": "x"}),
        ("working", "escalate", "reason", {}),
        ("passed", "return_down", "reason", {}),
        ("working", "apologise", "text", {}),
    ],
)
def test_nothing_unfilled_reaches_a_customer(cast, refused, state, verb, field, more):
    case = bring(cast, state)
    for words in (UNFILLED, "Dear {customer_name},"):
        with refused("Still to be filled in"):
            solving.doing(verb)(case.pk, **{field: words}, **more, by=cast.supervisor, at=now_of(case) + MINUTE)
    with pytest.raises(verbs.Refused) as why:
        solving.doing(verb)(case.pk, **{field: UNFILLED}, **more, by=cast.supervisor, at=now_of(case) + MINUTE)
    assert why.value.field == field


def test_internal_notes_may_say_what_they_like(cast, worked):
    verbs.note(worked.pk, text=UNFILLED, by=cast.tiers[1], at=now_of(worked) + MINUTE)
    assert worked.notes.get().text == UNFILLED
