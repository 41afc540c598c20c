"""Whole stories at the customer's doors: what is filed, followed, asked, answered and told, by pages and mails alone."""

import re
from datetime import timedelta

from django.core import mail
from django.test import Client

from cases.lifecycle import State
from cases.models import Case, Message, User
from escalation import outbox, verbs
from escalation.models import Notice
from feedback.models import Survey
from portal import beat, clock
from tests import solving
from tests.portal.pages.scene import LOOK, answered, look_at, working
from tests.portal.pages.test_case_page import text_of

FILING = {
    "category": "billing",
    "impact": "loss",
    "title": "Charged twice for order 88213",
    "description": "I see two payments.\nOne order.",
    "expectation": "One of them back.",
    "name": "Nora Guest",
    "email": "nora@example.net",
    "phone": "",
}


def deliver() -> list:
    """Sends what is owed now and returns the new mails."""
    assert beat.letters  # the beat knows how to write every letter
    before = len(mail.outbox)
    while outbox.deliver_batch(clock.now()):
        pass
    return mail.outbox[before:]


def key_on(page) -> str:
    return re.search(r'name="idempotency_key" value="([^"]+)"', page.content.decode())[1]


def hidden_on(page) -> dict[str, str]:
    """What the last look carries: its one-time id, the draft and the fingerprint of what it shows."""
    body = page.content.decode()
    return {
        name: re.search(rf'name="{name}" value="([^"]+)"', body)[1] for name in ("idempotency_key", "draft", "seen")
    }


def look(client: Client, **changes: str):
    """The last look, after everything was answered on one page; past what is like it."""
    client.post("/cases/new/one-page/", FILING | changes)
    return client.get("/cases/new/check/")


def send(client: Client, page):
    return client.post("/cases/new/check/", hidden_on(page))


def file_as_guest(client: Client, **changes: str):
    """Presses through both pages; the answer to the last press."""
    return send(client, look(client, **changes))


def code_in(message) -> str:
    return re.search(r"Your code is (\d{3} \d{3})", message.body)[1]


def link_in(message, place: str) -> str:
    return re.search(rf"(/{place}/[\w-]+/)", message.body)[1]


def test_a_guest_files_follows_by_code_writes_asks_and_answers(cast):
    filing, phone = Client(), Client()
    sent = file_as_guest(filing)
    assert sent.status_code == 303
    case = Case.objects.get()
    assert sent["Location"] == f"/cases/new/sent/{case.reference}/"
    assert case.reference in text_of(filing.get(sent["Location"]))
    assert "_auth_user_id" not in filing.session
    guest = User.objects.get(email="nora@example.net")
    assert (case.customer, guest.is_verified, guest.has_usable_password()) == (guest, False, False)
    (received,) = [m for m in deliver() if m.to == ["nora@example.net"]]
    assert "Charged twice" not in received.subject + received.body

    # Another browser: nothing, until the code that was mailed is typed where it was asked for.
    assert phone.get(f"/c/{case.reference}/")["Location"] == f"/follow/?reference={case.reference}"
    asked = phone.post("/follow/", {"reference": case.reference.lower(), "email": "NORA@example.net"})
    assert (asked.status_code, asked["Location"]) == (303, "/follow/code/")
    assert "n***@example.net" not in text_of(phone.get("/follow/"))
    assert "N***@example.net" in text_of(phone.get("/follow/code/"))
    (coded,) = deliver()
    assert code_in(coded) not in coded.subject
    kept = Notice.objects.get(kind="follow_code")
    assert code_in(coded) not in kept.body
    assert link_in(coded, "follow").split("/")[2] not in kept.body
    opened = phone.post("/follow/code/", {"code": code_in(coded)})
    assert (opened.status_code, opened["Location"]) == (303, f"/c/{case.reference}/")
    guest.refresh_from_db()
    assert guest.is_verified

    # They write, ask for a supervisor, get an answer, say no, then yes with a rating.
    assert "Your message is sent." in text_of(
        phone.post(f"/c/{case.reference}/message/", {"text": "Any news?"}, follow=True)
    )
    wanted = phone.post(f"/c/{case.reference}/supervisor/", {"reason": "slow", "text": "Call me"}, follow=True)
    assert "A supervisor replies by" in text_of(wanted)
    more = phone.get(f"/c/{case.reference}/supervisor/")
    assert "Add to my request" in text_of(more)
    phone.post(f"/c/{case.reference}/supervisor/", {"text": "After six, please"})
    assert Message.objects.filter(case=case, text="After six, please").exists()
    tom, at = cast.tiers[1], clock.now()
    verbs.assess(case.pk, severity=2, complexity=1, category=case.category, by=tom, at=at)
    verbs.acknowledge(case.pk, by=tom, at=at)
    said = {"text": "Paid back.", "outcome": "refunded", "amount": 10, "root_cause": "double click"}
    solving.answer(case.pk, by=tom, at=at, **said)
    again = phone.post(f"/c/{case.reference}/not-fixed/", {"text": "Not on my account yet"}, follow=True)
    assert "You said it is not fixed" in text_of(again)
    assert Case.objects.get().state == State.REOPENED
    solving.answer(case.pk, by=tom, at=clock.now(), **said)
    thanks = phone.post(f"/c/{case.reference}/fixed/", {"satisfaction": "4", "comment": "Be quicker"}, follow=True)
    assert "Thank you. Your case is marked as fixed." in text_of(thanks)
    survey = Survey.objects.get()
    assert (survey.satisfaction, survey.fixed, survey.comment) == (4, "yes", "Be quicker")
    assert Case.objects.get().state == State.CONFIRMED


def test_filing_with_a_known_address_signs_nobody_in_and_tells_nothing(cast):
    stranger = Client()
    sent = file_as_guest(stranger, email="SAM@example.com", name="Somebody Else")
    cast.customer.refresh_from_db()
    assert cast.customer.name == "Sam Okafor"
    case = Case.objects.get()
    assert case.customer == cast.customer
    page = text_of(stranger.get(sent["Location"])) + text_of(stranger.get(f"/c/{case.reference}/"))
    assert "Okafor" not in page
    assert "_auth_user_id" not in stranger.session
    mine = working(cast, title="Something private")
    assert stranger.get(f"/c/{mine.reference}/")["Location"] == f"/follow/?reference={mine.reference}"
    assert "Something private" not in text_of(stranger.get("/cases/"))


def test_the_promise_is_shown_before_sending_and_kept_after_a_slip(cast):
    client = Client()
    check = look(client)
    assert "What we will promise you" in text_of(check)
    assert "You first hear from us by today, 12:30 (London time)" in text_of(check)  # half a working hour from 12:00
    assert not Case.objects.exists()
    slip = client.post("/cases/new/one-page/", FILING | {"email": "no address"})
    assert "Enter an e-mail address, like name@example.com" in text_of(slip)
    assert "Charged twice for order 88213" in slip.content.decode()
    assert "<title>Error: " in slip.content.decode()
    assert FILING["email"] in text_of(client.get("/cases/new/check/"))  # the slip changed nothing
    assert not Case.objects.exists()


def test_one_case_however_often_send_is_pressed(cast):
    client = Client()
    page = look(client)
    answers = {send(client, page)["Location"] for _ in "123"}
    assert len(answers) == Case.objects.count() == 1
    assert send(client, look(client, title="Another one"))["Location"] not in answers


def test_one_message_however_often_send_is_pressed(cast, sam):
    case = working(cast)
    path = f"/c/{case.reference}/message/"
    key = key_on(sam.get(f"/c/{case.reference}/"))
    for words in ("Hello", "Hello", "Something else"):
        assert sam.post(path, {"text": words, "idempotency_key": key}).status_code == 303
    assert Message.objects.filter(case=case, kind="customer").count() == 2


def test_link_in_a_mail_opens_by_its_button_until_it_expires(cast):
    file_as_guest(Client())
    case = Case.objects.get()
    (received,) = [m for m in deliver() if m.to == ["nora@example.net"]]
    path = link_in(received, "follow")
    browser = Client()
    assert f"Open case {case.reference} ?" in text_of(browser.get(path))
    assert browser.get(f"/c/{case.reference}/").status_code == 303
    for _ in "12":
        opened = Client().post(path)
        assert (opened.status_code, opened["Location"]) == (303, f"/c/{case.reference}/")
    look_at(clock.now() + timedelta(days=7, minutes=1))
    assert (browser.get(path).status_code, browser.post(path).status_code) == (404, 404)
    assert "This link has ended" in text_of(browser.get(path))


def test_a_guest_sees_one_case_for_seven_days(cast):
    client = Client()
    file_as_guest(client)
    case = Case.objects.get()
    assert client.get(f"/c/{case.reference}/").status_code == 200
    assert [row["ref"] for row in client.get("/cases/").context["cases"]] == [case.reference]
    look_at(LOOK + timedelta(days=7, minutes=1))
    assert client.get(f"/c/{case.reference}/")["Location"] == f"/follow/?reference={case.reference}"


def test_withdraw_with_a_reason_stops_everything(cast, sam):
    case = working(cast)
    page = sam.post(f"/c/{case.reference}/withdraw/", {"text": "Found it myself"}, follow=True)
    assert "Withdrawn by you" in text_of(page)
    assert Message.objects.filter(case=case, text="Found it myself").exists()
    assert Case.objects.get(pk=case.pk).promise_at is None


def test_second_yes_changes_nothing(cast, sam):
    case = answered(cast)
    path = f"/c/{case.reference}/fixed/"
    key = key_on(sam.get(path))
    for _ in "12":
        assert sam.post(path, {"idempotency_key": key}).status_code == 303
    assert Case.objects.get(pk=case.pk).event_seq == case.event_seq + 1


def test_staff_look_at_the_page_but_act_elsewhere(cast):
    tom = Client()
    tom.force_login(cast.tiers[1])
    case = working(cast)
    page = tom.get(f"/c/{case.reference}/")
    assert (page.context["form"], page.context["actions"]) == (None, [])
    said = tom.post(f"/c/{case.reference}/message/", {"text": "As the customer"})
    assert "Only the customer can do this." in text_of(said)
    assert not Message.objects.filter(text="As the customer").exists()


class TestAccount:
    def test_details_are_saved_and_times_follow_the_zone(self, cast, sam):
        typed = {"name": "Samuel  Okafor", "phone": "+44 20 7946 0123", "time_zone": "Asia/Kolkata"}
        assert "Your details are saved." in text_of(sam.post("/account/", typed, follow=True))
        cast.customer.refresh_from_db()
        assert (cast.customer.name, cast.customer.time_zone) == ("Samuel Okafor", "Asia/Kolkata")
        case = working(cast)
        assert "Kolkata time" in text_of(sam.get(f"/c/{case.reference}/"))

    def test_refused_details_change_nothing(self, cast, sam):
        page = sam.post("/account/", {"name": "", "time_zone": "Mars/Base"})
        assert "Enter your name" in text_of(page)
        cast.customer.refresh_from_db()
        assert cast.customer.name == "Sam Okafor"

    def test_sign_in_and_out(self, cast):
        client = Client()
        assert client.get("/account/")["Location"] == "/account/sign-in/?next=/account/"
        typed = {"email": "SAM@example.com", "password": "a long enough sentence"}
        assert client.post("/account/sign-in/password/?next=/account/", typed)["Location"] == "/account/"
        assert "sam@example.com" in text_of(client.get("/account/"))
        assert client.get("/account/sign-out/").status_code == 405
        assert client.post("/account/sign-out/")["Location"] == "/"
        assert client.get("/account/").status_code == 303


def test_health_is_said_without_data(cast, client):
    sick = client.get("/healthz")
    assert (sick.status_code, sick.json()) == (503, {"status": "not ok", "database": "ok", "beat": "late"})
    beat.beat()
    well = client.get("/healthz")
    assert (well.status_code, well.json()) == (200, {"status": "ok", "database": "ok", "beat": "ok"})
    look_at(clock.now() + timedelta(minutes=3))
    assert client.get("/healthz").status_code == 503
    assert client.get("/readyz").json() == {"status": "ok", "database": "ok", "migrations": "ok"}
