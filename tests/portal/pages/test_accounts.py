"""Getting in by a mailed code, the codes themselves, and another address: who learns what, and what is kept."""

import re
from datetime import timedelta

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.models import Case, User
from cases.sealing import seal, unseal
from escalation import account_letters
from escalation.models import Notice
from portal import clock
from tests.cast import PASSWORD
from tests.portal.pages.scene import LOOK, look_at
from tests.portal.pages.test_case_page import text_of
from tests.portal.pages.test_journeys import deliver, file_as_guest

ASK, CODE, WORD = "/account/sign-in/", "/account/sign-in/code/", "/account/sign-in/password/"


def letter_of(kind: str) -> str:
    """The text of the newest letter of a kind, as it was sent."""
    deliver()
    subjects = {account_letters.SIGN_IN: "to sign in", account_letters.CONFIRM: "that it is you"}
    subjects |= {account_letters.NEW_ADDRESS: "confirm this address"}
    return next(one.body for one in reversed(mail.outbox) if subjects[kind] in one.subject)


def code_of(kind: str) -> str:
    return re.search(r"Your code is (\d{3} \d{3})", letter_of(kind))[1]


def signed_in(email: str) -> Client:
    """A browser that signed in just now, by a mailed code."""
    browser = Client()
    browser.post(ASK, {"email": email})
    answer = browser.post(CODE, {"code": code_of(account_letters.SIGN_IN)})
    assert (answer.status_code, answer["Location"]) == (303, "/cases/")
    return browser


def without_secrets(page) -> str:
    return re.sub(r'name="(csrfmiddlewaretoken|idempotency_key)" value="[^"]*"', "", page.content.decode())


class TestCode:
    def test_a_known_person_gets_in_and_where_they_wanted_to(self, cast):
        case, browser = cast.file(), Client()
        asked = browser.post(f"{ASK}?next=/c/{case.reference}/", {"email": "SAM@example.com"})
        assert (asked.status_code, asked["Location"]) == (303, CODE)
        planted = browser.session.session_key
        answer = browser.post(CODE, {"code": code_of(account_letters.SIGN_IN)})
        assert (answer.status_code, answer["Location"]) == (303, f"/c/{case.reference}/")
        assert browser.session.session_key != planted
        assert browser.get(answer["Location"]).status_code == 200

    def test_a_new_person_gets_an_account_by_the_code_alone(self, cast):
        browser = signed_in("New.Person@example.com")
        person = User.objects.get(email="New.Person@example.com")
        assert person.is_verified and not person.has_usable_password() and not person.is_staff
        assert "New.Person@example.com" in text_of(browser.get("/account/"))

    def test_a_guests_cases_are_theirs_once_the_address_is_proved(self, cast):
        here = Client()
        file_as_guest(here)
        case = Case.objects.get()
        assert not (case.customer.is_verified or case.is_proven)
        elsewhere = signed_in(case.customer.email)
        case = Case.objects.get()
        assert case.customer.is_verified and not case.is_proven
        assert case.title in text_of(elsewhere.get("/cases/"))

    def test_the_case_filed_in_this_browser_is_proved_with_the_address(self, cast):
        here = Client()
        file_as_guest(here)
        here.post(ASK, {"email": Case.objects.get().customer.email})
        here.post(CODE, {"code": code_of(account_letters.SIGN_IN)})
        assert Case.objects.get().is_proven

    def test_the_code_works_once_and_only_where_it_was_asked_for(self, cast):
        browser, thief = Client(), Client()
        for one in (browser, thief):
            one.post(ASK, {"email": "sam@example.com"})
        first, second = [re.search(r"is (\d{3} \d{3})", m.body)[1] for m in deliver()[-2:]]
        assert "does not open anything here" in text_of(thief.post(CODE, {"code": first}))
        assert browser.post(CODE, {"code": first}).status_code == 303
        browser.post("/account/sign-out/")
        assert browser.post(CODE, {"code": first})["Location"] == ASK
        assert thief.post(CODE, {"code": second}).status_code == 303

    def test_five_tries_then_even_the_right_one_is_wrong(self, cast):
        browser = Client()
        browser.post(ASK, {"email": "sam@example.com"})
        right = code_of(account_letters.SIGN_IN)
        wrong = "000 000" if right != "000 000" else "000 001"
        pages = [browser.post(CODE, {"code": wrong}) for _ in range(5)]
        late = browser.post(CODE, {"code": right})
        assert {without_secrets(page).replace(wrong, right) for page in pages} == {without_secrets(late)}

    def test_after_fifteen_minutes_it_is_wrong(self, cast, monkeypatch):
        browser = Client()
        browser.post(ASK, {"email": "sam@example.com"})
        right, session = code_of(account_letters.SIGN_IN), browser.session
        session["account_login"]["state"]["stages"]["login_by_code"]["data"]["at"] -= 15 * 60 + 1
        session.save()
        assert "does not open anything here" in text_of(browser.post(CODE, {"code": right}))

    def test_two_hundred_guesses_are_stopped(self, cast):
        answers = []
        for number in range(200):
            browser = Client()
            browser.post(ASK, {"email": "sam@example.com"}) if number < 5 else None
            answers.append(browser.post(CODE, {"code": f"{number:06}"}).status_code)
        assert answers[:5] == [200] * 5  # the address had five codes; without one there is nothing to guess
        assert set(answers[5:]) == {303}
        asked = Client().post(ASK, {"email": "sam@example.com"})
        assert asked.status_code == 429

    def test_guesses_of_one_client_at_many_addresses_are_stopped(self, cast):
        answers = []
        for number in range(7):
            browser = Client()
            browser.post(ASK, {"email": f"n{number}@example.com"})
            answers += [browser.post(CODE, {"code": "123456"}).status_code for _ in range(4)]
        assert answers == [200] * 20 + [429] * 8

    def test_who_has_left_gets_no_letter_and_not_in(self, cast):
        cast.customer.is_active = False
        cast.customer.save(update_fields=["is_active"])
        browser = Client()
        assert browser.post(ASK, {"email": "sam@example.com"})["Location"] == CODE
        deliver()
        assert Notice.objects.get().state == Notice.State.CANCELLED
        code = browser.session["account_login"]["state"]["stages"]["login_by_code"]["data"]["code"]
        answer = browser.post(CODE, {"code": code})
        assert answer["Location"] == ASK
        assert browser.get("/account/").status_code == 303


class TestNothingIsTold:
    def ask(self, email):
        browser = Client()
        browser.get(ASK)
        with CaptureQueriesContext(connection) as asked:
            answer = browser.post(ASK, {"email": email})
        with CaptureQueriesContext(connection) as looked:
            page = browser.get(CODE)
        with CaptureQueriesContext(connection) as typed:
            wrong = browser.post(CODE, {"code": "000000"})
        shapes = [re.sub(r"'[^']*'|\d+", "?", one["sql"]) for one in asked.captured_queries]
        seen = (answer.status_code, answer["Location"], without_secrets(page), without_secrets(wrong))
        return seen, shapes, len(looked), len(typed)

    def test_known_new_staff_and_left_addresses_look_and_work_alike(self, cast):
        User.objects.create_user("sold@example.com", None, is_active=False)
        found = [self.ask(email) for email in ("sam@example.com", "sxx@example.com", "sold@example.com")]
        assert found[0] == found[1] == found[2]

    def test_the_letter_says_no_more_to_one_than_to_the_other(self, cast):
        for email in ("sam@example.com", "sxx@example.com"):
            Client().post(ASK, {"email": email})
        known, new = (one.body for one in deliver()[-2:])
        assert "Hello Sam," in known and "makes one" not in known
        assert "Hello," in new and "makes one" in new

    @pytest.mark.parametrize("method", ["get", "head"])
    def test_the_page_a_letter_leads_to_changes_nothing_by_looking(self, cast, method):
        browser = Client()
        browser.post(ASK, {"email": "sam@example.com"})
        link = re.search(r"https?://[^\s/]+(/\S+)", letter_of(account_letters.SIGN_IN))[1]
        before = list(Session.objects.values_list()), list(User.objects.values_list())
        assert getattr(browser, method)(link).status_code == 200
        assert getattr(Client(), method)(link)["Location"] == ASK
        assert (list(Session.objects.values_list()), list(User.objects.values_list())) == before


class TestSecrets:
    def test_a_code_stands_nowhere_in_the_clear_and_is_gone_once_sent(self, cast):
        browser = Client()
        browser.post(ASK, {"email": "sam@example.com"})
        notice = Notice.objects.get()
        code = unseal(notice.data["sealed"])
        assert code_of(account_letters.SIGN_IN).replace(" ", "") == code
        notice.refresh_from_db()
        assert notice.data == {} and letters_placeholder(notice)
        for model in (Notice, Session):
            stored = repr(list(model.objects.values_list()))
            assert code not in stored and f"{code[:3]} {code[3:]}" not in stored

    def test_a_letter_that_comes_too_late_is_not_sent_and_forgets_its_code(self, cast):
        Client().post(ASK, {"email": "sam@example.com"})
        look_at(LOOK + timedelta(minutes=16))
        assert deliver() == []
        assert Notice.objects.get().data == {}
        assert Notice.objects.get().state == Notice.State.CANCELLED

    def test_sessions_cannot_be_read_without_the_key(self, cast):
        browser = Client()
        browser.post(ASK, {"email": "sam@example.com"})
        row = Session.objects.get()
        assert "sam" not in row.session_data
        row.session_data = "." + row.session_data[1:]
        row.save(update_fields=["session_data"])
        assert browser.get(CODE)["Location"] == ASK

    def test_what_was_sealed_by_an_older_key_is_read_still(self, settings):
        sealed = seal("482913")
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key, long enough to be one"
        assert unseal(sealed) == "482913"
        settings.SECRET_KEY_FALLBACKS = []
        with pytest.raises(ValueError, match="not sealed"):
            unseal(sealed)


def letters_placeholder(notice) -> bool:
    return "(your personal link)" in notice.body


class TestConfirm:
    def test_an_old_sign_in_is_asked_once_more(self, cast, sam):
        path = "/account/signing-in/password/"
        assert sam.get(path)["Location"] == f"/account/confirm/?next={path}"
        assert sam.post(path, {"password": "mine and long enough"})["Location"].startswith("/account/confirm/")
        wrong = sam.post("/account/confirm/", {"way": "password", "password": "no"})
        assert "That is not your password." in text_of(wrong)
        right = sam.post("/account/confirm/", {"way": "password", "password": PASSWORD, "next": path})
        assert (right.status_code, right["Location"]) == (303, path)
        assert sam.get(path).status_code == 200

    def test_by_a_mailed_code(self, cast, sam):
        sam.post("/account/confirm/", {"way": "mail", "next": "/account/email/"})
        code = code_of(account_letters.CONFIRM)
        assert "does not open" in text_of(sam.post("/account/confirm/", {"way": "code", "code": "000000"}))
        answer = sam.post("/account/confirm/", {"way": "code", "code": code, "next": "/account/email/"})
        assert answer["Location"] == "/account/email/"
        assert sam.get("/account/email/").status_code == 200
        assert "does not open" in text_of(sam.post("/account/confirm/", {"way": "code", "code": code}))

    def test_guesses_at_the_password_count_with_those_at_the_door(self, cast, sam):
        for _ in range(10):
            sam.post("/account/confirm/", {"way": "password", "password": "wrong"})
        assert Client().post(WORD, {"email": "sam@example.com", "password": PASSWORD}).status_code == 429

    def test_a_proof_grows_old(self, cast):
        browser = signed_in("sam@example.com")
        assert browser.get("/account/email/").status_code == 200
        session = browser.session
        session[AUTHENTICATION_METHODS_SESSION_KEY][0]["at"] -= 15 * 60 + 1
        session.save()
        assert browser.get("/account/email/")["Location"] == "/account/confirm/?next=/account/email/"


class TestAddress:
    def test_it_is_changed_by_a_code_of_the_new_one_and_both_are_told(self, cast):
        browser, elsewhere = signed_in("sam@example.com"), signed_in("sam@example.com")
        assert browser.post("/account/email/", {"email": "samuel@example.com"})["Location"] == "/account/email/code/"
        assert User.objects.filter(email="sam@example.com").exists()
        code = code_of(account_letters.NEW_ADDRESS)
        assert mail.outbox[-1].to == ["samuel@example.com"]
        assert browser.post("/account/email/code/", {"code": code})["Location"] == "/account/"
        told = [(one.to[0], one.subject) for one in deliver()[-2:]]
        assert {to for to, _ in told} == {"sam@example.com", "samuel@example.com"}
        assert {subject for _, subject in told} == {"The e-mail address of your account was changed"}
        cast.customer.refresh_from_db()
        assert cast.customer.email == "samuel@example.com"
        assert browser.get("/account/").status_code == 200
        assert elsewhere.get("/account/").status_code == 303

    def test_an_address_of_somebody_else_is_told_only_to_who_reads_its_mail(self, cast):
        browser = signed_in("sam@example.com")
        pages = []
        for new in ("olga@example.com", "fresh@example.com"):
            browser.post("/account/email/", {"email": new})
            pages.append(without_secrets(browser.get("/account/email/code/")).replace(new, "-"))
            code = code_of(account_letters.NEW_ADDRESS)
            if new.startswith("olga"):
                page = browser.post("/account/email/code/", {"code": code}, follow=True)
                assert "has an account of its own" in text_of(page)
        assert pages[0] == pages[1]
        cast.customer.refresh_from_db()
        assert cast.customer.email == "sam@example.com"

    def test_a_code_belongs_to_the_address_it_went_to(self, cast):
        browser = signed_in("sam@example.com")
        browser.post("/account/email/", {"email": "first@example.com"})
        first = code_of(account_letters.NEW_ADDRESS)
        browser.post("/account/email/", {"email": "second@example.com"})
        assert "does not open" in text_of(browser.post("/account/email/code/", {"code": first}))


class TestPassword:
    PATH = "/account/signing-in/password/"

    def test_set_change_and_remove_each_end_other_sessions_and_are_told(self, cast):
        browser = signed_in("new@example.com")
        for typed, subject in (
            ({"password": "correct horse battery"}, "A password was set"),
            ({"password": "another horse battery"}, "was changed"),
            ({"remove": "1"}, "was removed"),
        ):
            other = signed_in("new@example.com")
            key = browser.session.session_key
            assert browser.post(self.PATH, typed)["Location"] == "/account/signing-in/"
            assert browser.session.session_key != key
            assert browser.get("/account/").status_code == 200
            assert other.get("/account/").status_code == 303
            assert subject in deliver()[-1].subject
            look_at(clock.now() + timedelta(hours=2))
        assert not User.objects.get(email="new@example.com").has_usable_password()

    def test_a_weak_one_is_refused_in_a_sentence(self, cast):
        browser = signed_in("sam@example.com")
        assert "too short" in text_of(browser.post(self.PATH, {"password": "short"}))
        cast.customer.refresh_from_db()
        assert cast.customer.check_password(PASSWORD)


class TestDevices:
    def test_each_sign_in_is_listed_and_can_be_ended(self, cast):
        phone = Client(HTTP_USER_AGENT="Mozilla/5.0 (Android 14; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0")
        phone.post(WORD, {"email": "sam@example.com", "password": PASSWORD})
        browser = signed_in("sam@example.com")
        page = text_of(browser.get("/account/signing-in/"))
        assert "Firefox on Android" in page and "(this one)" in page
        row = UserSession.objects.get(user_agent__contains="Android")
        stranger = signed_in("olga@example.com")
        stranger.post("/account/signing-in/devices/", {"device": row.pk})
        assert phone.get("/account/").status_code == 200
        browser.post("/account/signing-in/devices/", {"device": row.pk})
        assert phone.get("/account/").status_code == 303
        assert "Android" not in text_of(browser.get("/account/signing-in/"))

    def test_sign_out_everywhere_ends_also_what_is_on_no_list(self, cast, sam):
        browser = signed_in("sam@example.com")
        case = cast.file()
        other = signed_in("sam@example.com")
        other.session.cycle_key()
        browser.post("/account/signing-in/devices/")
        assert browser.get(f"/c/{case.reference}/").status_code == 200
        assert sam.get("/account/").status_code == 303
        assert other.get("/account/").status_code == 303
        assert UserSession.objects.filter(user=cast.customer).count() == 1


class TestDetails:
    def test_language_zone_and_needs_are_saved_and_the_time_there_is_said(self, cast, sam):
        look_at(LOOK.replace(hour=12, minute=2))
        typed = {
            "name": "Sam Okafor",
            "language": "de",
            "time_zone": "Asia/Tokyo",
            "contact_needs": "By  relay\nservice",
        }
        page = text_of(sam.post("/account/", typed, follow=True))
        assert "Dort ist es jetzt 21:02." in page and "Ihre Angaben sind gespeichert." in page  # as just chosen
        cast.customer.refresh_from_db()
        assert (cast.customer.language, cast.customer.contact_needs) == ("de", "By  relay\nservice")

    def test_a_language_nobody_offers_is_refused(self, cast, sam):
        sam.post("/account/", {"name": "Sam", "language": "xx"})
        cast.customer.refresh_from_db()
        assert (cast.customer.name, cast.customer.language) == ("Sam Okafor", "en")
