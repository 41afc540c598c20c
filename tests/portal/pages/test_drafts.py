"""Drafts: whose they are, how they come back, what is never lost, and that they end."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from cases.models import Attachment, Case, Draft, User
from cases.models.draft import LASTS
from escalation import drafts
from escalation.models import Notice
from portal import beat, clock, ratelimit
from tests.cast import PASSWORD
from tests.portal.pages.scene import LOOK, look_at
from tests.portal.pages.test_case_page import text_of
from tests.portal.pages.test_journeys import deliver, link_in, look, send
from tests.portal.pages.test_wizard import answer, text_file, walk


def save(client, step, **typed):
    return client.post("/cases/new/save/", {"step": step} | typed)


def sign_in(client, address="sam@example.com"):
    assert client.login(username=address, password=PASSWORD)  # as the sign-in page: the session gets a new key


def test_looking_begins_no_draft(cast):
    client = Client()
    for path in ("", "topic/", "one-page/", "impact/", "check/", "later/", "files/", "similar/"):
        client.get(f"/cases/new/{path}")
    assert not Draft.objects.exists()
    assert "milepost_draft" not in client.cookies


def test_only_hashes_of_what_opens_it_are_kept(cast):
    client = Client()
    answer(client, "topic")
    draft = Draft.objects.get()
    cookie = client.cookies["milepost_draft"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", LASTS.total_seconds())
    assert draft.secret_hash and draft.secret_hash not in cookie.value
    assert draft.expires_at - draft.saved_at == LASTS == timedelta(days=14)


def test_another_browser_and_another_person_see_nothing_of_it(cast, sam):
    answer(sam, "topic")
    answer(sam, "impact")
    draft = Draft.objects.get()
    assert draft.owner == cast.customer
    other, nobody, forged = Client(), Client(), Client()
    sign_in(other, "olga@example.com")
    forged.cookies["milepost_draft"] = f"{draft.secret_hash}:x:y"
    for client in (other, nobody, forged):
        assert client.get("/cases/new/details/")["Location"] == "/cases/new/"
        for act in ("throw", "anew", "finish"):
            assert client.post("/cases/new/draft/", {"draft": draft.pk, "act": act})["Location"] == "/cases/new/"
        assert client.post("/cases/new/check/", {"draft": draft.pk, "seen": draft.digest})["Location"] == "/cases/new/"
        assert client.get("/cases/new/")["Location"] == "/cases/new/topic/"
    assert Draft.objects.get().answers == draft.answers


def test_a_guests_draft_goes_on_when_they_sign_in(cast):
    client = Client()
    walk(client, until="details")
    sign_in(client)
    assert "Question 3 of 4" in text_of(client.get("/cases/new/details/"))
    answer(client, "details")
    draft = Draft.objects.get()
    assert (draft.owner, draft.secret_hash) == (cast.customer, "")
    client.post("/account/sign-out/")
    assert client.get("/cases/new/details/")["Location"] == "/cases/new/"  # it is the account's now
    sign_in(client)
    assert client.get("/cases/new/details/").status_code == 200


def test_it_waits_at_home_and_among_my_cases(cast, sam):
    answer(sam, "topic")
    assert "A problem you have not described yet" in text_of(sam.get("/"))
    answer(sam, "impact")
    answer(sam, "details")
    for path in ("/", "/cases/"):
        page = text_of(sam.get(path))
        assert "Charged twice" in page and "You have not sent this yet." in page and "Finish it" in page
    assert "Charged twice" not in text_of(sam.get("/cases/?filter=closed"))
    assert "Charged twice" in text_of(sam.get("/cases/new/"))
    draft = Draft.objects.get()
    assert sam.post("/cases/new/draft/", {"draft": draft.pk, "act": "finish"})["Location"] == "/cases/new/files/"
    sam.post("/cases/new/files/", {"files": [text_file()]})
    assert sam.post("/cases/new/draft/", {"draft": draft.pk, "act": "throw"})["Location"] == "/"
    assert not Draft.objects.exists() and not Attachment.objects.exists()
    assert "thrown away" in text_of(sam.get("/"))


def test_beginning_anew_keeps_what_one_came_with(cast):
    client = Client()
    answer(client, "topic", q="old words")
    page = client.get("/cases/new/?topic=orders&q=new+words")
    assert "You have begun already" in text_of(page)
    typed = {"draft": Draft.objects.get().pk, "act": "anew", "topic": "orders", "q": "new words"}
    assert client.post("/cases/new/draft/", typed)["Location"] == "/cases/new/topic/?topic=orders&q=new+words"
    assert not Draft.objects.exists()


def test_two_drafts_of_a_person_are_both_there_and_the_one_touched_last_goes_on(cast):
    client, sam = Client(), Client()
    sign_in(sam)
    walk(sam, until="files", title="Written at home")
    walk(client, until="files", title="Written here")
    sign_in(client)
    page = text_of(client.get("/"))
    assert "Written at home" in page and "Written here" in page
    home = Draft.objects.get(answers__title="Written at home")
    client.post("/cases/new/draft/", {"draft": home.pk, "act": "finish"})
    assert 'value="Written at home"' in client.get("/cases/new/details/").content.decode()


class TestLater:
    @pytest.fixture
    def mailed(self, cast):
        client = Client()
        walk(client, until="files", title="A private matter")
        there = client.post("/cases/new/later/", {"email": "nora@example.net"})
        assert there["Location"] == "/cases/new/later/"
        (letter,) = deliver()
        return client, letter

    def path(self, letter):
        return link_in(letter, "cases/new/continue")

    def test_the_letter_says_nothing_of_theirs(self, mailed):
        _, letter = mailed
        assert letter.to == ["nora@example.net"]
        assert "private" not in letter.subject + letter.body and "Two payments" not in letter.body
        kept = Notice.objects.get(kind="draft_link").body
        assert self.path(letter).split("/")[-2] not in kept + str(Draft.objects.values())

    def test_only_the_button_brings_it_to_another_browser(self, mailed):
        first, letter = mailed
        phone = Client()
        before = list(Draft.objects.values())
        for look_ in (phone.get, phone.head):
            assert look_(self.path(letter)).status_code == 200
        assert list(Draft.objects.values()) == before
        assert phone.get("/cases/new/files/")["Location"] == "/cases/new/"
        assert phone.post(self.path(letter))["Location"] == "/cases/new/files/"
        assert 'value="A private matter"' in phone.get("/cases/new/details/").content.decode()
        assert first.get("/cases/new/details/")["Location"] == "/cases/new/"
        # Nothing that was given is asked again.
        phone.post("/cases/new/files/", {})
        assert 'value="nora@example.net"' in phone.get("/cases/new/contact/").content.decode()

    def test_it_ends_with_the_draft(self, mailed):
        client, letter = mailed
        client.post("/cases/new/files/", {})
        answer(client, "contact")
        send(client, client.get("/cases/new/check/"))
        assert Client().get(self.path(letter)).status_code == 404
        assert Client().post(self.path(letter)).status_code == 404

    def test_it_expires(self, mailed):
        _, letter = mailed
        look_at(LOOK + LASTS + timedelta(minutes=1))
        assert Client().post(self.path(letter)).status_code == 404

    def test_in_an_account_it_needs_the_account(self, mailed, cast):
        client, letter = mailed
        sign_in(client)
        client.post("/cases/new/files/", {})
        assert Client().post(self.path(letter)).status_code == 404
        other = Client()
        sign_in(other, "olga@example.com")
        assert other.get(self.path(letter)).status_code == 404
        assert client.post(self.path(letter)).status_code == 303

    def test_a_second_writing_of_the_letter_has_the_same_link(self, mailed):
        _, letter = mailed
        Notice.objects.filter(kind="draft_link").update(state="waiting")
        (again,) = deliver()
        assert self.path(again) == self.path(letter)

    def test_it_is_not_sent_for_what_has_ended(self, cast):
        client = Client()
        answer(client, "topic")
        client.post("/cases/new/later/", {"email": "nora@example.net"})
        client.post("/cases/new/draft/", {"draft": Draft.objects.get().pk, "act": "throw"})
        assert not deliver()
        assert Notice.objects.get().state == "cancelled"

    def test_asking_is_limited(self, mailed):
        client, _ = mailed
        answers = [client.post("/cases/new/later/", {"email": "nora@example.net"}).status_code for _ in range(6)]
        assert answers.count(303) == ratelimit.CODE_ASKED.most - 1 and answers[-1] == 429

    def test_a_wrong_address_is_a_sentence(self, mailed):
        client, _ = mailed
        page = client.post("/cases/new/later/", {"email": "nora"})
        assert "Enter an e-mail address" in text_of(page) and "<title>Error: " in page.content.decode()

    def test_an_account_keeps_it_by_itself(self, cast, sam):
        answer(sam, "topic")
        there = sam.post("/cases/new/impact/", {"impact": "loss", "later": "yes"})
        assert there["Location"] == "/cases/new/later/"
        assert "Sign in on any device" in text_of(sam.get("/cases/new/later/"))
        assert Draft.objects.get().answers["impact"] == "loss"
        sam.post("/cases/new/later/", {"email": "x@example.net"})
        assert not mail.outbox and not Notice.objects.exists()


class TestAutosave:
    def test_what_is_half_written_is_kept_and_answers_nothing(self, cast):
        client = Client()
        walk(client, until="details")
        assert save(client, "details", title="", description="I was about").json() == {"saved": True}
        draft = Draft.objects.get()
        assert (draft.answers["description"], draft.step) == ("I was about", "impact")
        assert "I was about" in client.get("/cases/new/details/").content.decode()
        assert client.get("/cases/new/check/")["Location"] == "/cases/new/details/"

    def test_an_emptied_field_is_empty_and_others_are_left_alone(self, cast):
        client = Client()
        walk(client)
        save(client, "details", title="", description="Two payments.", expectation="")
        answers = Draft.objects.get().answers
        assert (answers["title"], answers["expectation"]) == ("", "")
        assert (answers["email"], answers["impact"]) == ("nora@example.net", "loss")

    def test_too_long_is_not_kept(self, cast):
        client = Client()
        walk(client, until="details")
        assert save(client, "details", description="x" * 5001).status_code == 422
        assert "description" not in Draft.objects.get().answers

    def test_nothing_typed_begins_nothing(self, cast):
        assert save(Client(), "details", title="", description="").json() == {}
        assert not Draft.objects.exists()

    def test_it_is_limited_and_needs_our_own_page(self, cast, monkeypatch):
        monkeypatch.setattr(ratelimit, "SAVING", ratelimit.Limit("draft saved", 3, ratelimit.HOUR))
        client = Client()
        answer(client, "topic")
        answers = [save(client, "details", title=f"No. {number}").status_code for number in range(4)]
        assert answers == [200, 200, 200, 429]
        strict = Client(enforce_csrf_checks=True)
        assert save(strict, "details", title="Forged").status_code == 403

    def test_what_was_sent_is_not_saved_into(self, cast):
        client = Client()
        send(client, look(client))
        save(client, "details", title="Typed on an old page")
        assert Draft.objects.filter(case__isnull=False).get().answers == {}


def test_of_what_was_sent_nothing_typed_stays(cast):
    client = Client()
    send(client, look(client))
    draft = Draft.objects.get()
    assert (draft.answers, draft.case) == ({}, Case.objects.get())
    look_at(LOOK + timedelta(days=1, minutes=1))
    beat.beat("beat")
    assert not Draft.objects.exists() and Case.objects.exists()


def test_the_beat_deletes_what_is_over_in_batches(cast, monkeypatch):
    monkeypatch.setattr(drafts, "BATCH", 2)
    at = clock.now()
    for number in range(5):
        Draft.objects.create(secret_hash=str(number), made_at=at, saved_at=at, expires_at=at)
    answer(Client(), "topic")
    assert sum(iter(lambda: drafts.clear(at), 0)) == 5
    assert Draft.objects.count() == 1


def test_the_browsers_zone_is_a_new_guests_own(cast):
    zones = {}
    for number, zone in enumerate(("Asia/Tokyo", "Not/A_Zone", "")):
        client, address = Client(), f"guest{number}@example.net"
        send(client, look(client, email=address, zone=zone, title=f"Something {number} odd"))
        zones[zone] = User.objects.get(email=address).time_zone
    assert zones == {"Asia/Tokyo": "Asia/Tokyo", "Not/A_Zone": "", "": ""}
    client = Client()
    send(client, look(client, email="sam@example.com", zone="Asia/Tokyo"))
    assert User.objects.get(email="sam@example.com").time_zone == ""  # a known account is nobody's to change
