"""Dana's side of saved replies: the list, writing with a check, revisions, two at once, retiring; and who may do what."""

import html
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group

from cases.models import Category, ReplyRevision, ReplyUse, SavedReply
from cases.replies import Draft
from escalation import saved_replies, verbs
from escalation.verbs import Began
from tests.cast import MONDAY
from tests.portal.console import stories
from tests.portal.console.reply_stories import shelf
from tests.portal.console.stories import hidden

LIST, NEW = "/console/replies/", "/console/replies/new/"
TYPED = {
    "seen": "0", "title": "Money back", "topic": "", "acts": ["answer"], "up_to_level": "2",
    "text_en": "I sent [[the amount]] back to you, {customer_name}.", "text_de": "", "press": "save",
}  # fmt: skip


@pytest.fixture
def scene(cast, monday, signed_in):
    cast.shelf = shelf(cast)
    cast.dana = signed_in(cast.supervisor)
    cast.tom = signed_in(cast.tiers[1])
    return cast


def url(revision, act=""):
    return f"{LIST}{revision.reply_id}/{act}"


def typed_for(revision, **more):
    """The edit form of a revision as a browser sends it back, with changes."""
    data = {
        "seen": str(revision.number), "title": revision.title, "topic": str(revision.topic_id or ""),
        "acts": revision.acts, "up_to_level": str(revision.up_to_level), "press": "save",
        "text_en": revision.texts["en"], "text_de": revision.texts.get("de", ""),
    }  # fmt: skip
    return data | more


def words(answer):
    return html.unescape(answer.content.decode())


class TestWhoMay:
    #: address -> (agent, supervisor) for GET and for POST
    TABLE = {
        LIST: (200, 200, 405, 405),
        NEW: (403, 200, 403, 422),
        LIST + "{}/": (200, 200, 405, 405),
        LIST + "{}/edit/": (403, 200, 403, 422),
        LIST + "{}/retire/": (403, 405, 403, 409),
        LIST + "{}/bring-back/": (403, 405, 403, 409),
    }

    @pytest.mark.parametrize("address", TABLE)
    def test_agents_read_and_supervisors_write(self, scene, everything, address):
        at, before = address.format(scene.shelf["every"].reply_id), everything()
        found = (
            *(c.get(at).status_code for c in (scene.tom, scene.dana)),
            *(c.post(at).status_code for c in (scene.tom, scene.dana)),
        )
        assert found == self.TABLE[address]
        assert everything() == before

    @pytest.mark.parametrize("address", TABLE)
    def test_nobody_else_learns_anything(self, client, signed_in, scene, address):
        at = address.format(scene.shelf["every"].reply_id)
        for look in ("get", "post"):
            assert getattr(client, look)(at)["Location"].startswith("/console/login/")
            assert getattr(signed_in(scene.customer), look)(at).status_code == 404
            assert getattr(signed_in(scene.manager), look)(at)["Location"] == "/insights/"

    def test_protocol_authors_write_too(self, scene, signed_in):
        scene.mate.groups.set([Group.objects.get(name="Protocol authors")])
        assert signed_in(scene.mate).post(NEW, TYPED).status_code == 303

    def test_agents_see_no_buttons_they_may_not_press(self, scene):
        for at in (LIST, url(scene.shelf["every"])):
            page = words(scene.tom.get(at))
            assert (
                "New saved reply" not in page and "Retire" not in page.replace("Retired", "") and ">Change<" not in page
            )

    @pytest.mark.parametrize("at", ["99999/", "99999/edit/", "0/"])
    def test_what_is_not_there_is_not_found(self, scene, at):
        assert scene.dana.get(LIST + at).status_code == 404
        assert scene.dana.post(LIST + "99999/retire/").status_code == 404


class TestList:
    def titles(self, client, query=""):
        return [row["revision"].title for row in client.get(LIST + query).context["rows"]]

    def test_filters(self, scene):
        assert self.titles(scene.tom) == ["A wait", "Depot", "Second payment", "Thanks"]
        assert self.titles(scene.tom, "?topic=billing") == ["Second payment"]
        assert self.titles(scene.tom, "?topic=every") == ["A wait", "Thanks"]
        assert self.titles(scene.tom, "?topic=technical") == []
        assert "No saved reply for this topic." in words(scene.tom.get(LIST + "?topic=technical"))
        assert self.titles(scene.tom, "?topic=%3Cb%3E&which=nonsense") == self.titles(scene.tom)
        saved_replies.retire(scene.shelf["both"].reply, by=scene.supervisor, at=MONDAY, seen=1)
        assert self.titles(scene.tom) == ["A wait", "Depot", "Second payment"]
        assert self.titles(scene.tom, "?which=retired") == ["Thanks"]

    def test_few_uses_are_not_shown_and_many_are(self, scene):
        case, reply = stories.acknowledged(scene), scene.shelf["every"]

        def send(number, text):
            at = stories.minutes(10 + number)
            verbs.update(case.pk, text=text, by=scene.tiers[1], at=at, began=(Began(reply.pk, "en"),))

        for number in range(4):
            send(number, f"I am waiting for the bank on {case.reference}.")
        page = words(scene.dana.get(LIST))
        assert "fewer than 5" in page and "too few" in page and "4 of 4" not in page
        assert "Fewer than 5 times" in words(scene.dana.get(url(reply)))
        send(5, "Other words.")
        page = words(scene.dana.get(LIST))
        assert "80%" in page and "4 of 5 messages" in page
        assert "too few" in page  # one case only
        assert "5 messages began with it" in words(scene.dana.get(url(reply)))

    def test_as_many_questions_for_four_as_for_forty(self, scene, django_assert_max_num_queries):
        for number in range(36):
            saved_replies.write(None, Draft(f"T{number}", None, ("update",), 1, {"en": "A."}), by=scene.mate, at=MONDAY)
        with django_assert_max_num_queries(15):
            assert len(self.titles(scene.tom)) == 40


class TestWriting:
    def test_a_new_one(self, scene):
        answer = scene.dana.post(NEW, TYPED)
        made = ReplyRevision.objects.get(title="Money back")
        assert (answer.status_code, answer["Location"]) == (303, url(made))
        assert (made.topic, made.acts, made.up_to_level, made.number) == (None, ["answer"], 2, 1)
        assert made.texts == {"en": TYPED["text_en"]}
        page = words(scene.dana.get(url(made)))
        assert "Saved. It is offered from now on." in page
        assert "<mark>[[the amount]]</mark> back to you, Sam." in page
        assert "Customers who read German, Turkish or Arabic are offered the English text, marked so." in page

    def test_checking_shows_it_filled_and_keeps_nothing(self, scene, everything):
        before = everything()
        answer = scene.dana.post(NEW, TYPED | {"press": "check"})
        page = words(answer)
        assert answer.status_code == 200 and everything() == before
        assert "Nothing is wrong with it. It is not saved yet." in page
        assert "back to you, Sam." in page
        assert "No German text. Who reads German is offered the English one, marked so." in page

    @pytest.mark.parametrize("press", ["save", "check"])
    @pytest.mark.parametrize(
        ("change", "field", "sentence"),
        [
            ({"text_en": "Your ticket is open."}, "text_en", "Customers never read the word “ticket” from us. Say “case”."),
            ({"text_de": "Ihr Ticket ist offen."}, "text_de", "Customers never read the word “Ticket” from us. Say “case”."),
            ({"text_en": "Dear {nobody},"}, "text_en", "No placeholder is called {nobody}."),
            ({"text_en": ""}, "text_en", "Write the English text: customers whose language has no text are offered it."),
            ({"text_en": "x" * 2001}, "text_en", "Too long: 2001 characters, at most 2,000."),
            ({"text_en": "By {next_update}."}, "text_en", "known only for updates"),
            ({"title": " "}, "title", "Give it a title: colleagues choose by it."),
            ({"acts": []}, "acts", "Choose what it is offered for."),
            ({"acts": ["close"]}, "acts", "Choose from the list."),
            ({"topic": "99999"}, "topic", "Choose a topic from the list."),
            ({"up_to_level": "9"}, "up_to_level", "Choose a level from the list."),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
        self, scene, everything, press, change, field, sentence
    ):
        before = everything()
        answer = scene.dana.post(NEW, TYPED | change | {"press": press})
        assert answer.status_code == 422 and everything() == before
        form = answer.context["form"]
        assert sentence in form.errors[field][0], form.errors
        assert list(form.errors) == [field]
        for name, value in (TYPED | change).items():
            if name not in ("press", "seen"):
                assert form[name].value() == value
        assert "There is a problem" in words(answer) and "not saved yet" not in words(answer)

    def test_a_change_is_a_new_revision_and_both_are_shown(self, scene):
        old = scene.shelf["billing"]
        answer = scene.dana.post(url(old, "edit/"), typed_for(old, title="Two payments"))
        assert answer.status_code == 303
        page = words(scene.tom.get(url(old)))
        assert "Revision 2" in page and "Revision 1" in page and "“Second payment”" in page and "Two payments" in page

    def test_nothing_changed_makes_no_revision(self, scene):
        old = scene.shelf["billing"]
        assert scene.dana.post(url(old, "edit/"), typed_for(old)).status_code == 303
        assert "Nothing was changed." in words(scene.dana.get(url(old)))
        assert old.reply.revisions.count() == 1

    def test_the_form_shows_what_is_stored(self, scene):
        page = scene.dana.get(url(scene.shelf["billing"], "edit/"))
        form = page.context["form"]
        assert (form["title"].value(), form["topic"].value()) == (
            "Second payment",
            Category.objects.get(slug="billing").pk,
        )
        assert hidden(page)["seen"] == "1"
        assert "Ich suche die zweite Zahlung." in words(page)

    def test_who_was_slower_sees_both_texts_and_can_save_again(self, scene, everything):
        old = scene.shelf["every"]
        theirs = saved_replies.draft_of(old).__class__("A wait", None, ("update",), 1, {"en": "Their words."})
        saved_replies.write(old.reply, theirs, by=scene.mate, at=MONDAY, seen=1)
        before = everything()
        answer = scene.dana.post(url(old, "edit/"), typed_for(old, text_en="My words."))
        page = words(answer)
        assert answer.status_code == 409 and everything() == before
        assert "Ana Mate changed this reply while you were writing." in page
        assert "Their words." in page and answer.context["form"]["text_en"].value() == "My words."
        assert hidden(answer)["seen"] == "2"
        assert [one["label"] for one in answer.context["newer"]] == ["English text"]
        again = scene.dana.post(url(old, "edit/"), typed_for(old, text_en="My words.") | {"seen": "2"})
        assert again.status_code == 303
        assert list(old.reply.revisions.values_list("number", "is_current")) == [(1, False), (2, False), (3, True)]

    def test_a_retired_one_is_not_changed_and_the_text_stays(self, scene):
        old = scene.shelf["every"]
        saved_replies.retire(old.reply, by=scene.supervisor, at=MONDAY, seen=1)
        answer = scene.dana.post(url(old, "edit/"), typed_for(old, text_en="My words."))
        assert answer.status_code == 422 and "Bring it back first, then save." in words(answer)
        assert answer.context["form"]["text_en"].value() == "My words."

    def test_markup_is_text(self, scene):
        scene.dana.post(NEW, TYPED | {"title": "<b>x</b>", "text_en": "<script>alert(1)</script> [[<i>y</i>]]"})
        made = ReplyRevision.objects.get(title="<b>x</b>")
        for at in (LIST, url(made), url(made, "edit/")):
            page = scene.dana.get(at).content.decode()
            assert "<script>alert" not in page and "<b>x" not in page and "<i>y" not in page

    @pytest.mark.parametrize("seen", ["", "x", "-1", "99999999999999999999"])
    def test_a_bent_form_is_refused(self, scene, everything, seen):
        before = everything()
        old = scene.shelf["every"]
        answer = scene.dana.post(url(old, "edit/"), typed_for(old, title="B") | {"seen": seen})
        assert answer.status_code in (409, 422) and everything() == before


class TestRetiring:
    def press(self, scene, act, seen="1"):
        return scene.dana.post(url(scene.shelf["every"], act), {"seen": seen})

    def test_there_and_back(self, scene):
        case, reply = stories.acknowledged(scene), scene.shelf["every"]
        verbs.update(case.pk, text="So.", by=scene.tiers[1], at=stories.minutes(9), began=(Began(reply.pk, "en"),))
        assert self.press(scene, "retire/").status_code == 303
        page = words(scene.dana.get(url(reply)))
        assert "Retired. It is not offered any more; nothing of it is deleted." in page and "Bring it back" in page
        assert "Fewer than 5 messages began with it" in page
        assert ReplyUse.objects.get().revision == reply
        assert self.press(scene, "bring-back/").status_code == 303
        assert SavedReply.objects.get(pk=reply.reply_id).retired_at is None
        assert "It is offered again." in words(scene.dana.get(url(reply)))

    @pytest.mark.parametrize("seen", ["2", "", "x", "9" * 30])
    def test_what_was_read_must_be_what_is_there(self, scene, everything, seen):
        before = everything()
        for act in ("retire/", "bring-back/"):
            answer = self.press(scene, act, seen)
            assert answer.status_code == 409 and everything() == before
            assert "Somebody changed this reply while you were reading." in words(answer)


def test_the_bar_leads_there_for_everybody(scene):
    for client in (scene.tom, scene.dana):
        places = client.get(LIST).context["beside"]
        assert [one["url"] for one in places if one["label"] == "Saved replies"] == [LIST]


def test_levels_are_those_of_the_protocol_and_an_old_higher_one_stays(scene):
    levels = lambda at: [value for value, _ in scene.dana.get(at).context["form"].fields["up_to_level"].choices]  # noqa: E731
    assert levels(NEW) == [1, 2, 3, 4, 5]
    high = saved_replies.write(
        None, Draft("T", None, ("update",), 7, {"en": "A."}), by=scene.mate, at=MONDAY + timedelta(1)
    )
    assert levels(url(high, "edit/")) == [1, 2, 3, 4, 5, 6, 7]
