"""Redirects, guessing, sessions, CSRF and headers: the ways into help desks that were really used."""

import hashlib
import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from cases.models import AccessLink, Case, Tally, User
from escalation.models import Notice
from portal import clock, ratelimit
from tests.cast import PASSWORD
from tests.portal.pages.scene import LOOK, look_at, working
from tests.portal.pages.test_case_page import text_of
from tests.portal.pages.test_journeys import code_in, deliver, file_as_guest, hidden_on, look

SIGN_IN = "/account/sign-in/password/"
RIGHT = {"email": "sam@example.com", "password": PASSWORD}


def without_secrets(page) -> str:
    """The page without what is new on every page of its kind."""
    return re.sub(r'name="(csrfmiddlewaretoken|idempotency_key)" value="[^"]*"', "", page.content.decode())


class TestOpenRedirect:
    @pytest.mark.parametrize(
        "away",
        ["https://evil.example/", "//evil.example/", "\\\\evil.example", "/\\evil.example", "javascript:alert(1)",
         "https:evil.example", "http:///evil.example", "\t//evil.example", " https://evil.example", "evil"],
    )  # fmt: skip
    def test_only_our_own_pages(self, away, cast):
        for answer in (
            Client().post(SIGN_IN, RIGHT | {"next": away}),
            Client().post(SIGN_IN, RIGHT, query_params={"next": away}),
        ):
            assert (answer.status_code, answer["Location"]) == (303, "/cases/")


class TestEnumeration:
    def ask(self, reference: str, email: str):
        browser = Client()
        with CaptureQueriesContext(connection) as asked:
            answer = browser.post("/follow/", {"reference": reference, "email": email})
        page = browser.get("/follow/code/")
        wrong = browser.post("/follow/code/", {"code": "000000"})
        # What was typed may be said again; what is true of it may not.
        shown = [without_secrets(one).replace(reference, "-") for one in (page, wrong)]
        return (answer.status_code, answer["Location"], *shown), len(asked)

    def test_follow_answers_alike_and_works_alike(self, cast):
        case, foreign = cast.file(), cast.file(by=cast.other)
        right = self.ask(case.reference, "sam@example.com")
        wrong_address = self.ask(case.reference, "sxx@example.com")
        wrong_case = self.ask(foreign.reference, "sam@example.com")
        assert Notice.objects.filter(kind="follow_code").count() == 1
        assert right[0] == wrong_address[0] == wrong_case[0]
        assert right[1] == wrong_address[1] == wrong_case[1]

    def test_code_page_works_alike_with_and_without_a_match(self, cast):
        case, counts = cast.file(), []
        for email in ("sam@example.com", "sxx@example.com"):
            browser = Client()
            browser.post("/follow/", {"reference": case.reference, "email": email})
            deliver()
            with CaptureQueriesContext(connection) as asked:
                browser.post("/follow/code/", {"code": "000000"})
            counts.append(len(asked))
        assert counts[0] == counts[1]

    def test_sign_in_never_says_which_part_was_wrong(self, cast):
        cast.other.is_active = False
        cast.other.save(update_fields=["is_active"])
        tries = [("sam@example.com", "wrong"), ("nobody@example.com", "wrong"), ("olga@example.com", PASSWORD)]
        pages = [Client().post(SIGN_IN, {"email": email, "password": word}) for email, word in tries]
        said = {without_secrets(page).replace(email, "-") for page, (email, _) in zip(pages, tries, strict=True)}
        assert len(said) == 1
        assert {page.status_code for page in pages} == {200}

    def test_filing_answers_alike_for_known_and_new_addresses(self, cast):
        def shape(page) -> str:
            body = re.sub(r"MP-[0-9A-Z]+-[0-9A-Z]{2}", "REF", without_secrets(page))
            return re.sub(r"\d\d:\d\d:\d\d", "", re.sub(r"\w+@example\.\w+", "MAIL", body))

        answers = []
        for email in ("sam@example.com", "new@example.com"):
            browser = Client()
            sent = file_as_guest(browser, email=email)
            answers.append((shape(browser.get(sent["Location"])), shape(browser.get("/cases/"))))
        assert answers[0] == answers[1]


class TestSecrets:
    def test_tokens_and_codes_are_stored_hashed_only(self, cast):
        case, browser = cast.file(), Client()
        browser.post("/follow/", {"reference": case.reference, "email": "sam@example.com"})
        letters = deliver()
        tokens = [token for letter in letters for token in re.findall(r"/follow/([\w-]+)/", letter.body)]
        (code,) = [code_in(letter) for letter in letters if "Your code is" in letter.body]
        assert len(tokens) == 2
        for model in (AccessLink, Notice, Session):
            stored = repr(list(model.objects.values_list()))
            assert not [s for s in (*tokens, code, code.replace(" ", "")) if s in stored.replace("-", "-")]
        hashes = set(AccessLink.objects.values_list("token_hash", flat=True))
        assert {hashlib.sha256(token.encode()).hexdigest() for token in tokens} <= hashes

    def test_a_code_is_worth_nothing_in_another_browser(self, cast):
        case, mine, thief = cast.file(), Client(), Client()
        for browser in (mine, thief):
            browser.post("/follow/", {"reference": case.reference, "email": "sam@example.com"})
        first, _second = [code_in(letter) for letter in deliver() if "Your code is" in letter.body]
        assert thief.post("/follow/code/", {"code": first}).status_code == 200
        assert thief.get(f"/c/{case.reference}/")["Location"] == f"/follow/?reference={case.reference}"
        assert mine.post("/follow/code/", {"code": first}).status_code == 303

    def test_a_code_works_once_for_fifteen_minutes(self, cast):
        case, browser = cast.file(), Client()
        browser.post("/follow/", {"reference": case.reference, "email": "sam@example.com"})
        code = code_in(deliver()[-1])
        kept = dict(browser.session["follow"])
        look_at(clock.now() + timedelta(minutes=15, seconds=5))
        assert browser.post("/follow/code/", {"code": code}).status_code == 200
        look_at(LOOK + timedelta(minutes=1))
        assert browser.post("/follow/code/", {"code": code}).status_code == 303
        session = browser.session
        session["follow"] = kept
        session.save()
        assert browser.post("/follow/code/", {"code": code}).status_code == 200

    def test_five_guesses(self, cast):
        case, browser = cast.file(), Client()
        browser.post("/follow/", {"reference": case.reference, "email": "sam@example.com"})
        code = code_in(deliver()[-1]).replace(" ", "")
        for number in range(5):
            wrong = f"{(int(code) + 1 + number) % 1_000_000:06}"
            assert browser.post("/follow/code/", {"code": wrong}).status_code == 200
        assert browser.post("/follow/code/", {"code": code}).status_code == 200
        assert browser.get(f"/c/{case.reference}/")["Location"] == f"/follow/?reference={case.reference}"

    def test_a_link_of_a_code_is_not_a_link(self, cast):
        case, browser = cast.file(), Client()
        browser.post("/follow/", {"reference": case.reference, "email": "sam@example.com"})
        deliver()
        secret = browser.session["follow"]["secret"]
        assert Client().post(f"/follow/{secret}/").status_code == 404


class TestLimits:
    def test_five_filings_an_hour_for_an_address_and_from_one(self, cast):
        for number in range(5):
            assert file_as_guest(Client(REMOTE_ADDR=f"10.0.0.{number}"), title=f"Case {number}").status_code == 303
        sixth = file_as_guest(Client(REMOTE_ADDR="10.0.0.9"), title="Case 6")
        assert sixth.status_code == 429
        assert int(sixth["Retry-After"]) <= 3601
        assert "Try again after today, 13:00" in text_of(sixth)
        assert Case.objects.count() == 5
        # The person whose name was used up by strangers can still file, signed in.
        own = Client()
        own.force_login(cast.customer)
        assert file_as_guest(own, title="My own").status_code == 303
        for number in range(20):
            file_as_guest(Client(REMOTE_ADDR="10.9.9.9"), email=f"n{number}@example.com", title=f"From {number}")
        assert file_as_guest(Client(REMOTE_ADDR="10.9.9.9"), email="late@example.com").status_code == 429
        assert not User.objects.filter(email="late@example.com").exists()
        look_at(LOOK + timedelta(hours=1, minutes=1))
        assert file_as_guest(Client(), title="Case 7").status_code == 303

    def test_sign_in_is_limited_per_account_and_per_client(self, cast):
        for number in range(10):
            Client(REMOTE_ADDR=f"10.0.0.{number}").post(SIGN_IN, RIGHT | {"password": "wrong"})
        assert Client(REMOTE_ADDR="10.0.0.99").post(SIGN_IN, RIGHT).status_code == 429
        # An office behind one address signs in as often as it likes: only wrong passwords count.
        office = {"email": "olga@example.com", "password": PASSWORD}
        for _ in range(60):
            assert Client(REMOTE_ADDR="10.1.0.1").post(SIGN_IN, office).status_code == 303
        for number in range(50):
            Client(REMOTE_ADDR="10.1.0.1").post(SIGN_IN, {"email": f"u{number}@example.com", "password": "wrong"})
        mine = {"email": "olga@example.com", "password": PASSWORD}
        assert Client(REMOTE_ADDR="10.1.0.1").post(SIGN_IN, mine).status_code == 429
        assert Client(REMOTE_ADDR="10.1.0.2").post(SIGN_IN, mine).status_code == 303

    def test_a_look_alike_letter_is_another_address(self, cast):
        """“ſ” is an S to UPPER: whoever compares addresses so lets one account be guessed under many names."""
        assert Client().post(SIGN_IN, RIGHT | {"email": RIGHT["email"].replace("s", "ſ")}).status_code != 303

    def test_codes_asked_for_are_limited_whether_the_address_is_known_or_not(self, cast):
        case = cast.file()
        for email in ("sam@example.com", "unknown@example.com"):
            typed = {"reference": case.reference, "email": email}
            answers = [Client(REMOTE_ADDR=f"10.2.{n}.1").post("/follow/", typed).status_code for n in range(6)]
            assert answers == [303] * 5 + [429]

    def test_messages_are_limited_for_a_case(self, cast, sam):
        case = working(cast)
        path = f"/c/{case.reference}/message/"
        answers = [sam.post(path, {"text": f"Message {n}"}).status_code for n in range(31)]
        assert answers == [303] * 30 + [429]

    def test_a_client_cannot_choose_its_own_address(self, rf):
        request = rf.get("/", headers={"x-forwarded-for": "1.2.3.4, 5.6.7.8"}, REMOTE_ADDR="10.0.0.1")
        with override_settings(PROXY_COUNT=0):
            assert ratelimit.client(request) == "10.0.0.1"
        with override_settings(PROXY_COUNT=1):
            assert ratelimit.client(request) == "5.6.7.8"
        six = rf.get("/", REMOTE_ADDR="2001:db8:1:2:3::4")
        assert ratelimit.client(six) == "2001:db8:1:2::/64"

    def test_counts_hold_no_address(self, cast):
        file_as_guest(Client())
        assert "nora" not in repr(list(Tally.objects.values_list()))


class TestSessions:
    def test_guest_opening_rotates_the_session(self, cast):
        case, browser = cast.file(), Client()
        browser.post("/follow/", {"reference": case.reference, "email": "sam@example.com"})
        planted = browser.session.session_key
        browser.post("/follow/code/", {"code": code_in(deliver()[-1])})
        assert browser.session.session_key != planted
        assert not Session.objects.filter(session_key=planted).exists()

    def test_sign_in_rotates_the_session_and_drops_the_guests_case(self, cast):
        browser = Client()
        file_as_guest(browser)
        case, planted = Case.objects.get(), browser.session.session_key
        browser.post(SIGN_IN, RIGHT)
        assert browser.session.session_key != planted
        assert browser.get(f"/c/{case.reference}/").status_code == 404

    def test_sign_out_forgets_everything(self, cast, sam):
        case = cast.file()
        key = sam.session.session_key
        sam.post("/account/sign-out/")
        assert not Session.objects.filter(session_key=key).exists()
        assert sam.get(f"/c/{case.reference}/")["Location"] == f"/follow/?reference={case.reference}"

    def test_a_form_id_opens_nobody_elses_case(self, cast):
        victim, thief = Client(), Client()
        typed = hidden_on(look(victim))
        filed = victim.post("/cases/new/check/", typed)
        look(thief)
        for _ in "12":
            assert thief.post("/cases/new/check/", typed)["Location"] == "/cases/new/"
        assert thief.get(filed["Location"])["Location"].startswith("/follow/")
        assert Case.objects.count() == 1


def test_a_cookie_that_cannot_be_a_session_is_no_session(cast):
    """NULs in the cookie once reached PostgreSQL, which refuses them: an error page for anybody who asked for one."""
    client = Client()
    client.cookies["sessionid"] = client.cookies["milepost_session"] = "\x00" * 32
    assert client.get("/").status_code == 200
    assert client.get("/cases/").status_code in (302, 303)


def test_forged_host_is_refused_and_mails_name_our_own(cast):
    assert Client().get("/", headers={"host": "evil.example"}).status_code == 400
    file_as_guest(Client(headers={"x-forwarded-host": "evil.example"}))
    assert not [letter for letter in deliver() if "evil.example" in letter.body]
